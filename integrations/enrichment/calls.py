"""One careful HTTP call to a vendor: a time limit, one more try for what passes, and every failure as Unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx

from integrations.retries import retry_after
from kernel.clock import now
from kernel.errors import Unavailable

_PASSES = frozenset({408, 429, 500, 502, 503, 504})
_TRIES = 2
_PAUSE_SECONDS = 0.3
_PAUSE_AT_MOST = 2.0
_TOO_LONG = 2_000_000


async def ask(
    http: httpx.AsyncClient,
    vendor: str,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
) -> httpx.Response:
    """The vendor's answer: 200, or 401 and 404, which the caller reads. Raises Unavailable for everything else.

    The message names the vendor and the status, never the query: it may hold the name of a business.
    """
    problem = "no answer"
    for attempt in range(_TRIES):
        try:
            answer = await http.request(method, url, params=params, headers=headers, json=json)
        except httpx.HTTPError as fault:
            problem = type(fault).__name__
        else:
            if answer.status_code in {200, 401, 404}:
                return answer
            problem = f"status {answer.status_code}"
            if answer.status_code not in _PASSES:
                break
            await asyncio.sleep(_pause(answer) if attempt + 1 < _TRIES else 0)
    raise Unavailable(f"{vendor} does not answer as it should ({problem}); its facts are unknown for now")


def body(vendor: str, answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises Unavailable when it is none, or larger than any answer of use."""
    if len(answer.content) > _TOO_LONG:
        raise Unavailable(f"{vendor} sent {len(answer.content)} bytes, more than {_TOO_LONG}; its facts are unknown")
    try:
        return answer.json()
    except ValueError as problem:
        raise Unavailable(f"{vendor} sent no JSON; its facts are unknown for now") from problem


def at(content: Any, path: str) -> Any:
    """What lies at a dotted path of names and list positions; None where the way ends."""
    for step in path.split("."):
        if isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(content, list) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content


def day(stated: Any) -> date | None:
    """The day at the start of an ISO date or moment; None where it is none."""
    try:
        return date.fromisoformat(str(stated)[:10])
    except ValueError:
        return None


def _pause(answer: httpx.Response) -> float:
    asked = retry_after(answer.headers, now())
    return _PAUSE_SECONDS if asked is None else min(asked, _PAUSE_AT_MOST)
