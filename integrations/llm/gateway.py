"""The one gateway: a single HTTP client and a single SDK client, which every LLM library is built on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from pydantic import SecretStr

from integrations.llm.attempt import Desk, Timing
from integrations.llm.calls import Budget, Ledger
from integrations.llm.connections import Transport
from integrations.llm.transport import Gate
from kernel.errors import FieldError, Unavailable
from kernel.llm_settings import AnswerForm, LlmSettings, ModelSettings

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
_CONNECT_SECONDS = 5.0
_NO_KEY = "none"  # servers of one's own ask for no key, and the SDK for a word


class Gateway:
    """Language models for agents, where configured.

    pydantic-ai and instructor take ``client``; langchain-openai takes ``http``, ``blocked``, ``api_key`` and ``base_url``.
    Their own retries must be off (``max_retries=0``): the transport under ``http`` owns them. Every request needs
    :func:`~integrations.llm.calls.on_behalf`. Close it when done. It belongs to one event loop.
    """

    def __init__(self, settings: LlmSettings, ledger: Ledger, budget: Budget, *, timing: Timing | None = None) -> None:
        self._settings = settings
        self._desk = Desk.of(settings, ledger, budget, timing or Timing())
        self._urls: dict[str, httpx.URL] = {}  # reading an address takes as long as the rest of a request

    @property
    def configured(self) -> bool:
        """Whether there is a model to ask: a key, or an endpoint of one's own."""
        return self._settings.api_key is not None or self._settings.base_url is not None

    @property
    def base_url(self) -> str:
        """The endpoint."""
        return self._settings.base_url or OPENAI_URL

    @property
    def api_key(self) -> SecretStr:
        """The endpoint's key."""
        return self._settings.api_key or SecretStr(_NO_KEY)

    @property
    def answer_form(self) -> AnswerForm:
        """How the endpoint is made to give typed answers."""
        return self._settings.answer_form

    @property
    def deadline_seconds(self) -> float:
        """How long one request may take with all its attempts; a caller with several requests holds them to it together."""
        return self._settings.deadline_seconds

    def settings_for(self, agent: str) -> ModelSettings:
        """Model, temperature and limits of an agent."""
        return self._settings.for_agent(agent)

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The one HTTP client. Raises Unavailable where no model is configured."""
        self._require_configured()
        return httpx.AsyncClient(transport=self._gate, timeout=self._timeout)

    @cached_property
    def client(self) -> openai.AsyncOpenAI:
        """The one SDK client, on :attr:`http`."""
        import openai  # noqa: PLC0415 - a second's import, which nobody without a model should wait for

        return openai.AsyncOpenAI(
            api_key=self.api_key.get_secret_value(), base_url=self.base_url, max_retries=0, timeout=self._timeout,
            http_client=self.http,
        )  # fmt: skip

    @cached_property
    def blocked(self) -> httpx.Client:
        """A client that refuses: libraries that also build a synchronous one get this, or they would go around the gate."""
        return httpx.Client(transport=_Refusing())

    async def post(self, path: str, body: bytes) -> httpx.Response:
        """A JSON body to a path of the endpoint, without an SDK between: for thousands of calls, where that is most of the work.

        The answer is read and has whatever status came. Raises Unavailable where no model is configured, and httpx's errors.
        """
        self._require_configured()
        headers, extensions = self._posting
        request = httpx.Request("POST", self._url(path), content=body, headers=headers, extensions=extensions)
        return await self._gate.handle_async_request(request)

    async def close(self) -> None:
        """Close what was opened."""
        if "_gate" in self.__dict__:
            await self._gate.aclose()
        if "http" in self.__dict__:
            await self.http.aclose()
        if "blocked" in self.__dict__:
            self.blocked.close()

    def _url(self, path: str) -> httpx.URL:
        if path not in self._urls:
            self._urls[path] = httpx.URL(self.base_url.rstrip("/") + path)
        return self._urls[path]

    @cached_property
    def _posting(self) -> tuple[httpx.Headers, dict[str, Any]]:
        """Headers and limits of every :meth:`post`."""
        key = f"Bearer {self.api_key.get_secret_value()}"
        headers = httpx.Headers({"content-type": "application/json", "authorization": key})
        return headers, {"timeout": self._timeout.as_dict()}

    @cached_property
    def _gate(self) -> Gate:
        return Gate(Transport(), self._desk)

    def _require_configured(self) -> None:
        if not self.configured:
            fault = FieldError(
                "LEADWRIGHT_LLM__API_KEY", "missing", "no model is configured", "set it, or LLM__BASE_URL"
            )
            raise Unavailable("there is no language model to ask", fields=(fault,), code="llm_not_configured")

    @property
    def _timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self._settings.deadline_seconds, connect=_CONNECT_SECONDS)


class _Refusing(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> NoReturn:
        del request
        raise Unavailable("models are asked asynchronously only; await the call", code="llm_blocking_call")
