"""What every specialist has in common: the case it may see and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.decision import Decision
from domain.leads.case import LeadCase

__all__ = ["LeadCase", "Specialist"]


class Specialist(Protocol):
    """One agent with one job. ``known`` holds the decisions made before it, by specialist name."""

    @property
    def name(self) -> str:
        """What its decisions are filed under."""
        ...

    @property
    def version(self) -> str:
        """Rules, model and prompt that decide."""
        ...

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The decision; raises only when it cannot answer at all, and the graph then marks a degraded one."""
        ...
