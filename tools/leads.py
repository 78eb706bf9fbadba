"""Tools on one lead: look at it, find its like, record what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.decision import Decision
from domain.leads.lifecycle import Status
from services.briefings import Briefing
from services.leads.duplicates import Found
from services.leads.qualify import Made
from tools.deps import ToolDeps


async def brief(deps: ToolDeps) -> Briefing:
    """What a run is told of its lead before it starts."""
    return await deps.services.briefings.brief(deps.actor, deps.lead_id)


async def find_duplicate(deps: ToolDeps, lines: tuple[str, ...]) -> dict[str, Any]:
    """The earlier lead that this one repeats, looked for anew, as JSON: ``waiting``, ``suspects``, ``earlier``, ``why``.

    ``lines`` are those the classifier found. ``waiting`` means an earlier lead of the same person is
    still being worked, so that nothing can be said yet.
    """
    return told(await deps.services.duplicates.find(deps.actor, deps.lead_id, lines))


def told(found: Found) -> dict[str, Any]:
    """What was found, as JSON; see :func:`find_duplicate`."""
    return {
        "waiting": found.waiting, "suspects": found.suspects, "why": found.why,
        "earlier": None if found.earlier is None else str(found.earlier),
    }  # fmt: skip


async def close_as_duplicate(deps: ToolDeps, earlier: str, why: str) -> None:
    """End the lead as a repeat of ``earlier``."""
    await deps.services.lead_status.mark_duplicate(
        deps.actor, deps.lead_id, f"{deps.run_id}:duplicate", UUID(earlier), why
    )


async def similar_leads(deps: ToolDeps, text: str, line: str, *, test: bool) -> Decision:
    """Leads of the agency whose words are close to ``text``, and how they ended; ``line`` is kept beside this one."""
    return await deps.services.similar.similar(deps.actor, deps.lead_id, text, line, test=test)


async def record_decision(deps: ToolDeps, decision: Decision) -> None:
    """Keep a specialist's answer with the words it rests on; a repeated step keeps the first."""
    await deps.services.qualification.record(deps.actor, deps.run_id, deps.lead_id, decision)


async def complete_qualification(
    deps: ToolDeps, decisions: Mapping[str, Decision], scored: Decision, waiting: Sequence[Made]
) -> None:
    """Keep the score and the decisions that waited for it, and write what was decided onto the lead, as one event."""
    await deps.services.qualification.complete(deps.actor, deps.run_id, deps.lead_id, decisions, scored, waiting)


async def keep_waiting(deps: ToolDeps, waiting: Sequence[Made]) -> None:
    """Keep decisions that wait for a score which this attempt does not come to."""
    await deps.services.qualification.keep(deps.actor, deps.run_id, deps.lead_id, waiting)


async def kept_decisions(deps: ToolDeps) -> set[str]:
    """The specialists whose decision of this run is kept."""
    return await deps.services.qualification.kept(deps.actor, deps.run_id)


async def stored_decisions(deps: ToolDeps) -> dict[str, Decision]:
    """The newest decision of each specialist about the lead."""
    return await deps.services.qualification.decisions(deps.actor, deps.lead_id)


async def standing_of(deps: ToolDeps) -> tuple[Status, int]:
    """Where the lead stands, and its version."""
    return await deps.services.qualification.standing(deps.actor, deps.lead_id)


async def rescore(deps: ToolDeps, scored: Decision, version: int, *, needs_review: bool) -> None:
    """Write a new score onto the open lead, as one event; who has it stays. Raises Stale past ``version``."""
    await deps.services.qualification.rescore(
        deps.actor, deps.run_id, deps.lead_id, scored, version, needs_review=needs_review
    )


async def queue_for_person(deps: ToolDeps, reason: str, receipt_id: UUID | None = None) -> None:
    """Leave the lead to a person."""
    await deps.services.lead_status.queue(deps.actor, deps.lead_id, f"{deps.run_id}:end", reason, receipt_id)
