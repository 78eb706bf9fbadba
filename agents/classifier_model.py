"""The classifier's second opinion: a language model reads the message where local models are unsure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.base import LeadCase, prompt_for
from agents.language_models import LanguageModels, NoAnswer
from domain.decision import Decision, Evidence, Source
from domain.leads.meanings import INTENTS, LINES, URGENCIES
from domain.lines import Intent, Line, Urgency
from integrations.llm.errors import BadAnswer
from prompts.prompt import Prompt
from prompts.quotes import find_quote
from prompts.registry import Library

_AGREED, _ALONE = 0.95, 0.8
"""No answer of a model counts for surer than this: where the local model thought the same, and where it did not."""
_REVIEW_BELOW = 0.6
_LEAST_WORDS = 2


class Reason(BaseModel):
    """Words of the message, and what they speak for."""

    model_config = ConfigDict(extra="forbid")

    about: Literal["line", "intent", "urgency", "out_of_scope"]
    quote: str = Field(max_length=600)


class ClassifierAnswer(BaseModel):
    """What the prompt ``classifier`` asks for. The labels are the domain's; anything else is asked again."""

    model_config = ConfigDict(extra="forbid")

    line: Line
    lines: list[Line] = Field(max_length=len(Line))
    intent: Intent
    urgency: Urgency
    language: str | None = Field(pattern="^[a-z]{2}$")
    out_of_scope: bool
    reasons: list[Reason] = Field(max_length=12)
    confidence: float = Field(ge=0, le=1)


class ClassifierModel:
    """Asked where the line is unsure and was not named by the sender in a field of its own."""

    def __init__(self, models: LanguageModels, prompts: Library) -> None:
        self._models = models
        self._prompts = prompts

    @property
    def version(self) -> str:
        """Prompt and model."""
        return f"{self._prompts.load('classifier').name}/{self._models.model_of('classifier')}"

    def wanted(self, case: LeadCase, local: Decision) -> bool:
        """Words that a local model could not settle."""
        return local.needs_review and local.source is not Source.GIVEN and len(case.text.split()) >= _LEAST_WORDS

    def prompt(self, case: LeadCase) -> Prompt:
        """The words for this lead."""
        return prompt_for(self._prompts, "classifier", case)

    async def decide(self, case: LeadCase, local: Decision) -> Decision:
        """The model's reading. What it quotes must stand in the message, or it counts for nothing: a line without such words is
        no answer, an urgency without them is not taken, and a lead is turned away only on them.
        """
        prompt = self.prompt(case)
        rendered = prompt.render(
            lines=LINES, intents=INTENTS, urgencies=URGENCIES, received_on=case.received_at.date(), message=case.text
        )
        answer = await self._models.decide(case.agency_id, rendered, ClassifierAnswer)
        read = answer.output
        limit = prompt.inputs["message"].max_chars
        quoted = [(reason.about, find_quote(reason.quote, case.text, limit=limit)) for reason in read.reasons]
        proven = {about for about, quote in quoted if quote}
        outside = read.out_of_scope and "out_of_scope" in proven
        line = Line.UNKNOWN if outside else read.line
        lines = [line, *(one for one in read.lines if one not in {line, Line.UNKNOWN})] if not outside else [line]
        agreed = local.value.get("line") == line.value and bool(local.value.get("out_of_scope")) == outside
        confidence = min(read.confidence, _AGREED if agreed else _ALONE)
        if line is not Line.UNKNOWN and "line" not in proven:
            raise NoAnswer(BadAnswer("the model gave no words of the message for its line"), answer.cost)
        evidence = [Evidence(about, quote) for about, quote in quoted if quote]
        evidence.append(Evidence(f"the local model thought {local.value.get('line')}", weight=local.confidence))
        value = {
            **local.value, "line": line.value, "lines": [one.value for one in lines],
            "intent": Intent.OUT_OF_SCOPE.value if outside else _in_scope(read.intent).value,
            "intent_confidence": round(confidence if "intent" in proven or outside else confidence / 2, 4),
            "urgency": read.urgency.value if "urgency" in proven else local.value["urgency"],
            "urgency_confidence": round(confidence, 4) if "urgency" in proven else local.value["urgency_confidence"],
            "language": case.language or read.language, "out_of_scope": outside,
        }  # fmt: skip
        return Decision(
            local.specialist, value, round(confidence, 4), Source.LLM,
            f"{local.version}+{rendered.read_by(answer.model)}", tuple(evidence),
            needs_review=(line is Line.UNKNOWN and not outside) or confidence < _REVIEW_BELOW, cost=answer.cost,
        )  # fmt: skip

    def same(self, local: Decision, answer: Decision) -> bool:
        """The same line, and both in or both out of scope."""
        return all(local.value.get(name) == answer.value[name] for name in ("line", "out_of_scope"))


def _in_scope(intent: Intent) -> Intent:
    """A lead that is kept has some intent; which one is unknown when the model said that it has none with us."""
    return Intent.UNKNOWN if intent is Intent.OUT_OF_SCOPE else intent
