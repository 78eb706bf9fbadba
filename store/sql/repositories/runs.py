"""Admission and end of graph runs, within one agency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql

from kernel.clock import now
from kernel.ids import derived_id
from store.sql.models import RunRow
from store.sql.repositories.base import Repository


def run_of(lead_id: UUID, graph: str, cause: int | str) -> tuple[UUID, str]:
    """Id and thread of the run; both follow from the lead, so that nobody outside can name a thread."""
    thread = f"{graph}:{lead_id}:{cause}"
    return derived_id("run", thread), thread


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

    async def finish(self, run_id: UUID, token: int, outcome: str, *, status: str = "done") -> bool:
        """End the run if ``token`` still holds it."""
        done = await self.session.execute(
            update(RunRow)
            .where(
                RunRow.id == run_id,
                RunRow.agency_id == self.actor.agency_id,
                RunRow.token == token,
                RunRow.status == "running",
            )
            .values(status=status, outcome=outcome, finished_at=now(), worker=None, lease_until=None)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]

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
                RunRow.agency_id == self.actor.agency_id, RunRow.status.in_(("queued", "running"))
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
