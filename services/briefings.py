"""What a run is told of its lead before it starts: read in one transaction, once for the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.decision import Decision, Evidence, Source
from domain.leads.case import LeadCase
from services.documents.documents import Documents
from services.experiments.experiments import chosen_for
from services.leads.duplicates import Duplicates, Suspects
from services.leads.qualify import case_of
from services.routing.roster import Rosters
from services.scoring.outcomes import Outcomes
from store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Briefing:
    """The lead as specialists may see it, with its documents; who may be the same person; and ``history``, the decision of
    that name: how earlier leads of the source ended, the lines that the agency's producers sell, how leads of each score
    ended, and what a sale is expected to bring.
    """

    case: LeadCase
    suspects: Suspects
    history: Decision


class Briefings:
    """Put together from what each context knows of the lead."""

    def __init__(
        self, database: Database, duplicates: Duplicates, documents: Documents, outcomes: Outcomes, rosters: Rosters
    ) -> None:
        self._database = database
        self._duplicates = duplicates
        self._documents = documents
        self._outcomes = outcomes
        self._rosters = rosters

    async def brief(self, actor: Actor, lead_id: UUID) -> Briefing:
        """All of it; NotFound for another agency's lead."""
        async with self._database.begin(actor) as uow:
            row = await uow.leads.one(lead_id)
            documents = await self._documents.stated(uow, lead_id)
            suspects = await self._duplicates.suspects(uow, row)
            history = await self._history(uow, row.source, lead_id)
            chosen = chosen_for((await uow.agencies.mine()).settings, lead_id)
        return Briefing(replace(case_of(row), documents=documents, chosen=chosen), suspects, history)

    async def _history(self, uow: UnitOfWork, source: str, lead_id: UUID) -> Decision:
        closed = await uow.leads.closed(source, lead_id)
        lines = (await self._rosters.current(uow)).lines
        known: dict[str, Any] = {"won": closed.won, "worked": closed.worked, "sold_lines": sorted(lines) or None}
        reason = Evidence(f"{closed.won} of {closed.worked} worked leads of this source were won")
        value = {**known, **await self._outcomes.told(uow, closed)}
        return Decision("history", value, 1.0, Source.RULES, "history.1", (reason,))
