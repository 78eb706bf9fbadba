"""Ship, keep, or inconclusive: one decision over quality, safety, cost and latency, for suites and for live traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

import numpy as np

from evals.comparison import MetricComparison, compare
from evals.observed import observed
from evals.records import Failure, FailureKind, Metric, Role
from evals.runs.result import RunResult
from evals.statistics.bootstrap import FEWEST, mean_interval
from evals.statistics.passk import all_of
from evals.statistics.units import Estimate, Units

_NOTABLE = 0.05
"""A saving of cost or time below this share is no reason to ship."""


class Decision(StrEnum):
    """What to do with the candidate."""

    SHIP = "ship"
    KEEP = "keep"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {Decision.SHIP: 0, Decision.KEEP: 1, Decision.INCONCLUSIVE: 2}
"""For pipelines that go on only when a candidate may be shipped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much dearer and slower a candidate may be: the factor of its cost for a case, and of its 95th percentile of seconds."""

    cost: float = 1.5
    seconds: float = 1.5


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant over the whole run.

    ``means`` are of known scores with 95 % intervals, ``certain`` maps metrics of pass and fail to pass^k for each k.
    ``failures`` counts answers and scores by kind. Seconds are of answers that came; cost is dollars for an answer.
    """

    name: str
    answers: int
    means: Mapping[str, Estimate]
    certain: Mapping[str, tuple[float, ...]]
    failures: Mapping[FailureKind, int]
    p50: float
    p95: float
    cost: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``needed`` is how many more cases would probably settle an inconclusive one; None where cases are not what is missing."""

    decision: Decision
    needed: int | None
    reasons: tuple[str, ...]
    comparisons: tuple[MetricComparison, ...]
    a: Arm
    b: Arm

    @property
    def exit_code(self) -> int:
        """0 ship, 1 keep, 2 inconclusive."""
        return EXIT_CODES[self.decision]


def verdict(run: RunResult, a: str, b: str, limits: Limits | None = None, seed: int = 0) -> Verdict:
    """Candidate ``b`` against the present ``a`` on one run. Raises ValueError for a variant that the run has not."""
    return decide(arm(run, a, seed), arm(run, b, seed), compare(run, a, b, seed), limits or Limits())


def decide(a: Arm, b: Arm, comparisons: Sequence[MetricComparison], limits: Limits) -> Verdict:
    """The joint decision; the comparisons may come from a suite or from live traffic."""
    safety = [one for one in comparisons if one.metric.role is Role.SAFETY]
    quality = [one for one in comparisons if one.metric.role is Role.QUALITY]
    against = [f"{one.metric.name} is worse ({_change(one)})" for one in (*safety, *quality) if one.worse]
    against += _over(a, b, limits)
    if against:
        return Verdict(Decision.KEEP, None, tuple(against), tuple(comparisons), a, b)
    open_safety = [one for one in safety if not one.not_inferior]
    gains = [one for one in (*quality, *safety) if one.better]
    open_quality = [one for one in quality if not one.not_inferior]
    if not open_safety and not open_quality:
        for_it = [f"{one.metric.name} is better ({_change(one)})" for one in gains] or _cheaper(a, b)
        if for_it:
            return Verdict(Decision.SHIP, None, tuple(for_it), tuple(comparisons), a, b)
    if quality and all(one.no_gain for one in quality):
        reasons = tuple(f"{one.metric.name} gains nothing that matters ({_change(one)})" for one in quality)
        return Verdict(Decision.KEEP, None, reasons, tuple(comparisons), a, b)
    waiting = [*open_safety, *(open_quality or [one for one in quality if not one.better])]
    return _undecided(a, b, comparisons, waiting)


def arm(run: RunResult, name: str, seed: int = 0) -> Arm:
    """The figures of one variant of the run."""
    answers = [one for one in run.answers if one.variant == name]
    failed = Counter(one.failure.kind for one in answers if one.failure is not None)
    failed.update(one.failure.kind for one in run.scores if one.variant == name and one.failure is not None)
    took = [one.seconds for one in answers if not one.cached and _came(one.failure)]
    p50, p95 = (float(part) for part in np.percentile(took, (50, 95))) if took else (float("nan"), float("nan"))
    return Arm(
        name, len(answers), {metric.name: _mean(run, name, metric, seed) for metric in run.metrics},
        {metric.name: _certain(run, name, metric) for metric in run.metrics if metric.passes}, dict(failed), p50, p95,
        float(sum(one.cost for one in answers)) / max(1, len(answers)),
        sum(one.tokens_in + one.tokens_out for one in answers) / max(1, len(answers)),
    )  # fmt: skip


def _came(failure: Failure | None) -> bool:
    return failure is None or failure.kind is not FailureKind.INFRASTRUCTURE


def _mean(run: RunResult, name: str, metric: Metric, seed: int) -> Estimate:
    seen = observed(run, name, metric)
    there = ~np.isnan(seen.known)
    if not there.any():
        return Estimate(float("nan"), -inf, inf)
    units = [unit for unit, known in zip(seen.units, there, strict=True) if known]
    return mean_interval(Units.of(units, seen.known[there]), seed)


def _certain(run: RunResult, name: str, metric: Metric) -> tuple[float, ...]:
    """pass^1 to pass^trials, over the cases all of whose trials are known."""
    by_case = []
    for case in run.cases:
        scores = [run.score_at.get((case.id, name, trial, metric.name)) for trial in range(run.trials)]
        if all(one is not None and one.passed is not None for one in scores):
            by_case.append(sum(bool(one and one.passed) for one in scores))
    if not by_case:
        return ()
    return tuple(sum(all_of(one, run.trials, k) for one in by_case) / len(by_case) for k in range(1, run.trials + 1))


def _over(a: Arm, b: Arm, limits: Limits) -> list[str]:
    over = []
    if a.cost > 0 and b.cost > limits.cost * a.cost:
        over.append(f"a case costs {b.cost / a.cost:.2f} times as much (limit {limits.cost:g})")
    if a.p95 > 0 and b.p95 > limits.seconds * a.p95:
        over.append(f"the slowest 5 % take {b.p95 / a.p95:.2f} times as long (limit {limits.seconds:g})")
    return over


def _cheaper(a: Arm, b: Arm) -> list[str]:
    """Savings, for a candidate that is shown to lose nothing: a reason only if enough answers rest on it and it is notable."""
    if min(a.answers, b.answers) < FEWEST:
        return []
    found = []
    if a.cost > 0 and b.cost < (1 - _NOTABLE) * a.cost:
        found.append(f"nothing is lost, and a case costs {b.cost / a.cost:.2f} times as much")
    if a.p50 > 0 and b.p50 < (1 - _NOTABLE) * a.p50 and b.p95 <= a.p95:
        found.append(f"nothing is lost, and half of the answers come in {b.p50 / a.p50:.2f} times the time")
    return found


def _undecided(a: Arm, b: Arm, comparisons: Sequence[MetricComparison], waiting: Sequence[MetricComparison]) -> Verdict:
    reasons, more = [], []
    for one in waiting or comparisons:
        if one.unknown:
            reasons.append(
                f"{one.metric.name}: {one.unknown} scores are unknown and could turn it; run what failed again ({_change(one)})"
            )
            continue
        wanted = None if one.needed is None else max(0, one.needed - one.cases)
        more += [wanted] if wanted else []
        reasons.append(
            f"{one.metric.name}: {_change(one)}; {one.cases} cases show differences from {one.detectable:.3g} on"
            + (f", {one.needed} would show {one.margin:.3g}" if one.needed else "")
        )
    needed = max(more) if more else None
    return Verdict(Decision.INCONCLUSIVE, needed, tuple(reasons), tuple(comparisons), a, b)


def _change(one: MetricComparison) -> str:
    low, high = sorted((one.worst, one.best))
    return f"{one.difference.value:+.3g}, 95 % from {low:+.3g} to {high:+.3g}, p {one.p_holm:.2g}"
