"""Which cases moved between two variants of one run."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean

from evals.records import Metric, Role, Score
from evals.reports.page import Change
from evals.runs.result import RunResult


def case_changes(result: RunResult, a: str, b: str) -> tuple[Change, ...]:
    """Cases whose mean over trials differs under a metric of quality or safety, the worst regression first.

    A case that only ``a`` has scores for comes right after the regressions: it is a loss of unknown size. One that only ``b``
    has comes before the improvements. Equal losses keep the order of the suite.
    """
    at: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for score in result.scores:
        at[score.case, score.variant, score.metric].append(score)
    found = []
    for metric in result.metrics:
        if metric.role in {Role.COST, Role.LATENCY}:
            continue
        for case in result.cases:
            change = _change(case.id, metric, at[case.id, a, metric.name], at[case.id, b, metric.name])
            if change is not None:
                found.append(change)
    return tuple(sorted(found, key=_order))


def regressions(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those that got worse, or whose every score was lost."""
    return tuple(one for one in changes if _order(one)[0] <= 1)


def _change(case: str, metric: Metric, before: list[Score], after: list[Score]) -> Change | None:
    a, b = _mean(before), _mean(after)
    if a == b:
        return None
    gain = None if a is None or b is None else (b - a) * (1 if metric.higher_is_better else -1)
    return Change(case, metric, a, b, gain, _said(metric, after))


def _said(metric: Metric, scores: list[Score]) -> str:
    """Why the worst of the scores is what it is; one that failed is the worst."""
    sign = 1 if metric.higher_is_better else -1
    worst = min(scores, key=lambda one: (one.value is not None, sign * (one.value or 0.0)), default=None)
    if worst is None:
        return ""
    return worst.reason if worst.failure is None else worst.failure.message


def _mean(scores: list[Score]) -> float | None:
    values = [one.value for one in scores if one.value is not None]
    return fmean(values) if values else None


def _order(change: Change) -> tuple[int, float]:
    if change.gain is None:
        return (1 if change.b is None else 2), 0.0
    scale = 1.0
    if change.metric.least is not None and change.metric.most is not None and change.metric.most > change.metric.least:
        scale = change.metric.most - change.metric.least
    return (0 if change.gain < 0 else 3), change.gain / scale
