"""How a network grows month by month, and what the next months may bring, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

LEAST_MONTHS = 6
"""A line through fewer says nothing of its error."""
_MOST_MONTHS = 24
# Two-sided 80 percent points of Student's t by degrees of freedom; standard table, three places.
_T80 = (
    3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.350, 1.345, 1.341, 1.337, 1.333,
    1.330, 1.328, 1.325, 1.323, 1.321,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The latest month beside the one before; ``rate`` is None where there was nothing before."""

    now: int
    before: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A month ahead: the expected count and the interval that holds it with 80 percent where growth goes on as it did."""

    ahead: int
    expected: float
    low: float
    high: float


def change(series: Sequence[int]) -> Change:
    """Growth of the last month; a series without months grew nothing."""
    now = series[-1] if series else 0
    before = series[-2] if len(series) > 1 else 0
    return Change(now, before, (now - before) / before if before else None)


def forecast(series: Sequence[int], ahead: int = 3) -> list[Expected] | None:
    """The next months of a series of monthly counts; None for fewer than six months: unknown, not zero.

    Least squares over at most the last two years, with the interval of a new observation. Where the months lie closer to the
    line than counts can by chance (variance below the mean, a Poisson's), the mean stands for the variance: a series of equal
    months does not promise an equal one. Nothing falls below 0.
    """
    if len(series) < LEAST_MONTHS:
        return None
    values = list(series[-_MOST_MONTHS:])
    n = len(values)
    centre, level = (n - 1) / 2, fmean(values)
    spread = sum((month - centre) ** 2 for month in range(n))
    slope = sum((month - centre) * (count - level) for month, count in enumerate(values)) / spread
    errors = sum((count - level - slope * (month - centre)) ** 2 for month, count in enumerate(values))
    variance = max(errors / (n - 2), level)
    found = []
    for step in range(1, ahead + 1):
        away = n - 1 + step - centre
        middle = level + slope * away
        width = _T80[n - 3] * sqrt(variance * (1 + 1 / n + away**2 / spread))
        found.append(Expected(step, max(0.0, middle), max(0.0, middle - width), max(0.0, middle + width)))
    return found
