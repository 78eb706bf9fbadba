"""A target that puts messages to an endpoint without an agent between: for prompts of one's own, and for measuring."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

import httpx

from evals.records import Answer, Case, Failure, FailureKind, Variant
from evals.targets.faults import failure_of
from evals.targets.means import EVALS, Means, tallied
from evals.targets.port import Answering
from evals.targets.specs import read_spec
from integrations.llm.calls import CallContext, on_behalf
from integrations.llm.translating import translate
from kernel.errors import AppError, FieldError, Invalid
from kernel.ids import digest

_AGENT = "evals"
_REFUSED = frozenset({401, 403, 404})


@dataclass(frozen=True)
class ChatTarget:
    """Chat completions with plain texts as prompts: ``prompts`` by version, each with a place ``{input}`` for the case's text.

    The output is the text that came.
    """

    prompts: tuple[str, ...]
    name: str = "chat"
    keeps: bool = True

    def variant(self, spec: str, means: Means) -> Variant:
        """``v1`` is the first prompt."""
        read = read_spec(spec, ())
        number = read.version or 1
        if number > len(self.prompts):
            fault = FieldError("variant", "unknown", "names no prompt", f"write v1 to v{len(self.prompts)}", spec)
            raise Invalid("the variant cannot be run", fields=(fault,))
        settings = means.gateway(_AGENT, read.model, read.temperature).settings_for(_AGENT)
        return Variant(
            spec, digest(self.prompts[number - 1]), settings.model,
            {"version": number, "temperature": settings.temperature, "max_tokens": settings.max_tokens},
        )  # fmt: skip

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """Nothing has to be started."""
        yield _Chat(self, means)


class _Chat:
    def __init__(self, target: ChatTarget, means: Means) -> None:
        self._target = target
        self._means = means

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        prompt = self._target.prompts[variant.parameters["version"] - 1]
        text = case.input if isinstance(case.input, str) else json.dumps(case.input, ensure_ascii=False)
        body = {
            "model": variant.model, "messages": [{"role": "user", "content": prompt.replace("{input}", text)}],
            "max_tokens": variant.parameters["max_tokens"],
        }  # fmt: skip
        if variant.parameters["temperature"] is not None:
            body["temperature"] = variant.parameters["temperature"]
        gateway = self._means.gateway(_AGENT)
        failure: Failure | None = None
        output: str | None = None
        began = perf_counter()
        with tallied() as tally, on_behalf(CallContext(EVALS, _AGENT, variant.prompt)):
            try:
                response = await gateway.post("/chat/completions", json.dumps(body).encode())
                output, failure = _read(response)
            except AppError as problem:
                failure = failure_of(problem)
            except httpx.HTTPError as problem:
                failure = failure_of(translate(problem), problem)
        return Answer(
            case.id, variant.name, trial, output, failure, perf_counter() - began, tally.cost, tally.tokens_in,
            tally.tokens_out, source="llm",
        )  # fmt: skip


def _read(response: httpx.Response) -> tuple[str | None, Failure | None]:
    if response.status_code in _REFUSED:
        problem = httpx.HTTPStatusError("refused", request=httpx.Request("POST", "/"), response=response)
        return None, failure_of(translate(problem))
    if not response.is_success:
        code = f"http_{response.status_code}"
        return None, Failure(FailureKind.INFRASTRUCTURE, code, f"the endpoint answered {response.status_code}")
    try:
        choice = json.loads(response.content)["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, LookupError, TypeError):
        return None, Failure(FailureKind.MODEL, "no_choice", "the answer has no choice with a message")
    if not isinstance(text, str) or not text:
        return None, Failure(FailureKind.MODEL, "empty", "the answer has no text")
    if choice.get("finish_reason") == "length":
        return None, Failure(FailureKind.MODEL, "cut_off", "the answer was cut off at the limit of tokens")
    return text, None
