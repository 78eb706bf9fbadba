"""Around every request: its id, its span, its duration, its size limit, and the answer when something unexpected breaks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog
from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanKind, StatusCode
from pydantic import IPvAnyNetwork
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.addresses import client_address
from api.errors import TooLarge, answer, unexpected
from api.limits import Pace
from kernel.ids import new_id
from kernel.origin import set_origin
from kernel.telemetry.metrics import HTTP_SECONDS
from kernel.telemetry.traces import tracer

REQUEST_ID = "X-Request-Id"
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
DOCUMENTS = re.compile(r"/api/v1/leads/[^/]+/documents")
CHAT_FILES = re.compile(r"(?:/api/v1/chat/[^/]+|/chat/[^/]+/[^/]+)/files")
IMPORTS = re.compile(r"/api/v1/imports")
_GONE = 499  # the client hung up; nginx's word for it


class Observed:
    """Gives each request an id, a span and a measurement, and turns a fault of ours into a bare 500.

    Everything is named by operation, never by path: paths hold ids, and each new one would be a new time series.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: Sequence[IPvAnyNetwork] = ()) -> None:
        self.app = app
        self.trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; websockets and lifespan go through untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, status, private = _request_id(scope), 0, scope["path"].startswith("/api/")
        set_origin(client_address(scope, self.trusted_proxies), request_id)

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                if private:
                    headers["Cache-Control"] = "no-store"
                pace: Pace | None = scope.get("state", {}).get("pace")
                if pace is not None:
                    headers.update(pace.headers())
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id), _measured(scope, lambda: status or _GONE):
            try:
                await self.app(scope, receive, send_marked)
            except Exception as error:
                response = unexpected(scope, error)
                if status:  # half an answer is out: only breaking the connection tells the client
                    raise
                await response(scope, receive, send_marked)


class BodyLimit:
    """Refuses a body of more than ``max_bytes``, by its announced length or, when chunked, by counting. Where files are sent,
    which ``uploads`` says by path, their own limit counts instead.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, uploads: Mapping[re.Pattern[str], int]) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counting ``receive``."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = (limit for path, limit in self.uploads.items() if path.fullmatch(scope["path"]))
        limit = next(own, self.max_bytes)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            await answer(scope, _too_large(limit))(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, receive_counted, send)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body may have {limit} bytes; send less at once")


@contextmanager
def _measured(scope: Scope, status: Callable[[], int]) -> Iterator[None]:
    begun = time.perf_counter()
    with tracer.start_as_current_span(
        "request",
        context=extract(Headers(scope=scope)),
        kind=SpanKind.SERVER,
        record_exception=False,  # messages of errors may quote what people wrote
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        finally:
            operation = _operation(scope)
            HTTP_SECONDS.labels(operation, str(status())).observe(time.perf_counter() - begun)
            _describe(span, scope, operation, status())


def _describe(span: Span, scope: Scope, operation: str, status: int) -> None:
    span.update_name(operation)
    span.set_attribute("http.request.method", scope["method"] if scope["method"] in _METHODS else "_OTHER")
    span.set_attribute("http.response.status_code", status)
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        span.set_status(StatusCode.ERROR)


def _operation(scope: Scope) -> str:
    return getattr(scope.get("route"), "name", None) or "unmatched"


def _request_id(scope: Scope) -> str:
    sent = Headers(scope=scope).get(REQUEST_ID, "")
    return sent if _USABLE_ID.fullmatch(sent) else str(new_id())
