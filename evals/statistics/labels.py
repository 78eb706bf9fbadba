"""Precision and recall of a classification, label by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """``precision`` is 1 where the label was never given, ``recall`` where it was never wanted; ``wanted`` counts its rows."""

    precision: float
    recall: float
    f1: float
    wanted: int


def by_label(pairs: Sequence[tuple[str, str]]) -> Mapping[str, LabelFigures]:
    """Figures of every label that is wanted or given, from pairs of wanted and given."""
    wanted, given = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    hits = Counter(one for one, other in pairs if one == other)
    return {
        label: LabelFigures(
            hits[label] / given[label] if given[label] else 1.0, hits[label] / wanted[label] if wanted[label] else 1.0,
            2 * hits[label] / (given[label] + wanted[label]), wanted[label],
        )
        for label in sorted({*wanted, *given})
    }  # fmt: skip


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean F1 over the labels that are wanted: a label counts the same whatever its number. Raises ValueError without rows."""
    figures = [one.f1 for one in by_label(pairs).values() if one.wanted]
    if not figures:
        msg = "no labelled rows to measure"
        raise ValueError(msg)
    return sum(figures) / len(figures)
