"""Tests that may be looked at after every observation: evidence is a wager that nobody can win on average without an effect.

The value of each process is the factor by which such a wager has grown. It reaches 20 with chance at most 5 % if there is no
effect, however often one looks (Ville 1939), so 1 / the highest value is a p value at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp  # type: ignore[import-untyped]

from evals.statistics.units import Estimate, Numbers

ALPHA = 0.05
_PRIOR = 5.0
"""Strength of the mixture over effect sizes: made for wins between 60 and 80 of 100 discordant pairs."""
_BETS = np.array([0.9 * 0.6**step for step in range(14)])
"""Shares of the whole that are staked, mixed evenly: large ones win soon on large effects, small ones late on small effects."""
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Evidence:
    """``value`` now, ``highest`` so far, and the p value that holds at any time."""

    value: float
    highest: float

    @property
    def p(self) -> float:
        """Chance of so much evidence, at any time, without an effect."""
        return min(1.0, 1 / self.highest) if self.highest > 0 else 1.0

    @property
    def decided(self) -> bool:
        """Whether the evidence has reached 20 to 1."""
        return self.highest >= 1 / ALPHA


def discordant_pairs(won: Sequence[bool]) -> Evidence:
    """Pairs of which one arm alone passed, in order: True where B did. Without an effect each is a fair coin.

    A mixture of wagers over how unfair the coin is (Beta-binomial), the same for both sides.
    """
    thrown = np.arange(1, len(won) + 1)
    wins = np.cumsum(np.asarray(won, dtype=np.float64))
    return _evidence(betaln(_PRIOR + wins, _PRIOR + thrown - wins) - betaln(_PRIOR, _PRIOR) + thrown * log(2))


def mean_differs(values: Numbers, ends: tuple[float, float], null: float = 0.0) -> Evidence:
    """Evidence that the mean of what comes is not ``null``, for values within ``ends`` (betting; Waudby-Smith and Ramdas 2024).

    Half is staked on either side. The values must come in order, each with the mean that is asked about given those before it:
    differences of independent pairs, or :func:`arm_gains`. Raises ValueError for a value or a null outside finite ends.
    """
    _checked(values, ends, null)
    sides = np.stack([_grown(values - null, ends), _grown(null - values, ends)])
    return _evidence(logsumexp(sides, axis=0) - log(2))


def mean_above(values: Numbers, ends: tuple[float, float], margin: float) -> Evidence:
    """Evidence that the mean lies above ``margin``; as :func:`mean_differs`, all staked on the one side.

    The guardrail: the values are how much more harm B does than A, the margin is what is tolerated, and evidence of 20 stops B.
    """
    _checked(values, ends, margin)
    return _evidence(_grown(values - margin, ends))


def mean_at_any_time(values: Numbers, ends: tuple[float, float]) -> Estimate:
    """The mean with a 95 % interval that holds at all looks at once (a confidence sequence): what no wager has refuted so far.

    Wider than an interval for one look, which is the price of looking. Values as for :func:`mean_differs`.
    """
    _checked(values, ends, ends[0])
    if not len(values):
        return Estimate(float("nan"), *ends)
    found, times = np.unique(values, return_counts=True)
    low, high = _refuted(found, times, ends), -_refuted(-found, times, (-ends[1], -ends[0]))
    return Estimate(float(values.mean()), low, high)


def arm_gains(
    to_b: NDArray[np.bool_], outcomes: Numbers, share: float, ends: tuple[float, float]
) -> tuple[Numbers, tuple[float, float]]:  # fmt: skip
    """Outcomes of two independent arms as values whose mean is the gain of B over A, with the ends of these values.

    Rows are units in the order of assignment; each went to B with chance ``share`` whatever came before (hashing sees to that,
    the ratio alarm checks it). An outcome counts by the inverse of the chance of its arm, less the mean of all before it, which
    takes most of the noise and shifts nothing: rates may drift over time as they like. Outcomes lie within ``ends``.
    """
    if not 0 < share < 1 or len(to_b) != len(outcomes):
        msg = (
            f"{len(outcomes)} outcomes of {len(to_b)} units with a share of {share} for B; give a share between 0 and 1"
        )
        raise ValueError(msg)
    _checked(outcomes, ends, ends[0])
    before = np.arange(1, len(outcomes) + 1)  # the middle of the scale counts as one outcome before all others
    middles = (
        (sum(ends) / 2 + np.concatenate([[0.0], np.cumsum(outcomes)[:-1]])) / before if len(outcomes) else outcomes
    )
    gains = (outcomes - middles) * np.where(to_b, 1 / share, -1 / (1 - share))
    widest = (ends[1] - ends[0]) / min(share, 1 - share)
    return gains, (-widest, widest)


def evidence_of(logs: float) -> float:
    """The factor, from its logarithm, as far as a number can hold it."""
    return exp(min(700.0, logs))


def _grown(steps: Numbers, ends: tuple[float, float]) -> Numbers:
    """Logarithm of the mixture of wagers on a positive mean of ``steps``, after each of them."""
    stakes = _BETS / (ends[1] - ends[0])
    each = np.cumsum(np.log1p(steps[:, None] * stakes), axis=0)
    mixed: Numbers = logsumexp(each, axis=1) - log(len(stakes))
    return mixed


def _refuted(found: Numbers, times: NDArray[np.intp], ends: tuple[float, float]) -> float:
    """Below this every mean is refuted at half of the level: the wager against a mean only falls as the mean rises."""
    stakes, limit = _BETS / (ends[1] - ends[0]), log(2 / ALPHA) + log(len(_BETS))
    low, high = ends
    for _ in range(_STEPS):
        middle = (low + high) / 2
        grown = logsumexp(times @ np.log1p((found - middle)[:, None] * stakes))
        low, high = (middle, high) if grown >= limit else (low, middle)
    return low


def _checked(values: Numbers, ends: tuple[float, float], null: float) -> None:
    inside = all(map(isfinite, ends)) and ends[0] < ends[1] and ends[0] <= null <= ends[1]
    if not inside or not ((values >= ends[0]) & (values <= ends[1])).all():
        msg = f"values or {null} outside {ends[0]} to {ends[1]}; give finite ends that hold all that can come"
        raise ValueError(msg)


def _evidence(logs: Numbers) -> Evidence:
    if not len(logs):
        return Evidence(1.0, 1.0)
    return Evidence(evidence_of(float(logs[-1])), evidence_of(max(0.0, float(np.max(logs)))))
