"""Which cases moved between two variants of one run."""

from __future__ import annotations

import math

from evals.observed import asked, observed
from evals.records import Metric, Role, Score
from evals.reports.page import Change
from evals.runs.result import RunResult


def case_changes(result: RunResult, a: str, b: str) -> tuple[Change, ...]:
    """Cases whose mean over trials differs under a metric of quality or safety, the worst regression first.

    A case that only ``a`` has scores for comes right after the regressions: it is a loss of unknown size. One that only ``b``
    has comes before the improvements. Equal losses keep the order of the suite.
    """
    found = []
    for metric in result.metrics:
        if metric.role in {Role.COST, Role.LATENCY}:
            continue
        before, after = (observed(result, name, metric).known for name in (a, b))
        cases = [case for case in result.cases if asked(result, case, metric)]
        for case, left, right in zip(cases, before, after, strict=True):
            if left != right and not (math.isnan(left) and math.isnan(right)):
                found.append(_change(result, metric, case.id, b, _told(left), _told(right)))
    return tuple(sorted(found, key=_order))


def regressions(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those that got worse, or whose every score is unknown now."""
    return tuple(one for one in changes if _order(one)[0] <= 1)


def _change(result: RunResult, metric: Metric, case: str, name: str, a: float | None, b: float | None) -> Change:
    gain = None if a is None or b is None else (b - a) * (1 if metric.higher_is_better else -1)
    places = [(case, name, trial) for trial in range(result.trials)]
    lost = [answer.failure for place in places if (answer := result.answer_at.get(place)) and answer.failure]
    scores = [score for place in places if (score := result.score_at.get((*place, metric.name)))]
    return Change(case, metric, a, b, gain, lost[0].message if lost else _said(metric, scores))


def _said(metric: Metric, scores: list[Score]) -> str:
    """Why the worst of the scores is what it is; one that failed is the worst."""
    sign = 1 if metric.higher_is_better else -1
    worst = min(scores, key=lambda one: (one.value is not None, sign * (one.value or 0.0)), default=None)
    if worst is None:
        return ""
    return worst.reason if worst.failure is None else worst.failure.message


def _told(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _order(change: Change) -> tuple[int, float]:
    if change.gain is None:
        return (1 if change.b is None else 2), 0.0
    scale = 1.0
    if change.metric.least is not None and change.metric.most is not None and change.metric.most > change.metric.least:
        scale = change.metric.most - change.metric.least
    return (0 if change.gain < 0 else 3), change.gain / scale
