"""What a run carries besides its state: the tools' deps and the specialists. Never checkpointed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.base import LeadCase, Specialist
from services.briefings import Briefing
from tools.deps import ToolDeps
from tools.leads import brief


@dataclass(slots=True)
class LeadContext:
    """One run's context. The briefing is read once, by the first step that needs it."""

    deps: ToolDeps
    specialists: Mapping[str, Specialist]
    node_seconds: float
    _briefing: Briefing | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def briefing(self) -> Briefing:
        """What the run is told of its lead."""
        async with self._reading:
            if self._briefing is None:
                self._briefing = await brief(self.deps)
            return self._briefing

    async def case(self) -> LeadCase:
        """The lead as specialists may see it."""
        return (await self.briefing()).case
