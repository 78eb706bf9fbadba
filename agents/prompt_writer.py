"""Drafts the body of a prompt anew from cases that the present one fails. What a draft is worth is measured, not said here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agents.language_models import LanguageModels
from prompts.prompt import Part, Prompt
from prompts.registry import Library


class Draft(BaseModel):
    """What the prompt ``prompt_writer`` asks for: both sections of a prompt, and what changed in a sentence."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=400)
    system: str = Field(min_length=1, max_length=30_000)
    user: str = Field(min_length=1, max_length=15_000)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft and what it cost, in millionths of a dollar."""

    draft: Draft
    cost: int


class PromptWriter:
    """Specialist ``prompt_writer``. It has no tools; failed cases and earlier drafts reach it inside envelopes."""

    name = "prompt_writer"

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    async def draft(
        self, agency_id: UUID, present: Prompt, body: str, failures: Sequence[str], earlier: Sequence[str]
    ) -> Drafted:
        """Another body for ``present``, whose own is ``body``. Raises NoAnswer."""
        trusted = sorted(name for name, spec in present.inputs.items() if not spec.untrusted)
        outside = sorted(name for name, spec in present.inputs.items() if spec.untrusted)
        prompt = self._prompts.load(self.name).render(
            agent=present.id, present=body, trusted=trusted, outside=outside, partials=sorted(self._prompts.partials),
            failures=[Part(f"failed case {number}", text) for number, text in enumerate(failures, 1)],
            earlier=[Part(f"earlier draft {number}", text) for number, text in enumerate(earlier, 1)],
        )  # fmt: skip
        answer = await self._models.decide(agency_id, prompt, Draft)
        return Drafted(answer.output, answer.cost)
