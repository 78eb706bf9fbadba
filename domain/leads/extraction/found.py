"""What a rule found, and how several findings of one field become one fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from domain.leads.extraction.text import Text
from kernel.ids import canonical_json

CERTAIN, LIKELY, FAIR, WEAK = 0.95, 0.85, 0.7, 0.5
"""Confidence by kind of wording: a label or format that leaves no choice; plain context; a usual reading; one of two readings."""

LISTS = frozenset({"vehicles"})
"""Fields that hold several values at once, so that two values are no conflict."""


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of one field: JSON-ready ``value``, the sender's words, the span in the prepared text, confidence 0 to 1."""

    field: str
    value: Any
    quote: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A field settled from its findings: the best value, every quote, and ``others``: values that contradict it."""

    field: str
    value: Any
    confidence: float
    quotes: tuple[str, ...]
    others: tuple[Any, ...] = ()


def found(text: Text, field: str, value: Any, span: tuple[int, int], confidence: float) -> Found:
    """A finding with its quote taken from the text."""
    return Found(field, value, text.quote(*span), span[0], span[1], confidence)


def settle(findings: Iterable[Found]) -> dict[str, Fact]:
    """One fact a field. Contradicting values cost confidence: the best keeps ``1 - strongest contradiction / 2`` of its own."""
    by_field: dict[str, list[Found]] = {}
    for item in findings:
        by_field.setdefault(item.field, []).append(item)
    return {name: _list(name, items) if name in LISTS else _one(name, items) for name, items in by_field.items()}


def _one(name: str, items: list[Found]) -> Fact:
    ranked = sorted(items, key=lambda item: (-item.confidence, item.start))
    best = ranked[0]
    same = canonical_json(best.value)
    against = [item for item in ranked if canonical_json(item.value) != same]
    if not against:
        return Fact(name, best.value, best.confidence, _quotes([best]))
    others = {canonical_json(item.value): item.value for item in against}
    confidence = round(best.confidence * (1 - against[0].confidence / 2), 4)
    return Fact(name, best.value, confidence, _quotes([best, *against]), tuple(others.values()))


def _list(name: str, items: list[Found]) -> Fact:
    ordered = sorted(items, key=lambda item: item.start)
    unique = {canonical_json(item.value): item for item in reversed(ordered)}
    kept = [item for item in ordered if unique[canonical_json(item.value)] is item]
    return Fact(name, [item.value for item in kept], min(item.confidence for item in kept), _quotes(kept))


def _quotes(items: Iterable[Found]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.quote for item in items))
