"""How likely a producer is to win a lead, read from leads that were worked: factor values in, a chance out.

A logistic model with the lead's own score beside the factors. More of a factor never counts against a producer, so no
coefficient of a factor is below 0; and each is drawn to a common multiple of the weight in force, so what the data do not show
stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
import scipy  # type: ignore[import-untyped] # whole: its parts are then loaded when first used, a second that few commands need
from numpy.typing import NDArray

from domain.routing.factors.registry import FACTORS
from domain.routing.weights import POINT_STEPS, Weights
from kernel.blas import one_blas_thread

Array = NDArray[np.float64]
FACTOR_COUNT = len(FACTORS)
SHRINKAGE = 4.0
"""How firmly a coefficient is held to the weights in force: as if known to within half a unit of log odds beforehand."""
LEAST_CLOSED = 300
"""Worked and closed leads below which nothing is fitted."""
LEAST_EACH = 75
"""Won leads, and lost ones, below which nothing is fitted: five for each of the fifteen things that are fitted."""
_RESAMPLES = 200
_FLAT = 1e-4
_OWN = 3
"""Coefficients before those of the factors: base, score and pull."""
_STEPS = 40
_SMALLEST = 1e-4
_ENOUGH = 1e-7


class Worked(NamedTuple):
    """A lead that its producer worked to an end: the producer's factor values at the decision, and whether it was won."""

    lead_id: UUID
    at: datetime
    line: str
    tier: str | None
    score: int | None
    values: tuple[float, ...]
    won: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """How many more leads, won and lost, are needed before anything can be said."""

    closed: int
    won: int
    lost: int

    @property
    def text(self) -> str:
        """For people."""
        parts = [f"{count} more {word}" for count, word in ((self.won, "won"), (self.lost, "lost")) if count]
        if self.closed > self.won + self.lost:
            parts.append(f"{self.closed} more closed leads in all")
        return "too few closed leads: " + " and ".join(parts)


@dataclass(frozen=True)
class Conversion:
    """Coefficients of log odds: ``base``, ``score`` (from 0 to 1) and one for each factor in registry order.

    ``pull`` is the multiple of the weights in force to which the factors were drawn.
    """

    base: float
    score: float
    factors: Array
    pull: float

    def index(self, values: Array) -> Array:
        """What the factors add to the log odds, by row."""
        found: Array = values @ self.factors
        return found

    def chances(self, scores: Array, values: Array) -> Array:
        """The chance to win, by row."""
        found: Array = scipy.special.expit(self.base + self.score * scores + values @ self.factors)
        return found


@dataclass(frozen=True)
class Table:
    """Worked leads as columns."""

    scores: Array
    values: Array
    won: Array

    @classmethod
    def of(cls, worked: Sequence[Worked]) -> Table:
        """The columns; a lead without a score counts as one in the middle."""
        return cls(
            scores_of([one.score for one in worked]),
            np.array([one.values for one in worked], dtype=np.float64).reshape(len(worked), FACTOR_COUNT),
            np.array([one.won for one in worked], dtype=np.float64),
        )

    @cached_property
    def ones(self) -> Array:
        """A weight of 1 for each."""
        return np.ones(len(self.won))


def scores_of(scores: Sequence[int | None]) -> Array:
    """Scores from 0 to 1; none is the middle."""
    return np.array([0.5 if score is None else score / 100 for score in scores], dtype=np.float64)


def missing(worked: Sequence[Worked]) -> Missing | None:
    """What is missing before these suffice for a fit; None where they do."""
    won = sum(one.won for one in worked)
    lost = len(worked) - won
    if len(worked) >= LEAST_CLOSED and min(won, lost) >= LEAST_EACH:
        return None
    return Missing(max(0, LEAST_CLOSED - len(worked)), max(0, LEAST_EACH - won), max(0, LEAST_EACH - lost))


def parts_of(weights: Weights) -> Array:
    """Weights as parts of 1, in registry order."""
    return np.array(weights.steps, dtype=np.float64) / (100 * POINT_STEPS)


def fit(
    table: Table, parts: Array, *, counts: Array | None = None, fixed: bool = False, start: Conversion | None = None
) -> Conversion:
    """The likeliest coefficients, factors not below 0 and drawn to ``pull`` x ``parts``. ``counts`` weighs each lead.

    ``fixed``: the factors are that multiple exactly, which is the weights in force put on the scale of the data. ``start`` is
    a fit that lies near.
    """
    counted = table.ones if counts is None else counts
    if fixed:
        columns = np.column_stack([table.ones, table.scores, table.values @ parts])
        penalty = np.zeros((_OWN, _OWN))
    else:
        columns = np.column_stack([table.ones, table.scores, np.zeros(len(table.won)), table.values])
        penalty = np.zeros((_OWN + FACTOR_COUNT, _OWN + FACTOR_COUNT))
        penalty[_OWN:, _OWN:] = SHRINKAGE * np.eye(FACTOR_COUNT)
        penalty[2, _OWN:] = penalty[_OWN:, 2] = -SHRINKAGE * parts
        penalty[2, 2] = SHRINKAGE * parts @ parts
    penalty[range(_OWN), range(_OWN)] += _FLAT
    first = np.zeros(len(penalty)) if start is None else np.array([start.base, start.score, start.pull, *start.factors])
    with one_blas_thread():  # the matrices are narrow: threads would only wait for each other
        found = _likeliest(columns, table.won, counted, penalty, first[: len(penalty)])
    factors = found[2] * parts if fixed else found[_OWN:]
    return Conversion(float(found[0]), float(found[1]), factors, float(found[2]))


def _likeliest(columns: Array, won: Array, counts: Array, penalty: Array, found: Array) -> Array:
    """Newton's steps, each to the best point where all but the first two are not below 0; halved while they lead uphill."""

    def loss(at: Array) -> float:
        line = columns @ at
        return float(counts @ np.logaddexp(0.0, line) - (counts * won) @ line + 0.5 * at @ penalty @ at)

    value = loss(found)
    for _ in range(_STEPS):
        chance = scipy.special.expit(columns @ found)
        slope = columns.T @ (counts * (chance - won)) + penalty @ found
        curve = (columns * (counts * chance * (1 - chance))[:, None]).T @ columns + penalty
        root = scipy.linalg.cholesky(curve + 1e-9 * np.eye(len(found)), lower=True)
        target = scipy.linalg.solve_triangular(root, curve @ found - slope, lower=True)
        # The first two may be of either sign: what is above 0, less what is below.
        apart = scipy.optimize.nnls(np.hstack([root.T, -root.T[:, :2]]), target)[0]
        best = np.concatenate([apart[:2] - apart[-2:], apart[2:-2]])
        step, share = best - found, 1.0
        while (after := loss(found + share * step)) > value and share > _SMALLEST:
            share /= 2
        if after > value:
            break
        found, gained, value = found + share * step, value - after, after
        if gained < _ENOUGH:
            break
    return found


def resampled(table: Table, parts: Array, seed: int, times: int = _RESAMPLES) -> list[Conversion]:
    """Fits to as many samples of the same leads, drawn with replacement: how far the coefficients could lie elsewhere."""
    chance = np.random.default_rng(seed)
    many, near = len(table.won), fit(table, parts)
    samples = (np.bincount(chance.integers(0, many, many), minlength=many) for _ in range(times))
    return [fit(table, parts, counts=sample.astype(np.float64), start=near) for sample in samples]
