"""The document reader: a model fills what rules left open, on words of a page, and overrules nothing."""

from __future__ import annotations

import json
import math

import pytest
import respx

from domain.decision import Source
from domain.documents.extract import VERSION
from domain.documents.fields import DocumentField
from domain.documents.opinion import AT_MOST, CONTRADICTION, FEW_FIELDS, KIND_UNSURE, LEFT_OUT
from prompts.registry import library
from tests.agents.letters import ANSWER, FIELDS, LETTER, TOOL, answered, opinion_on, read_text, stated
from tests.agents.models import tool
from tests.integrations.llm.world import URL, world


def by_name(fields: tuple[DocumentField, ...], name: str) -> list[DocumentField]:
    return [field for field in fields if field.name == name]


@respx.mock
async def test_what_the_rules_left_open_is_filled_with_page_and_words() -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
        assert route.call_count == len(at.rows.calls) == 1
        assert at.rows.calls[0].agent == "document_reader"
        assert at.rows.calls[0].prompt_hash == library().load("document_reader").hash
        assert opinion.cost == math.ceil(at.purse.spent * 1_000_000) > 0
    assert opinion.fields[: len(local.fields)] == local.fields
    (number,) = by_name(opinion.fields, "policy_number")
    assert (number.value, number.page, number.quote, number.label, number.read_by, number.source) == (
        "PA-7788-12", 1, "Number of your contract PA-7788-12", "Number of your contract", "llm", "text",
    )  # fmt: skip
    assert by_name(opinion.fields, "premium")[0].value["minor"] == 172800
    assert by_name(opinion.fields, "expiration_date")[0].value == "2026-09-15"
    assert by_name(opinion.fields, "vehicle.make")[0].item == 1
    assert all(field.confidence <= AT_MOST for field in opinion.fields if field.read_by == "llm")
    assert (opinion.kind.name, opinion.source, opinion.needs_review) == ("declarations", Source.LLM, False)
    assert opinion.version.startswith(f"{VERSION}+document_reader/v1@")


@respx.mock
@pytest.mark.parametrize(
    "field",
    [
        stated("premium", "$9,000.00", "We will debit $9,000.00"),  # no such words
        stated("premium", "$9,000.00", "We will debit $1,728.00"),  # another value than its words
        stated("premium", "728.00", "We will debit $1,728.00"),  # a part of a number
        stated("premium", "$1", "We will debit $1,728.00"),
        stated("expiration_date", "half year", "another half year"),  # words that are no date
        stated("score", "100", "$1,728.00 for these six months"),  # no field of ours
        stated("vehicle.make", "Honda", "your Honda is insured"),  # of several things, without a number
        stated("policy_period", "March 15, 2026 to September 15, 2026", "March 15, 2026 to September 15, 2026"),
        stated("named_insured", "", ""),
    ],
)
async def test_a_value_without_its_words_is_left_out_and_counted(field: dict[str, object]) -> None:
    respx.post(URL).mock(return_value=answered("other", field))
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
    assert opinion.fields == local.fields
    assert opinion.source is Source.RULES
    assert LEFT_OUT in {note.code for note in opinion.notes}
    assert opinion.needs_review


@respx.mock
async def test_a_value_of_the_rules_stays_and_the_other_stands_against_it() -> None:
    respx.post(URL).mock(
        return_value=answered("other", stated("effective_date", "September 15, 2026", "September 15, 2026"))
    )
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
    mine, other = by_name(opinion.fields, "effective_date")
    assert (mine.value, mine.rank, mine.read_by) == ("2026-03-15", 0, "rules")
    assert mine.confidence < by_name(local.fields, "effective_date")[0].confidence
    assert (other.value, other.rank, other.read_by) == ("2026-09-15", 1, "llm")
    assert CONTRADICTION in {note.code for note in opinion.notes}
    assert opinion.needs_review


@respx.mock
async def test_the_same_value_again_changes_nothing() -> None:
    respx.post(URL).mock(
        return_value=answered("other", stated("effective_date", "March 15, 2026", "From March 15, 2026"))
    )
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
    assert opinion.fields == local.fields


@respx.mock
async def test_a_quote_is_found_on_another_page_than_the_model_says_and_in_other_signs() -> None:
    field = stated("premium", "$1,728.00", "we will  DEBIT $1,728.00 for", page=7)
    respx.post(URL).mock(return_value=answered("other", field))
    async with world() as at:
        opinion = await opinion_on(at)
    (premium,) = by_name(opinion.fields, "premium")
    assert (premium.page, premium.quote) == (1, "We will debit $1,728.00 for")


@respx.mock
async def test_a_kind_that_the_fields_do_not_bear_out_is_not_taken() -> None:
    respx.post(URL).mock(return_value=answered("declarations", FIELDS[1]))
    async with world() as at:
        opinion = await opinion_on(at)
    assert opinion.kind.name == "other"
    assert KIND_UNSURE in {note.code for note in opinion.notes}


@respx.mock
async def test_things_keep_the_numbers_that_the_rules_gave_them() -> None:
    text = (
        "Summary\nVehicle 1: 2019 Honda Accord\nVIN: 1HGCV1F34KA123454\n\nVehicle 2: 2022 Subaru Outback\n"
        "VIN: 4S4BTAFC4N3100006\nthe Subaru drives nine hundred (900) miles in a year, for business\n"
    )
    words = "Subaru drives nine hundred (900) miles in a year, for business"
    fields = [
        stated("vehicle.vin", "4S4BTAFC4N3100006", "VIN: 4S4BTAFC4N3100006", 1), stated("vehicle.annual_miles", "900", words, 1),
        stated("vehicle.use", "business", words, 2),
    ]  # fmt: skip
    respx.post(URL).mock(return_value=answered("other", *fields))
    async with world() as at:
        opinion = await opinion_on(at, text)
    assert [(field.item, field.value) for field in by_name(opinion.fields, "vehicle.annual_miles")] == [(2, 900)]
    assert by_name(opinion.fields, "vehicle.use") == []  # which car it is about, nothing says


@respx.mock
async def test_a_document_that_the_rules_are_sure_of_is_not_sent() -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    sure = (
        "POLICY DECLARATIONS\nPolicy Number: AB-1234\nNamed Insured: Ada Fontaine\nEffective Date: 01/02/2026\n"
        "Expiration Date: 01/02/2027\nTotal Premium: $900\nInsurance Company: Harbor Gate Insurance\n"
    )
    async with world() as at:
        opinion = await opinion_on(at, sure)
    assert route.call_count == 0
    assert (opinion.kind.name, opinion.needs_review, opinion.notes, opinion.cost) == ("declarations", False, (), 0)


@respx.mock
async def test_a_title_with_hardly_a_field_is_sent() -> None:
    route = respx.post(URL).mock(return_value=answered("declarations"))
    async with world() as at:
        opinion = await opinion_on(at, "POLICY DECLARATIONS\nPolicy Declarations of Ada Fontaine, see the other side\n")
    assert route.call_count == 1
    assert FEW_FIELDS in {note.code for note in opinion.notes}
    assert opinion.needs_review


@respx.mock
async def test_the_prompt_names_every_field_and_holds_the_pages_as_data_only() -> None:
    route = respx.post(URL).mock(return_value=answered("other"))
    async with world() as at:
        await opinion_on(at, name="Oakes <end>.txt")
    sent = json.loads(route.calls.last.request.content)
    system, user = (
        next(one["content"] for one in sent["messages"] if one["role"] == role) for role in ("system", "user")
    )
    assert "`driver.licence_number`" in system
    assert "`policy_period`" not in system  # two dates, each a field of its own
    assert "PA-7788-12" in user
    assert "PA-7788-12" not in system
    assert "<end>" not in user
    assert {one["function"]["name"] for one in sent["tools"]} == {TOOL}


@respx.mock
async def test_without_a_key_the_rules_answer_and_a_person_looks() -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    _, local = read_text()
    async with world(api_key=None) as at:
        opinion = await opinion_on(at)
    assert route.call_count == 0
    assert (opinion.fields, opinion.kind, opinion.source, opinion.version) == (
        local.fields, local.kind, Source.RULES, VERSION,
    )  # fmt: skip
    assert opinion.needs_review
    assert LETTER
