"""The one place where the libraries are built on the gateway, their own retries off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import instructor
from instructor.core.exceptions import InstructorError
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic_ai import Agent, DeferredToolRequests, NativeOutput, PromptedOutput, RunContext, UsageLimits
from pydantic_ai.exceptions import AgentRunError, UsageLimitExceeded, UserError
from pydantic_ai.messages import AgentStreamEvent, PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta, ToolCallPart
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings
from pydantic_ai.output import OutputSpec
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.toolsets import AbstractToolset

from agents.language_models import ASKED_AGAIN, Answer, AnswerT, Bounds, Conversed, Heard, NoAnswer
from integrations.llm.calls import CallContext, on_behalf
from integrations.llm.errors import BadAnswer
from integrations.llm.gateway import Gateway
from integrations.llm.translating import translate
from kernel.llm_settings import AnswerForm, ModelSettings
from prompts.prompt import Rendered

_MALFORMED = (AgentRunError, UserError, InstructorError, AssertionError)
_INSTRUCTOR_MODES = {
    AnswerForm.TOOL: instructor.Mode.TOOLS,
    AnswerForm.SCHEMA: instructor.Mode.JSON_SCHEMA,
    AnswerForm.PROMPTED: instructor.Mode.MD_JSON,
}


class ModelLibraries:
    """What :class:`~agents.language_models.LanguageModels` promises."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._models: dict[tuple[str, bool], OpenAIChatModel] = {}

    async def decide(
        self, agency_id: UUID, prompt: Rendered, answer: type[AnswerT], run_id: UUID | None = None
    ) -> Answer[AnswerT]:
        """The model's typed answer to a prompt."""
        settings = self._gateway.settings_for(prompt.id)
        asking: Agent[None, AnswerT] = Agent(
            self._model(settings.model), instructions=prompt.system,
            output_type=self._form(answer), retries={"output": ASKED_AGAIN, "tools": 0},
        )  # fmt: skip
        with on_behalf(CallContext(agency_id, prompt.id, prompt.hash, run_id)) as context:
            try:
                async with asyncio.timeout(self._gateway.deadline_seconds):
                    done = await asking.run(
                        prompt.user, model_settings=_sampling(settings),
                        usage_limits=UsageLimits(request_limit=1 + ASKED_AGAIN, tool_calls_limit=0),
                    )  # fmt: skip
            except Exception as problem:
                raise NoAnswer(translate(problem, malformed=_MALFORMED), context.cost) from problem
        return Answer(done.output, settings.model, context.cost)

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
        settings = self._gateway.settings_for(prompt.id)
        talking: Agent[None, str | DeferredToolRequests] = Agent(
            self._model(settings.model, shaped=True), instructions=prompt.system, toolsets=[tools],
            output_type=[str, DeferredToolRequests], retries={"output": ASKED_AGAIN, "tools": ASKED_AGAIN},
        )  # fmt: skip
        limits = UsageLimits(
            request_limit=bounds.requests, tool_calls_limit=bounds.tool_calls, total_tokens_limit=bounds.tokens
        )
        with on_behalf(CallContext(agency_id, prompt.id, prompt.hash, run_id)) as context:

            async def listen(_: RunContext[None], events: AsyncIterable[AgentStreamEvent]) -> None:
                # A model without a price would pass the library's own limit with no more than a warning.
                if context.cost > bounds.cost:
                    raise BadAnswer("this question has cost what one may cost; ask for less at once")
                async for event in events:
                    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart) and event.part.content:
                        await heard(event.part.content)
                    elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                        await heard(event.delta.content_delta)

            try:
                done = await talking.run(
                    prompt.user, model_settings=_sampling(settings), usage_limits=limits, event_stream_handler=listen
                )
            except UsageLimitExceeded as problem:
                raise NoAnswer(
                    BadAnswer("this question took more steps than one may; ask for less"), context.cost
                ) from problem
            except Exception as problem:
                raise NoAnswer(translate(problem, malformed=_MALFORMED), context.cost) from problem
        if isinstance(done.output, str):
            return Conversed(done.output, (), settings.model, context.cost)
        waiting = tuple((one.tool_name, _arguments(one)) for one in done.output.approvals)
        return Conversed("", waiting, settings.model, context.cost)

    async def extract(
        self, agency_id: UUID, prompt: Rendered, answer: type[AnswerT], run_id: UUID | None = None
    ) -> Answer[AnswerT]:
        """Typed fields out of a text or document."""
        settings = self._gateway.settings_for(prompt.id)
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user},
        ]  # fmt: skip
        sampling: dict[str, Any] = {"max_tokens": settings.max_tokens, "timeout": settings.timeout_seconds}
        sampling |= {} if settings.temperature is None else {"temperature": settings.temperature}
        with on_behalf(CallContext(agency_id, prompt.id, prompt.hash, run_id)) as context:
            try:
                async with asyncio.timeout(self._gateway.deadline_seconds):
                    found = await self._extracting.create(
                        model=settings.model,
                        messages=messages,
                        response_model=answer,
                        max_retries=ASKED_AGAIN,
                        **sampling,
                    )
            except Exception as problem:
                raise NoAnswer(translate(problem, malformed=_MALFORMED), context.cost) from problem
        return Answer(found, settings.model, context.cost)

    async def stream(self, agency_id: UUID, prompt: Rendered) -> AsyncGenerator[str]:
        """The model's words as they come."""
        settings = self._gateway.settings_for(prompt.id)
        writing = ChatOpenAI(
            model=settings.model, temperature=settings.temperature, max_completion_tokens=settings.max_tokens,
            timeout=settings.timeout_seconds, max_retries=0, stream_usage=True, api_key=self._gateway.api_key,
            base_url=self._gateway.base_url, http_async_client=self._gateway.http, http_client=self._gateway.blocked,
        )  # fmt: skip
        messages = [SystemMessage(prompt.system), HumanMessage(prompt.user)]
        said = False
        with on_behalf(CallContext(agency_id, prompt.id, prompt.hash)) as context:
            try:
                # A reader that stops early must free its place at the endpoint at once, not when memory is tidied.
                async with aclosing(cast(AsyncGenerator[AIMessageChunk], writing.astream(messages))) as chunks:
                    async for chunk in chunks:
                        words = chunk.text
                        said = said or bool(words.strip())
                        if words:
                            yield words
            except Exception as problem:
                raise NoAnswer(translate(problem, malformed=_MALFORMED), context.cost) from problem
        if not said:
            raise NoAnswer(BadAnswer("the language model's answer is empty"), context.cost)

    @cached_property
    def _provider(self) -> OpenAIProvider:
        return OpenAIProvider(openai_client=self._gateway.client)

    def _model(self, name: str, *, shaped: bool = False) -> OpenAIChatModel:
        """Built once: building looks at modules. ``shaped``: schemas of tools come as the endpoint wants them, and need not be
        copied and walked, dozens of them, for every request.
        """
        if (name, shaped) not in self._models:
            profile = ModelProfile(json_schema_transformer=None) if shaped else None
            self._models[name, shaped] = OpenAIChatModel(name, provider=self._provider, profile=profile)
        return self._models[name, shaped]

    @cached_property
    def _extracting(self) -> instructor.AsyncInstructor:
        return instructor.from_openai(self._gateway.client, mode=_INSTRUCTOR_MODES[self._gateway.answer_form])

    def _form(self, answer: type[AnswerT]) -> OutputSpec[AnswerT]:
        match self._gateway.answer_form:
            case AnswerForm.SCHEMA:
                return NativeOutput(answer)
            case AnswerForm.PROMPTED:
                return PromptedOutput(answer)
            case _:
                return answer


def _arguments(call: ToolCallPart) -> dict[str, Any]:
    """The arguments of a call; none where they are no object, which its tool then refuses."""
    try:
        return call.args_as_dict(raise_if_invalid=True)
    except (ValueError, AssertionError):
        return {}


def _sampling(settings: ModelSettings) -> OpenAIChatModelSettings:
    asked = OpenAIChatModelSettings(max_tokens=settings.max_tokens, timeout=settings.timeout_seconds)
    if settings.temperature is not None:
        asked["temperature"] = settings.temperature
    return asked
