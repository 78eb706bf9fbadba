"""How often the right document comes first, among the first ten, and how early: words, meaning, and fusions of both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from domain.knowledge.ranking import (
    MEANING_WEIGHT,
    Candidate,
    Scoring,
    by_both,
    by_meaning,
    by_ranks,
    by_spread,
    by_words,
    ranked,
)
from evals.statistics.retrieval import first_right

FIRST = 10
SHARES = tuple(round(step / 20, 2) for step in range(21))
"""Shares of meaning that the choice is made among."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was found for it and the documents that answer it."""

    key: str
    candidates: Sequence[Candidate]
    relevant: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Figures:
    """Over ``n`` questions: share with a right document first and among the first ten, and the mean of 1/place of the first
    right one (0 past the tenth).
    """

    n: int
    hit_at_1: float
    hit_at_10: float
    mrr_at_10: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The share of meaning that is best on one half of the questions, and the figures of both halves with it."""

    share: float
    chosen_on: Figures
    measured_on: Figures
    shipped_on_same: Figures


SYSTEMS: Mapping[str, Scoring] = {
    "sparse (words)": by_words,
    "dense (meaning)": by_meaning,
    "fused: equal weights": by_spread,
    "fused: reciprocal ranks": by_ranks,
    f"fused: shipped, {MEANING_WEIGHT:.2f} meaning": by_both,
}
SHIPPED = next(name for name in SYSTEMS if "shipped" in name)


def place(found: Sequence[UUID], relevant: frozenset[UUID]) -> int | None:
    """The place, from 1, of the first relevant document among the first ten."""
    return first_right(found, relevant, FIRST)


def measure(places: Sequence[int | None]) -> Figures:
    """Figures over one place a question; raises ValueError on none."""
    if not places:
        msg = "no questions to measure"
        raise ValueError(msg)
    n = len(places)
    return Figures(
        n=n,
        hit_at_1=sum(one == 1 for one in places) / n,
        hit_at_10=sum(one is not None for one in places) / n,
        mrr_at_10=sum(1 / one for one in places if one is not None) / n,
    )


def measured(asked: Sequence[Asked], scoring: Scoring) -> Figures:
    """Figures of one way to order what was found."""
    return measure([
        place([document.document_id for document in ranked(one.candidates, scoring)], one.relevant) for one in asked
    ])  # fmt: skip


def compared(asked: Sequence[Asked]) -> dict[str, Figures]:
    """Every system over the same questions, the shipped one last."""
    return {name: measured(asked, scoring) for name, scoring in SYSTEMS.items()}


def chosen_share(asked: Sequence[Asked], shares: Sequence[float] = SHARES) -> Chosen | None:
    """Choose the share of meaning on one half and measure it on the other; None with fewer than two questions a half.

    Halves are by a hash of the question's key, so they do not depend on the order of the file.
    """
    halves = halved(asked)
    if any(len(half) < 2 for half in halves):  # noqa: PLR2004 - one question measures nothing
        return None
    tuning, test = halves

    def gain(share: float) -> tuple[float, float]:
        figures = measured(tuning, _with(share))
        return figures.mrr_at_10, figures.hit_at_10

    best = max(shares, key=gain)
    return Chosen(best, measured(tuning, _with(best)), measured(test, _with(best)), measured(test, by_both))


def halved(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Two halves of the questions."""
    odd = [hashlib.blake2b(one.key.encode(), digest_size=1).digest()[0] % 2 for one in asked]
    return (
        [one for one, side in zip(asked, odd, strict=True) if not side],
        [one for one, side in zip(asked, odd, strict=True) if side],
    )


def _with(share: float) -> Callable[[Sequence[Candidate]], Sequence[float]]:
    return partial(by_both, share=share)
