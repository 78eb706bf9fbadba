"""What a producer owes back: paid back by them, or written off by the agency, never beyond the debt (T38)."""

from __future__ import annotations

from domain.actor import Actor
from domain.commissions.ledger import Account, Batch, Happening, Place, transfer
from domain.commissions.refusing import refuse
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest
from services.commissions.moments import require_manager
from services.commissions.money_schemas import DebtIn, DebtKind, DebtView
from store.sql.repositories.ledger import Entry
from store.uow import Database

_BEARS = {
    DebtKind.REPAID: (Happening.REPAID, Account.CASH),
    DebtKind.WRITTEN_OFF: (Happening.WRITTEN_OFF, Account.WRITTEN_OFF),
}
"""What happened, and which account the money comes from."""


class Debts:
    """Managers book them. A run does it with what the producer earns next, where nobody does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settle(self, actor: Actor, given: DebtIn) -> DebtView:
        """Take so much off a debt, once for each source and number; the same with other content is a Conflict.

        Raises NotFound for who is no producer here, and Invalid for more than is owed.
        """
        require_manager(actor)
        key, sent = f"debt:{given.source}:{given.number}", digest(given.model_dump(mode="json"))
        happening, source = _BEARS[given.kind]
        who = str(given.payee_id)
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(given.payee_id)
            await uow.ledger.hold_accounts(Account.PAYABLE, given.currency)
            lots = await uow.ledger.lots(Account.PAYABLE, given.currency)
            payable = sum(one.minor for one in lots.get((given.payee_id, given.currency), []))
            before = (await uow.ledger.facts_of(key)).get("digest")
            if before not in {None, sent}:
                raise Conflict(
                    f"line {given.number} of {given.source!r} settled something else", code="already_settled"
                )
            if before is None:
                if given.amount_minor > -payable:
                    most = f"give at most {-payable}" if payable < 0 else "they owe nothing"
                    refuse("amount_minor", given.amount_minor, "is more than is owed", most)
                owed = Place(Account.PAYABLE, who, "")
                postings = transfer(given.amount_minor, debit=Place(source, "", ""), credit=owed)
                batch = Batch(happening, given.currency, postings)
                await uow.ledger.post([Entry(key, batch, now(), given.why, facts={"digest": sent})])
                await uow.audit.note("commission.debt", "producer", given.payee_id, did=given.kind.value)
                payable += given.amount_minor
        return DebtView(
            payee_id=given.payee_id, kind=given.kind, amount_minor=given.amount_minor, currency=given.currency,
            payable_minor=payable, replayed=before is not None,
        )  # fmt: skip
