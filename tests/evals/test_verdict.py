"""The verdict says ship only on evidence, never at the price of safety, and never by forgetting what failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from evals.comparison import compare
from evals.observed import observed
from evals.records import Answer, Case, Failure, FailureKind, Metric, Role, Score, Variant
from evals.runs.result import RunResult
from evals.spending import cost_of_arms, spending
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
    seconds: tuple[float, float] | Callable[[str, int], float] = (1.0, 1.0),
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
                    f"c{number}",
                    name,
                    0,
                    None if failure else "x",
                    failure,
                    seconds(name, number) if callable(seconds) else seconds[arm],
                    Decimal(cost[arm]),
                    10,
                    5,
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


def test_that_nothing_is_lost_is_shown_and_not_assumed() -> None:
    """Cases that all pass twice leave open how many others would not: 20 leave 17 points, 200 leave 2."""

    def outcome(name: str, number: int) -> dict[str, Outcome]:
        return {"right": 1.0}

    few = verdict(a_run(outcome, 20, cost=("0.02", "0.01")), "a", "b")
    assert few.decision is Decision.INCONCLUSIVE
    assert few.needed is not None
    assert few.comparisons[0].gain[0] == pytest.approx(0.025 ** (1 / 20) - 1)
    assert verdict(a_run(outcome, 20 + few.needed, cost=("0.02", "0.01")), "a", "b").decision is Decision.SHIP


def test_a_loss_that_is_sure_but_too_small_to_matter_does_not_stop_a_gain() -> None:
    quality = shares(0.6, 0.8, cases=4000)
    slight = Metric("style", passes=True, matters=0.05)

    def outcome(name: str, number: int) -> dict[str, Outcome]:
        return {**quality(name, number), "style": float(not (name == "b" and number % 100 == 0))}

    found = verdict(a_run(outcome, 4000, metrics=(RIGHT, slight)), "a", "b")
    assert found.comparisons[1].worse
    assert found.decision is Decision.SHIP


def test_a_null_rarely_ships() -> None:
    shipped = [verdict(a_run(shares(0.7, 0.7, seed), 120), "a", "b").decision is Decision.SHIP for seed in range(50)]
    assert sum(shipped) <= 4


def test_the_needed_number_decides_as_often_as_it_says() -> None:
    """What 60 pilot cases ask for sees a true difference of five points in about four of five runs."""
    pilot = verdict(a_run(shares(0.6, 0.65), 60), "a", "b")
    (compared,) = pilot.comparisons
    assert compared.needed == 60 + (pilot.needed or 0)
    runs = [a_run(shares(0.6, 0.65, seed, compared.needed), compared.needed) for seed in range(15)]
    assert sum(compare(run, "a", "b")[0].better for run in runs) >= 9


def test_noisy_times_are_no_reason_to_keep_or_ship() -> None:
    chance = np.random.default_rng(3).exponential(1.0, (2, 40))
    run = a_run(shares(0.2, 0.9), 40, seconds=lambda name, number: float(chance["ab".index(name), number]))
    _, seconds = spending(run, "a", "b")
    assert seconds.low < 1.5 < seconds.high
    found = verdict(run, "a", "b")
    assert found.decision is Decision.INCONCLUSIVE
    assert "not shown to be within its limit" in found.reasons[0]


def test_spending_of_few_or_of_free_answers_says_nothing() -> None:
    assert spending(a_run(shares(0.5, 0.5), 3, cost=("0.01", "0.09")), "a", "b")[0].high == float("inf")
    free = a_run(shares(0.2, 0.9), 200, cost=("0", "0.09"))
    assert not spending(free, "a", "b")[0].known
    assert verdict(free, "a", "b").decision is Decision.SHIP
    assert verdict(free, "a", "b", Limits(dollars=0.05)).decision is Decision.KEEP
    assert not cost_of_arms([], [1.0]).known
    assert cost_of_arms([1.0] * 10, [2.0] * 10).low == 2.0


def test_ratios_cover_the_truth() -> None:
    held = 0
    for seed in range(60):
        chance = np.random.default_rng(seed).exponential(1.0, (2, 150)) * np.array([[1.0], [1.3]])
        run = a_run(
            shares(0.5, 0.5), 150, seconds=lambda name, number, chance=chance: float(chance["ab".index(name), number])
        )
        ratio = spending(run, "a", "b")[1]
        held += ratio.low <= 1.3 <= ratio.high
    assert held >= 53
