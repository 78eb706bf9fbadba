"""A verdict of the statistics as a report shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.records import FailureKind
from evals.reports.build import build, cells
from evals.reports.html import page_html
from evals.reports.page import Direction
from evals.reports.verdicts import as_judged, judged
from evals.verdict import verdict
from tests.evals.reports.runs import FAILURES, VARIANTS, a_run

RUN = a_run(cases=80)
A, B = (one.name for one in VARIANTS)


def test_report_says_what_the_verdict_says() -> None:
    found = verdict(RUN, A, B)
    shown = judged(RUN, A, B)
    assert shown == as_judged(found)
    assert (shown.a, shown.b, shown.decision, shown.reasons) == (A, B, found.decision, found.reasons)
    for one, of in zip(shown.contrasts, found.comparisons, strict=True):
        assert one.metric == of.metric
        assert (one.direction is Direction.BETTER, one.direction is Direction.WORSE) == (of.better, of.worse)
        assert (one.difference.low, one.p_holm, one.needed) == (of.difference.low, of.p_holm, of.needed)


def test_means_of_the_comparison_are_those_of_the_matrix() -> None:
    means = {(one.variant, one.metric): one.estimate.value for one in cells(RUN)}
    for one in judged(RUN, A, B).contrasts:
        assert means[A, one.metric.name] == pytest.approx(one.a)
        assert means[B, one.metric.name] == pytest.approx(one.b)


def test_what_is_not_known_is_shown_as_such_and_the_verdict_stays_open() -> None:
    down = next(one for one in FAILURES if one.kind is FailureKind.INFRASTRUCTURE)
    lost = replace(
        RUN, scores=tuple(one for one in RUN.scores if one.variant == A),
        answers=tuple(replace(one, failure=down, output=None) if one.variant == B else one for one in RUN.answers),
    )  # fmt: skip
    shown = judged(lost, A, B)
    assert shown.decision == "inconclusive"
    for one in shown.contrasts:
        assert (one.b, one.difference.value, one.detectable, one.direction) == (None, None, None, Direction.OPEN)
    assert "Inconclusive" in page_html(build(lost, [shown]))
