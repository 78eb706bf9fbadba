"""Whether confidences mean what they say, with intervals; the figures themselves are those of domain.leads.measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.leads.measures import BINS, Bin, calibration_bins, calibration_error, wilson
from evals.statistics.bootstrap import FEWEST, LEVEL, drawn_units, mean_interval
from evals.statistics.units import Estimate, Numbers, Units

_SCALE = (0.0, 1.0)
_PERFECT = 1_000
_DRAWS = 1_000
_SURE = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Sureness:
    """One bin of confidence: what was said, and the share that was right with Wilson's interval, as if rows stood alone."""

    said: Bin
    right: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """``brier`` is 0 at best. ``error`` is the expected calibration error over ten bins of equal width, ``adaptive`` over ten of
    equal numbers of rows (Nixon 2019: no bin is empty and none holds nearly all). Both are freed of most of what noise alone
    adds, and their intervals hold the truth in about 9 of 10 samples of 100 rows.

    ``seen`` is the plain figure over equal widths. ``by_chance`` is what 95 % of perfectly calibrated answers with these
    confidences stay below in that figure (Broecker and Smith 2007): below it nothing is wrong that could be seen.
    """

    n: int
    brier: Estimate
    error: Estimate
    adaptive: Estimate
    seen: float
    by_chance: float
    bins: tuple[Sureness, ...]


def calibration(
    right: NDArray[np.bool_], confidence: Numbers, units: Sequence[str] | None = None, seed: int = 0
) -> Calibration:
    """All figures at once; ``units`` as for other intervals, each row its own unless given.

    Raises ValueError without rows, or for a confidence outside 0 to 1.
    """
    if not len(right) or len(right) != len(confidence) or not ((confidence >= 0) & (confidence <= 1)).all():
        msg = f"{len(right)} outcomes for {len(confidence)} confidences; give one confidence between 0 and 1 for each outcome"
        raise ValueError(msg)
    names = list(units) if units is not None else [str(row) for row in range(len(right))]
    bins = calibration_bins(right, confidence)
    fixed, even = np.minimum((confidence * BINS).astype(int), BINS - 1), equal_bins(confidence)
    by_chance, gaps = _by_chance(fixed, confidence, seed), right - confidence
    return Calibration(
        n=len(right),
        brier=mean_interval(Units.of(names, (confidence - right) ** 2), seed, ends=_SCALE),
        error=_unbiased(fixed, gaps, by_chance, names, seed),
        adaptive=_unbiased(even, gaps, _by_chance(even, confidence, seed), names, seed),
        seen=calibration_error(bins),
        by_chance=by_chance,
        bins=tuple(Sureness(one, Estimate(one.observed, *wilson(one.observed, one.n))) for one in bins),
    )


def equal_bins(confidence: Numbers, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of each row, from 0, of ``bins`` with as equal numbers of rows as ties allow: equal confidences share a bin."""
    ranked = np.sort(confidence)
    first = np.searchsorted(ranked, confidence, side="left")
    return first * bins // len(confidence)


def binned_error(place: NDArray[np.intp], gaps: Numbers) -> float:
    """Expected calibration error of rows in any bins; ``gaps`` are outcome minus confidence."""
    return float(np.abs(np.bincount(place, weights=gaps)).sum()) / len(gaps)


def _unbiased(
    place: NDArray[np.intp], gaps: Numbers, by_chance: float, names: Sequence[str], seed: int
) -> Estimate:  # fmt: skip
    # Noise in a bin counts as error whatever its sign, so the plain figure leans upwards, and drawing again adds as much once
    # more: what the draws exceed the figure by is taken off it. Percentiles of the draws would hardly ever cover the truth.
    plain = binned_error(place, gaps)
    numbers: dict[str, int] = {}
    unit = np.array([numbers.setdefault(name, len(numbers)) for name in names])
    count, bins = len(numbers), int(np.max(place)) + 1
    if count < FEWEST:
        return Estimate(plain, *_SCALE)
    sums = np.bincount(unit * bins + place, weights=gaps, minlength=count * bins).reshape(count, bins)
    rows = np.bincount(unit).astype(np.float64)
    drawn = np.concatenate([_redrawn(places, sums, rows) for places in drawn_units(count, seed, draws=_DRAWS)])
    value, half = max(0.0, 2 * plain - float(drawn.mean())), _SURE * float(drawn.std())
    return Estimate(value, 0.0 if plain <= by_chance else max(0.0, value - half), min(1.0, value + half))


def _redrawn(places: NDArray[np.intp], sums: Numbers, rows: Numbers) -> Numbers:
    draws, count = places.shape
    flat = (places + count * np.arange(draws)[:, None]).ravel()
    times = np.bincount(flat, minlength=draws * count).reshape(draws, count).astype(np.float64)
    error: Numbers = np.abs(times @ sums).sum(axis=1) / (times @ rows)
    return error


def _by_chance(place: NDArray[np.intp], confidence: Numbers, seed: int) -> float:
    chance = np.random.default_rng(seed)
    errors = [binned_error(place, (chance.random(len(confidence)) < confidence) - confidence) for _ in range(_PERFECT)]
    return float(np.quantile(errors, LEVEL))
