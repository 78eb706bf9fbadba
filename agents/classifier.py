"""The classifier: line of business, intent, urgency, scope and language of a lead, with the words that decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.leads.classification import intent_hints, line_hints, scope_hint, urgency_hints
from domain.lines import Intent, Line, Urgency
from integrations.local.embedder import Embedder, shared_embedder
from integrations.local.hints import HINTERS, OUT_OF_SCOPE
from integrations.local.language import UNKNOWN as UNKNOWN_LANGUAGE
from integrations.local.language import language_of
from integrations.local.text_model import TextModel

SHOWN = 3
_QUOTED = 3


@dataclass(frozen=True, slots=True)
class _Guess:
    """One model's answer to one text."""

    label: str
    probability: float
    sure: bool
    top: dict[str, float]


@cache
def _model(task: str) -> TextModel:
    return TextModel.load(Path(str(files("integrations.local.models"))), task)


class Classifier:
    """Local models with the rules' hints. A line that the sender named in a field of its own stands, and a text that
    clearly says otherwise marks the decision for review. An answer below its stated error bound is marked too.
    """

    name = "classifier"

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder or shared_embedder()

    @property
    def version(self) -> str:
        """Rules and models that decide."""
        return f"classifier.1/{_model('line').card.version}"

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The decision about one lead; see :meth:`classify_texts` for its value."""
        del known
        vectors = await self._embedder.embed_async([case.text], kind="query") if case.text.strip() else None
        return await asyncio.to_thread(
            self._decide, case.text, vectors, case.received_at.date(), case.declared_line, case.language
        )

    def classify_texts(self, texts: Sequence[str], on: date) -> list[Decision]:
        """Decisions about many texts, as for single ones. ``value`` has line, lines, intent, intent_confidence, urgency,
        urgency_confidence, language, out_of_scope and the three most probable lines under ``probabilities``.
        """
        vectors = self._embedder.embed(texts, kind="query")
        return [self._decide(text, vectors[row : row + 1], on, None, None) for row, text in enumerate(texts)]

    def _decide(
        self, text: str, vectors: np.ndarray[Any, Any] | None, on: date, declared: Line | None, language: str | None
    ) -> Decision:
        if vectors is None:
            return self._without_words(declared, language)
        line = _guess("line", text, vectors, on)
        intent, urgency = _guess("intent", text, vectors, on), _guess("urgency", text, vectors, on)
        outside = line.label == OUT_OF_SCOPE and declared is None
        said = language or language_of(text)
        chosen = declared or (Line.UNKNOWN if line.label == OUT_OF_SCOPE else Line(line.label))
        contradicted = declared is not None and line.sure and line.label != declared.value
        named = [one for one in line_hints(text).named if one is not chosen]
        value = {
            "line": chosen.value, "lines": [chosen.value, *(one.value for one in named)],
            "intent": Intent.OUT_OF_SCOPE.value if outside else intent.label,
            "intent_confidence": round(intent.probability, 4),
            "urgency": Urgency(urgency.label).value, "urgency_confidence": round(urgency.probability, 4),
            "language": None if said == UNKNOWN_LANGUAGE else said, "out_of_scope": outside, "probabilities": line.top,
        }  # fmt: skip
        evidence = [*_line_evidence(text, line.label, declared), *_other_evidence(text, on)]
        if contradicted:
            evidence.append(Evidence(f"the text rather asks for {line.label}"))
        confidence = 1.0 if declared and not contradicted else line.probability
        if contradicted:
            confidence = round(line.top.get(chosen.value, 0.0), 4)
        unsure = contradicted if declared else not line.sure
        source = Source.GIVEN if declared else Source.LOCAL
        return Decision(self.name, value, confidence, source, self.version, tuple(evidence), needs_review=unsure)

    def _without_words(self, declared: Line | None, language: str | None) -> Decision:
        line = declared or Line.UNKNOWN
        value: dict[str, Any] = {
            "line": line.value, "lines": [line.value], "intent": Intent.UNKNOWN.value, "intent_confidence": 0.0,
            "urgency": Urgency.UNKNOWN.value, "urgency_confidence": 0.0, "language": language, "out_of_scope": False,
            "probabilities": {},
        }  # fmt: skip
        if declared is not None:
            reason = Evidence("the sender named the line in a field of its own")
            return Decision(self.name, value, 1.0, Source.GIVEN, self.version, (reason,))
        reason = Evidence("nothing was written and no line was named")
        return Decision(self.name, value, 0.0, Source.RULES, self.version, (reason,), needs_review=True)


def _guess(task: str, text: str, vectors: np.ndarray[Any, Any], on: date) -> _Guess:
    model = _model(task)
    hints = HINTERS[task](text, on)  # type: ignore[index]
    row = model.probabilities([text], vectors, [hints])[0]
    best = np.argsort(-row, kind="stable")[:SHOWN]
    top = {model.card.labels[index]: round(float(row[index]), 4) for index in best}
    label, probability = model.card.labels[best[0]], float(row[best[0]])
    return _Guess(label, min(1.0, probability), model.is_sure(label, probability), top)


def _line_evidence(text: str, label: str, declared: Line | None) -> list[Evidence]:
    reasons = [Evidence("the sender named the line in a field of its own")] if declared else []
    outside = scope_hint(text)
    if label == OUT_OF_SCOPE and outside is not None:
        return [*reasons, Evidence("not a request for insurance", outside.quote, outside.strength)]
    found = [hint for hint in line_hints(text).hints if hint.label.value == label]
    if found:
        best = sorted(found, key=lambda hint: -hint.strength)[:_QUOTED]
        return [*reasons, *(Evidence(f"these words speak for {label}", hint.quote, hint.strength) for hint in best)]
    words = _model("line").telling_words(text, label)
    return [*reasons, *(Evidence(f"this word speaks for {label} in the local model", word) for word in words)]


def _other_evidence(text: str, on: date) -> list[Evidence]:
    reasons = [Evidence(f"intent {hint.label.value}", hint.quote, hint.strength) for hint in intent_hints(text)[:1]]
    return reasons + [
        Evidence(f"urgency {hint.label.value}", hint.quote, hint.strength) for hint in urgency_hints(text, on)[:1]
    ]
