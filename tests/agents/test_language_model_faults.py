"""Whatever a vendor sends or fails to send, a specialist ends with a typed decision, and every attempt is paid for."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from agents.base import Specialist
from agents.cascade import Cascade
from agents.classifier import Classifier
from agents.classifier_model import ClassifierModel
from agents.extractor import Extractor
from agents.extractor_model import ExtractorModel
from agents.language_models import ASKED_AGAIN
from domain.decision import Decision, Source
from prompts.registry import library
from tests.agents.models import CLASSIFIED, EXTRACTED, UNSURE, a_case, malformed, models, tool
from tests.integrations.llm.world import URL, World, chat, refused, world

AGENTS = ("classifier", "extractor")
GOOD = {"classifier": CLASSIFIED, "extractor": EXTRACTED}
TOOL = {"classifier": "final_result", "extractor": "ExtractorAnswer"}
KINDS = tuple(malformed("x", CLASSIFIED))


def specialist(agent: str, at: World) -> Specialist:
    asked = models(at)
    if agent == "classifier":
        return Cascade(Classifier(), ClassifierModel(asked, library()), asked)
    return Cascade(Extractor(), ExtractorModel(asked, library()), asked)


async def local(agent: str) -> Decision:
    return await (Classifier() if agent == "classifier" else Extractor()).decide(a_case(), {})


def good(agent: str) -> httpx.Response:
    return tool(TOOL[agent], GOOD[agent])


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
async def test_a_good_answer_is_taken_with_its_cost(agent: str) -> None:
    route = respx.post(URL).mock(return_value=good(agent))
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == len(at.rows.calls) == 1
        assert decision.source is Source.LLM
        assert decision.cost == math.ceil(at.purse.spent * 1_000_000) > 0
        assert at.rows.calls[0].agent == agent
        assert at.rows.calls[0].prompt_hash == library().load(agent).hash
        assert Decision.from_dict(decision.as_dict()).value == decision.value


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_malformed_every_time_leaves_the_local_decision_marked(agent: str, kind: str) -> None:
    route = respx.post(URL).mock(return_value=malformed(TOOL[agent], GOOD[agent])[kind])
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert 1 <= route.call_count <= (1 + ASKED_AGAIN)
        assert len(at.rows.calls) == route.call_count
        assert all(call.usage.total > 0 for call in at.rows.calls)
        if decision.source is not Source.LLM:  # fenced JSON is an answer to some libraries
            assert decision.value == (await local(agent)).value
            assert decision.needs_review
            assert any("language model was of no help" in item.reason for item in decision.evidence)


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_malformed_once_is_asked_again_at_most_once_and_both_are_paid(agent: str, kind: str) -> None:
    bad = malformed(TOOL[agent], GOOD[agent])[kind]
    route = respx.post(URL).mock(side_effect=[bad, good(agent)])
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == len(at.rows.calls) <= 1 + ASKED_AGAIN
        assert decision.cost == math.ceil(at.purse.spent * 1_000_000)
        if route.call_count == 2:
            assert decision.source is Source.LLM


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
async def test_two_answers_in_one_are_one_decision(agent: str) -> None:
    twice = good(agent)
    body: dict[str, Any] = twice.json()
    calls = body["choices"][0]["message"]["tool_calls"]
    calls.append({**calls[0], "id": "second"})
    route = respx.post(URL).mock(return_value=httpx.Response(200, json=body))
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count <= 1 + ASKED_AGAIN
        assert decision.value


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_vendor_that_keeps_failing_is_called_as_often_as_the_owner_allows(agent: str, status: int) -> None:
    route = respx.post(URL).mock(return_value=refused(status, {"retry-after": "1"}))
    async with world(attempts=3) as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == len(at.rows.calls) == 3
        assert decision.value == (await local(agent)).value
        assert decision.needs_review


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
async def test_after_a_429_the_answer_comes(agent: str) -> None:
    route = respx.post(URL).mock(side_effect=[refused(429, {"retry-after": "2"}), good(agent)])
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 2
        assert decision.source is Source.LLM
        assert at.glass.waits[0] >= 2


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("problem", [httpx.ReadTimeout("slow"), httpx.ConnectError("down")])
async def test_timeouts_and_broken_connections_leave_the_local_decision(agent: str, problem: Exception) -> None:
    route = respx.post(URL).mock(side_effect=problem)
    async with world(attempts=2) as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 2
        assert decision.value == (await local(agent)).value


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_request_refused_for_good_is_sent_once(agent: str, status: int) -> None:
    route = respx.post(URL).mock(return_value=refused(status))
    async with world() as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 1
        assert decision.needs_review


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
async def test_over_budget_is_local_only_and_marked(agent: str) -> None:
    route = respx.post(URL).mock(return_value=good(agent))
    async with world(budget=Decimal(0)) as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 0
        assert decision.needs_review
        assert any("budget" in item.reason for item in decision.evidence)
        assert decision.value == (await local(agent)).value


@respx.mock
@pytest.mark.parametrize("agent", AGENTS)
async def test_without_a_key_nobody_is_asked(agent: str) -> None:
    route = respx.post(URL).mock(return_value=good(agent))
    async with world(api_key=None) as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 0
        assert decision == await local(agent)


@respx.mock
async def test_a_sure_local_answer_asks_nobody() -> None:
    route = respx.post(URL).mock(return_value=good("classifier"))
    async with world() as at:
        sure = await specialist("classifier", at).decide(a_case("I need car insurance for my 2019 Honda Civic"), {})
        assert route.call_count == 0
        assert sure.source is not Source.LLM
        assert sure.value["line"] == "auto"


async def test_the_message_is_one_that_local_models_are_unsure_of() -> None:
    assert (await local("classifier")).needs_review
    assert UNSURE


@respx.mock
@pytest.mark.parametrize("form", ["schema", "prompted"])
@pytest.mark.parametrize("agent", AGENTS)
async def test_endpoints_without_tool_calls_answer_in_json(agent: str, form: str) -> None:
    fenced = malformed(TOOL[agent], GOOD[agent])["fenced"]
    route = respx.post(URL).mock(return_value=fenced if form == "prompted" else chat_json(agent))
    async with world(answer_form=form) as at:
        decision = await specialist(agent, at).decide(a_case(), {})
        assert route.call_count == 1
        assert decision.source is Source.LLM


def chat_json(agent: str) -> httpx.Response:
    return chat(json.dumps(GOOD[agent]))
