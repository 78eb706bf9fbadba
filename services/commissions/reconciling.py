"""Do the books agree? Every carrier's account beside its statements, and the ledger with itself."""

from __future__ import annotations

from collections import defaultdict

from domain.actor import Actor
from domain.commissions.ledger import Account
from services.commissions.carriers import IN_SUSPENSE
from services.commissions.moments import require_manager
from services.commissions.money_schemas import CarrierAccount, ReconciliationView
from store.uow import Database


class Reconciliation:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, actor: Actor) -> ReconciliationView:
        """What carriers owe by the ledger, what they paid for we know not what, and whether both books say the same."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            stood = await uow.ledger.standing()
            outcomes = await uow.remittances.outcomes()
        accounts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        totals: dict[str, int] = defaultdict(int)
        by_carrier: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for one in stood:
            accounts[one.currency][one.kind] += one.minor
            totals[one.currency] += one.minor
            if one.kind in {Account.RECEIVABLE.value, Account.SUSPENSE.value}:
                by_carrier[one.owner, one.currency][one.kind] = one.minor
        counted: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
        for carrier, currency, outcome, n, minor in outcomes:
            counted[carrier, currency][outcome] = (n, minor)
        carriers = []
        agrees = True
        for key in sorted(by_carrier.keys() | counted.keys()):
            found, lines = by_carrier[key], counted[key]
            suspense = -found[Account.SUSPENSE.value]
            agrees &= suspense == sum(minor for outcome, (_, minor) in lines.items() if outcome in IN_SUSPENSE)
            carriers.append(
                CarrierAccount(
                    carrier=key[0], currency=key[1], outstanding_minor=found[Account.RECEIVABLE.value],
                    suspense_minor=suspense, lines={outcome: n for outcome, (n, _) in lines.items()},
                    sums_minor={outcome: minor for outcome, (_, minor) in lines.items()},
                )
            )  # fmt: skip
        zero = not any(totals.values())
        return ReconciliationView(
            sums_to_zero=zero, suspense_agrees=agrees, agrees=zero and agrees, carriers=carriers,
            accounts={currency: dict(found) for currency, found in accounts.items()},
        )  # fmt: skip
