"""The services of this context."""

from __future__ import annotations

from dataclasses import dataclass

from services.commissions.accruing import Accruals
from services.commissions.arrangements import Arrangements
from services.commissions.explaining import Explanations
from services.commissions.plans import Plans
from services.commissions.reversing import Reversals
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Commissions:
    """What a sale earns, what comes back, and why."""

    plans: Plans
    arrangements: Arrangements
    accruals: Accruals
    reversals: Reversals
    explanations: Explanations

    @classmethod
    def on(cls, database: Database) -> Commissions:
        """All of them on one database."""
        return cls(
            Plans(database), Arrangements(database), Accruals(database), Reversals(database), Explanations(database)
        )
