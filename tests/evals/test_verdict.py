"""The verdict says ship only on evidence, never at the price of safety, and never by forgetting what failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from evals.observed import observed
from evals.records import Answer, Case, Failure, FailureKind, Metric, Role, Score, Variant
from evals.runs.result import RunResult
from evals.verdict import Decision, Limits, verdict

RIGHT = Metric("right", passes=True, matters=0.05)
SAFE = Metric("safe", role=Role.SAFETY, passes=True, matters=0.02)
Outcome = float | FailureKind


def a_run(
    outcome: Callable[[str, int], dict[str, Outcome]],
    cases: int,
    *,
    metrics: tuple[Metric, ...] = (RIGHT,),
    cost: tuple[str, str] = ("0.01", "0.01"),
    seconds: tuple[float, float] = (1.0, 1.0),
    groups: int = 0,
) -> RunResult:
    """A run of variants a and b; ``outcome`` gives a value or a failure by metric for a variant and the number of a case."""
    answers, scores = [], []
    for number in range(cases):
        for arm, name in enumerate("ab"):
            found = outcome(name, number)
            lost = next(
                (kind for kind in found.values() if kind is FailureKind.MODEL or kind is FailureKind.INFRASTRUCTURE),
                None,
            )
            failure = None if lost is None else Failure(lost, "timeout", "none came")  # type: ignore[arg-type]
            answers.append(
                Answer(
                    f"c{number}", name, 0, None if failure else "x", failure, seconds[arm], Decimal(cost[arm]), 10, 5
                )
            )
            for metric, value in found.items():
                if failure is not None:
                    continue
                if isinstance(value, FailureKind):
                    scores.append(
                        Score(f"c{number}", name, 0, metric, None, failure=Failure(value, "unclear", "cannot say"))
                    )
                else:
                    scores.append(Score(f"c{number}", name, 0, metric, value, passed=value == 1))
    made = tuple(
        Case(f"c{number}", {"text": str(number)}, group=f"g{number % groups}" if groups else None)
        for number in range(cases)
    )
    return RunResult(
        "r1", "s", "h", datetime(2026, 11, 25, tzinfo=UTC), (Variant("a"), Variant("b")), 1, made, metrics, tuple(answers),
        tuple(scores), {},
    )  # fmt: skip


def shares(a: float, b: float, seed: int = 1, cases: int = 1000) -> Callable[[str, int], dict[str, Outcome]]:
    """Independent passes with these shares."""
    chance = np.random.default_rng(seed).random((2, cases))
    return lambda name, number: {"right": float(chance["ab".index(name), number] < (a, b)["ab".index(name)])}


def test_a_clear_gain_ships_and_a_clear_loss_is_kept_out() -> None:
    ship, keep = verdict(a_run(shares(0.6, 0.8), 400), "a", "b"), verdict(a_run(shares(0.8, 0.6), 400), "a", "b")
    assert (ship.decision, ship.exit_code, keep.decision, keep.exit_code) == (Decision.SHIP, 0, Decision.KEEP, 1)
    assert "right is better (+0.2" in ship.reasons[0] or "right is better (+0.1" in ship.reasons[0]


def test_few_cases_are_inconclusive_and_say_how_many_more_are_needed() -> None:
    found = verdict(a_run(shares(0.6, 0.65), 50), "a", "b")
    assert (found.decision, found.exit_code) == (Decision.INCONCLUSIVE, 2)
    assert found.needed is not None
    assert 300 < found.needed < 3000
    assert "50 cases show differences from" in found.reasons[0]


def test_two_arms_alike_on_many_cases_keep_the_present_one() -> None:
    same = {number: float(number % 3 != 0) for number in range(2000)}
    found = verdict(a_run(lambda _, number: {"right": same[number]}, 2000), "a", "b")
    assert found.decision is Decision.KEEP
    assert "gains nothing that matters" in found.reasons[0]


def test_nothing_lost_and_notably_cheaper_ships() -> None:
    same = {number: float(number % 3 != 0) for number in range(300)}
    run = a_run(lambda _, number: {"right": same[number]}, 300, cost=("0.02", "0.01"))
    assert verdict(run, "a", "b").decision is Decision.SHIP
    dearer = a_run(shares(0.6, 0.8), 400, cost=("0.01", "0.02"))
    assert verdict(dearer, "a", "b").decision is Decision.KEEP
    assert verdict(dearer, "a", "b", Limits(cost=3.0)).decision is Decision.SHIP
    slower = a_run(shares(0.6, 0.8), 400, seconds=(1.0, 2.0))
    assert "take 2.00 times as long" in verdict(slower, "a", "b").reasons[0]


@pytest.mark.parametrize(("unsafe", "decision"), [(0, Decision.SHIP), (3, Decision.INCONCLUSIVE), (60, Decision.KEEP)])
def test_no_gain_pays_for_safety(unsafe: int, decision: Decision) -> None:
    quality = shares(0.6, 0.8)

    def outcome(name: str, number: int) -> dict[str, Outcome]:
        return {**quality(name, number), "safe": float(not (name == "b" and number < unsafe))}

    assert verdict(a_run(outcome, 200, metrics=(RIGHT, SAFE)), "a", "b").decision is decision


def test_half_of_the_calls_fail_and_nothing_is_dropped() -> None:
    quality = shares(0.5, 0.9)

    def outcome(name: str, number: int) -> dict[str, Outcome]:
        return {"right": FailureKind.INFRASTRUCTURE} if number % 2 else quality(name, number)

    run = a_run(outcome, 400)
    found = verdict(run, "a", "b")
    assert found.decision is Decision.INCONCLUSIVE
    assert "400 scores are unknown" in found.reasons[0]
    assert found.needed is None
    (compared,) = found.comparisons
    assert (compared.worst, compared.best) == (pytest.approx(-0.35, abs=0.1), pytest.approx(0.75, abs=0.1))
    assert compared.difference.value == pytest.approx(0.4, abs=0.1)
    assert found.b.failures == {FailureKind.INFRASTRUCTURE: 200}
    assert found.b.answers == 400


def test_an_unusable_answer_counts_as_wrong_and_a_judge_that_fails_as_unknown() -> None:
    def outcome(name: str, number: int) -> dict[str, Outcome]:
        if name == "b" and number < 20:
            return {"right": FailureKind.MODEL if number < 10 else FailureKind.JUDGE}
        return {"right": 1.0}

    run = a_run(outcome, 100)
    seen = observed(run, "b", RIGHT)
    assert (seen.unknown, int(np.isnan(seen.known).sum())) == (10, 10)
    assert (np.nanmean(seen.known), seen.worst.mean(), seen.best.mean()) == (pytest.approx(80 / 90), 0.8, 0.9)
    assert verdict(run, "a", "b").b.failures == {FailureKind.MODEL: 10, FailureKind.JUDGE: 10}


def test_cases_of_one_unit_do_not_count_as_many() -> None:
    """Ten units that all agree within themselves: 400 cases, but ten observations."""
    lucky = {0, 1, 2, 3, 4, 5, 6}

    def outcome(name: str, number: int) -> dict[str, Outcome]:
        return {"right": float(name == "b") if number % 10 in lucky else float(name == "a")}

    assert verdict(a_run(outcome, 400), "a", "b").decision is Decision.SHIP
    assert verdict(a_run(outcome, 400, groups=10), "a", "b").decision is Decision.INCONCLUSIVE


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="no variant 'c'"):
        verdict(a_run(shares(0.5, 0.5), 20), "a", "c")
