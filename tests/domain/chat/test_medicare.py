"""The TPMO disclaimer (42 CFR 422.2267(e)(41)): shown with the agency's numbers before anything else, or no request is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.chat.conversation import take
from domain.chat.medicare import MedicareOffers, Represented, disclaimer
from domain.chat.questions import Terms
from domain.chat.request import consent_of
from domain.chat.state import Effect, Stage
from domain.chat.words import LANGUAGES
from domain.lines import Line
from kernel.errors import Invalid
from tests.domain.chat.talking import AT, READER, Talk

DAY = AT.date()
HERE = {"organizations": 6, "plans": 41, "until": "2026-12-31"}
SOME = (
    "We do not offer every plan available in your area. Currently we represent 6 organizations which offer 41 products in your "
    "area. Please contact Medicare.gov, 1-800-MEDICARE, or your local State Health Insurance Program (SHIP) to get information "
    "on all of your options."
)
REST = ("1958-06-02", "yes", "yes", "Ana Ruiz", "602-555-0142", "skip", "yes")


def terms(**areas: Any) -> Terms:
    return Terms("Acme Agency", ("Acme Agency",), medicare=MedicareOffers.from_dict(areas))


def talk(*words: str, **areas: Any) -> Talk:
    at = Talk(terms=terms(**(areas or {"AZ": HERE})))
    at.say(*words)
    return at


def told(at: Talk) -> list[str]:
    return [reply for turn in at.turns for reply in turn.says]


def test_the_words_of_the_rule_are_shown_once_as_soon_as_the_place_is_known_and_kept_as_evidence() -> None:
    at = talk("medicare", "85001")
    assert at.turns[-1].says[0] == SOME
    at.say(*REST)
    assert told(at).count(SOME) == 1
    assert Effect.SUBMIT in at.turns[-1].effects
    evidence = consent_of(at.state)
    assert evidence is not None
    found = disclaimer(Represented(6, 41, every_organization=False, until=DAY), "en", DAY)
    assert found is not None
    assert evidence["disclosed"] == [found.key]
    assert "422.2267(e)(41)" in found.citation


def test_nothing_about_the_person_is_asked_before_it() -> None:
    at = talk("medicare")
    assert at.state.asking == "zip"
    at.say("85001")
    assert at.state.asking == "birth"


def test_who_sells_for_every_organization_says_so_and_a_zip_goes_before_its_state() -> None:
    at = talk("medicare", "85001", AZ=HERE, **{"850": {**HERE, "plans": 7, "every_organization": True}})
    assert (
        at.turns[-1]
        .says[0]
        .startswith("Currently we represent 6 organizations which offer 7 products in your area. You can")
    )


def test_each_language_is_shown_its_own_words() -> None:
    at = talk("medicare", "85001", "en español por favor")
    assert any("representamos a 6 organizaciones que ofrecen 41" in reply for reply in at.turns[-1].says)
    assert len(at.state.disclosed) == 2
    numbers = Represented(6, 41, every_organization=False, until=DAY)
    assert all(
        disclaimer(replace(numbers, every_organization=every), one, DAY) for one in LANGUAGES for every in (True, False)
    )


@pytest.mark.parametrize(
    "areas",
    [{"TX": HERE}, {"AZ": {**HERE, "until": "2026-11-25"}}, {"860": HERE}],
    ids=["another state", "a plan year that is over", "another part of the state"],
)
def test_without_numbers_that_hold_medicare_alone_ends_in_a_hand_over(areas: dict[str, Any]) -> None:
    at = talk("medicare", "85001", **areas)
    assert (at.state.stage, at.state.reason) == (Stage.NOT_TAKEN, "medicare")
    assert at.turns[-1].note.handover == "medicare"
    assert at.turns[-1].effects == {Effect.FORGET_CONTACT}
    assert "1-800-MEDICARE" in at.turns[-1].says[-1]


def test_an_agency_without_any_numbers_hands_over_at_once() -> None:
    at = Talk()
    at.say("I want a Medicare plan, call 602-555-0142")
    assert (at.state.stage, at.state.reason) == (Stage.NOT_TAKEN, "medicare")
    assert "phone" not in at.state.slots


def test_a_place_in_two_states_is_asked_first_and_a_place_left_out_has_no_numbers() -> None:
    at = talk("medicare", "42223", TN=HERE)
    assert at.state.asking == "state"
    assert at.say("Tennessee").says[0] == SOME
    assert talk("medicare", "42223", "Kentucky", TN=HERE).state.stage is Stage.NOT_TAKEN
    assert talk("medicare", "skip", "skip").state.stage is Stage.NOT_TAKEN
    assert talk("medicare", "skip", "Arizona").state.stage is Stage.OPEN


def test_beside_another_line_medicare_is_written_down_for_a_licensed_person_and_the_rest_goes_on() -> None:
    at = talk("life and medicare", "33101")
    assert at.state.lines == (Line.LIFE,)
    assert at.state.stage is Stage.OPEN
    assert ("medicare", "Medicare") in at.state.questions
    at.say("also medicare please")
    assert at.state.lines == (Line.LIFE,)
    assert len(at.state.questions) == 1


def test_numbers_that_were_taken_back_before_the_last_word_stop_the_request() -> None:
    at = talk("medicare", "85001", *REST[:-1])
    assert at.state.asking == "confirm"
    gone = take(at.state, "yes", READER, terms(TX=HERE), AT)
    assert (gone.state.stage, Effect.SUBMIT in gone.effects) == (Stage.NOT_TAKEN, False)
    other = take(at.state, "yes", READER, terms(AZ={**HERE, "plans": 40}), AT)
    assert Effect.SUBMIT not in other.effects
    assert "40 products" in other.says[0]
    assert other.state.asking == "confirm"


def test_a_row_that_is_not_in_force_shows_nothing() -> None:
    numbers = Represented(6, 41, every_organization=False, until=DAY)
    assert disclaimer(numbers, "en", date(2023, 9, 29)) is None
    assert disclaimer(numbers, "fr", DAY) is None
    assert MedicareOffers.from_dict({"AZ": HERE}).at("85001", "AZ", date(2026, 12, 31) + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("area", "given", "field"),
    [("Arizona", HERE, "medicare.Arizona"), ("ZZ", HERE, "medicare.ZZ"), ("8", HERE, "medicare.8"), ("AZ", [], "medicare.AZ"),
     ("AZ", {**HERE, "extra": 1}, "medicare.AZ"), ("AZ", {**HERE, "plans": 0}, "medicare.AZ.plans"),
     ("AZ", {**HERE, "plans": True}, "medicare.AZ.plans"), ("AZ", {**HERE, "organizations": "6"}, "medicare.AZ.organizations"),
     ("AZ", {**HERE, "until": "soon"}, "medicare.AZ.until"), ("AZ", {"plans": 1, "organizations": 1}, "medicare.AZ.until"),
     ("AZ", {**HERE, "every_organization": "no"}, "medicare.AZ.every_organization")],
)  # fmt: skip
def test_numbers_that_cannot_be_used_are_named(area: str, given: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        MedicareOffers.from_dict({area: given})
    assert [one.field for one in refused.value.fields] == [field]
    kept = MedicareOffers.from_dict({"AZ": HERE, "850": HERE})
    assert MedicareOffers.from_dict(kept.as_dict()) == kept
