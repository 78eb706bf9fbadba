"""Observations as statistics see them: values of cases that belong to units, of which other units could have been drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; the interval is (-inf, inf) where nothing can be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Units:
    """Sums of values and numbers of cases by unit, in the order in which units first appear."""

    sums: Numbers
    counts: Numbers

    @classmethod
    def of(cls, units: Sequence[str], values: Numbers) -> Units:
        """From one value and one unit for each case. Raises ValueError where their numbers differ, or there is none."""
        if len(units) != len(values) or not len(values):
            msg = f"{len(values)} values for {len(units)} units; give one of each for every case, and at least one"
            raise ValueError(msg)
        numbers: dict[str, int] = {}
        place = np.array([numbers.setdefault(unit, len(numbers)) for unit in units])
        return cls(np.bincount(place, weights=values), np.bincount(place).astype(np.float64))

    @property
    def mean(self) -> float:
        """Over cases."""
        return float(self.sums.sum() / self.counts.sum())

    @property
    def single(self) -> bool:
        """Whether every unit is one case."""
        return bool((self.counts == 1).all())

    @property
    def error(self) -> float:
        """Standard error of :attr:`mean` with units as drawn (ratio estimator); NaN for a single unit."""
        drawn = len(self.sums)
        if drawn < 2:  # noqa: PLR2004
            return float("nan")
        rests = self.sums - self.mean * self.counts
        return float(np.sqrt(drawn / (drawn - 1) * (rests**2).sum()) / self.counts.sum())
