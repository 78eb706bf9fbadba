"""Exact tests of two arms on the same cases, and what several tests at once are worth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.stats import binomtest  # type: ignore[import-untyped]

from evals.statistics.units import Numbers, Units

FLIPS = 20_000
_ENUMERATED = 14
_AT_ONCE = 2_000_000
_SLACK = 1e-12


def mcnemar(won: int, lost: int) -> float:
    """Two-sided exact p of ``won`` and ``lost`` discordant pairs (McNemar 1947): a fair coin thrown won + lost times."""
    return float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0


def sign_flip(units: Units, seed: int = 0) -> float:
    """Two-sided p of a mean difference: without any effect each unit's difference could as well have the other sign.

    All signs are tried for up to 14 units that differ, else 20,000 drawn ones (then p is at least 1 in 20,001).
    """
    sums = units.sums[units.sums != 0]
    if not len(sums):
        return 1.0
    seen = abs(sums.sum())
    if len(sums) <= _ENUMERATED:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(sums))))
        return float((np.abs(signs @ sums) >= seen - _SLACK * max(1.0, seen)).mean())
    chance, as_far = np.random.default_rng(seed), 0
    size = max(1, _AT_ONCE // len(sums))
    for start in range(0, FLIPS, size):
        signs = chance.choice((-1.0, 1.0), (min(size, FLIPS - start), len(sums)))
        as_far += int((np.abs(signs @ sums) >= seen - _SLACK * max(1.0, seen)).sum())
    return (as_far + 1) / (FLIPS + 1)


def holm(chances: Sequence[float]) -> list[float]:
    """The p values adjusted so that one false finding among all has at most their level (Holm 1979), in the order given."""
    adjusted, highest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        adjusted[place] = highest
    return adjusted


def discordant(a: Numbers, b: Numbers) -> tuple[int, int]:
    """Pairs that only B passed, and that only A passed; both hold 0 and 1 only."""
    return int(((b == 1) & (a == 0)).sum()), int(((a == 1) & (b == 0)).sum())
