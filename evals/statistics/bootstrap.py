"""Intervals by drawing units again: bias corrected and accelerated (Efron 1987), whole units at once for clustered cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm  # type: ignore[import-untyped]

from evals.statistics.units import Estimate, Numbers, Units

DRAWS = 10_000
LEVEL = 0.95
FEWEST = 5
"""Of fewer units no interval is given."""
_AT_ONCE = 2_000_000


def mean_interval(units: Units, seed: int = 0, draws: int = DRAWS) -> Estimate:
    """The mean over cases with its interval. Where all units agree the interval is the value: they show no variation."""
    if len(units.sums) < FEWEST:
        return Estimate(units.mean, -np.inf, np.inf)
    total, counts = units.sums.sum(), units.counts.sum()
    left_out = (total - units.sums) / np.maximum(counts - units.counts, 1)
    if np.ptp(left_out) == 0:
        return Estimate(units.mean, units.mean, units.mean)
    drawn = np.concatenate([
        units.sums[places].sum(axis=1) / units.counts[places].sum(axis=1)
        for places in _places(len(units.sums), seed, draws)
    ])  # fmt: skip
    return _accelerated(units.mean, drawn, left_out)


def interval(count: int, statistic: Callable[[np.ndarray], float], seed: int = 0, draws: int = 2_000) -> Estimate:
    """The same for any ``statistic`` of the drawn places of ``count`` units: percentiles of the draws where it is defined."""
    value = statistic(np.arange(count))
    if count < FEWEST:
        return Estimate(value, -np.inf, np.inf)
    drawn = np.array([statistic(places) for chunk in _places(count, seed, draws) for places in chunk])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Estimate(value, -np.inf, np.inf)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def _places(count: int, seed: int, draws: int) -> list[np.ndarray]:
    chance, size = np.random.default_rng(seed), max(1, _AT_ONCE // count)
    return [chance.integers(0, count, (min(size, draws - start), count)) for start in range(0, draws, size)]


def _accelerated(value: float, drawn: Numbers, left_out: Numbers) -> Estimate:
    share = ((drawn < value).mean() + (drawn <= value).mean()) / 2
    if not 0 < share < 1:
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(low), float(high))
    bias, pulls = norm.ppf(share), left_out.mean() - left_out
    speed = (pulls**3).sum() / (6 * (pulls**2).sum() ** 1.5)
    ends = norm.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    shifted = norm.cdf(bias + (bias + ends) / (1 - speed * (bias + ends)))
    low, high = np.quantile(drawn, shifted)
    return Estimate(value, float(low), float(high))
