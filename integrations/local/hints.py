"""The rules of domain/leads/classification as hints for the models: strength by label name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from domain.leads.classification import intent_hints, line_hints, scope_hint, urgency_hints
from domain.leads.classification.lines import NAMES_A_LINE
from domain.leads.classification.text import Hint, readable, summed
from domain.lines import Line
from integrations.local.seeds import Task

OUT_OF_SCOPE = "out_of_scope"
UNCLEAR = "unclear"
"""A message for us that does not say which line: a greeting, a request to call."""
NO_LINE = frozenset({OUT_OF_SCOPE, UNCLEAR})
BLANK = "___"

Hinter = Callable[[str, date], Mapping[str, float]]


def names_lines(labels: Sequence[str], scope_label: str | None = None) -> bool:
    """Whether every label is a line of ours (or the two that say there is none), so that the pipeline can use the model."""
    ours = {line.value for line in Line if line is not Line.UNKNOWN} | NO_LINE
    return all(label in ours or label == scope_label for label in labels)


def line_strengths(text: str, on: date) -> Mapping[str, float]:  # noqa: ARG001 - one shape for the three tasks
    """Hints for the lines and for ``out_of_scope``."""
    strengths = {line.value: strength for line, strength in line_hints(text).strengths.items()}
    outside = scope_hint(text)
    return {**strengths, OUT_OF_SCOPE: outside.strength} if outside else strengths


def intent_strengths(text: str, on: date) -> Mapping[str, float]:  # noqa: ARG001
    """Hints for the intents."""
    return {intent.value: strength for intent, strength in summed(intent_hints(text)).items()}


def urgency_strengths(text: str, on: date) -> Mapping[str, float]:
    """Hints for the urgencies, dates read as of ``on``."""
    return {urgency.value: strength for urgency, strength in summed(urgency_hints(text, on)).items()}


HINTERS: Mapping[Task, Hinter] = {"line": line_strengths, "intent": intent_strengths, "urgency": urgency_strengths}


def without_names(text: str) -> str | None:
    """``text`` with every phrase that names a line blanked out, or None where there is none.

    Models learn from such copies too: the rules know the names, so the model has to learn everything else.
    """
    found = line_hints(text)
    named = [hint for hint in (*found.hints, *found.set_aside) if hint.strength >= NAMES_A_LINE]
    return blanked(text, named) if named else None


def blanked(text: str, hints: Iterable[Hint[Line]]) -> str:
    """``text`` with the words of ``hints`` blanked out; a line that is set aside must not sway the model either."""
    text = readable(text)
    for hint in sorted(hints, key=lambda hint: -hint.start):
        text = text[: hint.start] + BLANK + text[hint.end :]
    return text
