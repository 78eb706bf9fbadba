"""Money, time and tokens."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from evals.records import Answer, FailureKind, Variant
from evals.reports.page import Spend
from evals.runs.result import RunResult

_BINS = 24
_SHORTEST = 0.0001


def edges(answers: Sequence[Answer]) -> tuple[float, ...]:
    """Edges of bins of equal width on a logarithmic scale, in seconds, from the quickest answer to the slowest."""
    took = [max(one.seconds, _SHORTEST) for one in timed(answers)]
    if not took:
        return ()
    low, high = math.log10(min(took)), math.log10(max(took))
    if high - low < 0.3:  # noqa: PLR2004 - less than a factor of two is shown as one
        low, high = low - 0.15, high + 0.15
    return tuple(10 ** (low + (high - low) * step / _BINS) for step in range(_BINS + 1))


def spend(result: RunResult, variant: Variant, bins: Sequence[float]) -> Spend:
    """What one variant took."""
    answers = [one for one in result.answers if one.variant == variant.name]
    took = [one.seconds for one in timed(answers)]
    p50, p95 = (float(part) for part in np.percentile(took, (50, 95))) if took else (None, None)
    filled = [0] * max(0, len(bins) - 1)
    for each in took:
        place = bisect_right(bins, max(each, _SHORTEST)) - 1
        filled[min(max(place, 0), len(filled) - 1)] += 1
    cost = float(sum(one.cost for one in answers))
    return Spend(
        variant=variant.name,
        answers=len(answers),
        cached=sum(one.cached for one in answers),
        cost=cost,
        each=cost / len(answers) if answers else 0.0,
        p50=p50,
        p95=p95,
        tokens_in=sum(one.tokens_in for one in answers),
        tokens_out=sum(one.tokens_out for one in answers),
        histogram=tuple(filled),
    )


def timed(answers: Sequence[Answer]) -> list[Answer]:
    """Answers whose time says something of this run: those that came and are not from the cache, unless all of them are."""
    came = [one for one in answers if one.failure is None or one.failure.kind is not FailureKind.INFRASTRUCTURE]
    return [one for one in came if not one.cached] or came
