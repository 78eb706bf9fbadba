"""Experiments of the agency, and the leads that were in one with what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import ExperimentRow
from store.sql.repositories.base import Repository

# A lead counts once, from when it was first asked about; a repeated run asks with the same version. A policy is in force from
# when its cover began and that was written down; one that had ended before its cover began never was. What ends it later takes
# nothing back: what was known at a moment stays so.
_EXPOSED = text("""
SELECT e.*, (
  SELECT min(greatest(a.effective_at, a.recorded_at))
  FROM policy p JOIN policy_event a ON a.policy_id = p.id AND a.kind = 'activated'
  WHERE p.agency_id = :agency AND p.lead_id = e.lead_id AND NOT EXISTS (
    SELECT 1 FROM policy_event o
    WHERE o.policy_id = p.id AND o.version > a.version AND o.kind IN ('cancelled', 'lapsed', 'rescinded')
      AND greatest(o.effective_at, o.recorded_at) <= greatest(a.effective_at, a.recorded_at)))
FROM (
SELECT DISTINCT ON (d.lead_id) d.lead_id, CAST(d.body ->> 'version_asked' AS int), d.at, l.status, l.updated_at,
       d.body ->> 'source' <> 'llm' AS no_answer, l.do_not_call, CAST(d.body ->> 'cost' AS bigint) AS cost
FROM decision d JOIN lead l ON l.id = d.lead_id
WHERE d.agency_id = :agency AND d.body ->> 'experiment' = :experiment AND NOT l.test
ORDER BY d.lead_id, d.at
) e
""")


@dataclass(frozen=True, slots=True)
class Exposed:
    """A lead about which a model was asked with an arm's version: since when, where the lead stands since when, whether the model
    was of no use, whether the person wishes not to be called, what it cost (millionths of a dollar), and since when a policy that
    came of it is in force: None where there is none, a moment to come where its cover is yet to begin.
    """

    lead_id: UUID
    version: int
    at: datetime
    status: str
    status_since: datetime
    no_answer: bool
    refused: bool
    cost: int
    in_force_since: datetime | None = None


class Experiments(Repository):
    """Rows of ``experiment``."""

    async def all(self) -> list[ExperimentRow]:
        """Every experiment, newest first."""
        found = await self.session.scalars(
            select(ExperimentRow)
            .where(ExperimentRow.agency_id == self.actor.agency_id)
            .order_by(ExperimentRow.started_at.desc(), ExperimentRow.id)
        )
        return list(found)

    async def one(self, experiment_id: UUID, *, lock: bool = False) -> ExperimentRow:
        """An experiment; NotFound for another agency's."""
        query = select(ExperimentRow).where(
            ExperimentRow.agency_id == self.actor.agency_id, ExperimentRow.id == experiment_id
        )
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"no experiment {experiment_id} in this agency")
        return row

    async def add(self, row: dict[str, Any]) -> bool:
        """Begin one; False where its name is taken, or another of the agent runs."""
        query = insert(ExperimentRow).values(agency_id=self.actor.agency_id, **row)
        return await self.session.scalar(query.on_conflict_do_nothing().returning(ExperimentRow.id)) is not None

    async def exposed(self, experiment_id: UUID) -> list[Exposed]:
        """The leads in it, in the order in which they came in."""
        rows = await self.session.execute(_EXPOSED, {"agency": self.actor.agency_id, "experiment": str(experiment_id)})
        return sorted((Exposed(*row) for row in rows), key=lambda one: (one.at, one.lead_id))
