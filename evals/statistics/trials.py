"""Several trials of one case: how surely it passes, without the bias of counting runs of luck."""

from __future__ import annotations

from math import comb


def all_of(passed: int, trials: int, k: int) -> float:
    """Chance that ``k`` further trials all pass (pass^k), unbiased: of all ways to draw k of the trials, those without a fail."""
    _check(passed, trials, k)
    return comb(passed, k) / comb(trials, k)


def any_of(passed: int, trials: int, k: int) -> float:
    """Chance that one of ``k`` further trials passes (pass@k; Chen 2021), unbiased."""
    _check(passed, trials, k)
    return 1 - comb(trials - passed, k) / comb(trials, k)


def _check(passed: int, trials: int, k: int) -> None:
    if not 0 <= passed <= trials or not 1 <= k <= trials:
        msg = f"{passed} of {trials} trials passed and {k} are drawn; draw 1 to {trials}"
        raise ValueError(msg)
