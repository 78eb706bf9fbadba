"""What producers are paid."""

from __future__ import annotations

from functools import cached_property

from services.commissions.commissions import Commissions
from services.retention import RetentionRadar
from services.wiring.stores import Stores


class CommissionServices(Stores):
    """The commission ledger."""

    @cached_property
    def commissions(self) -> Commissions:
        """Commissions earned, charged back, paid, explained."""
        return Commissions.on(self.database, self.sealer)

    @cached_property
    def retention(self) -> RetentionRadar:
        """Policies at risk."""
        return RetentionRadar(self.database)
