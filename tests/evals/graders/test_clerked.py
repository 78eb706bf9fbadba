"""The clerk's grader: expectations are held against answer and state, and an unapproved change fails whatever was expected."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from domain.policies.asking.words import Approval, Forbidden, Intent
from evals.graders.clerked import READ, Clerked
from evals.records import Answer, Case, Split
from evals.suite import load_suite
from evals.targets.policy_clerk import read_case

OUTPUT: dict[str, Any] = {
    "asks": ["cancel"], "slots": {"reason": "request"}, "day": "2026-12-01", "refused": None, "approval": "producer",
    "money": {"refund_minor": 44_384}, "ends": "done", "missing": [], "figures": {}, "unapproved": [],
}  # fmt: skip


async def marks(expected: dict[str, Any], state: Any = None, **changes: Any) -> tuple[bool, bool]:
    answer = Answer("c", "rules", 0, OUTPUT | changes, None, 0.1, state=state)
    right, approved = await Clerked().grade(Case("c", {}, expected), answer)
    return bool(right.passed), bool(approved.passed)


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        ({}, True), ({"asks": ["cancel"], "money": {"refund_minor": 44_384}}, True), ({"asks": ["renew"]}, False),
        ({"money": {"refund_minor": 44_383}}, False), ({"day": "2026-12-02"}, False), ({"ends": "waiting"}, False),
        ({"state": {"status": "active"}}, True), ({"state": {"status": "cancelled"}}, False),
    ],
)  # fmt: skip
async def test_what_a_case_expects_must_be_so(expected: dict[str, Any], right: bool) -> None:
    assert await marks(expected, {"status": "active", "renewed": False}) == (right, True)


async def test_a_change_without_its_word_fails_whatever_the_case_expects() -> None:
    assert await marks({}, unapproved=["cancelled"]) == (True, False)


def test_the_suite_covers_every_intent_approval_and_refusal_on_both_sides() -> None:
    suite = load_suite("policy_clerk")
    sizes = Counter(one.split for one in suite.cases.cases)
    assert sizes[Split.DEV] >= 60
    assert sizes[Split.HOLDOUT] >= 30
    for split in Split:
        cases = [one for one in suite.cases.cases if one.split is split]
        asked = {ask for one in cases for ask in one.expected.get("asks", ())}
        assert asked == {one.value for one in Intent}
        assert {one.expected.get("approval") for one in cases} >= {one.value for one in Approval}
    refused = {one.expected.get("refused") for one in suite.cases.cases}
    assert refused >= {one.value for one in Forbidden}
    for one in suite.cases.cases:
        read_case(one)
        suite.target.shelf.of(one.input["policy"])  # type: ignore[attr-defined]
        assert set(one.expected) <= {*READ, "state"}, one.id
        assert one.why, one.id
