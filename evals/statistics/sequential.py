"""Tests that may be looked at after every observation: evidence is a wager that nobody can win on average without an effect.

The value of each process is the factor by which such a wager has grown. It reaches 20 with chance at most 5 % if there is no
effect, however often one looks (Ville 1939), so 1 / the highest value is a p value at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt

import numpy as np

from evals.statistics.units import Estimate, Numbers

ALPHA = 0.05
_PRIOR = 5.0
"""Strength of the mixture over effect sizes: made for wins between 60 and 80 of 100 discordant pairs."""
_LARGEST_BET = 0.5
_TUNED_FOR = 200
"""Number of observations at which the confidence sequence is narrowest."""


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
    seen = np.cumsum(np.asarray(won, dtype=np.float64)) if len(won) else np.zeros(0)
    thrown = np.arange(1, len(seen) + 1)
    logs = [
        _log_beta(_PRIOR + wins, _PRIOR + throws - wins) - _log_beta(_PRIOR, _PRIOR) + throws * log(2)
        for wins, throws in zip(seen.tolist(), thrown.tolist(), strict=True)
    ]
    return _evidence(logs)


def two_arms(a: Sequence[bool], b: Sequence[bool], block: tuple[int, int] = (1, 1)) -> Evidence:
    """Outcomes of two independent arms in order of arrival, compared block by block (Turner, Ly and Gruenwald 2024).

    ``block`` is how many of A and of B make one, as arms are shared out: (9, 1) for a canary of a tenth. The wager for a block
    rests on the blocks before it.
    """
    blocks = min(len(a) // block[0], len(b) // block[1])
    first = np.asarray(a[: blocks * block[0]], dtype=np.float64).reshape(blocks, block[0]).sum(axis=1)
    second = np.asarray(b[: blocks * block[1]], dtype=np.float64).reshape(blocks, block[1]).sum(axis=1)
    logs, grown = [], 0.0
    won, tried = [0.5, 0.5], [1.0, 1.0]
    for passed in zip(first.tolist(), second.tolist(), strict=True):
        rates = [won[arm] / tried[arm] for arm in (0, 1)]
        both = (block[0] * rates[0] + block[1] * rates[1]) / sum(block)
        for arm in (0, 1):
            grown += passed[arm] * log(rates[arm] / both)
            grown += (block[arm] - passed[arm]) * log((1 - rates[arm]) / (1 - both))
            won[arm] += passed[arm]
            tried[arm] += block[arm]
        logs.append(grown)
    return _evidence(logs)


def mean_above(differences: Sequence[float] | Numbers, margin: float = 0.0) -> Evidence:
    """Evidence that the mean of differences between -1 and 1 lies above ``margin`` (betting; Waudby-Smith and Ramdas 2024).

    The guardrail: differences in harm of B over A, and the margin that is tolerated.
    """
    logs, grown = [], 0.0
    total, squares, scale = 0.0, 0.25, 1 + abs(margin)
    for count, difference in enumerate(np.asarray(differences, dtype=np.float64).tolist()):
        if not -1 <= difference <= 1:
            msg = f"a difference of {difference} is outside -1 to 1"
            raise ValueError(msg)
        step, mean = (difference - margin) / scale, total / (count + 1)
        bet = min(_LARGEST_BET, max(0.0, mean / (squares / (count + 1) + mean**2)))
        grown += log(1 + bet * step)
        logs.append(grown)
        total += step
        squares += step**2
    return _evidence(logs)


def confidence_sequence(value: float, error: float, count: int) -> Estimate:
    """A 95 % interval that holds at all times at once, for a mean of ``count`` observations with standard error ``error``.

    Asymptotic (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024); wider than a fixed interval, which is the price of looking.
    """
    if count < 2 or not error < inf:  # noqa: PLR2004
        return Estimate(value, -inf, inf)
    tuned = (-2 * log(ALPHA) + log(-2 * log(ALPHA) + 1)) / _TUNED_FOR
    grown = count * tuned
    half = error * sqrt((grown + 1) / grown * log((grown + 1) / ALPHA**2))
    return Estimate(value, value - half, value + half)


def _evidence(logs: Sequence[float]) -> Evidence:
    if not logs:
        return Evidence(1.0, 1.0)
    return Evidence(_exp(logs[-1]), _exp(max(0.0, *logs)))


def _exp(value: float) -> float:
    return exp(min(700.0, value))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
