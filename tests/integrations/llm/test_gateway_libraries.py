"""pydantic-ai, instructor and langchain-openai on the one client: every HTTP call is counted, paid and owned by the gateway."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal

import instructor
import pytest
import respx
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from integrations.llm.calls import on_behalf
from integrations.llm.errors import NoCaller, OverBudget
from integrations.llm.gateway import Gateway
from integrations.llm.translating import translate
from kernel.errors import Unavailable
from tests.integrations.llm.world import AGENCY, CONTEXT, URL, Line, chat, refused, streamed, world

MODEL = "gpt-4o-mini"


def _pydantic_model(gateway: Gateway) -> OpenAIChatModel:
    return OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=gateway.client))


def _langchain(gateway: Gateway) -> ChatOpenAI:
    return ChatOpenAI(
        model=MODEL, api_key=gateway.api_key, base_url=gateway.base_url, http_client=gateway.blocked,
        http_async_client=gateway.http, max_retries=0, stream_usage=True,
    )  # fmt: skip


async def by_pydantic_ai(gateway: Gateway) -> str:
    answer = await Agent(_pydantic_model(gateway), output_type=Line).run("car")
    return answer.output.line


async def by_instructor(gateway: Gateway) -> str:
    client = instructor.from_openai(gateway.client)
    answer = await client.create(
        model=MODEL, response_model=Line, max_retries=1, messages=[{"role": "user", "content": "car"}]
    )
    return answer.line


async def by_langchain(gateway: Gateway) -> str:
    answer = await _langchain(gateway).ainvoke("car")
    return str(answer.content)


Way = Callable[[Gateway], Awaitable[str]]
GOOD = {
    by_pydantic_ai: lambda: chat(calls=[("final_result", {"line": "auto"})]),
    by_instructor: lambda: chat(calls=[("Line", {"line": "auto"})]),
    by_langchain: lambda: chat("auto"),
}
ways = pytest.mark.parametrize("way", GOOD, ids=lambda way: way.__name__)


@ways
async def test_an_answer_takes_one_http_call_and_one_row(way: Way) -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=GOOD[way]())
            assert await way(w.gateway) == "auto"
            assert route.call_count == 1
        (row,) = w.rows.calls
        assert (row.agency_id, row.agent, row.run_id) == (AGENCY, "classifier", CONTEXT.run_id)
        assert (row.model, row.usage.input, row.usage.output) == (MODEL, 100, 50)
        assert row.cost_usd == Decimal("0.000045")
        assert w.purse.spent == row.cost_usd
        assert route.calls[0].request.headers["x-leadwright-prompt"] == "sha256:abc"


@ways
async def test_after_a_429_the_vendor_gets_the_time_it_asked_for(way: Way) -> None:
    async with world(deadline_seconds=60) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL)
            route.side_effect = [refused(429, {"retry-after": "7"}), GOOD[way]()]
            assert await way(w.gateway) == "auto"
            assert route.call_count == 2
        assert w.glass.waits == [7.0]
        assert w.rows.outcomes() == [(1, "http_error", 429), (2, "ok", 200)]
        assert len({row.request_id for row in w.rows.calls}) == 1
        assert w.rows.calls[0].cost_usd == 0


@ways
@pytest.mark.parametrize("status", [429, 500, 503, 408])
async def test_a_vendor_that_keeps_failing_is_called_as_often_as_the_owner_allows(way: Way, status: int) -> None:
    async with world(attempts=3) as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=refused(status))
            with pytest.raises(Exception, match=r".") as caught:
                await way(w.gateway)
            assert route.call_count == 3
        assert [status for _, _, status in w.rows.outcomes()] == [status] * 3
        ours = translate(caught.value)
        assert isinstance(ours, Unavailable)
        assert "ann@" not in ours.detail


@ways
async def test_over_budget_nothing_is_sent(way: Way) -> None:
    async with world(budget=Decimal(0)) as w:
        with respx.mock(assert_all_called=False) as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=GOOD[way]())
            with pytest.raises(Exception, match=r".") as caught:
                await way(w.gateway)
            assert route.call_count == 0
        assert isinstance(translate(caught.value), OverBudget)
        assert w.rows.outcomes() == [(1, "over_budget", None)]


@ways
async def test_without_a_caller_nothing_is_sent(way: Way) -> None:
    async with world() as w:
        with respx.mock(assert_all_called=False) as mock:
            route = mock.post(URL).mock(return_value=GOOD[way]())
            with pytest.raises(Exception, match=r".") as caught:
                await way(w.gateway)
            assert route.call_count == 0
        assert isinstance(translate(caught.value), NoCaller)
        assert w.rows.calls == []


async def test_a_question_asked_again_by_pydantic_ai_is_a_second_request_with_its_own_row() -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL)
            route.side_effect = [chat(calls=[("final_result", {"line": "boat"})]), GOOD[by_pydantic_ai]()]
            assert await by_pydantic_ai(w.gateway) == "auto"
            assert route.call_count == 2
        assert w.rows.outcomes() == [(1, "ok", 200), (1, "ok", 200)]
        assert len({row.request_id for row in w.rows.calls}) == 2
        assert sum(row.usage.total for row in w.rows.calls) == 300


async def test_tokens_of_a_stream_by_langchain_are_counted() -> None:
    usage = {
        "prompt_tokens": 80,
        "completion_tokens": 3,
        "total_tokens": 83,
        "prompt_tokens_details": {"cached_tokens": 64},
    }
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=streamed("one ", "two ", "three", usage=usage))
            parts = [part async for part in _langchain(w.gateway).astream("car")]
            assert route.call_count == 1
        assert "".join(str(part.content) for part in parts) == "one two three"
        asked = json.loads(route.calls[0].request.content)
        assert asked["stream_options"] == {"include_usage": True}
        (row,) = w.rows.calls
        assert (row.usage.input, row.usage.cached, row.usage.output, row.usage.estimated) == (16, 64, 3, False)
        assert row.cost_usd == (16 * Decimal("0.15") + 64 * Decimal("0.075") + 3 * Decimal("0.60")) / 1_000_000


async def test_tokens_of_a_stream_by_pydantic_ai_are_counted() -> None:
    usage = {"prompt_tokens": 80, "completion_tokens": 2, "total_tokens": 82}
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=streamed("one ", "two", usage=usage))
            async with Agent(_pydantic_model(w.gateway)).run_stream("car") as stream:
                assert await stream.get_output() == "one two"
            assert route.call_count == 1
        (row,) = w.rows.calls
        assert (row.outcome.value, row.usage.input, row.usage.output, row.usage.estimated) == ("ok", 80, 2, False)


async def test_embeddings_by_langchain_are_counted() -> None:
    async with world() as w:
        embedder = OpenAIEmbeddings(
            model="text-embedding-3-small", api_key=w.gateway.api_key, base_url=w.gateway.base_url, max_retries=0,
            http_client=w.gateway.blocked, http_async_client=w.gateway.http, check_embedding_ctx_length=False,
        )  # fmt: skip
        body = {
            "object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8},
            "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
        }  # fmt: skip
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post("https://api.openai.com/v1/embeddings").respond(json=body)
            assert await embedder.aembed_documents(["car"]) == [[0.1, 0.2]]
            assert route.call_count == 1
        (row,) = w.rows.calls
        assert (row.usage.input, row.usage.output, row.cost_usd) == (8, 0, Decimal("0.00000016"))


async def test_a_blocking_call_does_not_go_around_the_gateway() -> None:
    async with world() as w:
        with respx.mock(assert_all_called=False) as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=chat("auto"))
            with pytest.raises(Exception, match=r".") as caught:
                _langchain(w.gateway).invoke("car")
            assert route.call_count == 0
        assert translate(caught.value).code == "llm_blocking_call"
