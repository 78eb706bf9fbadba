"""What an agency may spend on models in one UTC day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from uuid import UUID

import structlog

from domain.actor import system_actor
from integrations.llm.errors import OverBudget
from kernel.clock import now
from kernel.errors import Unavailable
from store.uow import Database

_log = structlog.get_logger("leadwright.services.llm.budget")
_NONE = Decimal(0)


@dataclass(slots=True)
class _Purse:
    """One agency's spending, in US dollars: ``own`` by this process and ``others`` by all others on ``day``; ``held`` is set
    aside for calls under way. ``others`` is None until it was read.
    """

    day: date
    own: Decimal = _NONE
    held: Decimal = _NONE
    others: Decimal | None = None
    read_at: float = 0.0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def taken(self) -> Decimal:
        return self.own + self.held + (self.others or _NONE)


class DailyBudget:
    """The budget of every agency, held in memory. What this process spends counts at once; what others spend is read from the
    ledger again when it is older than ``refresh_seconds``, so that several processes together may overrun by what they spend
    within that time. A day's first call waits for the ledger, and fails where it cannot be read.
    """

    def __init__(
        self, database: Database, budget_usd: Decimal, writer: UUID, *, refresh_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database = database
        self._budget = budget_usd
        self._writer = writer
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._purses: dict[UUID, _Purse] = {}

    async def reserve(self, agency_id: UUID, amount_usd: Decimal) -> None:
        """See :class:`~integrations.llm.calls.Budget`."""
        purse = self._purse(agency_id)
        if self._old(purse):
            async with purse.reading:
                if self._old(purse):
                    await self._read(agency_id, purse)
        if purse.taken + amount_usd > self._budget:
            raise OverBudget(purse.taken, self._budget)
        purse.held += amount_usd

    def settle(self, agency_id: UUID, reserved_usd: Decimal, spent_usd: Decimal) -> None:
        """See :class:`~integrations.llm.calls.Budget`. A call counts on the day it ends."""
        purse = self._purse(agency_id)
        purse.held -= reserved_usd
        purse.own += spent_usd

    def _purse(self, agency_id: UUID) -> _Purse:
        today = now().date()
        purse = self._purses.setdefault(agency_id, _Purse(today))
        if purse.day != today:
            purse.day, purse.own, purse.others = today, _NONE, None
        return purse

    def _old(self, purse: _Purse) -> bool:
        return purse.others is None or self._clock() - purse.read_at > self._refresh_seconds

    async def _read(self, agency_id: UUID, purse: _Purse) -> None:
        day = purse.day
        since = datetime.combine(day, time_of_day(), UTC)
        try:
            async with self._database.begin(system_actor(agency_id, "llm")) as uow:
                others = await uow.llm_calls.spent(since, since + timedelta(days=1), but_by=self._writer)
        except Unavailable:
            if purse.others is None:
                raise
            _log.warning("database away, spending of other processes as last seen", agency=str(agency_id))
            others = purse.others
        if purse.day == day:
            purse.others, purse.read_at = others, self._clock()
