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
from domain.leads.classification import LineHints, intent_hints, line_hints, scope_hint, urgency_hints
from domain.leads.classification.text import MAX_CHARS
from domain.lines import Intent, Line, Urgency
from integrations.local.embedder import Embedder, shared_embedder
from integrations.local.hints import HINTERS, OUT_OF_SCOPE
from integrations.local.language import UNKNOWN as UNKNOWN_LANGUAGE
from integrations.local.language import language_of
from integrations.local.seeds import TASKS, Task
from integrations.local.text_model import TextModel

SHOWN = 3
ALSO_FROM = 0.3
"""A second line this probable is listed too."""
MODEL_CHARS = 600
"""What the models read of a message: the first 600 characters, 0.2 s at the most. The rules read 4,000."""
_QUOTED = 3


@dataclass(frozen=True, slots=True)
class _Guess:
    """One model's answer to one text."""

    label: str
    probability: float
    sure: bool
    top: dict[str, float]


@cache
def _model(task: Task) -> TextModel:
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
        return "classifier.2/" + "/".join(_model(task).card.version for task in TASKS)

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The decision about one lead; see :meth:`classify_texts` for its value."""
        del known
        text = _readable(case.text)
        vectors = (
            await self._embedder.embed_async([text[:MODEL_CHARS]], kind="query") if _says_something(text) else None
        )
        declared = None if case.declared_line is Line.UNKNOWN else case.declared_line
        return await asyncio.to_thread(self._decide, text, vectors, case.received_at.date(), declared, case.language)

    def classify_texts(self, texts: Sequence[str], on: date) -> list[Decision]:
        """Decisions about many texts, as for single ones. ``value`` has line, lines, intent, intent_confidence, urgency,
        urgency_confidence, language, out_of_scope and the three most probable lines under ``probabilities``.
        """
        cleaned = [_readable(text) for text in texts]
        vectors = self._embedder.embed([text[:MODEL_CHARS] for text in cleaned], kind="query")
        return [
            self._decide(text, vectors[row : row + 1] if _says_something(text) else None, on, None, None)
            for row, text in enumerate(cleaned)
        ]

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
        named = line_hints(text)
        value = {
            "line": chosen.value, "lines": _lines(chosen, named, line),
            "intent": Intent.OUT_OF_SCOPE.value if outside else intent.label,
            "intent_confidence": round(intent.probability, 4),
            "urgency": Urgency(urgency.label).value, "urgency_confidence": round(urgency.probability, 4),
            "language": None if said == UNKNOWN_LANGUAGE else said, "out_of_scope": outside, "probabilities": line.top,
        }  # fmt: skip
        evidence = [*_line_evidence(text, line.label, named, declared), *_other_evidence(text, on)]
        if contradicted:
            evidence.append(Evidence(f"the text rather asks for {line.label}"))
        elif not declared and not line.sure:
            evidence.append(
                Evidence("below the probability that keeps the error bound", weight=round(line.probability, 4))
            )
        confidence = 1.0 if declared and not contradicted else line.probability
        if contradicted:
            confidence = round(line.top.get(chosen.value, 0.0), 4)
        unsure = contradicted if declared else not line.sure
        source = Source.GIVEN if declared else _source(line, named)
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
        reason = Evidence("nothing readable was written and no line was named")
        return Decision(self.name, value, 0.0, Source.RULES, self.version, (reason,), needs_review=True)


def _guess(task: Task, text: str, vectors: np.ndarray[Any, Any], on: date) -> _Guess:
    model = _model(task)
    hints = HINTERS[task](text, on)
    row = model.probabilities([text[:MODEL_CHARS]], vectors, [hints])[0]
    best = np.argsort(-row, kind="stable")[:SHOWN]
    top = {model.card.labels[index]: round(float(row[index]), 4) for index in best}
    label, probability = model.card.labels[best[0]], float(row[best[0]])
    return _Guess(label, min(1.0, probability), model.is_sure(label, probability), top)


def _readable(text: str) -> str:
    """``text`` without what no store and no model can take: NULs and lone surrogates."""
    return "".join(" " if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in text[:MAX_CHARS]).strip()


def _says_something(text: str) -> bool:
    return any(char.isalpha() for char in text)


def _source(line: _Guess, named: LineHints) -> Source:
    """The local model where it keeps its bound; below it, the rules where a phrase speaks for the same line."""
    if line.sure or all(hint.label.value != line.label for hint in named.hints):
        return Source.LOCAL
    return Source.RULES


def _lines(chosen: Line, named: LineHints, line: _Guess) -> list[str]:
    """The chosen line first, then others that the text names or the model finds likely.

    Beside an umbrella the lines named are those it lies over, which nobody asks for.
    """
    others = () if chosen is Line.UMBRELLA else tuple(one.value for one in named.named)
    likely = (label for label, chance in line.top.items() if chance >= ALSO_FROM and label != OUT_OF_SCOPE)
    return list(dict.fromkeys([chosen.value, *others, *likely]))


def _line_evidence(text: str, label: str, named: LineHints, declared: Line | None) -> list[Evidence]:
    reasons = [Evidence("the sender named the line in a field of its own")] if declared else []
    outside = scope_hint(text)
    if label == OUT_OF_SCOPE and outside is not None:
        return [*reasons, Evidence("not a request for insurance", outside.quote, outside.strength)]
    found = [hint for hint in named.hints if hint.label.value == label]
    if found:
        best = sorted(found, key=lambda hint: -hint.strength)[:_QUOTED]
        return [*reasons, *(Evidence(f"these words speak for {label}", hint.quote, hint.strength) for hint in best)]
    words = _model("line").telling_words(text[:MODEL_CHARS], label)
    return [*reasons, *(Evidence(f"this word speaks for {label} in the local model", word) for word in words)]


def _other_evidence(text: str, on: date) -> list[Evidence]:
    reasons = [Evidence(f"intent {hint.label.value}", hint.quote, hint.strength) for hint in intent_hints(text)[:1]]
    return reasons + [
        Evidence(f"urgency {hint.label.value}", hint.quote, hint.strength) for hint in urgency_hints(text, on)[:1]
    ]
