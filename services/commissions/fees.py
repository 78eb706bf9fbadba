"""Flat fees for referrals: paid by the house, and only where they may be (T23, T24)."""

from __future__ import annotations

from domain.actor import Actor
from domain.commissions.ledger import Account, Batch, Happening, Place, transfer
from domain.commissions.licensing import referral_fee
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest
from services.commissions.gathering import licences
from services.commissions.moments import require_manager
from services.commissions.schemas import FeeIn, FeeView
from store.sql.repositories.ledger import Entry
from store.uow import Database


class Fees:
    """A fee that may not be paid is answered with the reason, and nothing is posted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pay(self, actor: Actor, given: FeeIn) -> FeeView:
        """Owe a payee a flat fee, once for each source and number; the same with other content is a Conflict."""
        require_manager(actor)
        key, sent = f"fee:{given.source}:{given.number}", digest(given.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            licence = (await licences(uow, [str(given.payee_id)], given.line, given.state, given.on))[
                str(given.payee_id)
            ]
            verdict = referral_fee(licence, given.trigger, of_client=given.of_client, as_credit=given.as_credit)
            fresh: set[str] = set()
            if verdict.permits:
                payee = Place(Account.PAYABLE, str(given.payee_id), "")
                batch = Batch(
                    Happening.FEE, given.currency,
                    transfer(given.amount_minor, debit=Place(Account.FEE, "", ""), credit=payee),
                )  # fmt: skip
                fresh = await uow.ledger.post([Entry(key, batch, now(), verdict.reason, facts={"digest": sent})])
                if not fresh and (await uow.ledger.facts_of(key)).get("digest") != sent:
                    raise Conflict(f"line {given.number} of {given.source!r} paid another fee", code="already_paid")
            outcome = "done" if verdict.permits else "refused"
            await uow.audit.note("commission.fee", "producer", given.payee_id, outcome=outcome, code=verdict.code)
        return FeeView(
            paid=verdict.permits,
            code=verdict.code,
            reason=verdict.reason,
            replayed=verdict.permits and key not in fresh,
        )
