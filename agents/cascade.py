"""Local first: a language model is asked only where the local answer is unsure, and the local answer stands where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from agents.base import LeadCase, Specialist
from agents.language_models import LanguageModels, NoAnswer
from domain.decision import Decision, Evidence
from domain.experiments import Chosen
from kernel.telemetry.metrics import CASCADE
from prompts.prompt import Prompt


class SecondOpinion(Protocol):
    """The language model's side of a specialist."""

    @property
    def version(self) -> str:
        """Prompt and model that decide."""
        ...

    def wanted(self, case: LeadCase, local: Decision) -> bool:
        """Whether the local answer leaves something that words could settle."""
        ...

    async def decide(self, case: LeadCase, local: Decision) -> Decision:
        """The decision with the model's answer in it. Raises NoAnswer when there is none of use."""
        ...

    def prompt(self, case: LeadCase) -> Prompt:
        """The words that a model would be asked with."""
        ...

    def same(self, local: Decision, answer: Decision) -> bool:
        """Whether both say the same where it matters; counted, to know what the local answer is worth."""
        ...


class Cascade:
    """A specialist made of two. A decision says who gave it; one that the model could not give is marked for review.

    The value of a model's decision says under ``agreed`` whether the local answer was the same.
    """

    def __init__(self, local: Specialist, second: SecondOpinion, models: LanguageModels) -> None:
        self._local = local
        self._second = second
        self._models = models
        self.name = local.name

    @property
    def version(self) -> str:
        """Rules, models and prompt that decide."""
        return f"{self._local.version}+{self._second.version}" if self._models.configured else self._local.version

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The local decision where it is sure, else the model's, else the local one marked."""
        local = await self._local.decide(case, known)
        if not self._second.wanted(case, local):
            return self._counted("local", local)
        if not self._models.configured:
            return self._counted("no_model", local)
        asked = _asked(case.chosen.get(self._second.prompt(case).id))
        local = replace(local, **asked)
        try:
            answer = replace(await self._second.decide(case, local), **asked)
        except NoAnswer as none:
            reason = Evidence(f"{none.counted(self.name)}; local models and rules answer")
            return replace(local, needs_review=True, evidence=(*local.evidence, reason), cost=local.cost + none.cost)
        same = self._second.same(local, answer)
        kept = replace(answer, value={**answer.value, "agreed": same})
        return self._counted("llm_same" if same else "llm_other", kept)

    def _counted(self, outcome: str, decision: Decision) -> Decision:
        CASCADE.labels(self.name, outcome).inc()
        return decision


def _asked(chosen: Chosen | None) -> dict[str, Any]:
    return {} if chosen is None else {"experiment": str(chosen.experiment_id), "version_asked": chosen.version}
