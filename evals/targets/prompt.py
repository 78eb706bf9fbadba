"""A version of a prompt put to a model, with nothing of ours between but the check of the answer's form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from pydantic import BaseModel

from agents.language_models import LanguageModels, NoAnswer
from evals.records import Answer, Case, Failure, Variant
from evals.targets.faults import failure_of
from evals.targets.means import EVALS, Means, tallied
from evals.targets.pinned import pinned
from evals.targets.port import Answering
from evals.targets.specs import Spec, read_spec
from kernel.errors import AppError
from prompts.prompt import Prompt, Rendered


@dataclass(frozen=True)
class PromptTarget:
    """Variants: ``v1``, ``live``, ``v2@model?temperature=0.3``. ``inputs`` makes what the prompt is rendered with from a case's
    input; ``form`` is the type of the answer, and the output is it as JSON. ``extract`` asks as extraction does.

    An answer's confidence is its field of that name, where it has one.
    """

    name: str
    form: type[BaseModel]
    inputs: Callable[[Any], Mapping[str, Any]]
    extract: bool = False
    keeps: bool = True

    def __repr__(self) -> str:
        """Without the address of a function, so that it can be hashed."""
        return f"PromptTarget({self.name!r}, {self.form.__name__}, {self.inputs.__qualname__}, extract={self.extract})"

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm."""
        read = read_spec(spec, ())
        prompt = pinned(self.name, read.version).load(self.name)
        settings = means.gateway(self.name, read.model, read.temperature).settings_for(self.name)
        return Variant(
            spec, prompt.hash, settings.model,
            {"temperature": settings.temperature, "max_tokens": settings.max_tokens, "version": prompt.version},
        )  # fmt: skip

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """Nothing has to be started."""
        yield _Prompt(self, means)


class _Prompt:
    def __init__(self, target: PromptTarget, means: Means) -> None:
        self._target = target
        self._means = means
        self._specs: dict[str, Spec] = {}
        self._prompts: dict[str, Prompt] = {}

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        spec = self._specs.setdefault(variant.name, read_spec(variant.name, ()))
        output: dict[str, Any] | None = None
        failure: Failure | None = None
        began = perf_counter()
        with tallied() as tally:
            try:
                output = await self._ask(self._rendered(case, variant), spec)
            except NoAnswer as none:
                failure = failure_of(none.problem, none)
            except AppError as problem:
                failure = failure_of(problem)
        confidence = output.get("confidence") if output else None
        return Answer(
            case.id, variant.name, trial, output, failure, perf_counter() - began, tally.cost, tally.tokens_in,
            tally.tokens_out, source="llm", confidence=float(confidence) if isinstance(confidence, int | float) else None,
        )  # fmt: skip

    def _rendered(self, case: Case, variant: Variant) -> Rendered:
        if variant.name not in self._prompts:  # to read every file again for each answer would cost more than to render
            library = pinned(self._target.name, variant.parameters["version"])
            self._prompts[variant.name] = library.load(self._target.name)
        return self._prompts[variant.name].render(**self._target.inputs(case.input))

    async def _ask(self, prompt: Rendered, spec: Spec) -> dict[str, Any]:
        models = LanguageModels(self._means.gateway(self._target.name, spec.model, spec.temperature))
        ask = models.extract if self._target.extract else models.decide
        answer = await ask(EVALS, prompt, self._target.form)
        return answer.output.model_dump(mode="json")
