"""A gateway for one command that has no store: calls are not written down, and the day's budget holds for the command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

from integrations.llm.calls import Call
from integrations.llm.errors import OverBudget
from integrations.llm.gateway import Gateway
from kernel.llm_settings import LlmSettings

NOBODY = UUID(int=0)
"""The agency of a command that works for none."""


class NoLedger:
    """Keeps no call; what a command spends it prints itself."""

    def record(self, call: Call) -> None:
        """Let ``call`` go."""


class OneCommandsBudget:
    """What one command may spend, in US dollars; what others spend on the same day is not known to it."""

    def __init__(self, budget_usd: Decimal) -> None:
        self._budget = budget_usd
        self._taken = Decimal(0)

    async def reserve(self, agency_id: UUID, amount_usd: Decimal) -> None:
        """Set the amount aside; OverBudget where the budget does not hold it."""
        del agency_id
        if self._taken + amount_usd > self._budget:
            raise OverBudget(self._taken, self._budget)
        self._taken += amount_usd

    def settle(self, agency_id: UUID, reserved_usd: Decimal, spent_usd: Decimal) -> None:
        """Count what was spent in place of what was set aside."""
        del agency_id
        self._taken += spent_usd - reserved_usd


@asynccontextmanager
async def unkept_gateway(settings: LlmSettings) -> AsyncIterator[Gateway]:
    """The gateway, closed at the end; nothing is opened where no model is configured or none is asked."""
    gateway = Gateway(settings, NoLedger(), OneCommandsBudget(settings.daily_budget_usd))
    try:
        yield gateway
    finally:
        await gateway.close()
