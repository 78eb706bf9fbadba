"""pass^k rests on what is known, says what the unknown could make of it, and leaves out cases that expect nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from cli.commands.eval_views import run_table
from evals.certainty import certainty
from evals.observed import observed
from evals.records import Answer, Case, Failure, FailureKind, Metric, Score, Variant
from evals.reports.build import build
from evals.reports.html import page_html
from evals.reports.json_file import run_as_dict
from evals.reports.markdown import page_markdown
from evals.runs.result import RunResult
from evals.verdict import arm

RIGHT = Metric("right", passes=True)
Trial = bool | FailureKind | None


def a_run(*cases: tuple[Trial, ...]) -> RunResult:
    """One case for each row of trials: passed or not, failed in a way, or None where it came and nothing was expected of it."""
    answers, scores = [], []
    for number, trials in enumerate(cases):
        for trial, found in enumerate(trials):
            failure = (
                Failure(found, "x", "x") if isinstance(found, FailureKind) and found is not FailureKind.JUDGE else None
            )
            answers.append(Answer(f"c{number}", "a", trial, None if failure else "x", failure))
            if found is FailureKind.JUDGE:
                scores.append(Score(f"c{number}", "a", trial, "right", None, failure=Failure(found, "x", "x")))
            elif isinstance(found, bool):
                scores.append(Score(f"c{number}", "a", trial, "right", float(found), found))
    return RunResult(
        "r", "s", "h", datetime(2026, 11, 25, tzinfo=UTC), (Variant("a"),), len(cases[0]),
        tuple(Case(f"c{number}", number) for number in range(len(cases))), (RIGHT,), tuple(answers), tuple(scores), {},
    )  # fmt: skip


def test_all_known_has_no_bounds_but_its_own() -> None:
    one, two = certainty(a_run((True, True), (True, False), (False, False), (True, True)), "a", RIGHT)
    assert one.known is not None
    assert two.known is not None
    assert (one.known.value, one.worst, one.best) == pytest.approx((0.625, 0.625, 0.625))
    assert (two.known.value, two.worst, two.best, two.cases) == pytest.approx((0.5, 0.5, 0.5, 4))


@pytest.mark.parametrize("lost", [FailureKind.INFRASTRUCTURE, FailureKind.JUDGE])
def test_unknown_trials_widen_the_bounds(lost: FailureKind) -> None:
    one, two = certainty(a_run((True, lost), (True, True)), "a", RIGHT)
    assert one.known is not None
    assert two.known is not None
    assert (one.known.value, one.worst, one.best) == pytest.approx((1.0, 0.75, 1.0))
    assert (two.known.value, two.cases, two.worst, two.best) == pytest.approx((1.0, 1, 0.5, 1.0))


def test_a_model_that_answers_unusably_failed() -> None:
    _, two = certainty(a_run((True, FailureKind.MODEL), (True, True)), "a", RIGHT)
    assert two.known is not None
    assert (two.known.value, two.worst, two.best) == pytest.approx((0.5, 0.5, 0.5))


def test_too_few_known_trials_say_nothing_of_k() -> None:
    _, two = certainty(a_run((True, FailureKind.INFRASTRUCTURE)), "a", RIGHT)
    assert (two.known, two.cases, two.worst, two.best) == (None, 0, 0.0, 1.0)


def test_cases_that_expect_nothing_are_left_out() -> None:
    run = a_run((True, True), (None, None), (False, True))
    seen = observed(run, "a", RIGHT)
    assert seen.units == ("case:c0", "case:c2")
    assert np.array_equal(seen.known, [1.0, 0.5])
    assert (seen.unknown, list(seen.worst), list(seen.best)) == (0, [1.0, 0.5], [1.0, 0.5])
    assert certainty(run, "a", RIGHT)[1].cases == 2
    assert certainty(a_run((None, None)), "a", RIGHT) == ()


def test_a_case_whose_answer_was_lost_is_not_taken_for_one_that_expects_nothing() -> None:
    seen = observed(a_run((True, True), (FailureKind.INFRASTRUCTURE, None)), "a", RIGHT)
    assert seen.units == ("case:c0", "case:c1")
    assert seen.unknown == 2


def test_both_are_shown() -> None:
    run = a_run((True, FailureKind.INFRASTRUCTURE), (True, True))
    assert arm(run, "a").certain["right"] == certainty(run, "a", RIGHT)
    page = Console(file=StringIO(), width=200)
    page.print(run_table(run, []))
    shown = page.file.getvalue()  # type: ignore[attr-defined]
    assert "right pass^2" in shown
    assert "0.5000 to 1.0000 with unknown trials" in shown


def test_every_report_says_pass_k_with_its_bounds() -> None:
    run = a_run((True, FailureKind.INFRASTRUCTURE), (True, True))
    page = build(run)
    assert [(one.k, one.cases, one.worst, one.best) for one in page.surely] == [(1, 2, 0.75, 1.0), (2, 1, 0.5, 1.0)]
    assert "Passing every time (pass^k)" in page_html(page)
    assert "50.0% to 100.0%" in page_html(page)
    assert "50.0% to 100.0%" in page_markdown(page)
    second = run_as_dict(run)["pass_k"][1]
    assert (second["k"], second["value"], second["cases"], second["worst"], second["best"]) == (2, 1.0, 1, 0.5, 1.0)


def test_one_trial_says_nothing_of_the_next() -> None:
    page = build(a_run((True,), (False,)))
    assert page.surely == ()
    assert "pass^k" not in page_markdown(page)
