"""Whether a variant knows when it is right, and whether it says the same twice."""

from __future__ import annotations

from collections import defaultdict

from evals.records import Metric, Role, Variant
from evals.reports.intervals import wilson
from evals.reports.page import Bin, Calibration, Steadiness
from evals.runs.result import RunResult

_TENTHS = 10


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
    tenths: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for confidence, right in pairs:
        tenths[min(_TENTHS - 1, max(0, int(confidence * _TENTHS)))].append((confidence, right))
    bins = []
    gap = 0.0
    for _, inside in sorted(tenths.items()):
        said = sum(confidence for confidence, _ in inside) / len(inside)
        right = sum(value for _, value in inside) / len(inside)
        gap += abs(said - right) * len(inside) / len(pairs)
        bins.append(Bin(said, wilson(right, len(inside)), len(inside)))
    return Calibration(variant.name, metric.name, tuple(bins), gap)


def steadiness(result: RunResult) -> tuple[Steadiness, ...]:
    """Every pass/fail metric of every variant over trials; nothing where each case was tried once."""
    if result.trials < 2:  # noqa: PLR2004 - one trial cannot disagree with itself
        return ()
    return tuple(
        _steady(result, variant, metric) for metric in result.metrics if metric.passes for variant in result.variants
    )


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
