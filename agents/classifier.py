"""The classifier: line of business, intent, urgency, scope and language of a lead, with the words that decided."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.leads.classification import LineHints, intent_hints, line_hints, readable, scope_hint, urgency_hints
from domain.leads.classification.persons import alike, without_names
from domain.leads.classification.text import MAX_CHARS
from domain.leads.instructions import set_aside
from domain.lines import Intent, Line, Urgency
from integrations.local.embedder import Embedder, Vectors, shared_embedder
from integrations.local.hints import HINTERS, NO_LINE, OUT_OF_SCOPE, UNCLEAR, blanked
from integrations.local.language import UNKNOWN as UNKNOWN_LANGUAGE
from integrations.local.language import language_of
from integrations.local.seeds import TASKS, Task
from integrations.local.shipped import MODEL_CHARS, embedded_part
from integrations.local.shipped import shipped_model as _model
from integrations.local.text_model import TextModel

SHOWN = 3
ALSO_FROM = 0.3
"""A second line this probable is listed too."""
BARELY = 0.15
"""Under this the best line is no better than a shrug, and the line stays unknown."""
TURN_AWAY_FROM = 0.95
"""Without a phrase that shows it, a message is out of scope only from this probability."""
QUICK_INTENT_FROM = 0.7
"""The embedding is spared only where the intent too is this probable without it, or a phrase states it."""
_TOO_FEW_WORDS = 2
_QUOTED = 3
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")


class OwnModels(Protocol):
    """The line models that agencies trained on rows of their own."""

    def active(self, agency_id: UUID) -> TextModel | None:
        """The one in use for this agency, or None where the shipped one is."""
        ...


@dataclass(frozen=True, slots=True)
class _Message:
    """A text as rules read it, what they found, and what the models read: without the lines that are set aside. ``aside`` has
    what speaks to a machine.
    """

    text: str
    hints: LineHints
    for_model: str
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Guess:
    """One model's answer to one text."""

    label: str
    probability: float
    sure: bool
    top: dict[str, float]


class Classifier:
    """Local models with the rules' hints. A line that the sender named in a field of its own stands, and a text that
    clearly says otherwise marks the decision for review. An answer below its stated error bound is marked too.

    Where words and letters alone decide the line within a tighter bound, nothing is embedded. An agency with a line model of
    its own (``own``) gets its answers from that; ``line_model`` replaces the shipped one for everybody.
    """

    name = "classifier"

    def __init__(
        self, embedder: Embedder | None = None, *, own: OwnModels | None = None, line_model: TextModel | None = None
    ) -> None:
        self._embedder = embedder or shared_embedder()
        self._own = own
        self._line_model = line_model

    @property
    def version(self) -> str:
        """Rules and models that decide, where an agency has no model of its own."""
        return _version(self._line_model or _model("line"))

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The decision about one lead; see :meth:`classify_texts` for its value."""
        del known
        declared = None if case.declared_line is Line.UNKNOWN else case.declared_line
        own = await asyncio.to_thread(self._own.active, case.agency_id) if self._own else None
        model = own or self._line_model
        message = _read(case.text)
        if message is None:
            return self._without_words(declared, case.language, model)
        on = case.received_at.date()

        def quickly() -> Decision | str:
            """The decision, or the part of the message that has to be embedded for it."""
            line = _quick_line(message, on, model)
            if line is None:
                return embedded_part(message.for_model)
            return self._decide(message, line, None, on, declared, case.language, model)

        def fully(vectors: Vectors) -> Decision:
            line = _line(message, vectors, on, model)
            return self._decide(message, line, vectors, on, declared, case.language, model)

        decided = await asyncio.to_thread(quickly)
        if isinstance(decided, Decision):
            return decided
        return await asyncio.to_thread(fully, await self._embedder.embed_async([decided], kind="query"))

    def classify_texts(self, texts: Sequence[str], on: date) -> list[Decision]:
        """Decisions about many texts, as for single ones. ``value`` has line, lines, intent, intent_confidence, urgency,
        urgency_confidence, language, out_of_scope and the three most probable lines under ``probabilities``.
        """
        model = self._line_model
        messages = [_read(text) for text in texts]
        quick = [_quick_line(message, on, model) if message else None for message in messages]
        wanted = [row for row, message in enumerate(messages) if message and not quick[row]]
        embedded = self._embedder.embed(
            [embedded_part(one.for_model) for row in wanted if (one := messages[row])], kind="query"
        )
        vectors = {row: embedded[place : place + 1] for place, row in enumerate(wanted)}
        decisions = []
        for row, message in enumerate(messages):
            if message is None:
                decisions.append(self._without_words(None, None, model))
            else:
                line = quick[row] or _line(message, vectors[row], on, model)
                decisions.append(self._decide(message, line, vectors.get(row), on, None, None, model))
        return decisions

    def _decide(
        self, message: _Message, line: _Guess, vectors: Vectors | None, on: date, declared: Line | None,
        language: str | None, model: TextModel | None,
    ) -> Decision:  # fmt: skip
        intent, urgency = _guess("intent", message, vectors, on), _urgency(message, vectors, on)
        outside = line.label == OUT_OF_SCOPE and declared is None
        said = language or language_of(message.text)
        guessed = line.label if line.label not in NO_LINE and line.probability >= BARELY else Line.UNKNOWN.value
        chosen = declared or Line(guessed)
        contradicted = declared is not None and line.sure and line.label != declared.value
        value = {
            "line": chosen.value, "lines": _lines(chosen, message.hints, line),
            "intent": Intent.OUT_OF_SCOPE.value if outside else intent.label,
            "intent_confidence": round(line.probability if outside else intent.probability, 4),
            "urgency": Urgency(urgency.label).value, "urgency_confidence": round(urgency.probability, 4),
            "language": None if said == UNKNOWN_LANGUAGE else said, "out_of_scope": outside, "probabilities": line.top,
        }  # fmt: skip
        evidence = [*_line_evidence(message, line.label, declared), *_other_evidence(message.text, on)]
        evidence += [Evidence("speaks to a machine, not to us, and was not read", quote) for quote in message.aside]
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
        source = Source.GIVEN if declared else _source(line, message.hints)
        version = _version(model or _model("line"))
        return Decision(
            self.name, value, confidence, source, version, tuple(evidence), needs_review=unsure or bool(message.aside)
        )

    def _without_words(self, declared: Line | None, language: str | None, model: TextModel | None) -> Decision:
        line, version = declared or Line.UNKNOWN, _version(model or _model("line"))
        value: dict[str, Any] = {
            "line": line.value, "lines": [line.value], "intent": Intent.UNKNOWN.value, "intent_confidence": 0.0,
            "urgency": Urgency.UNKNOWN.value, "urgency_confidence": 0.0, "language": language, "out_of_scope": False,
            "probabilities": {},
        }  # fmt: skip
        if declared is not None:
            reason = Evidence("the sender named the line in a field of its own")
            return Decision(self.name, value, 1.0, Source.GIVEN, version, (reason,))
        reason = Evidence("nothing readable was written and no line was named")
        return Decision(self.name, value, 0.0, Source.RULES, version, (reason,), needs_review=True)


def _read(text: str) -> _Message | None:
    """What rules and models read, or None where there is no letter in it. NULs and lone surrogates become spaces, and so do
    names that people give themselves.

    What speaks to a machine is set aside here, whoever hands the text over: a lead's has been through it already, and loses
    nothing more.
    """
    heard = set_aside(_UNSAFE.sub(" ", text[:MAX_CHARS]))
    text = heard.text.strip()
    if not any(char.isalpha() for char in text):
        return None
    text = without_names(readable(text))
    hints = line_hints(text)
    return _Message(text, hints, alike(blanked(text, hints.set_aside))[:MODEL_CHARS], heard.passages)


def _version(line: TextModel) -> str:
    return "/".join(
        ["classifier.4", line.card.version, *(_model(task).card.version for task in TASKS if task != "line")]
    )


def _guess(task: Task, message: _Message, vectors: Vectors | None, on: date, own: TextModel | None = None) -> _Guess:
    """One model's answer; without vectors that of the quick twin."""
    model = own or _model(task, quick=vectors is None)
    hints = HINTERS[task](message.text, on)
    row = model.probabilities([message.for_model], vectors, [hints])[0]
    best = np.argsort(-row, kind="stable")[:SHOWN]
    top = {model.card.labels[index]: round(float(row[index]), 4) for index in best}
    label, probability = model.card.labels[best[0]], float(row[best[0]])
    return _Guess(label, min(1.0, probability), model.is_sure(label, probability), top)


def _quick_line(message: _Message, on: date, own: TextModel | None) -> _Guess | None:
    """The line without an embedding, or None where it takes one: no surety, no line, or an intent that the words leave open."""
    if own is not None:
        return None
    line = _line(message, None, on, None)
    if not line.sure or line.label in NO_LINE:
        return None
    if intent_hints(message.text) or _guess("intent", message, None, on).probability >= QUICK_INTENT_FROM:
        return line
    return None


def _line(message: _Message, vectors: Vectors | None, on: date, own: TextModel | None) -> _Guess:
    """The line; ``out_of_scope`` or ``unclear`` only where that is sure, since a lead turned away by a guess is lost.

    Otherwise the best line stands, unsure, and a person looks. A word or two without any phrase of ours never suffice.
    """
    guess = _guess("line", message, vectors, on, own)
    outside = scope_hint(message.text)
    found = bool(message.hints.hints) or outside is not None
    sure = guess.sure and (found or len(message.text.split()) > _TOO_FEW_WORDS)
    if guess.label not in NO_LINE:
        return replace(guess, sure=sure)
    if guess.label == UNCLEAR and guess.sure:
        return replace(guess, sure=False)
    if guess.label == OUT_OF_SCOPE and sure and (outside is not None or guess.probability >= TURN_AWAY_FROM):
        return guess
    label = next(label for label in guess.top if label not in NO_LINE)
    return replace(guess, label=label, probability=guess.top[label], sure=False)


def _urgency(message: _Message, vectors: Vectors | None, on: date) -> _Guess:
    """The urgency; unknown where no phrase states a hurry and the model is not sure of one."""
    guess = _guess("urgency", message, vectors, on)
    if guess.sure or urgency_hints(message.text, on):
        return guess
    unknown = Urgency.UNKNOWN.value
    return replace(guess, label=unknown, probability=guess.top.get(unknown, 0.0))


def _source(line: _Guess, named: LineHints) -> Source:
    """The local model where it keeps its bound; below it, the rules where a phrase speaks for the same line."""
    if line.sure or all(hint.label.value != line.label for hint in named.hints):
        return Source.LOCAL
    return Source.RULES


def _lines(chosen: Line, hints: LineHints, line: _Guess) -> list[str]:
    """The chosen line first, then others that the text names or the model finds likely.

    Beside an umbrella the lines named are those it lies over, which nobody asks for; a message out of scope has none.
    """
    if chosen is Line.UNKNOWN:
        return [chosen.value]
    others = () if chosen is Line.UMBRELLA else tuple(one.value for one in hints.named)
    likely = (label for label, chance in line.top.items() if chance >= ALSO_FROM and label not in NO_LINE)
    return list(dict.fromkeys([chosen.value, *others, *likely]))


def _line_evidence(message: _Message, label: str, declared: Line | None) -> list[Evidence]:
    reasons = [Evidence("the sender named the line in a field of its own")] if declared else []
    outside = scope_hint(message.text)
    if label == OUT_OF_SCOPE and outside is not None:
        return [*reasons, Evidence("not a request for insurance", outside.quote, outside.strength)]
    if label == UNCLEAR:
        return [*reasons, Evidence("the message does not say which insurance is meant")]
    found = [hint for hint in message.hints.hints if hint.label.value == label]
    if found:
        best = sorted(found, key=lambda hint: -hint.strength)[:_QUOTED]
        return [*reasons, *(Evidence(f"these words speak for {label}", hint.quote, hint.strength) for hint in best)]
    words = _model("line").telling_words(message.for_model, label)
    return [*reasons, *(Evidence(f"this word speaks for {label} in the local model", word) for word in words)]


def _other_evidence(text: str, on: date) -> list[Evidence]:
    reasons = [Evidence(f"intent {hint.label.value}", hint.quote, hint.strength) for hint in intent_hints(text)[:1]]
    return reasons + [
        Evidence(f"urgency {hint.label.value}", hint.quote, hint.strength) for hint in urgency_hints(text, on)[:1]
    ]
