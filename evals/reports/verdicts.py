"""From a verdict to what a report shows of it."""

from __future__ import annotations

import math

from evals.comparison import MetricComparison
from evals.reports.intervals import known
from evals.reports.page import Contrast, Direction, Judged
from evals.runs.result import RunResult
from evals.verdict import Verdict, verdict


def judged(result: RunResult, a: str, b: str) -> Judged:
    """The verdict on ``b`` against ``a``, by the limits that hold where a suite says nothing else."""
    return as_judged(verdict(result, a, b))


def as_judged(found: Verdict) -> Judged:
    """A verdict as reports show it: what is infinite or no number is not known."""
    contrasts = tuple(_contrast(one) for one in found.comparisons)
    return Judged(found.a.name, found.b.name, found.decision, found.needed, found.reasons, contrasts)


def _contrast(one: MetricComparison) -> Contrast:
    direction = Direction.BETTER if one.better else Direction.WORSE if one.worse else Direction.OPEN
    return Contrast(
        one.metric, _finite(one.a), _finite(one.b), known(one.difference), direction, one.margin, one.p, one.p_holm,
        _finite(one.worst), _finite(one.best), _finite(one.detectable), one.needed,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
