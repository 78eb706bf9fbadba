"""What a comparison could have seen, and how many cases it would need to see a difference that matters."""

from __future__ import annotations

from math import ceil, inf, sqrt

from scipy.stats import norm  # type: ignore[import-untyped]

POWER = 0.8
LEVEL = 0.05
_SUM = float(norm.ppf(1 - LEVEL / 2) + norm.ppf(POWER))


def pairs_needed(difference: float, discordance: float) -> int:
    """Pairs of pass and fail for 80 % power at 5 % two-sided (Miettinen 1968, as given by Connor 1987).

    ``discordance`` is the share of pairs that differ, at least ``difference``. At 20 %: 1,742, 626 and 155 pairs for 3, 5
    and 10 points.
    """
    difference = abs(difference)
    if not 0 < difference <= discordance <= 1:
        msg = f"a difference of {difference} needs pairs that differ in a share of at least that, and at most 1"
        raise ValueError(msg)
    one, two = float(norm.ppf(1 - LEVEL / 2)), float(norm.ppf(POWER))
    return ceil((one * sqrt(discordance) + two * sqrt(discordance - difference**2)) ** 2 / difference**2)


def detectable(error: float) -> float:
    """The smallest true difference seen in 80 % of repetitions, from the standard error of the difference."""
    return _SUM * error if error == error else inf  # noqa: PLR0124 - NaN of a single unit


def cases_needed(error: float, cases: int, difference: float) -> int | None:
    """Cases for 80 % power to see ``difference``, from the error that so many cases had; None where that says nothing."""
    if not difference or not 0 < error < inf:
        return None
    return ceil(cases * (detectable(error) / abs(difference)) ** 2)
