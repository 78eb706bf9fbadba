"""One person, one model, a script: conversations with answers that are written beforehand."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import respx

from agents.conversing import Conversant
from agents.copilot import Copilot
from agents.copilot_local.answerer import LocalAnswerer
from agents.language_models import LanguageModels
from domain.actor import Actor
from graphs.copilot import Conversations
from kernel.copilot_settings import CopilotSettings
from kernel.ids import new_id
from prompts.registry import library
from services.container import Services
from services.copilot.schemas import TurnView
from tests.integrations.llm.world import World, streamed

URL = "https://api.openai.com/v1/chat/completions"
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def calls(*given: tuple[str, dict[str, Any] | str]) -> httpx.Response:
    """A streamed answer that calls tools; arguments as text are sent as they are, broken or not."""
    tools = [
        {"index": n, "id": f"c{n}", "type": "function",
         "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args, default=str)}}
        for n, (name, args) in enumerate(given)
    ]  # fmt: skip
    parts: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": tools}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": USAGE},
    ]
    base = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    lines = b"".join(b"data: " + json.dumps({**base, **part}).encode() + b"\n\n" for part in parts)
    return httpx.Response(200, content=lines + b"data: [DONE]\n\n", headers={"content-type": "text/event-stream"})


def words(*said: str) -> httpx.Response:
    return streamed(*said, usage=USAGE)


class Desk:
    """One person, one model, a script."""

    def __init__(
        self, services: Services, who: Actor, at: World, agent: type[Conversant] = Copilot, **settings: Any
    ) -> None:
        given = CopilotSettings(**settings)
        self.who = who
        self.services = services
        self.talk = Conversations(
            services,
            agent(LanguageModels(at.gateway), library(), LocalAnswerer(), given),
            only=getattr(agent, "tools", None),
        )
        self.talk._settings = given
        self.asked: list[dict[str, Any]] = []
        self.thread: UUID | None = None

    async def ask(self, question: str, *script: httpx.Response) -> TurnView:
        with respx.mock(assert_all_called=False) as mock:
            route = mock.post(URL)
            route.side_effect = list(script)
            turn = await self.talk.ask(self.who, self.thread, question, str(new_id()))
            self.asked = [json.loads(call.request.content) for call in route.calls]
        self.thread = turn.thread_id
        return turn

    def offered(self, request: int) -> set[str]:
        return {one["function"]["name"] for one in self.asked[request].get("tools", [])}
