"""The interval drawn around one variant's mean. Differences are judged elsewhere: overlap of these says little of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from evals.reports.page import Range
from evals.statistics import bootstrap
from evals.statistics.units import Units

_Z = 1.959964
_DRAWS = 2_000


class Figure(Protocol):
    """A figure with its ends, which need not be finite."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def known(figure: Figure) -> Range:
    """The figure as reports show it: what is infinite or no number is not known."""
    ends = (figure.value, figure.low, figure.high)
    value, low, high = (None if end is None or not math.isfinite(end) else end for end in ends)
    return Range(value, low, high)


def mean_interval(values: Sequence[float], units: Sequence[str], *, passes: bool, answers: int | None = None) -> Range:
    """The mean of the values of cases with its 95% interval; those of one unit (a person, a document) move together.

    For shares the interval is Wilson's at the number of independent answers that the variance over units is worth (Korn and
    Graubard 1998), at most the ``answers`` behind the values: it stays in [0, 1] and does not collapse where all passed. Other
    means are drawn again by units. One unit has no interval.
    """
    if not values:
        return Range(None)
    drawn = Units.of(units, np.array(values, dtype=np.float64))
    if not passes:
        return known(bootstrap.mean_interval(drawn, draws=_DRAWS))
    if math.isnan(drawn.error):
        return Range(drawn.mean)
    worth = drawn.mean * (1.0 - drawn.mean) / drawn.error**2 if drawn.error > 0.0 else float(len(drawn.sums))
    return wilson(drawn.mean, min(worth, float(answers or len(values))))


def wilson(share: float, n: float) -> Range:
    """Wilson's interval (1927) of a share seen in ``n`` > 0 independent answers."""
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Range(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))
