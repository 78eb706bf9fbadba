"""Whether a variant knows when it is right, and whether it says the same twice."""

from __future__ import annotations

import numpy as np

from domain.leads.measures import calibration_bins, calibration_error
from evals.certainty import certainty
from evals.records import Metric, Role, Variant
from evals.reports.intervals import known, wilson
from evals.reports.page import Bin, Calibration, Range, Steadiness, Surely
from evals.runs.result import RunResult


def calibrations(result: RunResult) -> tuple[Calibration, ...]:
    """Confidence against the first pass/fail metric of quality, for every variant that says how sure it is."""
    metric = next((one for one in result.metrics if one.passes and one.role is Role.QUALITY), None)
    if metric is None:
        return ()
    found = []
    for variant in result.variants:
        pairs = [
            (answer.confidence, score.value)
            for answer in result.answers
            if answer.variant == variant.name and answer.confidence is not None
            if (score := result.score_at.get((answer.case, variant.name, answer.trial, metric.name))) is not None
            if score.value is not None
        ]
        if pairs:
            found.append(_calibration(variant, metric, pairs))
    return tuple(found)


def _calibration(variant: Variant, metric: Metric, pairs: list[tuple[float, float]]) -> Calibration:
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))
    tenths = calibration_bins(right >= 1.0, np.clip(confidence, 0.0, 1.0))
    bins = tuple(Bin(one.expected, wilson(one.observed, one.n), one.n) for one in tenths)
    return Calibration(variant.name, metric.name, bins, calibration_error(tenths))


def steadiness(result: RunResult) -> tuple[Steadiness, ...]:
    """Every pass/fail metric of every variant over trials; nothing where each case was tried once."""
    if result.trials < 2:  # noqa: PLR2004 - one trial cannot disagree with itself
        return ()
    return tuple(
        _steady(result, variant, metric) for metric in result.metrics if metric.passes for variant in result.variants
    )


def surely(result: RunResult) -> tuple[Surely, ...]:
    """pass^1 to pass^trials of every pass/fail metric of every variant; nothing where each case was tried once."""
    if result.trials < 2:  # noqa: PLR2004 - one trial says nothing of the next
        return ()
    return tuple(
        Surely(
            variant.name, metric, one.k,
            Range(None) if one.known is None else known(Range(one.known.value, one.known.low, one.known.high)),
            one.cases, one.worst, one.best,
        )
        for metric in result.metrics if metric.passes
        for variant in result.variants
        for one in certainty(result, variant.name, metric)
    )  # fmt: skip


def _steady(result: RunResult, variant: Variant, metric: Metric) -> Steadiness:
    per_trial: list[list[float]] = [[] for _ in range(result.trials)]
    always = wavering = 0
    for case in result.cases:
        passed = []
        for trial in range(result.trials):
            score = result.score_at.get((case.id, variant.name, trial, metric.name))
            value = None if score is None else score.value
            if value is not None:
                per_trial[trial].append(value)
            passed.append(value is not None and value >= 1.0)
        always += all(passed)
        wavering += any(passed) and not all(passed)
    shares = tuple(sum(values) / len(values) if values else None for values in per_trial)
    return Steadiness(variant.name, metric.name, shares, always / len(result.cases) if result.cases else 0.0, wavering)
