"""Whether arms got the shares they should have: a mismatch says that assignment or logging is broken, and no result counts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose, lgamma, log

from scipy.stats import chisquare  # type: ignore[import-untyped]

from evals.statistics.sequential import Evidence, evidence_of

ALARM = 0.001
_STRENGTH = 100.0


def mismatch(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The chance of such counts if the shares hold (chi-square), for one look.

    Raises ValueError unless shares are above 0 and add up to 1.
    """
    total = _checked(counts, shares)
    return float(chisquare(counts, [total * share for share in shares]).pvalue) if total else 1.0


def mismatch_any_time(counts: Sequence[int], shares: Sequence[float]) -> Evidence:
    """The same as a wager (Dirichlet mixture around the shares; Lindon and Malek 2022): safe to look at after every unit.

    ``highest`` is that of this moment alone; keep the highest of all looks.
    """
    total = _checked(counts, shares)
    prior = [_STRENGTH * share for share in shares]
    grown = lgamma(_STRENGTH) - lgamma(_STRENGTH + total)
    for count, start, share in zip(counts, prior, shares, strict=True):
        grown += lgamma(start + count) - lgamma(start) - count * log(share)
    return Evidence(evidence_of(grown), max(1.0, evidence_of(grown)))


def _checked(counts: Sequence[int], shares: Sequence[float]) -> int:
    fit = len(counts) == len(shares) > 0 and min(counts) >= 0 and min(shares) > 0 and isclose(sum(shares), 1)
    if not fit:
        msg = f"counts {list(counts)} with shares {list(shares)}; give a share above 0 for each arm, together 1"
        raise ValueError(msg)
    return sum(counts)
