"""The answer of a factor, and how small numbers are kept from boasting."""

from __future__ import annotations

from typing import NamedTuple

STEPS = 10_000
"""A value is kept in ten-thousandths, so that totals are exact and the last bits of a cosine cannot change an order."""


class FactorScore(NamedTuple):
    """``value`` from 0 to 1 in steps of 0.0001; ``known`` False means the facts were missing and the value is neutral."""

    value: float
    reason: str
    known: bool

    @property
    def steps(self) -> int:
        """The value in ten-thousandths, exact."""
        return round(self.value * STEPS)


NEUTRAL = 0.5


def neutral(reason: str) -> FactorScore:
    """Nothing known: neither for nor against."""
    return FactorScore(NEUTRAL, reason, known=False)


def scored(value: float, reason: str) -> FactorScore:
    """A known value, cut to 0..1 and rounded to a step."""
    if value >= 1.0:
        return FactorScore(1.0, reason, known=True)
    return FactorScore(round(value * STEPS) / STEPS if value > 0.0 else 0.0, reason, known=True)


def smoothed(total: float, n: int, usual: float, strength: int) -> float:
    """The mean of ``n`` observations summing to ``total``, pulled to ``usual`` as if ``strength`` more had shown that.

    For counts this is the mean of a Beta posterior whose prior is ``usual`` with that strength: 1 of 1 stays near the usual
    rate, 80 of 100 does not.
    """
    return (total + usual * strength) / (n + strength)


def against_usual(rate: float, usual: float) -> float:
    """A rate on a scale where the usual rate is 0.5, nothing is 0 and certainty is 1: its odds beside the usual odds.

    Without it a good rate in a trade where most leads are lost would score below "unknown".
    """
    mine, theirs = rate * (1 - usual), usual * (1 - rate)
    return mine / (mine + theirs)
