"""How many times as much the candidate costs and how many times as long it takes, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from evals.records import Answer, FailureKind
from evals.runs.result import RunResult
from evals.statistics.bootstrap import FEWEST, LEVEL, drawn_units
from evals.statistics.units import Numbers

SLOW = 0.95
"""The share of answers that are faster than what a limit of seconds looks at."""
_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Ratio:
    """B over A of ``what``, with its 95 % interval: from 0 to infinite for fewer than five units, NaN where A spends nothing."""

    what: str
    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether there is anything to compare."""
        return isfinite(self.value)


@dataclass(frozen=True, slots=True)
class _Side:
    values: Numbers
    units: NDArray[np.intp]


def spending(run: RunResult, a: str, b: str, seed: int = 0) -> tuple[Ratio, Ratio]:
    """Cost for an answer, and the 95th percentile of seconds of answers that came; units are drawn again for both at once."""
    place: dict[str, int] = {}
    unit = {case.id: place.setdefault(case.unit, len(place)) for case in run.cases}

    def side(name: str, keep: Callable[[Answer], bool], value: Callable[[Answer], float]) -> _Side:
        kept = [one for one in run.answers if one.variant == name and keep(one)]
        return _Side(np.array([value(one) for one in kept]), np.array([unit[one.case] for one in kept], dtype=np.intp))

    costs = [side(name, lambda _: True, lambda one: float(one.cost)) for name in (a, b)]
    times = [side(name, timed, lambda one: one.seconds) for name in (a, b)]
    return (
        _ratio("cost", costs, _mean, len(place), seed),
        _ratio("seconds", times, _slowest, len(place), seed),
    )


def cost_of_arms(a: Sequence[float], b: Sequence[float], seed: int = 0) -> Ratio:
    """Mean cost of units of two independent arms, each drawn again by itself. The interval is for one look."""
    below = float(np.mean(a)) if len(a) else 0.0
    if below <= 0 or not len(b):
        return Ratio("cost", nan, 0.0, inf)
    value = float(np.mean(b)) / below
    if min(len(a), len(b)) < FEWEST:
        return Ratio("cost", value, 0.0, inf)
    under, over = (
        np.concatenate(
            [np.asarray(side, dtype=np.float64)[rows].mean(axis=1) for rows in drawn_units(len(side), at, _DRAWS)]
        )
        for at, side in ((seed, a), (seed + 1, b))
    )
    draws = min(len(under), len(over))
    return Ratio("cost", value, *_ends(over[:draws], under[:draws]))


def timed(answer: Answer) -> bool:
    """Whether its seconds are those of an answer that came, asked in this run."""
    lost = answer.failure is not None and answer.failure.kind is FailureKind.INFRASTRUCTURE
    return not answer.cached and not lost


def _ratio(
    what: str, sides: Sequence[_Side], figure: Callable[[_Side, Numbers], Numbers], count: int, seed: int
) -> Ratio:  # fmt: skip
    if not all(len(side.values) for side in sides):
        return Ratio(what, nan, 0.0, inf)
    below, above = (float(figure(side, np.ones((1, count)))[0]) for side in sides)
    if below <= 0:
        return Ratio(what, nan, 0.0, inf)
    if min(len(np.unique(side.units)) for side in sides) < FEWEST:
        return Ratio(what, above / below, 0.0, inf)
    drawn: list[list[Numbers]] = []
    for places in drawn_units(count, seed, draws=_DRAWS):
        flat = (places + count * np.arange(len(places))[:, None]).ravel()
        times = np.bincount(flat, minlength=len(places) * count).reshape(len(places), count).astype(np.float64)
        drawn.append([figure(side, times) for side in sides])
    under, over = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return Ratio(what, above / below, *_ends(over, under))


def _ends(over: Numbers, under: Numbers) -> tuple[float, float]:
    ratios = np.divide(over, under, out=np.full(len(over), inf), where=under > 0)
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="closest_observation")
    return float(low), float(high)


def _mean(side: _Side, times: Numbers) -> Numbers:
    """By how often each unit was drawn, a row a draw."""
    weights = times[:, side.units]
    mean: Numbers = (weights @ side.values) / np.maximum(weights.sum(axis=1), 1)
    return mean


def _slowest(side: _Side, times: Numbers) -> Numbers:
    order = np.argsort(side.values, kind="stable")
    reached = np.cumsum(times[:, side.units[order]], axis=1)
    wanted = (reached >= SLOW * reached[:, -1:]).argmax(axis=1)
    slowest: Numbers = side.values[order][wanted]
    return slowest
