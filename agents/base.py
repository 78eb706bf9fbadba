"""What every specialist has in common: the case it may see and the shape of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.decision import Decision
from domain.leads.case import LeadCase
from prompts.prompt import Prompt
from prompts.registry import Library

__all__ = ["LeadCase", "Specialist", "prompt_for"]


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


def prompt_for(prompts: Library, agent: str, case: LeadCase) -> Prompt:
    """The version of an agent's prompt for this lead: the one that a running experiment gives it, else the active one.

    Raises Conflict for a version that was changed after its release.
    """
    chosen = case.chosen.get(agent)
    if chosen is None:
        return prompts.load(agent, unit=case.lead_id)
    prompt = prompts.load(agent, chosen.version)
    prompts.require_unchanged(prompt)
    return prompt
