"""When a timer of an offer is due: its clock runs while the consumer may be contacted and the producer is on shift."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.routing.availability import shifts_between
from domain.routing.offer_hours import Window, due_at
from services.routing.roster import AgencyRoster
from store.sql.models import LeadRow
from store.uow import UnitOfWork

CHANNEL = "call"
"""How a producer first reaches a lead; its windows bind the clock."""
HORIZON = timedelta(days=21)
"""A timer is due after that at the latest, also where windows and shifts never meet or are not known."""


class MayCall(Protocol):
    """Whether a producer may call a lead's person, from when on where waiting helps, and the stored verdict that says so."""

    @property
    def allowed(self) -> bool: ...
    @property
    def next_allowed_at(self) -> datetime | None: ...
    @property
    def verdict_id(self) -> UUID: ...


class ContactHours(Protocol):
    """When and by whom a lead's person may be contacted."""

    async def to_call(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID | None, at: datetime) -> MayCall | None:
        """Whether this producer, or the agency, may call now; None where nothing is known of it."""

    async def windows_in(
        self, uow: UnitOfWork, lead: LeadRow, channel: str, start: datetime, end: datetime
    ) -> tuple[Window, ...]:
        """The windows from ``start`` up to ``end`` in which the person may be contacted on the channel."""


class AnyHour:
    """The whole day is open, and nothing is known of calls."""

    async def to_call(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID | None, at: datetime) -> MayCall | None:
        """Nothing."""
        del uow, lead, producer_id, at
        return None

    async def windows_in(
        self, uow: UnitOfWork, lead: LeadRow, channel: str, start: datetime, end: datetime
    ) -> tuple[Window, ...]:
        """All of it."""
        del uow, lead, channel
        return ((start, end),)


class OfferClock:
    """Reckons when timers are due."""

    def __init__(self, hours: ContactHours) -> None:
        self._hours = hours
        self.may_call = hours.to_call

    async def due(
        self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, roster: AgencyRoster, start: datetime, minutes: int
    ) -> datetime:
        """When so many contactable minutes with this producer will have passed since ``start``."""
        end = start + HORIZON
        windows = await self._hours.windows_in(uow, lead, CHANNEL, start, end)
        profile = roster.profiles.get(producer_id)
        shifts = () if profile is None else shifts_between(profile, start, end, roster.tables(start).holidays)
        return due_at(start, minutes, windows, shifts) or end

    async def deadline(self, uow: UnitOfWork, lead: LeadRow, start: datetime, minutes: int) -> datetime:
        """When so many minutes in which the consumer may be contacted will have passed, whoever works."""
        end = start + HORIZON
        windows = await self._hours.windows_in(uow, lead, CHANNEL, start, end)
        return due_at(start, minutes, windows, ((start, end),)) or end
