"""Answers that are of no use: whatever a library makes of them, each HTTP call is bounded, booked and paid."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import instructor
import pytest
import respx
from instructor.core.exceptions import IncompleteOutputException, InstructorRetryException
from langchain_openai import ChatOpenAI
from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from integrations.llm.calls import on_behalf
from integrations.llm.errors import BadAnswer
from integrations.llm.gateway import Gateway
from integrations.llm.translating import translate
from tests.integrations.llm.world import CONTEXT, URL, Line, world

MODEL = "gpt-4o-mini"
_USAGE = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}


def body(message: dict[str, Any], reason: str = "stop") -> httpx.Response:
    whole = {"role": "assistant", "content": None, **message}
    return httpx.Response(200, json={
        "id": "x", "object": "chat.completion", "created": 1, "model": MODEL, "usage": _USAGE,
        "choices": [{"index": 0, "finish_reason": reason, "message": whole}],
    })  # fmt: skip


def tool(name: str, *arguments: str) -> dict[str, Any]:
    return {
        "tool_calls": [
            {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": one}}
            for n, one in enumerate(arguments)
        ]
    }


GOOD, BOAT = json.dumps({"line": "auto"}), json.dumps({"line": "boat"})
BROKEN: dict[str, Callable[[str], httpx.Response]] = {
    "fenced": lambda _: body({"content": f"```json\n{GOOD}\n```"}),
    "truncated": lambda name: body(tool(name, '{"line": "au'), "length"),
    "wrong enum": lambda name: body(tool(name, BOAT), "tool_calls"),
    "null": lambda name: body(tool(name, '{"line": null}'), "tool_calls"),
    "refusal": lambda _: body({"refusal": "I cannot help with that"}),
    "unknown tool": lambda _: body(tool("launch", "{}"), "tool_calls"),
    "two answers": lambda name: body(tool(name, GOOD, BOAT), "tool_calls"),
    "empty": lambda _: body({"content": ""}),
    "no json": lambda _: httpx.Response(200, content=b"<html>proxy</html>", headers={"content-type": "text/html"}),
    "no choices": lambda _: httpx.Response(200, json={"id": "x", "object": "chat.completion", "choices": []}),
}


async def by_pydantic_ai(gateway: Gateway) -> object:
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=gateway.client))
    return (await Agent(model, output_type=Line, retries=1).run("car")).output


async def by_instructor(gateway: Gateway) -> object:
    return await instructor.from_openai(gateway.client).create(
        model=MODEL, response_model=Line, max_retries=1, messages=[{"role": "user", "content": "car"}]
    )


async def by_langchain(gateway: Gateway) -> object:
    model = ChatOpenAI(
        model=MODEL, api_key=gateway.api_key, http_client=gateway.blocked, http_async_client=gateway.http, max_retries=0
    )
    return (await model.ainvoke("car")).content


Way = Callable[[Gateway], Awaitable[object]]
TOOLS: dict[Way, str] = {by_pydantic_ai: "final_result", by_instructor: "Line", by_langchain: "Line"}
THEIRS = (AgentRunError, InstructorRetryException, IncompleteOutputException)


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("way", TOOLS, ids=lambda way: way.__name__)
async def test_a_useless_answer_is_asked_for_twice_at_most_and_every_call_is_paid(way: Way, kind: str) -> None:
    async with world() as w:
        problem: Exception | None = None
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(side_effect=lambda _: BROKEN[kind](TOOLS[way]))
            try:
                await way(w.gateway)
            except Exception as raised:  # noqa: BLE001 - which of its own errors a library raises is its affair
                problem = raised
            assert 1 <= route.call_count <= 2
            assert len(w.rows.calls) == route.call_count
        for row in w.rows.calls:
            assert row.outcome == "ok"  # the vendor answered, and is paid
            assert row.cost_usd > 0
            said = kind not in {"no json", "no choices"}
            assert row.usage.estimated is not said
            assert not said or row.usage.total == 150
        if problem is not None and way is not by_langchain:
            ours = translate(problem, malformed=THEIRS)
            assert type(ours) is BadAnswer, (problem, ours)
            assert "launch" not in ours.detail
