"""Several trials of one case: how surely it passes, without the bias of counting runs of luck."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from evals.statistics.bootstrap import mean_interval
from evals.statistics.units import Estimate, Units


def all_of(passed: int, trials: int, k: int) -> float:
    """Chance that ``k`` further trials all pass (pass^k), unbiased: of all ways to draw k of the trials, those without a fail."""
    _check(passed, trials, k)
    return comb(passed, k) / comb(trials, k)


def any_of(passed: int, trials: int, k: int) -> float:
    """Chance that one of ``k`` further trials passes (pass@k; Chen 2021), unbiased."""
    _check(passed, trials, k)
    return 1 - comb(trials - passed, k) / comb(trials, k)


def all_of_cases(
    units: Sequence[str], passed: Sequence[int], trials: Sequence[int], k: int, seed: int = 0
) -> Estimate | None:
    """pass^k over cases, each with its number of known trials and those of them that passed.

    Cases with fewer than ``k`` known trials say nothing of k and are left out; None where none is left.
    """
    there = [place for place, known in enumerate(trials) if known >= k]
    if not there:
        return None
    shares = np.array([all_of(passed[place], trials[place], k) for place in there])
    return mean_interval(Units.of([units[place] for place in there], shares), seed, ends=(0.0, 1.0))


def _check(passed: int, trials: int, k: int) -> None:
    if not 0 <= passed <= trials or not 1 <= k <= trials:
        msg = f"{passed} of {trials} trials passed and {k} are drawn; draw 1 to {trials}"
        raise ValueError(msg)
