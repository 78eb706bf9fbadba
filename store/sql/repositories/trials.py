"""Past decisions, read in bulk to be tried another way, and proposals of weights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from kernel.errors import NotFound
from store.sql.models import WeightProposalRow
from store.sql.repositories.base import Repository

# Of a receipt only what is asked for leaves the database: whole, twenty thousand of them are most of a gigabyte.
_RECEIPTS = text("""
SELECT r.lead_id, r.at, r.producer_id, r.body -> 'lead' AS lead, r.body ->> 'as_of', r.body -> 'weights' AS weights,
       r.body ->> 'seed',
       r.body #>> '{outcome,code}',
       CASE WHEN jsonb_array_length(r.body -> 'candidates') = (r.body #>> '{ranking,considered}')::int
            THEN md5(jsonb_path_query_array(r.body, '$.candidates[*].profile')::text) END,
       CASE WHEN r.body #>> '{lead,referred_by}' IS NULL THEN '{}'::jsonb ELSE
         (SELECT coalesce(jsonb_object_agg(c ->> 'producer_id', c -> 'relations'), '{}')
          FROM jsonb_array_elements(r.body -> 'candidates') c WHERE c -> 'relations' <> '{}'::jsonb) END AS relations,
       r.body -> 'policy' AS policy,
       CASE WHEN r.body #>> '{policy,strategy,kind}' IN ('round_robin', 'hybrid') AND row_number() OVER (
         PARTITION BY r.body #>> '{policy,pool}', r.body #>> '{policy,strategy,kind}' IN ('round_robin', 'hybrid')
         ORDER BY r.at, r.body ->> 'as_of', r.id) = 1 THEN r.body -> 'memory' END AS memory
FROM receipt r JOIN lead l ON l.id = r.lead_id
WHERE r.agency_id = :agency AND NOT l.test AND r.at >= :since AND r.at < :until AND (r.body ->> 'schema')::int IN (1, 2)
ORDER BY r.at, r.body ->> 'as_of', r.id
LIMIT :at_most
""").columns(lead=JSONB(), weights=JSONB(), relations=JSONB(), policy=JSONB(), memory=JSONB())
_ROSTERS = text("""
SELECT DISTINCT ON (1) md5(found.digests::text), found.digests AS digests
FROM receipt r CROSS JOIN LATERAL (SELECT jsonb_path_query_array(r.body, '$.candidates[*].profile') AS digests) found
WHERE r.agency_id = :agency AND r.at >= :since AND r.at < :until AND (r.body ->> 'schema')::int IN (1, 2)
  AND jsonb_array_length(r.body -> 'candidates') = (r.body #>> '{ranking,considered}')::int
ORDER BY 1
""").columns(digests=JSONB())
# Days and months need 32 days before; whoever was held then counts too, and everybody's last lead.
_ASSIGNMENTS = text("""
SELECT a.lead_id, a.producer_id, a.assigned_at, a.receipt_id IS NULL,
       EXISTS (SELECT 1 FROM assignment o WHERE o.lead_id = a.lead_id AND o.released_at = a.assigned_at)
FROM assignment a JOIN lead l ON l.id = a.lead_id
WHERE a.agency_id = :agency AND NOT l.test AND NOT a.beside AND a.assigned_at < :until AND (
  a.assigned_at >= CAST(:since AS timestamptz) - interval '32 days' OR a.released_at >= :since
  OR (a.released_at IS NULL AND (l.status IN ('assigned', 'contacted') OR l.updated_at >= :since))
  OR a.id IN (
    SELECT DISTINCT ON (p.producer_id) p.id FROM assignment p
    WHERE p.agency_id = :agency AND NOT p.beside AND p.assigned_at < :since ORDER BY p.producer_id, p.assigned_at DESC
  )
)
ORDER BY a.assigned_at, a.id
""")
_LEFT = text("""
SELECT e.lead_id, e.at FROM lead_event e
WHERE e.agency_id = :agency AND e.lead_id = ANY(:leads)
  AND e.kind IN ('won', 'lost', 'rejected', 'released', 'merged', 'returned')
ORDER BY e.at
""")
# Credit goes to the producer who was chosen, and only where the lead stayed theirs (DOMAIN T76).
_WORKED = text("""
SELECT r.lead_id, r.at, r.body #>> '{lead,line}', r.body #>> '{lead,tier}', (r.body #>> '{lead,score}')::int, r.producer_id,
       jsonb_path_query_array(r.body, '$.ranking.best[*].producer_id') AS best,
       jsonb_path_query_array(r.body, '$.ranking.best[*].total') AS totals,
       jsonb_path_query_array(r.body, '$.ranking.best[*].factors[*].value') AS "values",
       jsonb_path_query_array(r.body, '$.ranking.best[0].factors[*].factor') AS factors,
       jsonb_path_query_array(r.body, '$.refused[*].producer_id') AS refused,
       (SELECT coalesce(jsonb_object_agg(c ->> 'producer_id', c #> '{load,last_assigned_at}'), '{}')
        FROM jsonb_array_elements(r.body #> '{ranking,best}') b
        JOIN jsonb_array_elements(r.body -> 'candidates') c ON c -> 'producer_id' = b -> 'producer_id') AS waiting,
       l.status = 'won'
FROM receipt r JOIN lead l ON l.id = r.lead_id
WHERE r.agency_id = :agency AND NOT l.test AND r.at >= :since AND r.at < :until AND (r.body ->> 'schema')::int IN (1, 2)
  AND l.status IN ('won', 'lost') AND l.producer_id = r.producer_id AND l.receipt_id = r.id
ORDER BY r.at, r.id
LIMIT :at_most
""").columns(best=JSONB(), totals=JSONB(), values=JSONB(), factors=JSONB(), refused=JSONB(), waiting=JSONB())


class ReceiptRead(NamedTuple):
    """What a simulation reads of a receipt; ``roster`` names its producers, None where it does not hold them all. ``policy`` is
    None in receipts from before there were any, ``memory`` given with the first of each pool whose turns count.
    """

    lead_id: UUID
    at: datetime
    producer_id: UUID | None
    lead: dict[str, Any]
    as_of: str
    weights: dict[str, str]
    seed: str
    code: str
    roster: str | None
    relations: dict[str, dict[str, Any]]
    policy: dict[str, Any] | None
    memory: dict[str, Any] | None


class AssignmentRead(NamedTuple):
    """A lead given to a producer; ``moved``: it was somebody else's until that moment."""

    lead_id: UUID
    producer_id: UUID
    at: datetime
    by_person: bool
    moved: bool


class WorkedRead(NamedTuple):
    """What learning reads of the receipt of a closed lead; ``values`` of the ``best``, one after the other."""

    lead_id: UUID
    at: datetime
    line: str
    tier: str | None
    score: int | None
    producer_id: UUID
    best: list[str]
    totals: list[str]
    values: list[float]
    factors: list[str]
    refused: list[str]
    waiting: dict[str, str | None]
    won: bool


class Trials(Repository):
    """Receipts and assignments of a stretch of time, and rows of ``weight_proposal``."""

    async def receipts(self, since: datetime, until: datetime, at_most: int) -> list[ReceiptRead]:
        """Decisions in the order they were made; test leads are none."""
        return [ReceiptRead(*row) for row in await self.session.execute(_RECEIPTS, self._span(since, until, at_most))]

    async def rosters(self, since: datetime, until: datetime) -> dict[str, list[str]]:
        """Digests of profiles by the name of the roster."""
        found = await self.session.execute(_ROSTERS, self._span(since, until))
        return {name: digests for name, digests in found}  # noqa: C416 - rows are not tuples to the type checker

    async def assignments(self, since: datetime, until: datetime) -> list[AssignmentRead]:
        """Those of the time, and those before it that the loads of producers rest on, oldest first."""
        return [AssignmentRead(*row) for row in await self.session.execute(_ASSIGNMENTS, self._span(since, until))]

    async def left(self, lead_ids: Sequence[UUID]) -> dict[UUID, list[datetime]]:
        """When each lead stopped being its holder's work, oldest first."""
        given = {"agency": self.actor.agency_id, "leads": list(lead_ids)}
        found: dict[UUID, list[datetime]] = {}
        for lead_id, at in await self.session.execute(_LEFT, given):
            found.setdefault(lead_id, []).append(at)
        return found

    async def worked(self, since: datetime, until: datetime, at_most: int) -> list[WorkedRead]:
        """Decisions about leads that were won or lost by whoever was chosen, oldest first."""
        return [WorkedRead(*row) for row in await self.session.execute(_WORKED, self._span(since, until, at_most))]

    async def add(self, row: dict[str, Any]) -> WeightProposalRow:
        """Keep a proposal; the same one again finds the first."""
        query = insert(WeightProposalRow).values(agency_id=self.actor.agency_id, **row)
        await self.session.execute(query.on_conflict_do_nothing(index_elements=["agency_id", "digest"]))
        found = await self.session.scalar(
            select(WeightProposalRow).where(
                WeightProposalRow.agency_id == self.actor.agency_id, WeightProposalRow.digest == row["digest"]
            )
        )
        assert found is not None, "it was there, or it was put there"
        return found

    async def one(self, proposal_id: UUID, *, lock: bool = False) -> WeightProposalRow:
        """A proposal; NotFound for another agency's."""
        query = select(WeightProposalRow).where(
            WeightProposalRow.agency_id == self.actor.agency_id, WeightProposalRow.id == proposal_id
        )
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"no proposal {proposal_id} in this agency")
        return row

    async def page(self, before: UUID | None, at_most: int) -> list[WeightProposalRow]:
        """Newest first, those older than ``before``."""
        query = select(WeightProposalRow).where(WeightProposalRow.agency_id == self.actor.agency_id)
        if before is not None:
            query = query.where(WeightProposalRow.id < before)
        return list(await self.session.scalars(query.order_by(WeightProposalRow.id.desc()).limit(at_most)))

    def _span(self, since: datetime, until: datetime, at_most: int | None = None) -> dict[str, Any]:
        given: dict[str, Any] = {"agency": self.actor.agency_id, "since": since, "until": until}
        return given if at_most is None else {**given, "at_most": at_most}
