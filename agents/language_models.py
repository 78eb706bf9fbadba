"""How agents ask a language model. The libraries for it take seconds to import, and are when the first question comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel

from integrations.llm.errors import OverBudget
from integrations.llm.gateway import Gateway
from kernel.errors import AppError
from kernel.telemetry.metrics import CASCADE
from prompts.prompt import Rendered

if TYPE_CHECKING:
    from pydantic_ai.toolsets import AbstractToolset

    from agents.model_libraries import ModelLibraries

_log = structlog.get_logger("leadwright.agents")
AnswerT = TypeVar("AnswerT", bound=BaseModel)
Heard = Callable[[str], Awaitable[None]]
"""Takes words as they come."""
ASKED_AGAIN = 1
"""How often an answer that does not fit its type is asked for again, with what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[AnswerT]):
    """A typed answer, and which model gave it at what cost (millionths of a dollar, every attempt counted)."""

    output: AnswerT
    model: str
    cost: int


@dataclass(frozen=True, slots=True)
class Conversed:
    """How a conversation with tools ended: words, or calls of tools that wait for a person (name and arguments)."""

    text: str
    waiting: tuple[tuple[str, dict[str, Any]], ...]
    model: str
    cost: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one conversation may use: requests, tool calls, tokens in and out, and money (millionths of a dollar)."""

    requests: int
    tool_calls: int
    tokens: int
    cost: int


class NoAnswer(Exception):
    """There is no answer of use: ``problem`` says why, ``cost`` what the attempts cost all the same.

    The problem is OverBudget, Unavailable for what may pass, BadAnswer for an answer of no use, or Invalid for a request that
    the endpoint refuses.
    """

    def __init__(self, problem: AppError, cost: int) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.cost = cost

    def counted(self, specialist: str) -> str:
        """Count that the specialist goes without; why, in words. A spent budget is no fault, and nobody is warned of it."""
        if isinstance(self.problem, OverBudget):
            CASCADE.labels(specialist, "over_budget").inc()
            return "the day's budget for language models is spent"
        _log.warning("language model of no help", specialist=specialist, problem=self.problem.code)
        CASCADE.labels(specialist, "failed").inc()
        return f"the language model was of no help ({self.problem.code})"


class LanguageModels:
    """Typed answers (pydantic-ai), extraction (instructor) and streamed words (langchain-openai) through one gateway.

    Every method raises NoAnswer when there is none. A typed answer, asked again or not, keeps the gateway's deadline as a whole.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def configured(self) -> bool:
        """Whether there is a model to ask."""
        return self._gateway.configured

    @property
    def ready(self) -> bool:
        """Whether the libraries are imported, which takes seconds."""
        return "_libraries" in vars(self)

    async def prepare(self) -> None:
        """Import the libraries beside the event loop, for callers whose people wait."""
        if self.configured and not self.ready:
            await asyncio.to_thread(lambda: self._libraries)

    def model_of(self, agent: str) -> str:
        """The name of the model that the agent asks."""
        return self._gateway.settings_for(agent).model

    async def decide(
        self, agency_id: UUID, prompt: Rendered, answer: type[AnswerT], run_id: UUID | None = None
    ) -> Answer[AnswerT]:
        """The model's typed answer to a prompt."""
        return await self._libraries.decide(agency_id, prompt, answer, run_id)

    async def converse(
        self,
        agency_id: UUID,
        prompt: Rendered,
        tools: AbstractToolset[None],
        bounds: Bounds,
        heard: Heard,
        run_id: UUID,
    ) -> Conversed:
        """Words about what tools returned, handed to ``heard`` as they come. Tools of the kind ``unapproved`` are never called:
        they end the conversation and are handed back.
        """
        return await self._libraries.converse(agency_id, prompt, tools, bounds, heard, run_id)

    async def extract(
        self, agency_id: UUID, prompt: Rendered, answer: type[AnswerT], run_id: UUID | None = None
    ) -> Answer[AnswerT]:
        """Typed fields out of a text or document."""
        return await self._libraries.extract(agency_id, prompt, answer, run_id)

    def stream(self, agency_id: UUID, prompt: Rendered) -> AsyncGenerator[str]:
        """The model's words as they come."""
        return self._libraries.stream(agency_id, prompt)

    @cached_property
    def _libraries(self) -> ModelLibraries:
        from agents.model_libraries import ModelLibraries  # noqa: PLC0415 - without a model nobody waits for them

        return ModelLibraries(self._gateway)
