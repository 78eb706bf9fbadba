from datetime import UTC, datetime
from typing import Any

from agents.extractor import Extractor
from domain.decision import Decision, Source
from domain.leads.case import LeadCase
from kernel.ids import new_id


def a_case(text: str = "", **changes: Any) -> LeadCase:
    return LeadCase(new_id(), new_id(), datetime(2026, 3, 10, 15, tzinfo=UTC), text=text, **changes)


async def decide(text: str = "", **changes: Any) -> Decision:
    return await Extractor().decide(a_case(text, **changes), {})


async def test_facts_carry_their_quotes() -> None:
    decision = await decide("I live in Austin, TX 78701, drive a 2019 Honda Civic and pay $240 a month")
    fields = decision.value["fields"]
    assert decision.source is Source.RULES
    assert fields["zip"] == {"value": "78701", "confidence": 0.95}
    assert fields["vehicles"]["value"] == [{"year": 2019, "make": "Honda", "model": "Civic"}]
    assert "2019 Honda Civic" in {item.quote for item in decision.evidence}
    assert decision.value["do_not_call"] is False
    assert not decision.needs_review


async def test_a_decision_survives_the_database() -> None:
    decision = await decide("tengo 63 años, vivo en Miami, Florida. No me llamen.")
    assert Decision.from_dict(decision.as_dict()).as_dict() == decision.as_dict()


async def test_a_refusal_is_heard_in_the_text_and_says_why() -> None:
    decision = await decide("Need a quote. No phone calls please, email only.")
    assert decision.value["do_not_call"] is True
    assert decision.evidence[0].reason == "asks not to be called"
    assert decision.evidence[0].quote == "No phone calls"


async def test_a_refusal_is_heard_in_a_column_of_notes() -> None:
    assert (await decide(fields={"comments_2": "please do not call"})).value["do_not_call"] is True
    assert (await decide(fields={"Do Not Call": "Y"})).value["do_not_call"] is True
    assert (await decide(fields={"do_not_call": "maybe"})).value["do_not_call"] is True


async def test_a_column_that_says_no_and_the_words_of_a_form_are_no_refusal() -> None:
    assert (await decide(fields={"Do Not Call": "No"})).value["do_not_call"] is False
    assert (await decide(fields={"consent_text": "You may unsubscribe; do not call lists"})).value[
        "do_not_call"
    ] is False


async def test_a_contradiction_asks_for_a_person_and_keeps_both_values() -> None:
    decision = await decide("I live in TX but the house is in Florida")
    state = decision.value["fields"]["state"]
    assert decision.needs_review
    assert {state["value"], *state["others"]} == {"TX", "FL"}


async def test_a_limited_wish_asks_for_a_person() -> None:
    decision = await decide("do not call me at work")
    assert decision.value["do_not_call"] is False
    assert decision.needs_review


async def test_relative_dates_count_from_the_day_of_receipt() -> None:
    decision = await decide("my policy expires next month")
    assert decision.value["fields"]["renewal_date"]["value"] == {"from": "2026-04-01", "to": "2026-04-30"}


async def test_an_empty_text_is_no_failure() -> None:
    decision = await decide()
    assert decision.value == {"fields": {}, "do_not_call": False}
    assert decision.confidence == 1.0
