"""From a verdict of the statistics to what a report shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evals.records import Metric
from evals.reports.intervals import Figure, known
from evals.reports.page import Contrast, Decision, Judged, Range


class AComparison(Protocol):
    """B against A under one metric, as the statistics found it. ``bounds`` are the worst and the best difference over all that
    failed, ``mde`` the smallest difference that shows with 80% power.
    """

    @property
    def metric(self) -> Metric | str: ...
    @property
    def a(self) -> float | None: ...
    @property
    def b(self) -> float | None: ...
    @property
    def difference(self) -> Figure: ...
    @property
    def p(self) -> float | None: ...
    @property
    def p_holm(self) -> float | None: ...
    @property
    def mde(self) -> float | None: ...
    @property
    def needed(self) -> int | None: ...
    @property
    def bounds(self) -> tuple[float | None, float | None]: ...


class AVerdict(Protocol):
    """What to do, and why."""

    @property
    def decision(self) -> str: ...
    @property
    def needed(self) -> int | None: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def comparisons(self) -> Sequence[AComparison]: ...


def judged(a: str, b: str, verdict: AVerdict, metrics: Sequence[Metric]) -> Judged:
    """The verdict on ``b`` against ``a``, its comparisons in the order of the run's metrics."""
    named = {metric.name: metric for metric in metrics}
    order = {name: place for place, name in enumerate(named)}
    contrasts = [_contrast(one, named) for one in verdict.comparisons]
    contrasts.sort(key=lambda one: order[one.metric.name])
    return Judged(a, b, Decision(verdict.decision), verdict.needed, tuple(verdict.reasons), tuple(contrasts))


def _contrast(one: AComparison, named: dict[str, Metric]) -> Contrast:
    metric = named[one.metric if isinstance(one.metric, str) else one.metric.name]
    ends = known(Range(None, *one.bounds))
    difference = known(one.difference)
    return Contrast(metric, one.a, one.b, difference, one.p, one.p_holm, ends.low, ends.high, one.mde, one.needed)
