"""Counts across an agency's tables, for the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from domain.routing.gates import NOT_YET
from domain.routing.offers import HANDED_OVER
from store.sql.repositories.base import Repository
from store.sql.repositories.offers import WAITING

_COUNTS = """
SELECT
  (SELECT count(*) FROM lead WHERE agency_id = :agency) AS leads,
  (SELECT count(DISTINCT lead_id) FROM assignment WHERE agency_id = :agency) AS leads_assigned,
  (SELECT count(*) FROM (
     SELECT 1 FROM assignment WHERE agency_id = :agency AND released_at IS NULL AND NOT beside
     GROUP BY lead_id HAVING count(*) > 1
   ) AS twice) AS leads_held_twice,
  (SELECT count(DISTINCT lead_id) FROM receipt WHERE agency_id = :agency) AS leads_with_receipt,
  (SELECT count(*) FROM assignment WHERE agency_id = :agency) AS assignments,
  (SELECT count(*) FROM receipt WHERE agency_id = :agency) AS receipts,
  (SELECT count(*) FROM (
     SELECT 1 FROM assignment a JOIN producer p ON p.id = a.producer_id JOIN lead l ON l.id = a.lead_id
     WHERE a.agency_id = :agency AND NOT l.test AND NOT (a.beside AND a.state = 'withdrawn')
     GROUP BY p.id, (a.assigned_at AT TIME ZONE (p.profile ->> 'time_zone'))::date
     HAVING count(*) > (p.profile ->> 'capacity_daily')::int
   ) AS beyond) AS days_over_capacity,
  (SELECT count(*) FROM graph_run WHERE agency_id = :agency AND status IN ('queued', 'running')) AS runs_open,
  (SELECT count(*) FROM (
     SELECT e.lead_id FROM lead_event e JOIN lead l ON l.id = e.lead_id
     WHERE e.agency_id = :agency AND l.status <> 'unconfirmed' GROUP BY e.lead_id
     HAVING max(e.version) <> count(*) OR min(e.version) <> 1
       OR count(*) FILTER (WHERE e.kind IN ('assigned', 'offered', 'queued', 'found_duplicate', 'rejected', 'returned')) = 0
   ) AS broken) AS broken_histories,
  (SELECT count(*) FROM lead_event WHERE agency_id = :agency) AS events,
  (SELECT count(*) FROM outbox WHERE agency_id = :agency) AS messages
"""

# Who waits for an hour that is over waits for a producer by now.
_WAITS = """
SELECT min(w.until) FILTER (WHERE w.until > :at), coalesce(bool_or(w.until IS NULL OR w.until <= :at), false)
FROM (
  SELECT CASE WHEN l.reason = :not_yet THEN (
    SELECT (e.data ->> 'until')::timestamptz FROM lead_event e
    WHERE e.lead_id = l.id AND e.kind = 'queued' ORDER BY e.version DESC LIMIT 1
  ) END AS until
  FROM lead l WHERE l.agency_id = :agency AND l.status = 'queued' AND l.reason = ANY(:reasons)
) w
"""


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a lead stands, who has it, and why nobody has."""

    id: UUID
    status: str
    producer_id: UUID | None
    reason: str | None
    state: str | None
    tier: str | None


@dataclass(frozen=True, slots=True)
class Waits:
    """What the queue waits for: the next hour from which a person may be called, and whether a lead waits for a free producer."""

    until: datetime | None
    for_somebody: bool


@dataclass(frozen=True, slots=True)
class Given:
    """An offer or assignment: what became of it, from when to when, and who gave it."""

    lead_id: UUID
    producer_id: UUID
    state: str
    at: datetime
    ended_at: datetime | None
    by: str


class Books(Repository):
    """Read-only counts."""

    async def counts(self) -> dict[str, int]:
        """Every count of services.books.Books by name, in one statement."""
        row = (await self.session.execute(text(_COUNTS), {"agency": self.actor.agency_id})).one()
        return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name for it

    async def unpublished(self) -> int:
        """How many events the bus has not taken yet."""
        query = "SELECT count(*) FROM outbox WHERE agency_id = :agency AND published_at IS NULL"
        return int(await self.session.scalar(text(query), {"agency": self.actor.agency_id}) or 0)

    async def published_ids(self) -> list[UUID]:
        """Ids of the events that the bus was given."""
        query = "SELECT id FROM outbox WHERE agency_id = :agency AND published_at IS NOT NULL"
        return list(await self.session.scalars(text(query), {"agency": self.actor.agency_id}))

    async def statuses(self) -> list[str]:
        """The status of every lead."""
        query = "SELECT status FROM lead WHERE agency_id = :agency"
        return list(await self.session.scalars(text(query), {"agency": self.actor.agency_id}))

    async def fates(self) -> list[Fate]:
        """Every lead's."""
        query = "SELECT id, status, producer_id, reason, state, tier FROM lead WHERE agency_id = :agency"
        return [Fate(*row) for row in await self.session.execute(text(query), {"agency": self.actor.agency_id})]

    async def waits(self, at: datetime) -> Waits:
        """What the leads that the queue is tried for wait for."""
        given = {"agency": self.actor.agency_id, "at": at, "not_yet": NOT_YET, "reasons": list(WAITING)}
        return Waits(*(await self.session.execute(text(_WAITS), given)).one())

    async def given(self) -> list[Given]:
        """Every offer and assignment."""
        query = 'SELECT lead_id, producer_id, state, assigned_at, released_at, "by" FROM assignment WHERE agency_id = :agency'
        return [Given(*row) for row in await self.session.execute(text(query), {"agency": self.actor.agency_id})]

    async def handed_over(self) -> dict[UUID, list[datetime]]:
        """When each lead's search for a producer ended with a person."""
        query = (
            "SELECT lead_id, array_agg(at ORDER BY at) FROM lead_event WHERE agency_id = :agency AND kind = 'queued' "
            "AND data ->> 'reason' = ANY(:reasons) GROUP BY lead_id"
        )
        given = {"agency": self.actor.agency_id, "reasons": list(HANDED_OVER)}
        return {lead: list(moments) for lead, moments in await self.session.execute(text(query), given)}

    async def escalations(self) -> dict[str, int]:
        """How often leads were handed to a person, by the code that says why."""
        query = "SELECT data ->> 'code', count(*) FROM lead_event WHERE agency_id = :agency AND kind = 'escalated' GROUP BY 1"
        found = await self.session.execute(text(query), {"agency": self.actor.agency_id})
        return {code: int(many) for code, many in found}

    async def receipt_ids(self) -> list[UUID]:
        """The id of every receipt."""
        query = "SELECT id FROM receipt WHERE agency_id = :agency ORDER BY id"
        return list(await self.session.scalars(text(query), {"agency": self.actor.agency_id}))
