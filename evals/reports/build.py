"""From a run to a page: counting and ordering, no judgement."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from evals.concord import Concord
from evals.observed import observed
from evals.records import Answer, Failure, FailureKind, Metric, Score, Variant
from evals.reports.changes import case_changes
from evals.reports.intervals import known, mean_interval
from evals.reports.page import Apart, Attempt, CaseRow, Cell, FailureCount, Judged, Mark, Page, Range
from evals.reports.review import agreement
from evals.reports.spending import edges, spend
from evals.reports.trust import calibrations, steadiness, surely
from evals.reports.wording import shown
from evals.runs.result import RunResult
from store.evals.labels import HumanLabel

_CASES_NAMED = 20


def build(
    result: RunResult,
    verdicts: Sequence[Judged] = (),
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    apart: Apart | None = None,
    labels: Sequence[HumanLabel] = (),
    concord: Sequence[Concord] = (),
) -> Page:
    """Everything a report of this run shows. Works for unfinished runs; what was not reached is counted as missing.

    ``pairs`` are the variants whose cases are compared, by default the first one with each other. ``labels`` are what people
    said of its answers, ``concord`` how far local answer, cascade and model agree.
    """
    bins = edges(result.answers)
    names = [one.name for one in result.variants]
    pairs = [(names[0], other) for other in names[1:]] if pairs is None else pairs
    return Page(
        run_id=result.run_id,
        suite=result.suite,
        suite_hash=result.suite_hash,
        started_at=result.started_at,
        trials=result.trials,
        variants=result.variants,
        metrics=result.metrics,
        missing=result.missing,
        verdicts=tuple(verdicts),
        cells=cells(result),
        aggregates=result.aggregates,
        failures=failures(result),
        spend=tuple(spend(result, variant, bins) for variant in result.variants),
        bins=bins,
        calibrations=calibrations(result),
        steadiness=steadiness(result),
        surely=surely(result),
        agreement=agreement(result, labels),
        cases=_rows(result),
        changes=tuple((a, b, case_changes(result, a, b)) for a, b in pairs),
        apart=apart,
        concord=tuple(concord),
    )


def cells(result: RunResult) -> tuple[Cell, ...]:
    """Every metric of every variant."""
    return tuple(_cell(result, variant, metric) for metric in result.metrics for variant in result.variants)


def _cell(result: RunResult, variant: Variant, metric: Metric) -> Cell:
    seen = observed(result, variant.name, metric)
    there = [(float(value), unit) for value, unit in zip(seen.known, seen.units, strict=True) if not math.isnan(value)]
    asked = len(seen.units) * seen.trials
    estimate = mean_interval(
        [value for value, _ in there], [unit for _, unit in there], passes=metric.passes, answers=asked - seen.unknown
    )
    ends = known(Range(None, float(np.mean(seen.worst)), float(np.mean(seen.best)))) if asked else Range(None)
    return Cell(variant.name, metric.name, estimate, asked, seen.unknown, ends.low, ends.high)


def failures(result: RunResult) -> tuple[FailureCount, ...]:
    """Failed answers and failed scores by variant, kind and code, the most frequent first; a failure that an answer shares
    with its scores counts once.
    """
    seen: dict[tuple[str, FailureKind, str], dict[tuple[str, int], Failure]] = defaultdict(dict)
    records: tuple[Answer | Score, ...] = (*result.answers, *result.scores)
    for record in records:
        if record.failure is not None:
            key = (record.variant, record.failure.kind, record.failure.code)
            seen[key].setdefault((record.case, record.trial), record.failure)
    found = [
        FailureCount(
            variant, kind, code, len(places), next(iter(places.values())).message,
            tuple(dict.fromkeys(case for case, _ in places))[:_CASES_NAMED],
        )
        for (variant, kind, code), places in seen.items()
    ]  # fmt: skip
    order = {variant.name: place for place, variant in enumerate(result.variants)}
    return tuple(sorted(found, key=lambda one: (order[one.variant], -one.count, one.kind, one.code)))


def _rows(result: RunResult) -> tuple[CaseRow, ...]:
    made: dict[str, list[Attempt]] = defaultdict(list)
    place = {variant.name: index for index, variant in enumerate(result.variants)}
    for answer in result.answers:
        made[answer.case].append(_attempt(answer, place[answer.variant], result))
    return tuple(
        CaseRow(case, shown(case.input), None if case.expected is None else shown(case.expected), tuple(made[case.id]))
        for case in result.cases
    )


def _attempt(answer: Answer, variant: int, result: RunResult) -> Attempt:
    scores = [
        result.score_at.get((answer.case, answer.variant, answer.trial, metric.name)) for metric in result.metrics
    ]
    return Attempt(
        variant=variant,
        trial=answer.trial,
        output=None if answer.output is None and answer.failure is not None else shown(answer.output),
        failure=answer.failure,
        seconds=answer.seconds,
        cost=float(answer.cost),
        tokens=(answer.tokens_in, answer.tokens_out),
        cached=answer.cached,
        source=answer.source,
        confidence=answer.confidence,
        calls=tuple(
            shown({"tool": call.tool, "arguments": dict(call.arguments), "result": call.result})
            for call in answer.calls
        ),
        state=None if answer.state is None else shown(answer.state),
        marks=tuple(None if one is None else Mark(one.value, one.passed, one.reason, one.failure) for one in scores),
    )
