"""Counting: intervals, failures, cases that moved, money and time, reliability."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from evals.records import Failure, FailureKind
from evals.reports.build import build, cells, failures
from evals.reports.changes import case_changes, regressions
from evals.reports.intervals import mean_interval, wilson
from evals.reports.page import Range
from evals.reports.spending import edges, spend, timed
from evals.reports.trust import calibrations, steadiness
from evals.verdict import arm
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


def test_model_failures_are_the_worst_score_and_others_are_unknown_and_bound_the_mean() -> None:
    for cell in cells(RUN):
        metric = next(one for one in METRICS if one.name == cell.metric)
        failed = [one.failure.kind for one in RUN.answers if one.variant == cell.variant and one.failure]
        judge = sum(
            one.failure is not None and one.failure.kind is FailureKind.JUDGE
            for one in RUN.scores
            if (one.variant, one.metric) == (cell.variant, cell.metric)
        )
        own = failed.count(FailureKind.MODEL) if metric.higher_is_better else 0  # an open end has no worst score
        assert (cell.asked, cell.unknown) == (180, len(failed) - own + judge)
        mean = cell.estimate.value
        assert mean is not None
        if metric.most is None:
            assert cell.worst is None
            assert cell.best is not None
            assert cell.best <= mean
        else:
            assert cell.worst is not None
            assert cell.best is not None
            assert cell.best - cell.worst == pytest.approx(cell.unknown / 180)
            assert cell.worst < mean <= cell.best


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
    unusable = {one.case for one in RUN.answers if one.failure is not None}  # the worst score turns with the metric
    for one in changes:
        if one.case in unusable:
            continue
        other = mirrored[one.case, one.metric.name]
        assert (other is None) == (one.gain is None)
        assert other is None or one.gain is None or other == -one.gain
    assert not case_changes(RUN, A, A)


def test_case_whose_every_score_is_unknown_is_a_regression_and_an_unusable_answer_the_worst() -> None:
    first, second = RUN.cases[0].id, RUN.cases[1].id
    down, mute = (Failure(kind, "c", f"said {kind}") for kind in (FailureKind.INFRASTRUCTURE, FailureKind.MODEL))
    lost = {(first, B): down, (second, B): mute}
    run = replace(
        RUN, answers=tuple(replace(one, failure=lost.get((one.case, one.variant), one.failure)) for one in RUN.answers)
    )
    found = {(one.case, one.metric.name): one for one in regressions(case_changes(run, A, B))}
    assert (found[first, "fields"].b, found[first, "fields"].gain) == (None, None)
    assert found[first, "fields"].reason == "said infrastructure"
    assert found[second, "fields"].b == 0.0
    assert found[second, "fields"].reason == "said model"


def test_spending_counts_all_money_and_the_time_of_answers_that_came() -> None:
    bins = edges(RUN.answers)
    for variant in VARIANTS:
        one = spend(RUN, variant, bins)
        answers = [each for each in RUN.answers if each.variant == variant.name]
        came = [each for each in timed(answers) if not each.cached]
        assert one.answers == len(answers)
        assert one.cost == pytest.approx(float(sum(each.cost for each in answers)))
        assert sum(one.histogram) == len(came) < len(answers)
        assert (one.p50, one.p95) == (arm(RUN, variant.name).p50, arm(RUN, variant.name).p95), (
            "as the verdict counts them"
        )
    all_cached = [replace(one, cached=True) for one in RUN.answers]
    assert len(timed(all_cached)) > len(timed(RUN.answers))
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


def test_unfinished_run_says_what_is_missing_and_one_variant_compares_nothing() -> None:
    page = build(replace(RUN, answers=RUN.answers[:100], scores=RUN.scores[:300]))
    assert page.missing == 260
    alone = build(a_run(cases=4, variants=VARIANTS[:1]))
    assert (alone.changes, alone.verdicts) == ((), ())


def _width(one: Range) -> float:
    assert one.low is not None
    assert one.high is not None
    return one.high - one.low
