"""The interval drawn around one variant's mean. Differences are judged elsewhere: overlap of these says little of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from evals.reports.page import Range

_Z = 1.959964


def mean_interval(values: Sequence[float], units: Sequence[str], *, passes: bool) -> Range:
    """The mean of scores with its 95% interval; scores of one unit (a person, a document, trials of a case) move together.

    The variance is the sandwich of a ratio estimator over units (Liang and Zeger 1986). For shares the interval is Wilson's at
    the number of independent answers that variance is worth (Korn and Graubard 1998), so it stays in [0, 1] and does not
    collapse where all passed. One unit has no interval.
    """
    n = len(values)
    if n == 0:
        return Range(None)
    mean = math.fsum(values) / n
    if len(set(units)) < 2:  # noqa: PLR2004 - nothing to compare one unit with
        return Range(mean)
    rest: dict[str, list[float]] = defaultdict(list)
    for value, unit in zip(values, units, strict=True):
        rest[unit].append(value - mean)
    drawn = len(rest)
    variance = math.fsum(math.fsum(one) ** 2 for one in rest.values()) / n**2 * drawn / (drawn - 1)
    if passes:
        worth = mean * (1.0 - mean) / variance if variance > 0.0 else float(drawn)
        return wilson(mean, min(worth, float(n)))
    half = _Z * math.sqrt(variance)
    return Range(mean, mean - half, mean + half)


def wilson(share: float, n: float) -> Range:
    """Wilson's interval (1927) of a share seen in ``n`` > 0 independent answers."""
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Range(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))
