"""Judges answers of other models: one alone by a rubric, or two against each other without knowing whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agents.language_models import LanguageModels
from prompts.prompt import Part
from prompts.registry import Library


class Judgement(BaseModel):
    """What the prompt ``judge`` asks for: ``verdict`` is pass or fail of one answer, or the better of two."""

    model_config = ConfigDict(extra="forbid")

    reasoning: str = Field(max_length=1500)
    verdict: Literal["pass", "fail", "first", "second", "tie"]


@dataclass(frozen=True, slots=True)
class Judged:
    """``verdict`` is one of those that could be given. ``cost`` is in millionths of a dollar."""

    verdict: str
    reasoning: str
    cost: int


ALONE, PAIR = ("pass", "fail"), ("first", "second", "tie")


class Judge:
    """Specialist ``judge``. It has no tools, and everything it judges reaches it inside envelopes."""

    name = "judge"

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    async def judge(
        self, agency_id: UUID, rubric: str, task: str, wanted: str | None, answers: tuple[str, ...]
    ) -> Judged | None:
        """The judgement of one answer or two, in the order given; None where it is none that could be given.

        ``task`` is what was asked, ``wanted`` a right answer where one is known. Raises NoAnswer.
        """
        allowed = ALONE if len(answers) == 1 else PAIR
        labels = ("answer",) if len(answers) == 1 else ("first answer", "second answer")
        parts = [Part(label, text) for label, text in zip(labels, answers, strict=True)]
        prompt = self._prompts.load(self.name).render(
            rubric=rubric, verdicts=list(allowed), task=task, wanted=wanted, answers=parts
        )
        answer = await self._models.decide(agency_id, prompt, Judgement)
        if answer.output.verdict not in allowed:
            return None
        return Judged(answer.output.verdict, answer.output.reasoning, answer.cost)
