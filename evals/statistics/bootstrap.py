"""Intervals by drawing units again: bias corrected and accelerated (Efron 1987), whole units at once for clustered cases."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t  # type: ignore[import-untyped]

from evals.statistics.units import Estimate, Numbers, Units

DRAWS = 10_000
LEVEL = 0.95
FEWEST = 5
"""Of fewer units no interval is drawn: it is the whole scale."""
_LEAST_DRAWS = 2_000
_AT_ONCE = 2_000_000
_ALL_PLACES = 20_000_000
_SAME = 1e-12

OPEN = (-inf, inf)
"""A scale without ends."""


def mean_interval(
    units: Units, seed: int = 0, draws: int = DRAWS, *, ends: tuple[float, float] = OPEN
) -> Estimate:  # fmt: skip
    """The mean over cases with its interval, within ``ends``, the least and the most that a case can be.

    Where all units agree drawing again shows no variation, which proves nothing: then the interval reaches as far towards each
    end as so many equal units leave open (Clopper and Pearson 1934), and over the whole scale for fewer than five units. The
    ends of few units are widened as Student's t is beside the normal (Hesterberg 2015), or the interval would be too short.
    """
    count = len(units.sums)
    if count < FEWEST:
        return Estimate(units.mean, *ends)
    left_out = (units.sums.sum() - units.sums) / np.maximum(units.counts.sum() - units.counts, 1)
    if np.ptp(left_out) <= _SAME * max(1.0, abs(units.mean)):
        return unvaried(units.mean, count, ends)
    drawn = np.concatenate([
        (units.sums[places].sum(axis=1) / units.counts[places].sum(axis=1)) for places in drawn_units(count, seed, draws)
    ])  # fmt: skip
    low, high = _accelerated(units.mean, drawn, left_out)
    return Estimate(units.mean, max(ends[0], low), min(ends[1], high))


def drawn_units(count: int, seed: int, draws: int = DRAWS) -> Iterator[NDArray[np.intp]]:
    """Places of ``count`` units drawn again, one row a draw, in parts that fit in memory; at least 2,000 draws of many units."""
    draws = min(draws, max(_LEAST_DRAWS, _ALL_PLACES // count))
    chance, size = np.random.default_rng(seed), max(1, _AT_ONCE // count)
    for start in range(0, draws, size):
        yield chance.integers(0, count, (min(size, draws - start), count))


def unvaried(value: float, count: int, ends: tuple[float, float]) -> Estimate:
    """The interval where ``count`` units were all the same."""
    unseen = 1 - ((1 - LEVEL) / 2) ** (1 / count)  # at most this share of units is otherwise, with 97.5 % confidence
    low, high = (end if np.isinf(end) else value + unseen * (end - value) for end in ends)
    return Estimate(value, float(low), float(high))


def _accelerated(value: float, drawn: Numbers, left_out: Numbers) -> tuple[float, float]:
    count = len(left_out)
    far = float(t.ppf((1 + LEVEL) / 2, count - 1)) * sqrt(count / (count - 1))
    ends = np.array([-far, far])
    share = float((drawn < value).mean() + (drawn <= value).mean()) / 2
    if 0 < share < 1:
        bias, pulls = float(norm.ppf(share)), left_out.mean() - left_out
        speed = float((pulls**3).sum() / (6 * (pulls**2).sum() ** 1.5))
        ends = bias + (bias + ends) / (1 - speed * (bias + ends))
    low, high = np.quantile(drawn, norm.cdf(ends))
    return float(low), float(high)
