"""Time to the first words of the copilot, above what the language model takes, with many conversations at once.

One endpoint on this machine answers everybody the same after the same wait. A bare client asks it directly, and the same number
of people ask our API, which signs them in, keeps the turn, gives the model its tools, checks ids and keeps every piece before it
is sent. The two sides take turns, so both meet the same machine. Who asks begins at a moment of their own, as people do, and
asks again as soon as the answer has ended.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np
import psutil

from api.auth import issue_token
from bench.crash_world import AGENCY, agency_file
from bench.intake import UNHINDERED, served
from kernel.settings import Settings
from services.opening import open_services

P95_MS = 50.0
"""Goal: 95 of 100 first words come no later than this behind the middle of the bare client's."""
_WAIT_SECONDS, _PACE_SECONDS = 0.4, 0.08
_ANSWER_SECONDS = _WAIT_SECONDS + 20 * _PACE_SECONDS
_QUESTION = "which of my leads should I call first?"
_FREE = [
    'LEADWRIGHT_LLM__PRICES={"fixed": {"input": "0", "cached": "0", "output": "0"}}', "LEADWRIGHT_LLM__MODEL=fixed",
    "LEADWRIGHT_LLM__IN_FLIGHT=256",
]  # fmt: skip
Ask = Callable[[aiohttp.ClientSession], Awaitable[float | None]]


@dataclass
class CopilotFound:
    """Milliseconds to the first words, of both sides. ``failed`` counts turns that ended in any other way than answered."""

    chats: int
    ours_ms: list[float] = field(default_factory=list)
    bare_ms: list[float] = field(default_factory=list)
    failed: int = 0
    cpu_seconds: float = 0.0
    """What our process worked for all turns of ``ours_ms``."""

    @property
    def floor_ms(self) -> float:
        """The middle of the bare client's."""
        return float(np.percentile(self.bare_ms, 50))

    def added_ms(self, percent: float) -> float:
        """What so many of a hundred of ours stay under, above the floor."""
        return float(np.percentile(self.ours_ms, percent)) - self.floor_ms

    @property
    def cpu_ms(self) -> float:
        """What one turn costs our process; 0 where there was none. A busy machine lengthens waits, and this hardly."""
        return 1000 * self.cpu_seconds / len(self.ours_ms) if self.ours_ms else 0.0

    @property
    def held(self) -> bool:
        """Whether the goal is met, and every turn was answered."""
        return not self.failed and self.added_ms(95) < P95_MS


async def copilot(chats: int, turns: int, rounds: int) -> CopilotFound:
    """``rounds`` times: ``chats`` at once ask the endpoint, then us, each ``turns`` times."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-copilot-"))
    await asyncio.to_thread(folder.chmod, 0o711)  # an unprivileged Postgres must be able to enter
    found = CopilotFound(chats)
    try:
        async with open_services(Settings(home=folder / "home")) as services, _endpoint() as model:
            actor = await services.agencies.found(AGENCY, "Copilot bench")
            await services.agencies.load(actor, json.dumps(agency_file(24)).encode())
            token = issue_token(services.settings, services.jwt_secret, actor)
            url = f"LEADWRIGHT_LLM__BASE_URL=http://127.0.0.1:{model}/v1"
            async with served(folder, "ours", *UNHINDERED, *_FREE, url) as port:
                bare, ours = _bare(model), _ours(port, token)
                await _at_once(chats, 1, ours)  # what loads once, loads now
                for _ in range(rounds):
                    _keep(found, found.bare_ms, await _at_once(chats, turns, bare))
                    began = _worked()
                    _keep(found, found.ours_ms, await _at_once(chats, turns, ours))
                    found.cpu_seconds += _worked() - began
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return found


def _worked() -> float:
    """Seconds that the processes of our side have worked."""
    sides = [one for one in psutil.Process().children() if "bench.intake_server" in one.cmdline()]
    return float(sum(one.cpu_times().user + one.cpu_times().system for one in sides))


def _keep(found: CopilotFound, into: list[float], took: list[float | None]) -> None:
    into += [1000 * one for one in took if one is not None]
    found.failed += took.count(None)


async def _at_once(chats: int, turns: int, ask: Ask) -> list[float | None]:
    """Seconds to the first words of every turn; None where there were none."""

    async def one(number: int) -> list[float | None]:
        await asyncio.sleep(_ANSWER_SECONDS * number / chats)
        return [await ask(session) for _ in range(turns)]

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        return [took for chat in await asyncio.gather(*map(one, range(chats))) for took in chat]


def _bare(port: int) -> Ask:
    body = {"model": "fixed", "stream": True, "messages": [{"role": "user", "content": _QUESTION}]}

    async def ask(session: aiohttp.ClientSession) -> float | None:
        started, first, whole = time.perf_counter(), None, False
        async with session.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body) as answer:
            async for line in answer.content:
                if first is None and b'"content"' in line:
                    first = time.perf_counter() - started
                whole = whole or line.startswith(b"data: [DONE]")
        return first if whole else None

    return ask


def _ours(port: int, token: str) -> Ask:
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}

    async def ask(session: aiohttp.ClientSession) -> float | None:
        started, first, kind, whole = time.perf_counter(), None, b"", False
        url = f"http://127.0.0.1:{port}/api/v1/copilot/turns"
        async with session.post(url, json={"question": _QUESTION}, headers=headers) as answer:
            async for line in answer.content:
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                    if first is None and kind == b"words":
                        first = time.perf_counter() - started
                elif kind == b"end" and line.startswith(b"data: "):
                    told = json.loads(line[6:])
                    whole = (told["state"], told["source"]) == ("answered", "llm")
        return first if whole else None

    return ask


@asynccontextmanager
async def _endpoint() -> AsyncIterator[int]:
    """The port of the endpoint, served by a process of its own."""
    command = [sys.executable, "-m", "bench.copilot_endpoint", str(_WAIT_SECONDS), str(_PACE_SECONDS)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()
