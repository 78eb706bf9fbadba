"""Admission and end of graph runs, within one agency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.clock import now
from kernel.ids import derived_id
from store.sql.models import RunRow
from store.sql.repositories.base import Repository

_FINISH = text("""
UPDATE graph_run r SET status = e.status, outcome = e.outcome, finished_at = :at, worker = NULL, lease_until = NULL
FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS bigint[]), CAST(:outcomes AS text[]), CAST(:statuses AS text[]))
  AS e (id, token, outcome, status)
WHERE r.id = e.id AND r.agency_id = :agency AND r.token = e.token AND r.status = 'running'
RETURNING r.id
""")

_WAKE = text("""
WITH woken AS (
  UPDATE graph_run SET status = 'queued', due_at = clock_timestamp()
  WHERE id = :id AND agency_id = :agency AND status = 'waiting' RETURNING 1
) SELECT pg_notify('leadwright_runs', '') FROM woken
""")
OFFER = "offer"
"""The graph that waits for a producer's answer and asks the next one."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """How a run ended, for who holds its ``token``: ``status`` is ``done`` or ``failed``."""

    run_id: UUID
    token: int
    outcome: str
    status: str


def run_of(lead_id: UUID, graph: str, cause: int | str) -> tuple[UUID, str]:
    """Id and thread of the run; both follow from the lead, so that nobody outside can name a thread."""
    thread = f"{graph}:{lead_id}:{cause}"
    return derived_id("run", thread), thread


def offer_run_of(agency_id: UUID, lead_id: UUID, offer_id: UUID) -> tuple[UUID, str]:
    """Id and thread of the run that waits for the answer to an offer."""
    return run_of(lead_id, OFFER, offer_cause(agency_id, offer_id))


def offer_cause(agency_id: UUID, offer_id: UUID) -> str:
    """What tells the run of an offer from others of its lead."""
    return f"{agency_id}:{offer_id}"


async def wake_run(session: AsyncSession, agency_id: UUID, lead_id: UUID, graph: str, cause: str) -> None:
    """Queue the run of the graph and cause that waits; one that has not come to waiting looks for itself."""
    run_id, _ = run_of(lead_id, graph, cause)
    await session.execute(_WAKE, {"id": run_id, "agency": agency_id})


async def wake_offer_run(session: AsyncSession, agency_id: UUID, lead_id: UUID, offer_id: UUID) -> None:
    """Queue the run that waits for the offer's answer; one that has not come to waiting looks at the offer itself."""
    await wake_run(session, agency_id, lead_id, OFFER, offer_cause(agency_id, offer_id))


class Runs(Repository):
    """Rows of ``graph_run`` of the actor's agency."""

    def queued(self, leads: Sequence[tuple[UUID, datetime]], graph: str, *, epoch: int = 0) -> list[dict[str, Any]]:
        """Rows of a run for each (lead id, moment it arrived), due now; earlier arrivals are taken first."""
        rows = []
        for lead_id, moment in leads:
            run_id, thread = run_of(lead_id, graph, epoch)
            rows.append({
                "id": run_id, "agency_id": self.actor.agency_id, "lead_id": lead_id, "graph": graph, "thread_id": thread,
                "status": "queued", "queued_at": moment, "due_at": "now", "attempts": 0, "token": 0,
            })  # fmt: skip
        return rows

    async def admit(self, lead_id: UUID, moment: datetime, graph: str, *, epoch: int) -> None:
        """Queue a further run for a lead that had one; ``epoch`` tells it from the others."""
        await self.insert_together({RunRow: self.queued([(lead_id, moment)], graph, epoch=epoch)})

    async def admit_once(self, lead_id: UUID, graph: str, cause: str) -> None:
        """Queue a run for the lead, once for this ``cause``; a run of that cause that is there already stays as it is."""
        run_id, thread = run_of(lead_id, graph, cause)
        row = {
            "id": run_id, "agency_id": self.actor.agency_id, "lead_id": lead_id, "graph": graph, "thread_id": thread,
            "status": "queued", "queued_at": now(), "due_at": func.now(), "attempts": 0, "token": 0,
        }  # fmt: skip
        query = postgresql.insert(RunRow).values(row)
        await self.session.execute(query.on_conflict_do_nothing(index_elements=["thread_id"]))

    async def finish(self, ended: Sequence[EndedRun]) -> set[UUID]:
        """End those of the runs whose token still holds them; their ids."""
        found = await self.session.scalars(_FINISH, {
            "agency": self.actor.agency_id, "at": now(), "ids": [one.run_id for one in ended],
            "tokens": [one.token for one in ended], "outcomes": [one.outcome for one in ended],
            "statuses": [one.status for one in ended],
        })  # fmt: skip
        return set(found)

    async def put_back(self, run_id: UUID, token: int, delay: timedelta, *, counts: bool) -> None:
        """Queue the run again after ``delay``; a wait that is nobody's fault does not count as an attempt."""
        await self.session.execute(
            update(RunRow)
            .where(
                RunRow.id == run_id,
                RunRow.agency_id == self.actor.agency_id,
                RunRow.token == token,
                RunRow.status == "running",
            )
            .values(
                status="queued",
                worker=None,
                lease_until=None,
                due_at=func.clock_timestamp() + delay,
                attempts=RunRow.attempts - (0 if counts else 1),
            )
        )

    async def park(self, run_id: UUID, token: int) -> None:
        """Let the run wait until somebody wakes it; waiting is no attempt, and nobody holds the run meanwhile."""
        await self.session.execute(
            update(RunRow)
            .where(
                RunRow.id == run_id,
                RunRow.agency_id == self.actor.agency_id,
                RunRow.token == token,
                RunRow.status == "running",
            )
            .values(status="waiting", worker=None, lease_until=None, attempts=RunRow.attempts - 1)
        )

    async def seconds(self, lead_ids: Sequence[UUID]) -> list[float]:
        """How long each ended run of the leads took, from the lead's arrival to its end."""
        found = await self.session.scalars(
            select(func.extract("epoch", RunRow.finished_at - RunRow.queued_at)).where(
                RunRow.agency_id == self.actor.agency_id, RunRow.lead_id.in_(lead_ids), RunRow.finished_at.is_not(None)
            )
        )
        return [float(seconds) for seconds in found]

    async def open_count(self) -> int:
        """How many runs of the agency have not ended."""
        found = await self.session.scalar(
            select(func.count()).where(
                RunRow.agency_id == self.actor.agency_id, text("graph_run.status IN ('queued', 'running')")
            )
        )
        return int(found or 0)

    async def open_of(self, lead_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the leads whose pipeline has not ended."""
        found = await self.session.scalars(
            select(RunRow.lead_id).where(
                RunRow.agency_id == self.actor.agency_id,
                RunRow.lead_id.in_(lead_ids),
                RunRow.status.in_(("queued", "running")),
            )
        )
        return set(found)
