"""One side of the evals bench in a process of its own: ``ours|bare|aiohttp|pydantic`` with port, cases and places in flight.

Prints one JSON line: seconds, processor seconds, the most memory in megabytes, answers.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

PROMPTS = (
    "Say which line of business: {input}",
    "Answer with one word, the line of business that is asked for: {input}",
)
WANTED = "auto"
"""What the endpoint always answers."""
Ask = Callable[[str], Awaitable[str]]
Work = Callable[[], Awaitable[int]]


def most_megabytes() -> float:
    """The most memory that this process has held. Not ``ru_maxrss``, which goes on from the process that started this one."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def text(number: int) -> str:
    """The input of a case."""
    return f"case {number}: I need a quote for car insurance this week, I just bought a sedan and drive it to work."


def body(prompt: str, number: int) -> dict[str, Any]:
    """What every side sends."""
    message = {"role": "user", "content": prompt.replace("{input}", text(number))}
    return {"model": "fixed", "messages": [message], "max_tokens": 800, "temperature": 0.0}


@asynccontextmanager
async def ours(port: int, cases: int, in_flight: int) -> AsyncIterator[Work]:
    """The harness: gateway, grader, every answer and score on disk, and the figures read back."""
    from evals.cases.reading import CaseSet  # noqa: PLC0415 - each side has only its own imports in memory
    from evals.graders.exact import Exact  # noqa: PLC0415
    from evals.records import Case  # noqa: PLC0415
    from evals.runs.progress import Silent  # noqa: PLC0415
    from evals.runs.running import Wishes, run_suite  # noqa: PLC0415
    from evals.suite import Suite  # noqa: PLC0415
    from evals.targets.http import ChatTarget  # noqa: PLC0415
    from kernel.llm_settings import LlmSettings, ModelPrice  # noqa: PLC0415
    from kernel.settings import Settings  # noqa: PLC0415
    from store.evals.runs import open_runs  # noqa: PLC0415

    free = ModelPrice(input=Decimal(0), cached=Decimal(0), output=Decimal(0))
    made = tuple(Case(f"case-{number}", text(number), WANTED) for number in range(cases))
    suite = Suite("bench", CaseSet(made), ChatTarget(PROMPTS), (Exact(),), variants=("v1", "v2"))
    with tempfile.TemporaryDirectory(prefix="leadwright-evals-") as folder:
        llm = LlmSettings(base_url=f"http://127.0.0.1:{port}/v1", model="fixed", prices={"fixed": free}, api_key=None)
        settings = Settings(home=Path(folder), llm=llm)
        wishes = Wishes(split=None, concurrency=in_flight)

        async def work() -> int:
            async with open_runs(settings.home_path / "evals") as store:
                done = await run_suite(suite, wishes, settings, store, Silent())
            return sum(score.passed is True for score in done.result.scores)

        yield work


@asynccontextmanager
async def bare(port: int, cases: int, in_flight: int) -> AsyncIterator[Work]:
    """A loop on the client that the gateway has, and nothing else."""
    import httpx  # noqa: PLC0415

    from integrations.llm.connections import Transport  # noqa: PLC0415

    transport = Transport()
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    timeouts = httpx.Timeout(15.0).as_dict()
    headers = {"content-type": "application/json"}

    async def ask(content: str) -> str:
        request = httpx.Request(
            "POST", url, content=content.encode(), headers=headers, extensions={"timeout": timeouts}
        )
        response = await transport.handle_async_request(request)
        answer: str = json.loads(await response.aread())["choices"][0]["message"]["content"]
        await response.aclose()
        return answer

    yield lambda: _loop(ask, cases, in_flight)
    await transport.aclose()


@asynccontextmanager
async def fastest(port: int, cases: int, in_flight: int) -> AsyncIterator[Work]:
    """A loop on aiohttp, the fastest client that is at hand."""
    import aiohttp  # noqa: PLC0415

    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    headers = {"content-type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def ask(content: str) -> str:
            async with session.post(url, data=content, headers=headers) as response:
                answer: str = json.loads(await response.read())["choices"][0]["message"]["content"]
                return answer

        yield lambda: _loop(ask, cases, in_flight)


async def _loop(ask: Ask, cases: int, in_flight: int) -> int:
    left = iter([(prompt, number) for number in range(cases) for prompt in PROMPTS])
    right = 0

    async def work() -> None:
        nonlocal right
        for prompt, number in left:
            said = await ask(json.dumps(body(prompt, number)))
            right += said == WANTED

    await asyncio.gather(*(work() for _ in range(in_flight)))
    return right


SIDES: dict[str, Callable[[int, int, int], AbstractAsyncContextManager[Work]]] = {
    "ours": ours, "bare": bare, "aiohttp": fastest,
}  # fmt: skip


async def _measured(side: str, port: int, cases: int, in_flight: int) -> dict[str, float]:
    async with SIDES[side](port, cases, in_flight) as work:
        began, worked = time.perf_counter(), time.process_time()
        right = await work()
        return {
            "seconds": time.perf_counter() - began, "cpu": time.process_time() - worked, "right": right,
            "megabytes": most_megabytes(),
        }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_measured(sys.argv[1], *map(int, sys.argv[2:5])))) + "\n")
