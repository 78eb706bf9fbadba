"""How good probabilities are: rank quality, calibration, lift, drift, and whether one set beats another on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
BINS = 10
"""Equal-width bins of probability that calibration is read in."""
_SURE = 1.959963984540054  # two-sided 95 %
_PSI_FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose probability lies from ``low`` to ``high``: how many, their mean probability, and the share that won."""

    low: float
    high: float
    n: int
    expected: float
    observed: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A challenger against the present model on the same rows.

    ``auc_gain`` and ``brier_gain`` are positive where the challenger is better; the ``z`` of each is gain over its
    standard error, paired by row.
    """

    n: int
    auc_gain: float
    auc_z: float
    brier_gain: float
    brier_z: float

    @property
    def better(self) -> bool:
        """The rule of promotion: one of rank quality and Brier score is better beyond chance (one-sided 5 %), and the other
        is not worse beyond chance.
        """
        limit = 1.6448536269514722
        return max(self.auc_z, self.brier_z) > limit and min(self.auc_z, self.brier_z) > -limit


@dataclass(frozen=True, slots=True)
class Figures:
    """How good probabilities were on ``n`` rows of which ``won`` were won. ``auc_low`` to ``auc_high`` is a 95 % interval;
    ``brier_base`` is what saying the base rate for everyone would reach; ``calibration_error`` is over ten equal-width bins.
    """

    n: int
    won: int
    base_rate: float
    auc: float
    auc_low: float
    auc_high: float
    brier: float
    brier_base: float
    calibration_error: float
    top_decile_lift: float
    bins: tuple[Bin, ...]


def measure(won: NDArray[np.bool_], chance: Numbers) -> Figures:
    """All figures at once. Raises ValueError without rows."""
    if not len(won):
        msg = "no rows with an outcome to measure"
        raise ValueError(msg)
    base, bins = float(won.mean()), calibration_bins(won, chance)
    low, high = auc_interval(won, chance)
    return Figures(
        n=len(won), won=int(won.sum()), base_rate=base, auc=auc(won, chance), auc_low=low, auc_high=high,
        brier=brier(won, chance), brier_base=base * (1 - base), calibration_error=calibration_error(bins),
        top_decile_lift=top_lift(won, chance), bins=bins,
    )  # fmt: skip


def auc(won: NDArray[np.bool_], chance: Numbers) -> float:
    """Area under the ROC curve: the share of (won, lost) pairs in the right order, ties half. NaN without both classes."""
    placed = _placements(won, chance)
    return float(placed[0].mean()) if placed is not None else float("nan")


def auc_interval(won: NDArray[np.bool_], chance: Numbers) -> tuple[float, float]:
    """95 % interval of :func:`auc` (DeLong, DeLong and Clarke-Pearson 1988)."""
    placed = _placements(won, chance)
    if placed is None:
        return float("nan"), float("nan")
    half = _SURE * sqrt(placed[0].var() / len(placed[0]) + placed[1].var() / len(placed[1]))
    middle = float(placed[0].mean())
    return max(0.0, middle - half), min(1.0, middle + half)


def brier(won: NDArray[np.bool_], chance: Numbers) -> float:
    """Mean squared distance of probability and outcome (Brier 1950); 0 is perfect."""
    return float(((chance - won) ** 2).mean())


def calibration_bins(won: NDArray[np.bool_], chance: Numbers, bins: int = BINS) -> tuple[Bin, ...]:
    """The non-empty ones of equal-width bins."""
    place = np.minimum((chance * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        inside = place == number
        if inside.any():
            found.append(
                Bin(number / bins, (number + 1) / bins, int(inside.sum()), float(chance[inside].mean()),
                    float(won[inside].mean()))
            )  # fmt: skip
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: |observed - expected| averaged over the bins, each weighed by its rows (Naeini 2015)."""
    rows = sum(one.n for one in bins)
    return sum(one.n * abs(one.observed - one.expected) for one in bins) / rows


def top_lift(won: NDArray[np.bool_], chance: Numbers, share: float = 0.1) -> float:
    """Share won among the best-scored ``share`` of rows, over the share won among all. NaN where nobody won."""
    top = max(1, round(len(won) * share))
    best = np.argsort(-chance, kind="stable")[:top]
    return float(won[best].mean() / won.mean()) if won.any() else float("nan")


def drift(before: Sequence[float], after: Sequence[float]) -> float:
    """Population stability index of two distributions over the same bins, given as shares.

    Read commonly as: under 0.1 stable, to 0.25 moved, above that another population. Empty bins count as 0.0001.
    """
    old = np.maximum(np.asarray(before, dtype=float), _PSI_FLOOR)
    new = np.maximum(np.asarray(after, dtype=float), _PSI_FLOOR)
    return float(((new - old) * np.log(new / old)).sum())


def compare(won: NDArray[np.bool_], challenger: Numbers, present: Numbers) -> Comparison:
    """Paired comparison on the same rows: DeLong's test for AUC, a paired z for the Brier score.

    Raises ValueError when only one outcome occurs.
    """
    new, old = _placements(won, challenger), _placements(won, present)
    if new is None or old is None:
        msg = "a comparison needs rows that were won and rows that were lost"
        raise ValueError(msg)
    gains = [one - other for one, other in zip(new, old, strict=True)]
    variance = sum(gain.var(ddof=1) / len(gain) for gain in gains if len(gain) > 1)
    auc_gain = float(gains[0].mean())
    squares = (present - won) ** 2 - (challenger - won) ** 2
    return Comparison(
        n=len(won),
        auc_gain=auc_gain,
        auc_z=_z(auc_gain, float(variance)),
        brier_gain=float(squares.mean()),
        brier_z=_z(float(squares.mean()), float(squares.var(ddof=1) / len(squares))),
    )


def one_sided(z: float) -> float:
    """The chance of a gain at least this many standard errors large where there is none."""
    return 0.5 * (1 - erf(z / sqrt(2)))


def wilson(share: float, n: float) -> tuple[float, float]:
    """95 % interval of a share seen in ``n`` rows (Wilson 1927); ``n`` may be a fraction. (0, 1) for no rows."""
    if n <= 0:
        return 0.0, 1.0
    square = _SURE**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _SURE / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _z(gain: float, variance: float) -> float:
    if variance > 0:
        return gain / sqrt(variance)
    return 0.0 if gain == 0 else float("inf") if gain > 0 else float("-inf")


def _placements(won: NDArray[np.bool_], chance: Numbers) -> tuple[Numbers, Numbers] | None:
    # For each won row the share of lost rows below it, for each lost row the share of won rows above it; ties half.
    good, bad = chance[won], chance[~won]
    if not len(good) or not len(bad):
        return None
    return _below(good, bad), 1 - _below(bad, good)


def _below(rows: Numbers, others: Numbers) -> Numbers:
    ranked = np.sort(others)
    low, high = np.searchsorted(ranked, rows, side="left"), np.searchsorted(ranked, rows, side="right")
    below: Numbers = (low + high) / (2 * len(ranked))
    return below
