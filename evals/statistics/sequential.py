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
from scipy.special import betaln  # type: ignore[import-untyped]

from evals.statistics.units import Estimate, Numbers

ALPHA = 0.05
_PRIOR = 5.0
"""Strength of the mixture over effect sizes: made for wins between 60 and 80 of 100 discordant pairs."""
_BETS = np.array([0.9 * 0.6**step for step in range(14)])
"""Shares of the whole that are staked, mixed evenly: large ones win soon on large effects, small ones late on small effects."""
_STEPS = 24


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


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Values in order, each between its own ``least`` and ``most``, which were known before it came; ``ends`` hold their mean.

    Each value must have the mean that is asked about, given all before it: differences of independent pairs, or what
    :func:`arm_gains` makes of two arms.
    """

    values: Numbers
    least: Numbers
    most: Numbers
    ends: tuple[float, float]

    @classmethod
    def within(cls, values: Numbers, ends: tuple[float, float]) -> Outcomes:
        """Values that all lie within ``ends``. Raises ValueError for one that does not, or for ends that are not finite."""
        fair = all(map(isfinite, ends)) and ends[0] < ends[1]
        if not fair or not ((values >= ends[0]) & (values <= ends[1])).all():
            msg = f"values outside {ends[0]} to {ends[1]}; give finite ends that hold all that can come"
            raise ValueError(msg)
        return cls(values, np.full(len(values), ends[0]), np.full(len(values), ends[1]), ends)

    @property
    def mirrored(self) -> Outcomes:
        """The same with the other sign."""
        return Outcomes(-self.values, -self.most, -self.least, (-self.ends[1], -self.ends[0]))


def mean_differs(outcomes: Outcomes, null: float = 0.0) -> Evidence:
    """Evidence that the mean of outcomes is not ``null`` (betting; Waudby-Smith and Ramdas 2024), half on either side."""
    sides = np.stack([_against(outcomes, null), _against(outcomes.mirrored, -null)])
    return _evidence(_log_of_sum(sides, 0) - log(2))


def mean_above(outcomes: Outcomes, margin: float) -> Evidence:
    """Evidence that the mean lies above ``margin``; as :func:`mean_differs`, all staked on the one side.

    The guardrail: the outcomes are how much more harm B does than A, the margin is what is tolerated, and evidence of 20 stops B.
    """
    return _evidence(_against(outcomes, margin))


def mean_at_any_time(outcomes: Outcomes) -> Estimate:
    """The mean with a 95 % interval that holds at all looks at once (a confidence sequence): what no wager has refuted so far.

    Wider than an interval for one look, which is the price of looking.
    """
    ends = outcomes.ends
    if not len(outcomes.values):
        return Estimate(float("nan"), *ends)
    low, high = _refuted(outcomes), -_refuted(outcomes.mirrored)
    return Estimate(float(np.clip(outcomes.values.mean(), low, high)), low, high)


def arm_gains(to_b: NDArray[np.bool_], outcomes: Numbers, share: float, ends: tuple[float, float]) -> Outcomes:
    """Outcomes of two independent arms as values whose mean is the gain of B over A.

    Rows are units in one order of both arms; each went to B with chance ``share`` whatever came before (hashing sees to that, the
    alarm of shares checks it). An outcome counts by the inverse of the chance of its arm, less the mean of all before it, which
    takes most of the noise and shifts nothing: rates may drift over time as they like. Outcomes lie within ``ends``.
    """
    if not 0 < share < 1 or len(to_b) != len(outcomes):
        msg = (
            f"{len(outcomes)} outcomes of {len(to_b)} units with a share of {share} for B; give a share between 0 and 1"
        )
        raise ValueError(msg)
    values = Outcomes.within(outcomes, ends).values
    so_far = np.concatenate([[sum(ends) / 2], values[:-1]]).cumsum() if len(values) else values
    middles = so_far / np.arange(1, len(values) + 1)  # the middle of the scale counts as one outcome before all others
    low, high = (ends[0] - middles), (ends[1] - middles)
    width = ends[1] - ends[0]
    return Outcomes(
        (values - middles) * np.where(to_b, 1 / share, -1 / (1 - share)),
        np.minimum(low / share, -high / (1 - share)),
        np.maximum(high / share, -low / (1 - share)),
        (-width, width),
    )  # fmt: skip


def evidence_of(logs: float) -> float:
    """The factor, from its logarithm, as far as a number can hold it."""
    return exp(min(700.0, logs))


def _against(outcomes: Outcomes, null: float) -> Numbers:
    """Logarithm of the mixture of wagers on a mean above ``null``, after each outcome: no stake can be lost wholly."""
    if not outcomes.ends[0] < null < outcomes.ends[1]:
        msg = f"a mean of {null} is not between {outcomes.ends[0]} and {outcomes.ends[1]}, where alone it can be wagered on"
        raise ValueError(msg)
    stakes = _BETS / (null - outcomes.least)[:, None]
    each = np.cumsum(np.log1p((outcomes.values - null)[:, None] * stakes), axis=0)
    mixed: Numbers = _log_of_sum(each, 1) - log(len(_BETS))
    return mixed


def _log_of_sum(logarithms: Numbers, axis: int) -> Numbers:
    """Of numbers whose logarithms these finite ones are; scipy's own takes ten times as long to find out what it was given."""
    most = logarithms.max(axis=axis, keepdims=True)
    found: Numbers = np.log(np.exp(logarithms - most).sum(axis=axis)) + most.squeeze(axis)
    return found


def _refuted(outcomes: Outcomes) -> float:
    """Below this every mean is refuted at half of the level: the wager against a mean only falls as the mean rises."""
    low, high = outcomes.ends
    stakes, limit = _BETS / (high - outcomes.least)[:, None], log(2 / ALPHA) + log(len(_BETS))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        grown = _log_of_sum(np.log1p((outcomes.values - middle)[:, None] * stakes).sum(axis=0), 0)
        low, high = (middle, high) if grown >= limit else (low, middle)
    return low


def _evidence(logs: Numbers) -> Evidence:
    if not len(logs):
        return Evidence(1.0, 1.0)
    return Evidence(evidence_of(float(logs[-1])), evidence_of(max(0.0, float(np.max(logs)))))
