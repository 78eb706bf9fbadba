"""The transport under every LLM library: the only owner of retries, deadline, pace, breaker and ledger.

httpx calls it once for a request; the libraries above it retry nothing. Tests that mock httpcore (respx) see each attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

from integrations.llm.attempt import Attempt, Desk, Request
from integrations.llm.calls import Outcome, Usage, caller
from integrations.llm.wire import Asked, StreamTally, read_answer, read_request, vendor_request_id
from integrations.retries import backoff, retry_after, worth_retrying, worth_retrying_error
from kernel.clock import now

PROMPT_HEADER = "x-leadwright-prompt"
_MOST_HOLD_SECONDS = 60.0  # a vendor's wish to be left alone is kept for others too, but not for ever
_REWRITTEN = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_KEPT_EXTENSIONS = ("http_version", "reason_phrase")


class Gate(httpx.AsyncBaseTransport):
    """Sends requests over ``inner`` by the rules of ``desk``. Raises NoCaller outside ``on_behalf``."""

    def __init__(self, inner: httpx.AsyncBaseTransport, desk: Desk) -> None:
        self._inner = inner
        self._desk = desk

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request: up to ``attempts`` attempts until the deadline. The last answer or error is handed on as it came."""
        context = caller()
        content = await request.aread()  # kept by the request, so that every attempt sends it whole
        settings = self._desk.settings
        own = settings.for_agent(context.agent)
        job = Request(
            context,
            read_request(request.url.path, content, own.max_tokens),
            self._desk.timing.clock() + settings.deadline_seconds,
        )
        if context.prompt_hash is not None:
            request.headers[PROMPT_HEADER] = context.prompt_hash
        for number in range(1, settings.attempts + 1):
            attempt = Attempt(self._desk, job, number)
            await attempt.admit()
            try:
                response = await self._send(request, job.asked, attempt, own.timeout_seconds)
            except httpx.TransportError as problem:
                if not worth_retrying_error(problem) or not await self._waits(job, number, None):
                    raise
                continue
            if not attempt.ended or not worth_retrying(response) or not await self._waits(job, number, response):
                return response
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _send(self, request: httpx.Request, asked: Asked, attempt: Attempt, limit: float) -> httpx.Response:
        """One attempt. A whole answer is booked when this returns, a streamed one when its stream ends."""
        try:
            async with asyncio.timeout(max(0.0, min(limit, attempt.remaining))):
                response = await self._inner.handle_async_request(request)
                streamed = asked.streamed or response.headers.get("content-type", "").startswith("text/event-stream")
                if streamed and response.is_success:
                    return _copy(response, stream=CountedStream(response, attempt, asked, request))
                await response.aread()
                await response.aclose()
        except TimeoutError:
            attempt.end(Outcome.TIMEOUT, asked.sent)
            raise httpx.ReadTimeout("the language model took too long", request=request) from None
        except BaseException as problem:
            attempt.end(*_failure(problem, asked))
            raise
        usage = read_answer(response.content, asked) if response.is_success else Usage()
        outcome = Outcome.OK if response.is_success else Outcome.HTTP_ERROR
        attempt.end(outcome, usage, status=response.status_code, vendor_id=vendor_request_id(response))
        return _copy(response)

    async def _waits(self, job: Request, number: int, response: httpx.Response | None) -> bool:
        """Wait before the next attempt; False when there is none, or not in time."""
        timing, breaker = self._desk.timing, self._desk.breaker
        asked = retry_after(response.headers, now()) if response is not None else None
        if asked:
            self._desk.bucket(job.asked.model).hold(min(asked, _MOST_HOLD_SECONDS))
        if number == self._desk.settings.attempts or breaker.refuses:
            return False
        wait = backoff(number, asked, timing.chance)
        if timing.clock() + wait >= job.deadline:
            return False
        await timing.sleep(wait)
        return True


class CountedStream(httpx.AsyncByteStream):
    """A streamed answer whose tokens are counted in passing; booked when it ends, breaks, is closed or expires."""

    def __init__(self, response: httpx.Response, attempt: Attempt, asked: Asked, request: httpx.Request) -> None:
        self._response = response
        self._attempt = attempt
        self._asked = asked
        self._request = request
        self._tally = StreamTally(asked)
        # A reader that neither reads nor closes must not keep its slot for ever.
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(max(0.0, attempt.remaining), self._book, Outcome.TIMEOUT)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = self._response.aiter_bytes()
        while True:
            try:
                async with asyncio.timeout(max(0.0, self._attempt.remaining)):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            except TimeoutError:
                self._book(Outcome.TIMEOUT)
                raise httpx.ReadTimeout("the language model took too long", request=self._request) from None
            except BaseException as problem:
                self._book(_failure(problem, self._asked)[0])
                raise
            self._tally.feed(chunk)
            yield chunk
        self._tally.close()
        self._book(Outcome.OK)

    async def aclose(self) -> None:
        """Close the connection; a reader that stopped after the vendor's last word has had the whole answer."""
        try:
            await self._response.aclose()
        finally:
            self._book(Outcome.OK if self._tally.complete else Outcome.CANCELLED)

    def _book(self, outcome: Outcome) -> None:
        self._expiry.cancel()
        self._attempt.end(
            outcome, self._tally.usage, status=self._response.status_code, vendor_id=vendor_request_id(self._response)
        )


def _failure(problem: BaseException, asked: Asked) -> tuple[Outcome, Usage]:
    """How an attempt that raised is booked. What may have reached the vendor may be charged by it."""
    if isinstance(problem, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Outcome.TIMEOUT, Usage()
    if isinstance(problem, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return Outcome.NO_CONNECTION, Usage()
    if isinstance(problem, httpx.TimeoutException):
        return Outcome.TIMEOUT, asked.sent
    if isinstance(problem, asyncio.CancelledError | GeneratorExit):
        return Outcome.CANCELLED, asked.sent
    return Outcome.BROKEN, asked.sent


def _copy(response: httpx.Response, stream: httpx.AsyncByteStream | None = None) -> httpx.Response:
    """The response with its body decoded and free of the connection."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _REWRITTEN]
    kept = {name: response.extensions[name] for name in _KEPT_EXTENSIONS if name in response.extensions}
    if stream is not None:
        return httpx.Response(response.status_code, headers=headers, stream=stream, extensions=kept)
    return httpx.Response(response.status_code, headers=headers, content=response.content, extensions=kept)
