"""The extractor's second opinion: a language model reads what the rules could not, and rules read what it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.base import LeadCase, prompt_for
from agents.language_models import LanguageModels
from domain.decision import Decision, Evidence, Source
from domain.leads.extraction.found import LISTS
from domain.leads.extraction.stated import typed
from domain.leads.meanings import FIELDS
from kernel.ids import canonical_json
from prompts.prompt import Prompt
from prompts.quotes import find_quote
from prompts.registry import Library

_AT_MOST = 0.85
"""No value of a model counts for surer than a rule's plain reading."""
_SURE_FROM = 0.8
_LEAST_WORDS = 6


class StatedFact(BaseModel):
    """One value as the sender states it."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=60)
    value: str = Field(max_length=300)
    quote: str = Field(max_length=600)
    confidence: float = Field(ge=0, le=1)


class ExtractorAnswer(BaseModel):
    """What the prompt ``extractor`` asks for."""

    model_config = ConfigDict(extra="forbid")

    facts: list[StatedFact] = Field(max_length=60)
    do_not_call: Literal["yes", "limited", "no"]
    do_not_call_quotes: list[str] = Field(max_length=10)


class ExtractorModel:
    """Asked where the rules found nothing, little or contradictions in more than a few words."""

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    @property
    def version(self) -> str:
        """Prompt and model."""
        return f"{self._prompts.load('extractor').name}/{self._models.model_of('extractor')}"

    def wanted(self, case: LeadCase, local: Decision) -> bool:
        """Enough words for facts to hide in, and rules that are not sure to have found them."""
        return len(case.text.split()) >= _LEAST_WORDS and (local.needs_review or local.confidence < _SURE_FROM)

    def prompt(self, case: LeadCase) -> Prompt:
        """The words for this lead."""
        return prompt_for(self._prompts, "extractor", case)

    async def decide(self, case: LeadCase, local: Decision) -> Decision:
        """The rules' facts, completed. A value counts only with words of the message, and only as our rules read it.

        A wish not to be called is never taken back: the model can add one, on words that stand in the message.
        """
        prompt = self.prompt(case)
        columns = {name: text for name, text in case.fields.items() if text.strip()}
        rendered = prompt.render(fields=FIELDS, message=case.text, columns=columns)
        answer = await self._models.extract(case.agency_id, rendered, ExtractorAnswer)
        sources = [case.text, *columns.values()]
        found = list(_readable(answer.output, case, sources))
        fields = dict(local.value["fields"])
        added = _add(fields, found)
        refusals = [quote for one in answer.output.do_not_call_quotes if (quote := _quote(one, sources))]
        refused = bool(local.value["do_not_call"]) or (answer.output.do_not_call == "yes" and bool(refusals))
        evidence = [*local.evidence, *(Evidence(name, quote, confidence) for name, _, quote, confidence in added)]
        evidence += [
            Evidence("asks not to be called", quote) for quote in refusals if answer.output.do_not_call == "yes"
        ]
        lost = len(answer.output.facts) - len(found)
        if lost:
            evidence.append(Evidence(f"{lost} values of the model were left out: no such words, or not readable"))
        sure = [float(fact["confidence"]) for fact in fields.values()]
        return Decision(
            local.specialist, {"fields": fields, "do_not_call": refused},
            round(sum(sure) / len(sure), 4) if sure else _SURE_FROM, Source.LLM if added or refusals else local.source,
            f"{local.version}+{rendered.read_by(answer.model)}", tuple(evidence),
            needs_review=local.needs_review or answer.output.do_not_call == "limited", cost=answer.cost,
        )  # fmt: skip

    def same(self, local: Decision, answer: Decision) -> bool:
        """The same fields with the same values, and the same about calls."""
        return canonical_json(local.value) == canonical_json(answer.value)


_Read = tuple[str, Any, str, float]


def _readable(answer: ExtractorAnswer, case: LeadCase, sources: list[str]) -> Iterator[_Read]:
    for fact in answer.facts:
        quote = _quote(fact.quote, sources)
        value = typed(fact.field, fact.value, case.received_at.date()) if quote else None
        if quote and value is not None:
            yield fact.field, value, quote, round(min(fact.confidence, _AT_MOST), 4)


def _add(fields: dict[str, Any], found: list[_Read]) -> list[_Read]:
    """Put what was found into ``fields`` where the rules found nothing. Two readings of one field stand against each other."""
    added: list[_Read] = []
    for name, value, quote, confidence in found:
        present = fields.get(name)
        mine = any(one[0] == name for one in added)
        if present is None:
            fields[name] = {"value": value, "confidence": confidence}
        elif name in LISTS and mine:
            fields[name] = {
                **present,
                "value": [*present["value"], *(one for one in value if one not in present["value"])],
            }
        elif mine and canonical_json(present["value"]) != canonical_json(value):
            others = [*present.get("others", []), value]
            fields[name] = {**present, "confidence": round(present["confidence"] / 2, 4), "others": others}
        else:
            continue
        added.append((name, value, quote, confidence))
    return added


def _quote(quote: str, sources: list[str]) -> str | None:
    return next((found for source in sources if (found := find_quote(quote, source))), None)
