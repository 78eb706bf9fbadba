"""Precision and recall of a classification, label by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """``precision`` is None where the label was never given, ``recall`` where it was never wanted; ``wanted`` counts its rows."""

    precision: float | None
    recall: float | None
    f1: float
    wanted: int


@dataclass(frozen=True, slots=True)
class Macro:
    """Means over the labels that are wanted, so that a label counts the same whatever its number of rows.

    A wanted label that was never given has no precision; it counts as 0 there, as it does in its F1.
    """

    precision: float
    recall: float
    f1: float


def by_label(pairs: Sequence[tuple[str, str]]) -> Mapping[str, LabelFigures]:
    """Figures of every label that is wanted or given, from pairs of wanted and given."""
    wanted, given = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    hits = Counter(one for one, other in pairs if one == other)
    return {
        label: LabelFigures(
            hits[label] / given[label] if given[label] else None, hits[label] / wanted[label] if wanted[label] else None,
            2 * hits[label] / (given[label] + wanted[label]), wanted[label],
        )
        for label in sorted({*wanted, *given})
    }  # fmt: skip


def macro(pairs: Sequence[tuple[str, str]]) -> Macro:
    """Over pairs of wanted and given; raises ValueError without rows."""
    figures = [one for one in by_label(pairs).values() if one.wanted]
    if not figures:
        msg = "no labelled rows to measure"
        raise ValueError(msg)
    return Macro(
        sum(one.precision or 0.0 for one in figures) / len(figures),
        sum(one.recall or 0.0 for one in figures) / len(figures),
        sum(one.f1 for one in figures) / len(figures),
    )  # fmt: skip
