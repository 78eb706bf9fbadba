"""Flat fees for referrals: paid by the house, and only where the table of the law says that they may be (T23, T24)."""

from __future__ import annotations

from domain.actor import Actor
from domain.commissions.ledger import Account, Batch, Happening, Place, transfer
from domain.referral_law import Accrual, Reward, law_table, may_accrue
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest
from services.commissions.licensed import licences
from services.commissions.moments import require_manager
from services.commissions.referrers import fee_key, fee_terms
from services.commissions.schemas import FeeIn, FeeView
from store.sql.repositories.ledger import Entry
from store.uow import Database


class Fees:
    """A fee that may not be paid is answered with the reason, and nothing is posted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pay(self, actor: Actor, given: FeeIn) -> FeeView:
        """Owe a payee a flat fee, once for each source and number, and of a referral of the network once for what it is credited
        with; the same with other content is a Conflict. Raises Invalid for a referral that credits somebody else, or nobody.
        """
        require_manager(actor)
        apart = {"every"} if given.referral_id else {"every", "referral_id"}
        sent = digest(given.model_dump(mode="json", exclude=apart))
        key = f"fee:{given.source}:{given.number}"
        if given.referral_id is not None:
            key = fee_key(given.referral_id, given.trigger)
        async with self._database.begin(actor) as uow:
            if given.referral_id is not None:
                await fee_terms(uow, given.referral_id, given.trigger, given.payee_id)
            payee = str(given.payee_id)
            licence = (await licences(uow, [payee], given.line, given.state, given.on))[payee]
            asked = Reward(
                given.state, given.trigger, given.on, licensed=licence.licensed, client=given.of_client, flat=True,
                every=given.every, as_credit=given.as_credit,
            )  # fmt: skip
            told = may_accrue(asked, law_table())
            reason = _reason(told, licence.reason)
            fresh: set[str] = set()
            if told.allowed:
                owed = Place(Account.PAYABLE, payee, "")
                batch = Batch(
                    Happening.FEE, given.currency,
                    transfer(given.amount_minor, debit=Place(Account.FEE, "", ""), credit=owed),
                )  # fmt: skip
                facts = {"digest": sent, "law": told.version, "citation": told.citation}
                fresh = await uow.ledger.post([Entry(key, batch, now(), reason, facts=facts)])
                if not fresh and (await uow.ledger.facts_of(key)).get("digest") != sent:
                    raise Conflict(f"line {given.number} of {given.source!r} paid another fee", code="already_paid")
            outcome = "done" if told.allowed else "refused"
            await uow.audit.note("commission.fee", "producer", given.payee_id, outcome=outcome, code=told.code)
        return FeeView(
            paid=told.allowed, code=told.code, reason=reason, citation=told.citation, law_version=told.version,
            replayed=told.allowed and key not in fresh,
        )  # fmt: skip


def _reason(told: Accrual, licence: str) -> str:
    """The answer in words: the law, or what would help."""
    if told.allowed:
        return f"a flat fee that {told.citation} permits"
    return f"{told.remedy} ({licence})"
