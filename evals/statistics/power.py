"""What a comparison could have seen, and how many cases it would need to see a difference that matters."""

from __future__ import annotations

from math import ceil, inf, isfinite, log, log1p, sqrt

import numpy as np
from scipy.stats import binom, norm  # type: ignore[import-untyped]

POWER = 0.8
LEVEL = 0.05
_FALSE, _SEEN = float(norm.ppf(1 - LEVEL / 2)), float(norm.ppf(POWER))
_WIDE = 9.0
_MOST = 10_000_000
_NEARLY_ALL, _ROUNDING = 1 - 1e-9, 1e-6


def pairs_needed(difference: float, discordance: float) -> int:
    """Pairs of pass and fail for 80 % power at 5 % two-sided by the common formula (Miettinen 1968, as given by Connor 1987).

    ``discordance`` is the share of pairs that differ, at least ``difference``. At 20 %: 1,742, 626 and 155 pairs for 3, 5
    and 10 points. The formula is of the large-sample test; the exact test has 79, 78 and 76 % power there, see
    :func:`pairs_needed_exactly`.
    """
    difference = _checked(difference, discordance)
    return ceil((_FALSE * sqrt(discordance) + _SEEN * sqrt(discordance - difference**2)) ** 2 / difference**2)


def pairs_needed_exactly(difference: float, discordance: float) -> int:
    """The same for McNemar's exact test: 1,800, 658 and 168 pairs for 3, 5 and 10 points at 20 %."""
    low = pairs_needed(difference, discordance) - 1  # the exact test needs no fewer
    high = 2 * low + 20
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if mcnemar_power(middle, difference, discordance) >= POWER else (middle, high)
    return high


def mcnemar_power(pairs: int, difference: float, discordance: float) -> float:
    """The chance that McNemar's exact test at 5 % sees ``difference`` in so many pairs, over all numbers that may differ."""
    difference = _checked(difference, discordance)
    middle, spread = pairs * discordance, _WIDE * sqrt(pairs * discordance * (1 - discordance)) + 1
    differ = np.arange(max(0, int(middle - spread)), min(pairs, int(middle + spread) + 1) + 1)
    fewest = binom.ppf(LEVEL / 2, differ, 0.5)
    fewest = np.where(binom.cdf(fewest, differ, 0.5) <= LEVEL / 2, fewest, fewest - 1)
    for_b = min(1.0, (1 + difference / discordance) / 2)
    seen = binom.cdf(fewest, differ, for_b) + binom.sf(differ - fewest - 1, differ, for_b)
    return float((binom.pmf(differ, pairs, discordance) * np.where(fewest >= 0, seen, 0.0)).sum())


def pairs_detectable(pairs: int, discordance: float) -> float:
    """The smallest difference that McNemar's exact test sees in 80 % of repetitions when that share of pairs differs; more than
    that differ where the difference itself is larger. Infinite for so few pairs that not even a difference of 1 is seen.
    """
    if not 0 <= discordance <= 1 or pairs < 1:
        msg = f"{pairs} pairs of which a share of {discordance} differs; give at least 1 pair and a share of 0 to 1"
        raise ValueError(msg)
    low, high = 0.0, 1.0
    if mcnemar_power(pairs, high, high) < POWER:
        return inf
    for _ in range(20):
        middle = (low + high) / 2
        seen = mcnemar_power(pairs, middle, max(discordance, middle)) >= POWER
        low, high = (low, middle) if seen else (middle, high)
    return high


def detectable(error: float) -> float:
    """The smallest true difference seen in 80 % of repetitions, from the standard error of the difference.

    Infinite where the error is not known (NaN, of a single unit) or is 0: without variation nothing is known of it.
    """
    return (_FALSE + _SEEN) * error if error > 0 else inf


def cases_needed(error: float, cases: int, difference: float) -> int | None:
    """Cases for 80 % power to see ``difference``, from the error that so many cases had; None where that says nothing."""
    if not difference or not isfinite(error) or error <= 0:
        return None
    return min(_MOST, ceil(cases * (detectable(error) / abs(difference)) ** 2))


def cases_to_exclude(unknown: float, units: int, cases: int) -> int:
    """Cases for an unvaried sample to show that at most a share ``unknown`` of units is otherwise (97.5 % confidence)."""
    return ceil(cases / units * log(LEVEL / 2) / log1p(-min(unknown, _NEARLY_ALL)) - _ROUNDING)


def _checked(difference: float, discordance: float) -> float:
    if not 0 < abs(difference) <= discordance <= 1:
        msg = f"a difference of {difference} needs pairs that differ in a share of at least that, and at most 1"
        raise ValueError(msg)
    return abs(difference)
