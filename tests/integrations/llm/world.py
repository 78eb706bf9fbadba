"""What the gateway's tests share: a clock that moves only when somebody waits, ports that remember, answers of a vendor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import httpx
from pydantic import BaseModel, SecretStr

from integrations.llm.attempt import Timing
from integrations.llm.calls import Call, CallContext
from integrations.llm.errors import OverBudget
from integrations.llm.gateway import Gateway
from kernel.ids import new_id
from kernel.llm_settings import LlmSettings

URL = "https://api.openai.com/v1/chat/completions"
AGENCY = new_id()
CONTEXT = CallContext(AGENCY, "classifier", "sha256:abc", new_id())


class Line(BaseModel):
    """An answer type."""

    line: Literal["auto", "home"]


@dataclass
class Hourglass:
    """Seconds pass only by waiting; ``waits`` holds every wait."""

    at: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds

    def timing(self, chance: float = 0.5) -> Timing:
        return Timing(self.clock, self.sleep, lambda: chance)


@dataclass
class Rows:
    """A ledger in memory."""

    calls: list[Call] = field(default_factory=list)

    def record(self, call: Call) -> None:
        self.calls.append(call)

    def outcomes(self) -> list[tuple[int, str, int | None]]:
        return [(call.attempt, call.outcome.value, call.status) for call in self.calls]


@dataclass
class Purse:
    """A budget in memory; ``held`` must be nothing when all calls have ended."""

    budget: Decimal = Decimal(100)
    spent: Decimal = Decimal(0)
    held: Decimal = Decimal(0)

    async def reserve(self, agency_id: UUID, amount_usd: Decimal) -> None:
        if self.spent + self.held + amount_usd > self.budget:
            raise OverBudget(self.spent, self.budget)
        self.held += amount_usd

    def settle(self, agency_id: UUID, reserved_usd: Decimal, spent_usd: Decimal) -> None:
        self.held -= reserved_usd
        self.spent += spent_usd


@dataclass
class World:
    """A gateway and everything around it."""

    gateway: Gateway
    rows: Rows
    purse: Purse
    glass: Hourglass


@asynccontextmanager
async def world(budget: Decimal = Decimal(100), chance: float = 0.5, **settings: Any) -> AsyncIterator[World]:
    """A gateway by these settings. At the end nothing may be left set aside."""
    rows, purse, glass = Rows(), Purse(budget), Hourglass()
    values = {"api_key": SecretStr("sk-secret-of-the-test"), **settings}
    gateway = Gateway(LlmSettings(**values), rows, purse, timing=glass.timing(chance))
    try:
        yield World(gateway, rows, purse, glass)
    finally:
        await gateway.close()
    assert purse.held == 0


def chat(
    content: str | None = None,
    *,
    calls: Sequence[tuple[str, dict[str, Any]]] = (),
    usage: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """A whole chat completion; 100 and 50 tokens unless told."""
    tools = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for n, (name, given) in enumerate(calls)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if tools:
        message["tool_calls"] = tools
    body = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "tool_calls" if tools else "stop", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150} if usage is None else usage,
    }  # fmt: skip
    return httpx.Response(200, json=body, headers=headers)


def refused(status: int, headers: dict[str, str] | None = None, code: str | None = None) -> httpx.Response:
    """An error of the vendor whose message quotes the prompt, as some do."""
    return httpx.Response(
        status, headers=headers, json={"error": {"message": "bad: call ann@example.com", "code": code, "type": "x"}}
    )


def events(*words: str, usage: dict[str, Any] | None = None, done: bool = True) -> bytes:
    """A streamed chat completion."""

    def chunk(**parts: Any) -> bytes:
        body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini", **parts}
        return b"data: " + json.dumps(body).encode() + b"\n\n"

    said = [
        chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}])
        for word in words
    ]
    said.append(chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    if usage is not None:
        said.append(chunk(choices=[], usage=usage))
    return b"".join(said) + (b"data: [DONE]\n\n" if done else b"")


def streamed(*words: str, usage: dict[str, Any] | None = None) -> httpx.Response:
    """The same as an answer."""
    return httpx.Response(200, content=events(*words, usage=usage), headers={"content-type": "text/event-stream"})


async def ask(gateway: Gateway, text: str = "car", **more: Any) -> str | None:
    """One plain request on behalf of the test's agency."""
    answer = await gateway.client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}], **more
    )
    content: str | None = answer.choices[0].message.content
    return content
