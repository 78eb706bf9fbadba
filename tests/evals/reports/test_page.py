"""Counting: intervals, failures, cases that moved, money and time, reliability."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from evals.records import FailureKind, Metric
from evals.reports.build import build, cells, failures
from evals.reports.changes import case_changes, regressions
from evals.reports.intervals import mean_interval, wilson
from evals.reports.page import Contrast, Direction, Range
from evals.reports.spending import edges, quantile, spend
from evals.reports.trust import calibrations, steadiness
from tests.evals.reports.runs import METRICS, VARIANTS, a_run

RUN = a_run(cases=60)
A, B = (one.name for one in VARIANTS)


def test_interval_of_a_share_is_wilsons_where_units_are_answers() -> None:
    values = [1.0] * 83 + [0.0] * 17
    mine = mean_interval(values, [str(place) for place in range(100)], passes=True)
    theirs = wilson(0.83, 99)  # the sandwich estimates the variance with n - 1
    assert mine.low == pytest.approx(theirs.low, abs=1e-9)
    assert mine.high == pytest.approx(theirs.high, abs=1e-9)


def test_interval_widens_where_trials_of_a_unit_move_together() -> None:
    values = [float(place % 2) for place in range(50) for _ in range(4)]
    alone = mean_interval(values, [str(place) for place in range(200)], passes=True)
    together = mean_interval(values, [str(place // 4) for place in range(200)], passes=True)
    assert _width(together) == pytest.approx(2 * _width(alone), rel=0.05)


def test_interval_of_all_passed_does_not_collapse_and_one_unit_has_none() -> None:
    all_passed = mean_interval([1.0] * 20, [str(place) for place in range(20)], passes=True)
    assert all_passed.high == 1.0
    assert all_passed.low == pytest.approx(0.839, abs=0.001)  # 20 of 20, Wilson
    assert mean_interval([0.3, 0.5], ["a", "a"], passes=False) == Range(0.4)
    assert mean_interval([0.0, 1.0], ["a", "a"], passes=True) == Range(0.5)
    assert mean_interval([], [], passes=True) == Range(None)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    dice = random.Random(7)
    inside = 0
    for _ in range(400):
        rates = [dice.betavariate(8, 2) for _ in range(60)]
        values = [float(dice.random() < rate) for rate in rates for _ in range(3)]
        one = mean_interval(values, [str(place // 3) for place in range(180)], passes=True)
        assert one.low is not None
        inside += one.low <= 0.8 <= one.low + _width(one)
    assert 0.91 <= inside / 400 <= 0.985


def test_failed_scores_are_counted_and_bound_the_mean() -> None:
    for cell in cells(RUN):
        metric = next(one for one in METRICS if one.name == cell.metric)
        answers = [one for one in RUN.answers if one.variant == cell.variant]
        assert cell.scored + cell.failed == len(answers)
        assert cell.failed >= sum(one.failure is not None for one in answers) > 0
        mean = cell.estimate.value
        assert mean is not None
        if metric.most is None:
            assert (cell.worst, cell.best is not None and cell.best <= mean) == (None, True)
        else:
            assert cell.worst == pytest.approx(mean * cell.scored / 180)
            assert cell.best == pytest.approx((mean * cell.scored + cell.failed) / 180)


def test_failure_that_scores_repeat_counts_once() -> None:
    counted = failures(RUN)
    for variant in (A, B):
        answers = [one for one in RUN.answers if one.variant == variant and one.failure is not None]
        came = sum(one.count for one in counted if one.variant == variant and one.kind is not FailureKind.JUDGE)
        assert came == len(answers)
        judged = [
            one for one in RUN.scores if one.variant == variant and one.failure and one.failure.code == "undecided"
        ]
        assert sum(one.count for one in counted if one.variant == variant and one.code == "undecided") == len(judged)


def test_changes_put_the_worst_first_and_follow_the_direction_of_the_metric() -> None:
    changes = case_changes(RUN, A, B)
    lost = regressions(changes)
    sizes = [one.gain for one in lost if one.gain is not None]
    assert sizes == sorted(sizes)
    assert all(size < 0 for size in sizes)
    assert {one.metric.name for one in changes} <= {
        "line is right",
        "fields",
        "no instruction followed",
        "judged helpful",
    }
    turned = replace(RUN, metrics=tuple(replace(one, higher_is_better=not one.higher_is_better) for one in RUN.metrics))
    mirrored = {(one.case, one.metric.name): one.gain for one in case_changes(turned, A, B)}
    for one in changes:
        other = mirrored[one.case, one.metric.name]
        assert (other is None) == (one.gain is None)
        assert other is None or one.gain is None or other == -one.gain
    assert not case_changes(RUN, A, A)


def test_case_that_lost_every_score_is_a_regression() -> None:
    first = RUN.cases[0].id
    scores = tuple(
        replace(one, value=None, passed=None) if (one.case, one.variant) == (first, B) else one for one in RUN.scores
    )
    lost = regressions(case_changes(replace(RUN, scores=scores), A, B))
    assert {(one.case, one.b) for one in lost if one.gain is None} == {(first, None)}


def test_spending_counts_all_money_and_the_time_of_answers_that_came() -> None:
    bins = edges(RUN.answers)
    for variant in VARIANTS:
        one = spend(RUN, variant, bins)
        answers = [each for each in RUN.answers if each.variant == variant.name]
        came = [each for each in answers if each.failure is None or each.failure.kind is not FailureKind.INFRASTRUCTURE]
        assert one.answers == len(answers)
        assert one.cost == pytest.approx(float(sum(each.cost for each in answers)))
        assert sum(one.histogram) == len(came) < len(answers)
        assert one.p50 in {each.seconds for each in came}
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0
    assert quantile([], 0.5) is None
    assert edges(()) == ()


def test_reliability_counts_a_failed_trial_as_not_passed() -> None:
    rows = {(one.variant, one.metric): one for one in steadiness(RUN)}
    one = rows[A, "line is right"]
    always = 0
    for case in RUN.cases:
        values = [RUN.score_at[case.id, A, trial, "line is right"].value for trial in range(3)]
        always += values == [1.0, 1.0, 1.0]
    assert one.always == always / 60
    assert steadiness(a_run(cases=5, trials=1)) == ()


def test_calibration_holds_every_score_and_its_gap_is_the_mean_distance() -> None:
    for one in calibrations(RUN):
        scored = sum(
            score.value is not None
            for score in RUN.scores
            if (score.variant, score.metric) == (one.variant, "line is right")
        )
        assert sum(each.count for each in one.bins) == scored
        distances = [abs(each.confidence - (each.right.value or 0.0)) * each.count for each in one.bins]
        assert one.gap == pytest.approx(math.fsum(distances) / scored)


def test_direction_is_read_from_the_whole_interval() -> None:
    up, down = Metric("m"), Metric("m", higher_is_better=False)
    sure, open_ = Range(0.1, 0.05, 0.2), Range(0.1, -0.05, 0.2)
    assert Contrast(up, 0, 0, sure).direction is Direction.BETTER
    assert Contrast(down, 0, 0, sure).direction is Direction.WORSE
    assert Contrast(up, 0, 0, open_).direction is Direction.OPEN
    assert Contrast(up, 0, 0, Range(0.1)).direction is Direction.OPEN


def test_unfinished_run_says_what_is_missing_and_one_variant_compares_nothing() -> None:
    page = build(replace(RUN, answers=RUN.answers[:100], scores=RUN.scores[:300]))
    assert page.missing == 260
    alone = build(a_run(cases=4, variants=VARIANTS[:1]))
    assert (alone.changes, alone.verdicts) == ((), ())


def _width(one: Range) -> float:
    assert one.low is not None
    assert one.high is not None
    return one.high - one.low
