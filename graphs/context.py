"""What a run carries besides its state: the tools' deps and the specialists. Never checkpointed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agents.base import LeadCase, Specialist
from tools.deps import ToolDeps
from tools.documents import documents_of_lead
from tools.leads import load_case


@dataclass(slots=True)
class LeadContext:
    """One run's context. The case is read once and shared by the steps that run beside each other."""

    deps: ToolDeps
    specialists: Mapping[str, Specialist]
    node_seconds: float
    _case: LeadCase | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def case(self) -> LeadCase:
        """The lead as specialists may see it."""
        async with self._reading:
            if self._case is None:
                documents = await documents_of_lead(self.deps)
                self._case = replace(await load_case(self.deps), documents=documents)
            return self._case
