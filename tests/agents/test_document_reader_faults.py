"""Whatever a vendor sends or fails to send, a document keeps what the rules read, is marked, and every attempt is paid for."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import httpx
import pytest
import respx

from agents.language_models import ASKED_AGAIN
from domain.decision import Source
from domain.documents.extract import VERSION
from domain.documents.opinion import NO_OPINION
from tests.agents.letters import ANSWER, FIELDS, TOOL, opinion_on, read_text
from tests.agents.models import malformed, tool
from tests.integrations.llm.world import URL, chat, refused, world

BAD = malformed(TOOL, ANSWER) | {
    "wrong kind": tool(TOOL, {**ANSWER, "kind": "spaceship"}),
    "page zero": tool(TOOL, {**ANSWER, "fields": [{**FIELDS[0], "page": 0}]}),
    "no quote": tool(TOOL, {**ANSWER, "fields": [{**FIELDS[0], "quote": None}]}),
}


@respx.mock
@pytest.mark.parametrize("kind", BAD)
async def test_malformed_every_time_leaves_the_rules_reading_marked(kind: str) -> None:
    route = respx.post(URL).mock(return_value=BAD[kind])
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
        assert 1 <= route.call_count <= 1 + ASKED_AGAIN
        assert len(at.rows.calls) == route.call_count
        assert all(call.usage.total > 0 for call in at.rows.calls)
        assert opinion.cost == math.ceil(at.purse.spent * 1_000_000)
    if opinion.version == VERSION:  # fenced JSON is an answer to some forms
        assert opinion.fields == local.fields
        assert opinion.needs_review
        assert NO_OPINION in {note.code for note in opinion.notes}
    else:
        assert kind == "fenced"


@respx.mock
@pytest.mark.parametrize("kind", BAD)
async def test_malformed_once_is_asked_again_at_most_once_and_both_are_paid(kind: str) -> None:
    route = respx.post(URL).mock(side_effect=[BAD[kind], tool(TOOL, ANSWER)])
    async with world() as at:
        opinion = await opinion_on(at)
        assert route.call_count == len(at.rows.calls) <= 1 + ASKED_AGAIN
        assert opinion.cost == math.ceil(at.purse.spent * 1_000_000)
        if route.call_count == 1 + ASKED_AGAIN:
            assert opinion.source is Source.LLM


@respx.mock
async def test_two_answers_in_one_are_one_reading_or_none() -> None:
    body = tool(TOOL, ANSWER).json()
    calls = body["choices"][0]["message"]["tool_calls"]
    calls.append({**calls[0], "id": "second"})
    route = respx.post(URL).mock(return_value=httpx.Response(200, json=body))
    _, local = read_text()
    async with world() as at:
        opinion = await opinion_on(at)
        assert route.call_count == len(at.rows.calls) <= 1 + ASKED_AGAIN
    assert opinion.fields[: len(local.fields)] == local.fields


@respx.mock
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_vendor_that_keeps_failing_is_called_as_often_as_the_owner_allows(status: int) -> None:
    route = respx.post(URL).mock(return_value=refused(status, {"retry-after": "1"}))
    _, local = read_text()
    async with world(attempts=3) as at:
        opinion = await opinion_on(at)
        assert route.call_count == len(at.rows.calls) == 3
    assert opinion.fields == local.fields
    assert opinion.needs_review


@respx.mock
async def test_after_a_429_the_answer_comes() -> None:
    route = respx.post(URL).mock(side_effect=[refused(429, {"retry-after": "2"}), tool(TOOL, ANSWER)])
    async with world() as at:
        opinion = await opinion_on(at)
        assert route.call_count == 2
        assert at.glass.waits[0] >= 2
    assert opinion.source is Source.LLM


@respx.mock
@pytest.mark.parametrize("problem", [httpx.ReadTimeout("slow"), httpx.ConnectError("down")])
async def test_timeouts_and_broken_connections_leave_the_rules_reading(problem: Exception) -> None:
    route = respx.post(URL).mock(side_effect=problem)
    async with world(attempts=2) as at:
        opinion = await opinion_on(at)
        assert route.call_count == 2
    assert opinion.needs_review


@respx.mock
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_request_refused_for_good_is_sent_once(status: int) -> None:
    route = respx.post(URL).mock(return_value=refused(status))
    async with world() as at:
        opinion = await opinion_on(at)
        assert route.call_count == 1
    assert opinion.needs_review


@respx.mock
async def test_over_budget_is_rules_only_and_marked() -> None:
    route = respx.post(URL).mock(return_value=tool(TOOL, ANSWER))
    async with world(budget=Decimal(0)) as at:
        opinion = await opinion_on(at)
    assert route.call_count == 0
    assert opinion.needs_review
    assert any("budget" in note.message for note in opinion.notes)


@respx.mock
@pytest.mark.parametrize("form", ["schema", "prompted"])
async def test_endpoints_without_tool_calls_answer_in_json(form: str) -> None:
    answer = BAD["fenced"] if form == "prompted" else chat(json.dumps(ANSWER))
    route = respx.post(URL).mock(return_value=answer)
    async with world(answer_form=form) as at:
        opinion = await opinion_on(at)
        assert route.call_count == 1
    assert opinion.source is Source.LLM
