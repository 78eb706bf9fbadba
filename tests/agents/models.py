"""Answers of a vendor, good and malformed, and the specialists that meet them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from agents.language_models import LanguageModels
from domain.leads.case import LeadCase
from kernel.ids import new_id
from tests.integrations.llm.world import AGENCY, World, chat

UNSURE = "my son wrecked it and now nobody wants to write us, hablamos mañana"
"""A message that the local classifier is not sure of, so that a model is asked."""


def a_case(text: str = UNSURE, **parts: Any) -> LeadCase:
    return LeadCase(new_id(), AGENCY, datetime(2026, 11, 25, 12, tzinfo=UTC), text, **parts)


def models(world: World) -> LanguageModels:
    return LanguageModels(world.gateway)


CLASSIFIED: dict[str, Any] = {
    "line": "auto", "lines": ["auto"], "intent": "buy", "urgency": "unknown", "language": "en", "out_of_scope": False,
    "reasons": [{"about": "line", "quote": "my son wrecked it"}, {"about": "intent", "quote": "nobody wants to write us"}],
    "confidence": 0.9,
}  # fmt: skip
EXTRACTED: dict[str, Any] = {
    "facts": [{"field": "children", "value": "1", "quote": "my son", "confidence": 0.8}],
    "do_not_call": "no", "do_not_call_quotes": [],
}  # fmt: skip


def tool(name: str, given: dict[str, Any] | str) -> httpx.Response:
    """An answer by tool call; ``given`` as text is sent as it is, broken or not."""
    answer = chat(calls=[(name, {} if isinstance(given, str) else given)])
    if isinstance(given, str):
        body = json.loads(answer.content)
        body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = given
        return httpx.Response(200, json=body)
    return answer


def said(message: dict[str, Any], finish: str = "stop") -> httpx.Response:
    """An answer with this message."""
    body = json.loads(chat("").content)
    body["choices"][0] |= {"finish_reason": finish, "message": {"role": "assistant", "content": None} | message}
    return httpx.Response(200, json=body)


def malformed(name: str, good: dict[str, Any]) -> dict[str, httpx.Response]:
    """What models send instead of an answer, by kind; ``good`` is what they should have sent by the tool ``name``."""
    whole = json.dumps(good)
    first, *_ = good
    return {
        "fenced": said({"content": f"Here you are:\n```json\n{whole}\n```"}),
        "truncated": said({"tool_calls": [{"id": "c", "type": "function", "function": {"name": name,
                           "arguments": whole[: len(whole) // 2]}}]}, "length"),
        "wrong enum": tool(name, {**good, "line": "spaceship", "do_not_call": "perhaps"}),
        "null": tool(name, dict.fromkeys(good)),
        "missing": tool(name, {key: value for key, value in good.items() if key != first}),
        "refusal": said({"refusal": "I cannot help with that."}),
        "content filter": said({"content": ""}, "content_filter"),
        "unknown tool": tool("assign_lead", {"producer_id": 1}),
        "empty": said({"content": ""}),
        "no choices": httpx.Response(200, json=json.loads(chat("").content) | {"choices": []}),
        "no JSON": httpx.Response(200, text="<html>proxy error</html>"),
        "broken arguments": tool(name, '{"line": "auto", '),
    }  # fmt: skip
