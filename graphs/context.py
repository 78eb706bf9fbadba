"""What a run carries besides its state: the tools' deps and the specialists. Never checkpointed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.base import LeadCase, Specialist
from domain.decision import Decision
from kernel.clock import now
from services.briefings import Briefing
from services.leads.qualify import Made
from tools.deps import ToolDeps
from tools.leads import brief


@dataclass(slots=True)
class LeadContext:
    """One attempt's context. The briefing is read once, by the first step that needs it.

    ``decided`` are the specialists that decided in this attempt; what ``waiting`` holds of them is written with the score.
    """

    deps: ToolDeps
    specialists: Mapping[str, Specialist]
    node_seconds: float
    decided: set[str] = field(default_factory=set)
    waiting: dict[str, Made] = field(default_factory=dict)
    _briefing: Briefing | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def briefing(self) -> Briefing:
        """What the run is told of its lead."""
        async with self._reading:
            if self._briefing is None:
                self._briefing = await brief(self.deps)
            return self._briefing

    def put_by(self, decision: Decision) -> None:
        """Let the decision wait for the score."""
        self.waiting[decision.specialist] = Made(decision, now())

    async def case(self) -> LeadCase:
        """The lead as specialists may see it."""
        return (await self.briefing()).case
