"""Ship, keep, or inconclusive: one decision over quality, safety, cost and latency, for suites and for live traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

import numpy as np

from evals.certainty import Certainty, certainty
from evals.comparison import MetricComparison, compare
from evals.observed import observed
from evals.records import FailureKind, Metric, Role
from evals.runs.result import RunResult
from evals.spending import Ratio, spending, timed
from evals.statistics.bootstrap import mean_interval
from evals.statistics.units import Estimate, Units

_NOTABLE = 0.05
"""A saving of cost or time below this share is no reason to ship."""
_SPENT = frozenset({Role.COST, Role.LATENCY})
_SPENDS = {"cost": "an answer costs", "seconds": "the slowest 5 % take"}
_MUCH = {"cost": "much", "seconds": "long"}


class Decision(StrEnum):
    """What to do with the candidate."""

    SHIP = "ship"
    KEEP = "keep"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {Decision.SHIP: 0, Decision.KEEP: 1, Decision.INCONCLUSIVE: 2}
"""For pipelines that go on only when a candidate may be shipped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much dearer and slower a candidate may be: the factor of its cost for an answer, and of its 95th percentile of seconds.

    ``dollars`` is the most that an answer may cost in any case; the only limit where the present variant costs nothing.
    """

    cost: float = 1.5
    seconds: float = 1.5
    dollars: float | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant over the whole run.

    ``means`` are of known scores with 95 % intervals, ``certain`` maps metrics of pass and fail to pass^k for each k.
    ``failures`` counts answers and scores by kind. Seconds are of answers that came; cost is dollars for an answer.
    """

    name: str
    answers: int
    means: Mapping[str, Estimate]
    certain: Mapping[str, tuple[Certainty, ...]]
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
    arms, compared = (arm(run, a, seed), arm(run, b, seed)), compare(run, a, b, seed)
    return decide(*arms, compared, limits or Limits(), spending(run, a, b, seed))


def decide(
    a: Arm, b: Arm, comparisons: Sequence[MetricComparison], limits: Limits, spent: Sequence[Ratio] = ()
) -> Verdict:  # fmt: skip
    """The joint decision; the comparisons may come from a suite or from live traffic.

    Keep where something is shown to be worse by what may matter, or to cost more than it may. Ship where something is gained,
    and it is shown that no metric loses what matters and that limits hold. Keep where it is shown that nothing that matters is
    gained. Else inconclusive.
    """
    safety = [one for one in comparisons if one.metric.role is Role.SAFETY]
    quality = [one for one in comparisons if one.metric.role is Role.QUALITY]
    # what graders count of cost and time binds only where the metric says how much matters
    others = [one for one in comparisons if one.metric.role in _SPENT and one.margin > 0]
    guarded = (*safety, *quality, *others)
    against = [f"{one.metric.name} is worse ({_change(one)})" for one in guarded if one.worse and not one.not_inferior]
    over, unsure = _over(b, limits, spent)
    if against or over:
        return Verdict(Decision.KEEP, None, (*against, *over), tuple(comparisons), a, b)
    waiting = [one for one in guarded if not one.not_inferior]
    gains = [f"{one.metric.name} is better ({_change(one)})" for one in guarded if one.better] or _saved(spent)
    if gains and not waiting and not unsure:
        return Verdict(Decision.SHIP, None, tuple(gains), tuple(comparisons), a, b)
    if quality and not gains and all(one.no_gain for one in (*quality, *safety)):
        reasons = tuple(f"{one.metric.name} gains nothing that matters ({_change(one)})" for one in quality)
        return Verdict(Decision.KEEP, None, reasons, tuple(comparisons), a, b)
    waiting = waiting or [one for one in quality if not one.better and not gains]
    return _undecided(a, b, comparisons, waiting, unsure)


def arm(run: RunResult, name: str, seed: int = 0) -> Arm:
    """The figures of one variant of the run."""
    answers = [one for one in run.answers if one.variant == name]
    failed = Counter(one.failure.kind for one in answers if one.failure is not None)
    failed.update(one.failure.kind for one in run.scores if one.variant == name and one.failure is not None)
    took = [one.seconds for one in answers if timed(one)]
    p50, p95 = (float(part) for part in np.percentile(took, (50, 95))) if took else (float("nan"), float("nan"))
    return Arm(
        name, len(answers), {metric.name: _mean(run, name, metric, seed) for metric in run.metrics},
        {metric.name: certainty(run, name, metric, seed) for metric in run.metrics if metric.passes}, dict(failed), p50, p95,
        float(sum(one.cost for one in answers)) / max(1, len(answers)),
        sum(one.tokens_in + one.tokens_out for one in answers) / max(1, len(answers)),
    )  # fmt: skip


def _mean(run: RunResult, name: str, metric: Metric, seed: int) -> Estimate:
    seen = observed(run, name, metric)
    there = ~np.isnan(seen.known)
    if not there.any():
        return Estimate(float("nan"), -inf, inf)
    units = [unit for unit, known in zip(seen.units, there, strict=True) if known]
    scale = (-inf if metric.least is None else metric.least, inf if metric.most is None else metric.most)
    return mean_interval(Units.of(units, seen.known[there]), seed, ends=scale)


def _over(b: Arm, limits: Limits, spent: Sequence[Ratio]) -> tuple[list[str], list[str]]:
    """What is shown to be over its limit, and what is not shown to be within it."""
    over: list[str] = []
    unsure: list[str] = []
    if limits.dollars is not None and b.cost > limits.dollars:
        over.append(f"an answer costs {b.cost:.4g} dollars (limit {limits.dollars:g})")
    for one in spent:
        limit = limits.cost if one.what == "cost" else limits.seconds
        if not one.known or one.high <= limit:
            continue
        ends = f"95 % from {one.low:.2f} to {one.high:.2f}, limit {limit:g}"
        words = f"{_SPENDS[one.what]} {one.value:.2f} times as {_MUCH[one.what]} ({ends})"
        (over if one.low > limit else unsure).append(words)
    return over, unsure


def _saved(spent: Sequence[Ratio]) -> list[str]:
    """Savings, for a candidate that is shown to lose nothing: a reason only where they are shown to be notable."""
    return [
        f"nothing is lost, and {_SPENDS[one.what]} {one.value:.2f} times as {_MUCH[one.what]}"
        for one in spent
        if one.known and one.high < 1 - _NOTABLE
    ]


def _undecided(
    a: Arm, b: Arm, comparisons: Sequence[MetricComparison], waiting: Sequence[MetricComparison], unsure: Sequence[str]
) -> Verdict:  # fmt: skip
    reasons, more = [f"{words}: not shown to be within its limit" for words in unsure], []
    for one in waiting or (() if unsure else comparisons):
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
