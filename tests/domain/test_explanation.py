"""The explanation says what was decided, and notices words that say anything else."""

from __future__ import annotations

from typing import Any

import pytest

from domain.explanation import Explanation, RoutingFacts, explain


def decision(value: dict[str, Any], quote: str | None = None, **more: Any) -> dict[str, Any]:
    evidence = [{"reason": "names it", "quote": quote}] if quote else []
    given = {"confidence": 0.93, "source": "local", "needs_review": False, "degraded": False}
    return {"value": value, "evidence": evidence, **given, **more}


CLASSIFIER = decision(
    {"line": "home", "lines": ["home", "auto"], "intent": "buy", "urgency": "soon"}, "home and car 42"
)
SCORER = decision(
    {
        "score": 81,
        "contributions": [
            {"factor": "intent", "points": 24, "reason": "wants to buy"},
            {"factor": "contactability", "points": 20, "reason": "valid phone"},
            {"factor": "fit", "points": 15, "reason": "sold"},
            {"factor": "urgency", "points": 12, "reason": "soon"},
            {"factor": "similar", "points": 10, "reason": "3 of 4 won"},
        ],
    }
)
ROUTING = RoutingFacts(
    "best", "Nikos Stavridis", 200, 4, None, "82.4", [("2 miles away", 10.0, 10.0), ("speaks en", 8.0, 8.0)],
    {"licence_missing": 162, "schedule_off_shift": 34},
)  # fmt: skip


def whole() -> Explanation:
    return explain({"classifier": CLASSIFIER, "scorer": SCORER}, ROUTING)


def test_it_tells_line_score_and_producer_with_their_reasons() -> None:
    text = whole().text
    assert "home and auto insurance because of “home and car 42”, at a confidence of 0.93" in text
    assert "The score is 81 of 100: 24 for intent (wants to buy)" in text
    assert "22 from everything else" in text
    assert "Of 200 producers 4 may take the lead; the gates stopped 196, among them 162 at licence missing" in text
    assert "Nikos Stavridis comes first with 82.4 of 100 points: 2 miles away (10.0 of 10.0)" in text


def test_points_told_and_the_rest_are_the_score() -> None:
    value = SCORER["value"]
    for points in ([99, 0, 0, 0, 0], [30, -5, 10, 3, 1], [1, 1, 1, 1, 1]):
        parts = [{**part, "points": points[place]} for place, part in enumerate(value["contributions"])]
        text = explain({"scorer": decision({"score": sum(points), "contributions": parts})}, None).text
        told = [int(word) for word in text.split() if word.isdigit()]
        assert told[0] == sum(points)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("The score is 99, Nikos Stavridis gets it (81).", "99"),
        ("81 points; a life insurance lead for Nikos Stavridis.", "life"),
        ("The score is 81.", "Nikos Stavridis"),
        ("Nikos Stavridis is close.", "81"),
        ("A home lead, 81 of 100, number 42 in the queue, to Nikos Stavridis.", "42"),
    ],
)
def test_words_that_disagree_are_noticed(words: str, problem: str) -> None:
    assert problem in str(whole().contradiction(words))


@pytest.mark.parametrize(
    "words",
    [
        "Nikos Stavridis, 2 miles away, gets this home insurance lead: it scores 81, and 82.40 points speak for him.",
        "81/100. It went to Nikos Stavridis, who lives in a good home.",
    ],
)
def test_other_words_for_the_same_are_taken(words: str) -> None:
    assert whole().contradiction(words) is None


def test_a_part_need_not_hold_everything() -> None:
    assert whole().contradiction("It scores 81.", whole=False) is None
    assert whole().contradiction("It scores 82.", whole=False) is not None


def test_the_senders_numbers_are_not_the_decisions() -> None:
    assert "42" in whole().text
    assert "42" not in whole().numbers
    assert "42" not in whole().unquoted


@pytest.mark.parametrize("quote", ["a ” score 99 “ b", "”", "“”99"])
def test_a_quote_cannot_end_itself(quote: str) -> None:
    told = explain({"classifier": {**CLASSIFIER, "evidence": [{"reason": "x", "quote": quote}]}}, None)
    assert "99" not in told.unquoted


def test_nobody_repeat_unknown_and_failure_are_told() -> None:
    queued = RoutingFacts("state_unknown", None, 0, 0, "the state is not known", stopped={})
    text = explain({"scorer": decision({}, degraded=True, needs_review=True)}, queued).text
    assert "There is no score." in text
    assert "A person decides who gets it: the state is not known." in text
    assert "The scorer failed and counts as unknown." in text
    assert explain({}, None, repeats="same e-mail").text == "The lead repeats an earlier one: same e-mail."
    unknown = {"classifier": decision({"line": "unknown", "lines": ["unknown"]}, needs_review=True)}
    assert "does not say which insurance is wanted" in explain(unknown, None).text
    assert "A person should look at what the classifier decided." in explain(unknown, None).text


def test_the_chance_to_win_is_told_with_its_interval_and_worth_or_that_it_is_not_known() -> None:
    value = SCORER["value"]
    known = {
        "state": "known", "reason": "61% (52% to 70%) by 80 won and 120 lost leads, 40 of them near this score",
        "expected_value": {"amount": "73.20", "currency": "USD"},
    }  # fmt: skip
    told = explain({"scorer": decision({**value, "win": known})}, None)
    assert "It is won with a chance of 61% (52% to 70%)" in told.text
    assert "worth 73.20 USD on average" in told.text
    assert told.contradiction("81 points and a chance of 61%") is None
    assert told.contradiction("81 points and a chance of 62%") is not None
    few = {"state": "not_enough_data", "reason": "not enough data: 2 won and 3 lost of at least 50 closed leads"}
    text = explain({"scorer": decision({**value, "win": few})}, None).text
    assert "How likely it is won cannot be said yet: not enough data: 2 won" in text
