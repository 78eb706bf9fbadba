"""Whether a run holds what its suite demands, also where some of its answers failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from evals.records import FailureKind, Metric, Score
from evals.runs.result import RunResult
from evals.suite import Gate


class Outcome(IntEnum):
    """What comes of a run, as its exit code: the gate holds, does not hold, or the answers that are there cannot say."""

    HOLDS = 0
    FAILS = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """One demand on one variant. ``value`` is over what could be scored; an answer that the model gave, but not usably, scores
    worst, as in a verdict. ``worst`` and ``best`` count what could not be scored as the ends of the metric's scale (None where it
    has none).
    """

    gate: Gate
    variant: str
    value: float | None
    worst: float | None
    best: float | None

    @property
    def outcome(self) -> Outcome:
        """Holds where even the worst does, fails where not even the best does."""
        ends = [self.worst, self.best]
        held = [None if end is None else self.gate.holds(end) for end in ends]
        if held == [True, True]:
            return Outcome.HOLDS
        return Outcome.FAILS if held == [False, False] else Outcome.OPEN


def check(result: RunResult, gates: Sequence[Gate]) -> list[Checked]:
    """Every demand on every variant. A demand on something that nobody measured stays open."""
    metrics = {metric.name: metric for metric in result.metrics}
    return [
        _of_metric(result, gate, variant.name, metrics[gate.metric])
        if gate.metric in metrics
        else _of_aggregate(result, gate, variant.name)
        for variant in result.variants
        for gate in gates
    ]


def outcome(checked: Sequence[Checked]) -> Outcome:
    """Of all demands together: one that fails decides, then one that is open."""
    return worst(one.outcome for one in checked)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """One that fails decides, then one that is open."""
    found = set(outcomes)
    return next((one for one in (Outcome.FAILS, Outcome.OPEN) if one in found), Outcome.HOLDS)


def _of_metric(result: RunResult, gate: Gate, variant: str, metric: Metric) -> Checked:
    mine = [one for one in result.scores if one.metric == metric.name and one.variant == variant]
    own_doing = metric.least if metric.higher_is_better else metric.most
    said = [own_doing if _model_failed(one) else one.value for one in mine]
    values = [value for value in said if value is not None]
    lost = len(mine) - len(values) + _missing(result, variant)
    low, high = _with(values, lost, metric.least), _with(values, lost, metric.most)
    worst, best = (low, high) if metric.higher_is_better else (high, low)
    return Checked(gate, variant, sum(values) / len(values) if values else None, worst, best)


def _of_aggregate(result: RunResult, gate: Gate, variant: str) -> Checked:
    """A figure of a whole set has no bounds: where an answer failed or is missing it says nothing for sure."""
    value = result.aggregates.get(variant, {}).get(gate.metric)
    whole = _missing(result, variant) == 0 and not any(one.failure for one in result.answers if one.variant == variant)
    sure = value if whole else None
    return Checked(gate, variant, value, sure, sure)


def _model_failed(score: Score) -> bool:
    return score.failure is not None and score.failure.kind is FailureKind.MODEL


def _missing(result: RunResult, variant: str) -> int:
    there = sum(one.variant == variant for one in result.answers)
    return len(result.cases) * result.trials - there


def _with(values: Sequence[float], lost: int, end: float | None) -> float | None:
    if not values and not lost:
        return None
    if not lost:
        return sum(values) / len(values)
    return None if end is None else (sum(values) + lost * end) / (len(values) + lost)
