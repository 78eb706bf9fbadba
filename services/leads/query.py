"""Reading leads for people: one, a page, nearby, the timeline."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from domain.actor import Actor, Scope
from kernel.errors import FieldError, Invalid
from services.leads.schemas import ActivityView, DecisionView, LeadDetail, LeadNearby, LeadPage, view_of, view_values
from store.sql.models import DecisionRow, LeadEventRow
from store.sql.repositories.leads import LeadFilter
from store.uow import Database

_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class LeadQueries:
    """Read-only use cases; each needs ``leads:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, actor: Actor, wanted: LeadFilter, cursor: str | None, limit: int) -> LeadPage:
        """Newest first. Raises Invalid for a cursor that this list did not give out."""
        actor.require(Scope.LEADS_READ)
        after = read_cursor(cursor) if cursor else None
        async with self._database.begin(actor) as uow:
            rows = await uow.leads.page(wanted, after=after, at_most=limit + 1)
        items = [view_of(row.id, row.as_state()) for row in rows[:limit]]
        more = rows[limit - 1] if len(rows) > limit else None
        return LeadPage(items=items, next_cursor=write_cursor(more.received_at, more.id) if more else None)

    async def count(self, actor: Actor, wanted: LeadFilter) -> int:
        """How many leads match the filter."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            return await uow.leads.count(wanted)

    async def one(self, actor: Actor, lead_id: UUID) -> LeadDetail:
        """Everything about one lead; NotFound for another agency's."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            row = await uow.leads.one(lead_id)
            decisions = await uow.leads.decisions([lead_id])
            events = await uow.history.of(lead_id)
            repeats = await uow.leads.repeats_of(lead_id)
        state = row.as_state()
        return LeadDetail(
            **view_values(lead_id, state),
            **{name: state[name] for name in ("street", "date_of_birth", "text", "declared_line", "extras", "consent")},
            repeats=repeats,
            apart=row.apart,
            decisions=[decision_view(decision) for decision in decisions],
            activities=[activity_view(event) for event in events],
        )

    async def timeline(self, actor: Actor, lead_id: UUID) -> list[ActivityView]:
        """A lead's events, oldest first."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            await uow.leads.one(lead_id)
            return [activity_view(event) for event in await uow.history.of(lead_id)]

    async def nearby(
        self, actor: Actor, lat: float, lon: float, miles: float, wanted: LeadFilter, limit: int
    ) -> list[LeadNearby]:
        """Leads within ``miles`` of a point, nearest first; leads without a known place are never near."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            found = await uow.leads.nearby(lat, lon, miles, wanted, limit)
        return [LeadNearby(**view_values(row.id, row.as_state()), miles=round(far, 2)) for row, far in found]


def decision_view(row: DecisionRow) -> DecisionView:
    """A stored decision as it is shown."""
    shown = {name: row.body[name] for name in DecisionView.model_fields if name not in {"specialist", "at"}}
    return DecisionView(specialist=row.specialist, at=row.at, **shown)


def activity_view(row: LeadEventRow) -> ActivityView:
    """A stored event as it is shown, without its personal part: the lead itself has that."""
    return ActivityView(id=row.id, version=row.version, kind=row.kind, at=row.at, actor=row.actor, data=row.data)


def write_cursor(received_at: datetime, lead_id: UUID) -> str:
    """An opaque place in the list."""
    return base64.urlsafe_b64encode(f"{received_at.isoformat()}|{lead_id}".encode()).decode().rstrip("=")


def storable(moment: datetime) -> datetime:
    """The instant in UTC. Raises ValueError without an offset, and at the far ends of time, on which Postgres and Python
    disagree; no lead lies there.
    """
    if moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        msg = f"give an offset from UTC and a year between {_FIRST_YEAR} and {_LAST_YEAR}"
        raise ValueError(msg)
    return moment.astimezone(UTC)


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The place that :func:`write_cursor` wrote down."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, lead_id = base64.urlsafe_b64decode(padded.encode()).decode().split("|")
        place = storable(datetime.fromisoformat(moment)), UUID(lead_id)
    except (ValueError, binascii.Error) as problem:
        remedy = "use next_cursor of the page before, or leave it out"
        fields = (FieldError("cursor", "unreadable", "not a cursor of this list", remedy, cursor[:80]),)
        raise Invalid("the cursor cannot be read", fields=fields) from problem
    return place
