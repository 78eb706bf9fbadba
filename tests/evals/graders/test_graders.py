"""What each grader says of an answer, worked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from evals.graders.assertions import KINDS, Assertions
from evals.graders.exact import Exact, OneOf
from evals.graders.fields import Fields, JsonEqual
from evals.graders.grounded import Grounded
from evals.graders.labels import Calibration, Labels
from evals.graders.numbers import Near
from evals.graders.port import Grader
from evals.graders.retrieval import Retrieval
from evals.graders.state import EndState
from evals.graders.text import Contains, Matches
from evals.graders.trajectory import Order, Trajectory
from evals.records import Answer, Case, FailureKind, Score, ToolCall


def case(expected: Any, input_: Any = "x") -> Case:
    return Case("c", input_, expected)


def answer(output: Any, **parts: Any) -> Answer:
    return Answer("c", "v", 0, output, **parts)


async def values(
    grader: Grader, expected: Any, output: Any, input_: Any = "x", **parts: Any
) -> dict[str, float | None]:
    scores = await grader.grade(case(expected, input_), answer(output, **parts))
    return {one.metric: one.value for one in scores}


async def one(grader: Grader, expected: Any, output: Any, **parts: Any) -> Score:
    (score,) = await grader.grade(case(expected), answer(output, **parts))
    return score


@pytest.mark.parametrize(
    ("wanted", "given", "right"),
    [
        ("auto", "auto", True), ("auto", "Auto", False), (1, 1.0, True), (1, True, False), (1, "1", False),
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2.0], "a": 1}, True), ([1, 2], [2, 1], False), (None, None, True), (None, 0, False),
    ],
)  # fmt: skip
async def test_exact(wanted: Any, given: Any, right: bool) -> None:
    assert (await one(Exact("v"), {"v": wanted}, {"v": given})).passed is right


async def test_exact_on_other_paths_folded_and_one_of_several() -> None:
    assert (await one(Exact("a.0.b", expected="want"), {"want": "x"}, {"a": [{"b": "x"}]})).passed
    assert (await one(Exact("v", folded=True), {"v": " AUTO"}, {"v": "auto "})).passed
    assert (await one(Exact("v", any_of=True), {"v": ["auto", "home"]}, {"v": "home"})).passed
    assert not (await one(Exact("v"), {"v": "x"}, {})).passed
    assert await Exact("v").grade(case({"other": 1}), answer({"v": 1})) == ()


async def test_labels_that_exist() -> None:
    assert (await one(OneOf(("a", "b")), None, "a")).passed
    assert not (await one(OneOf(("a", "b")), None, "c")).passed
    assert not (await one(OneOf(("a", "b"), output="v"), None, {})).passed


@pytest.mark.parametrize(
    ("grader", "wanted", "given", "right"),
    [
        (Near("v", absolute=0.5), 10, 10.5, True), (Near("v", absolute=0.5), 10, 10.51, False),
        (Near("v", relative=0.1), 200, 219, True), (Near("v"), 10, "10", True), (Near("v"), 10, None, False),
        (Near("v"), {"least": 3, "most": 5}, 5, True), (Near("v"), {"least": 3}, 2.9, False), (Near("v"), 10, "nan", False),
        (Near("v"), 1, True, False),
    ],
)  # fmt: skip
async def test_numbers(grader: Near, wanted: Any, given: Any, right: bool) -> None:
    assert (await one(grader, {"v": wanted}, {"v": given})).passed is right


async def test_fields_right_missing_and_invented() -> None:
    grader = Fields("fields", "fields", value="value", tolerances={"premium": 1})
    wanted = {"fields": {"zip": "78701", "premium": 210, "age": 40, "spouse": None}}
    given = {
        "fields": {
            "zip": {"value": "78701"},
            "premium": {"value": 210.5},
            "spouse": {"value": True},
            "pets": {"value": 2},
        }
    }
    assert await values(grader, wanted, given) == {"fields.right": 2 / 3, "fields.invented": 2.0}
    assert await values(grader, {"fields": {}}, {"fields": {}}) == {"fields.right": 1.0, "fields.invented": 0.0}
    figures = grader.aggregate([case(wanted)], [answer(given)], [])
    assert (figures["fields.recall"], figures["fields.precision"]) == (2 / 3, 2 / 4)
    assert figures["fields.right.age"] == 0.0


async def test_whole_json() -> None:
    wanted = {"a": {"b": [1, {"c": 2}]}}
    assert (await one(JsonEqual(), wanted, {"a": {"b": [1, {"c": 2}]}})).passed
    wrong = await one(JsonEqual(), wanted, {"a": {"b": [1, {"c": 3}]}})
    assert (wrong.passed, wrong.reason) == (False, "a.b.1.c: wanted 2, got 3")
    assert not (await one(JsonEqual(), wanted, {**wanted, "d": 1})).passed
    assert (await one(JsonEqual(subset=True), wanted, {**wanted, "d": 1})).passed


async def test_text() -> None:
    assert (await one(Contains("words"), {"words": ["Roof", "hail"]}, "HAIL on the roof")).passed
    assert not (await one(Contains("words"), {"words": "flood"}, "hail")).passed
    assert not (await one(Contains("words", never=True), {"words": ["hail"]}, {"a": "hail"})).passed
    assert (await one(Matches(r"^\d{5}$", output="zip"), None, {"zip": "78701"})).passed
    assert (await one(Matches(r"sorry", never=True), None, "no")).passed
    with pytest.raises(ValueError, match="is no pattern"):
        Matches("(")


async def test_a_pattern_that_would_take_for_ever_is_a_failure_of_the_judge() -> None:
    score = await one(Matches(r"(?:a|aa)+(?:a|aa)+(?:a|aa)+b"), None, "a" * 4000)
    assert score.failure is not None
    assert (score.failure.kind, score.failure.code) == (FailureKind.JUDGE, "slow_pattern")


@pytest.mark.parametrize(
    ("kind", "value", "output", "holds"),
    [
        ("equals", "a", "a", True), ("equals", {"a": 1}, {"a": 1}, True), ("contains", "b", "abc", True),
        ("icontains", "B", "abc", True), ("contains_all", ["a", "z"], "abc", False), ("contains_any", ["a", "z"], "abc", True),
        ("icontains_all", ["A", "C"], "abc", True), ("icontains_any", ["Z"], "abc", False), ("starts_with", "ab", "abc", True),
        ("regex", "b.", "abc", True), ("is_json", None, '{"a": 1}', True), ("is_json", None, "{a", False),
    ],
)  # fmt: skip
async def test_assertions_of_a_case(kind: str, value: Any, output: Any, holds: bool) -> None:
    assert KINDS[kind].fault(value) is None
    for negated in (False, True):
        check = {"assert": [{"kind": kind, "value": value, "not": negated}]}
        assert (await one(Assertions(), check, output)).passed is (holds is not negated)


async def test_an_assertion_that_cannot_be_made_is_a_failure_of_the_judge() -> None:
    for check in ({"kind": "regex", "value": "("}, {"kind": "smells", "value": "x"}):
        score = await one(Assertions(), {"assert": [check]}, "x")
        assert score.failure is not None
        assert score.failure.kind is FailureKind.JUDGE


def test_labels_over_a_set() -> None:
    grader = Labels("v")
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b"), ("c", "a")]
    cases = [Case(str(n), n, {"v": wanted}) for n, (wanted, _) in enumerate(pairs)]
    answers = [Answer(str(n), "v", 0, {"v": given}) for n, (_, given) in enumerate(pairs)]
    figures = grader.aggregate(cases, answers, [])
    assert figures["label.accuracy"] == 0.6
    assert (figures["label.precision.a"], figures["label.recall.a"], figures["label.f1.a"]) == (0.5, 0.5, 0.5)
    assert figures["label.f1.b"] == pytest.approx(0.8)
    assert (figures["label.recall.c"], figures["label.precision.c"]) == (0.0, 0.0)
    assert figures["label.macro_f1"] == pytest.approx((0.5 + 0.8 + 0.0) / 3)


async def test_calibration() -> None:
    grader = Calibration("v")
    assert await values(grader, {"v": "a"}, {"v": "a"}, confidence=0.8) == {"calibration.brier": pytest.approx(0.04)}
    assert await values(grader, {"v": "a"}, {"v": "b"}, confidence=0.8) == {"calibration.brier": pytest.approx(0.64)}
    assert await values(grader, {"v": "a"}, {"v": "b"}) == {}
    cases = [Case(str(n), n, {"v": "a"}) for n in range(10)]
    answers = [Answer(str(n), "v", 0, {"v": "a" if n < 5 else "b"}, confidence=0.75) for n in range(10)]
    figures = grader.aggregate(cases, answers, [])
    assert figures["calibration.ece"] == pytest.approx(0.25)
    assert figures["calibration.brier"] == pytest.approx((5 * 0.0625 + 5 * 0.5625) / 10)


async def test_retrieval() -> None:
    grader = Retrieval("hits", "ids", k=3, id="id")
    hits = {"hits": [{"id": "x"}, {"id": "b"}, {"id": "y"}, {"id": "a"}]}
    assert await values(grader, {"ids": ["a", "b"]}, hits) == {
        "retrieval.hit": 1.0, "retrieval.mrr": 0.5, "retrieval.recall": 0.5,
    }  # fmt: skip
    assert await values(grader, {"ids": "a"}, hits) == {
        "retrieval.hit": 0.0,
        "retrieval.mrr": 0.0,
        "retrieval.recall": 0.0,
    }
    assert await values(grader, {"ids": []}, hits) == {}


CALLS = (
    ToolCall("find", {"id": 7, "deep": {"x": 1, "y": 2}}),
    ToolCall("find", {"id": 8}),
    ToolCall("give", {"to": "Bo"}),
)


@pytest.mark.parametrize(
    ("order", "wanted", "right"),
    [
        (Order.STRICT, [("find", {"id": 7}), ("find", {}), ("give", {"to": "Bo"})], True),
        (Order.STRICT, [("find", {"id": 8}), ("find", {"id": 7}), ("give", {})], False),
        (Order.STRICT, [("find", {}), ("find", {})], False),
        (Order.UNORDERED, [("give", {}), ("find", {"id": 8}), ("find", {})], True),
        (Order.UNORDERED, [("find", {}), ("find", {"id": 7}), ("give", {})], True),
        (Order.UNORDERED, [("find", {"id": 7}), ("find", {"id": 7}), ("give", {})], False),
        (Order.WITHIN, [("find", {"id": 8}), ("give", {})], True),
        (Order.WITHIN, [("give", {}), ("find", {})], False),
        (Order.SUBSET, [("find", {}), ("find", {}), ("give", {}), ("pay", {})], True),
        (Order.SUBSET, [("find", {}), ("find", {})], False),
        (Order.STRICT, [("find", {"deep": {"y": 2}}), ("find", {"id": {"any": True}}), ("give", {})], True),
        (Order.STRICT, [("find", {"deep": {"y": 3}}), ("find", {}), ("give", {})], False),
    ],
)
async def test_trajectories(order: Order, wanted: list[tuple[str, dict[str, Any]]], right: bool) -> None:
    calls = [{"tool": tool, "arguments": given} for tool, given in wanted]
    assert (await one(Trajectory(order=order), {"calls": calls}, "done", calls=CALLS)).passed is right


async def test_the_end_state_counts_and_not_what_is_said() -> None:
    wanted = {"state": {"status": "assigned", "offers": [{"to": "p1"}]}}
    state = {"status": "assigned", "offers": [{"to": "p1", "at": "now"}], "more": 1}
    assert (await one(EndState(), wanted, "done", state=state)).passed
    wrong = await one(EndState(), wanted, "all done, assigned", state={**state, "status": "queued"})
    assert (wrong.passed, wrong.reason) == (False, 'status: wanted "assigned", got "queued"')
    unread = await one(EndState(), wanted, "done")
    assert unread.failure is not None
    assert unread.failure.kind is FailureKind.JUDGE


async def test_groundedness() -> None:
    output = {"evidence": [{"reason": "r", "quote": "MY VAN"}, {"reason": "r"}, {"reason": "r", "quote": "my boat"}]}
    assert await values(Grounded(), None, output, "I need cover for my van") == {"grounded": 0.5}
    assert await values(Grounded(), None, {"evidence": []}, "x") == {"grounded": 1.0}
    assert await values(Grounded(source="fields"), None, output, {"fields": {"a": "my van, my boat"}}) == {
        "grounded": 1.0
    }
