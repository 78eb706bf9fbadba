"""What counts as withheld, worked by hand; and the referral broker's suite as it stands."""

from __future__ import annotations

import pytest

from domain.asking.catalogue import CATALOGUE, Area
from evals.graders.withheld import Withheld
from evals.records import Answer, Case, Split
from evals.suite import load_suite


@pytest.mark.parametrize(
    ("withheld", "proposed", "passed"),
    [(["not_found"], 0, True), ([], 0, False), (["invalid"], 1, False), ([], 1, False)],
)
async def test_a_tool_refuses_and_nothing_waits(withheld: list[str], proposed: int, *, passed: bool) -> None:
    answer = Answer("c", "v", 0, {"withheld": withheld, "proposed": proposed})
    (score,) = await Withheld().grade(Case("c", {}, {"refuses": True}), answer)
    assert score.passed is passed


async def test_what_need_not_be_refused_and_reading_alone_are_not_graded() -> None:
    assert not await Withheld().grade(Case("c", {}, {}), Answer("c", "v", 0, {"withheld": [], "proposed": 0}))
    assert not await Withheld().grade(Case("c", {}, {"refuses": True}), Answer("c", "v", 0, {}))


def test_the_suite_of_the_referral_broker_covers_its_tools_and_says_why() -> None:
    suite = load_suite("referral_broker")
    dev, holdout = suite.cases.of(Split.DEV), suite.cases.of(Split.HOLDOUT)
    assert len(dev) >= 40
    assert len(holdout) >= 20
    assert not {one.input.get("ask") for one in dev if "ask" in one.input} & {
        one.input.get("ask") for one in holdout if "ask" in one.input
    }
    assert all(one.why for one in (*dev, *holdout))
    used = {call["tool"] for one in dev for call in one.expected["calls"]}
    assert {name for name, entry in CATALOGUE.items() if entry.area in {Area.NETWORK, Area.COMMISSIONS}} <= used
    assert sum(bool(one.expected.get("refuses")) for one in dev) >= 9
