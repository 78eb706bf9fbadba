"""The wire under the gateway: aiohttp's connections behind httpx's interface.

httpcore, which httpx brings, looks through all connections and all waiting requests whenever one begins or ends, and polls the
socket of each: at fifty in flight it took 4 ms of processor time a request here, and aiohttp 0.2. httpx's interface stays, as
the SDK and the libraries above are built on it. Tests tell respx of :class:`Connections` (tests/conftest.py), so that it sees
every call.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cached_property
from ssl import SSLContext

import aiohttp
import httpcore
import httpx
from multidict import CIMultiDict
from yarl import URL

_IDLE_SECONDS = 5.0  # as httpx: shorter than what servers keep, so that they are not the ones who hang up
_OURS = frozenset({b"content-length", b"transfer-encoding"})  # follow from the body, which is sent whole
_AS_GIVEN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport on :class:`Connections`."""

    def __init__(self) -> None:
        self._pool = Connections()


class Connections(httpcore.AsyncConnectionPool):
    """Connections without limit or queue; the gate bounds how many requests come. They belong to one event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request. Its connection is free again when the body of the answer was read or closed. Raises httpcore's
        errors.
        """
        assert isinstance(request.stream, AsyncIterable)
        body = b"".join([part async for part in request.stream])
        headers = CIMultiDict(
            (name.decode("ascii"), value.decode("latin-1"))
            for name, value in request.headers
            if name.lower() not in _OURS
        )
        limits = request.extensions.get("timeout", {})
        timeout = aiohttp.ClientTimeout(sock_connect=limits.get("connect"), sock_read=limits.get("read"))
        with _as_httpcore():
            response = await self._opened().request(
                request.method.decode("ascii"), URL(bytes(request.url).decode("ascii"), encoded=True),
                data=body or None, headers=headers, timeout=timeout, allow_redirects=False,
                ssl=self._certificates if request.url.scheme == b"https" else True,
            )  # fmt: skip
        reason = (response.reason or "").encode("ascii", "ignore")
        return httpcore.Response(
            response.status, headers=list(response.raw_headers), content=_Body(response),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
        )  # fmt: skip

    async def aclose(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @cached_property
    def _certificates(self) -> SSLContext:
        """httpx's, from certifi; made for the first address that needs it, as reading them takes a tenth of a second."""
        return httpx.create_ssl_context()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_AS_GIVEN,
            )  # fmt: skip
        return self._session


class _Body:
    """The body of an answer, as it comes over the wire."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpcore():
            async for part in self._response.content.iter_any():
                yield part

    async def aclose(self) -> None:
        """What was read to its end is lent again; what was not is closed, as the rest would come as the next answer."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


@contextmanager
def _as_httpcore() -> Iterator[None]:
    """Aiohttp's errors as those that httpx knows; the order is from the special to the general."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as problem:
        raise httpcore.ConnectTimeout(str(problem)) from problem
    except TimeoutError as problem:
        raise httpcore.ReadTimeout(str(problem)) from problem
    except aiohttp.ClientConnectorError as problem:
        raise httpcore.ConnectError(str(problem)) from problem
    except (aiohttp.ClientOSError, ConnectionError) as problem:
        raise httpcore.ReadError(str(problem)) from problem
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as problem:
        raise httpcore.UnsupportedProtocol(str(problem)) from problem
    except aiohttp.ClientError as problem:
        raise httpcore.RemoteProtocolError(str(problem)) from problem
