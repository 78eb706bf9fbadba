"""A peer of the evals bench, run by an interpreter that has it installed: ``pydantic|pydantic-aiohttp|inspect`` and the rest as
for :mod:`bench.eval_sides`. Prints the same JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from bench.eval_sides import PROMPTS, WANTED, body, most_megabytes, text

Call = Callable[[str, int], Awaitable[str]]


async def _client(stack: AsyncExitStack, kind: str, port: int, in_flight: int) -> Call:
    """A call by prompt and number of the case."""
    base = f"http://127.0.0.1:{port}/v1"
    if kind == "aiohttp":
        import aiohttp  # noqa: PLC0415 - each peer has only its own imports in memory

        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))
        )

        async def ask(prompt: str, number: int) -> str:
            async with session.post(f"{base}/chat/completions", json=body(prompt, number)) as response:
                answer: str = json.loads(await response.read())["choices"][0]["message"]["content"]
                return answer

        return ask
    import openai  # noqa: PLC0415

    client: Any = await stack.enter_async_context(openai.AsyncOpenAI(api_key="none", base_url=base, max_retries=0))

    async def create(prompt: str, number: int) -> str:
        done = await client.chat.completions.create(**body(prompt, number))
        return str(done.choices[0].message.content)

    return create


async def pydantic(kind: str, port: int, cases: int, in_flight: int) -> tuple[float, int]:
    """pydantic-evals: one dataset, evaluated once with each prompt. It stores nothing."""
    from pydantic_evals import Case, Dataset  # noqa: PLC0415
    from pydantic_evals.evaluators import EqualsExpected  # noqa: PLC0415

    made: Any = Dataset(
        name="bench", evaluators=[EqualsExpected()],
        cases=[Case(name=f"case-{number}", inputs=number, expected_output=WANTED) for number in range(cases)],
    )  # fmt: skip
    right = 0
    async with AsyncExitStack() as stack:
        call = await _client(stack, kind, port, in_flight)
        began = time.perf_counter()
        for prompt in PROMPTS:

            async def task(number: int, prompt: str = prompt) -> str:
                return await call(prompt, number)

            report = await made.evaluate(task, name="bench", max_concurrency=in_flight, progress=False)
            right += sum(all(one.value for one in case.assertions.values()) for case in report.cases)
        return time.perf_counter() - began, right


def inspect(port: int, cases: int, in_flight: int) -> tuple[float, int]:
    """Inspect AI: one task for each prompt, both at once, logs on disk."""
    from inspect_ai import Task, eval  # noqa: A004, PLC0415
    from inspect_ai.dataset import Sample  # noqa: PLC0415
    from inspect_ai.model import GenerateConfig, get_model  # noqa: PLC0415
    from inspect_ai.scorer import exact  # noqa: PLC0415
    from inspect_ai.solver import generate  # noqa: PLC0415

    model = get_model(
        "openai/fixed", base_url=f"http://127.0.0.1:{port}/v1", api_key="none", responses_api=False,
        config=GenerateConfig(max_connections=in_flight, max_tokens=800, temperature=0.0),
    )  # fmt: skip
    tasks = [
        Task(
            name=f"prompt-{place}", solver=generate(), scorer=exact(),
            dataset=[Sample(prompt.replace("{input}", text(number)), target=WANTED, id=number + 1) for number in range(cases)],
        )
        for place, prompt in enumerate(PROMPTS)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="inspect-") as folder:
        began = time.perf_counter()
        logs = eval(
            tasks, model=model, log_dir=folder, display="none", max_tasks=len(tasks), max_samples=in_flight,
            max_connections=in_flight,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        right = sum(one.scores["exact"].value == "C" for log in logs for one in (log.samples or []) if one.scores)
    return seconds, right


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    port: int
    cases: int
    in_flight: int


def _run(asked: _Asked) -> tuple[float, int]:
    if asked.name == "inspect":
        return inspect(asked.port, asked.cases, asked.in_flight)
    kind = "aiohttp" if asked.name == "pydantic-aiohttp" else "openai"
    return asyncio.run(pydantic(kind, asked.port, asked.cases, asked.in_flight))


if __name__ == "__main__":
    took, hits = _run(_Asked(sys.argv[1], *map(int, sys.argv[2:5])))
    most = most_megabytes()
    sys.stdout.write(json.dumps({"seconds": took, "cpu": time.process_time(), "right": hits, "megabytes": most}) + "\n")
