"""What one variant scored under one metric, case by case, with what failed neither dropped nor guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from evals.records import Answer, Case, FailureKind, Metric, Score
from evals.runs.result import RunResult
from evals.statistics.units import Numbers


@dataclass(frozen=True, slots=True)
class Observed:
    """Values by case, in the suite's order, each the mean over trials.

    ``known`` rests on the trials whose score is known, NaN where there is none. ``worst`` and ``best`` put the ends of the scale
    in place of the ``unknown`` scores, infinite where it is open. A model that answered, but not usably, has the worst score,
    since that is its own doing. What a judge or the infrastructure failed to tell, or a stopped run never reached, is unknown.
    Cases that expect nothing under the metric are left out.
    """

    units: tuple[str, ...]
    known: Numbers
    worst: Numbers
    best: Numbers
    unknown: int
    trials: int


def observed(run: RunResult, variant: str, metric: Metric) -> Observed:
    """The scores of ``variant`` in the run. Raises ValueError for a variant or a metric that the run has not."""
    if variant not in {one.name for one in run.variants} or metric not in run.metrics:
        msg = f"run {run.run_id} has no variant {variant!r} scored under {metric.name!r}"
        raise ValueError(msg)
    ends = (-inf if metric.least is None else metric.least, inf if metric.most is None else metric.most)
    worst, best = ends if metric.higher_is_better else ends[::-1]
    known, low, high, unknown = [], [], [], 0
    cases = [case for case in run.cases if asked(run, case, metric)]
    for case in cases:
        values = [value_at(run, case.id, variant, trial, metric) for trial in range(run.trials)]
        there = [value for value in values if value is not None]
        unknown += len(values) - len(there)
        known.append(sum(there) / len(there) if there else np.nan)
        low.append(_filled(values, worst))
        high.append(_filled(values, best))
    units = tuple(case.unit for case in cases)
    return Observed(units, np.array(known), np.array(low), np.array(high), unknown, run.trials)


def asked(run: RunResult, case: Case, metric: Metric) -> bool:
    """Whether the case expects anything under the metric. Where it does not, no answer of any variant has a score for it, though
    each came and was graded.
    """
    places = [(case.id, variant.name, trial) for variant in run.variants for trial in range(run.trials)]
    answers = [run.answer_at.get(place) for place in places]
    came = all(answer is not None and answer.failure is None for answer in answers)
    return not came or any((*place, metric.name) in run.score_at for place in places)


def value_at(run: RunResult, case: str, variant: str, trial: int, metric: Metric) -> float | None:
    """The value of one trial, None where it is unknown; an answer that the model gave, but not usably, has the worst one."""
    worst = metric.least if metric.higher_is_better else metric.most
    answer, score = run.answer_at.get((case, variant, trial)), run.score_at.get((case, variant, trial, metric.name))
    return _value(answer, score, inf if worst is None else worst)


def _value(answer: Answer | None, score: Score | None, worst: float) -> float | None:
    if answer is None:
        return None
    failure = answer.failure or (None if score is None else score.failure)
    if failure is not None:
        own_doing = failure.kind is FailureKind.MODEL and abs(worst) < inf
        return worst if own_doing else None
    return None if score is None else score.value


def _filled(values: Sequence[float | None], end: float) -> float:
    return sum(end if value is None else value for value in values) / len(values)
