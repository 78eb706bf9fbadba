"""Connections to an endpoint, kept open and lent one by one.

httpcore's own pool looks through all connections and all waiting requests whenever one begins or ends, and polls the socket of
each: at fifty in flight that took 4 ms of processor time a request here, ten times as much as the request itself. The gate lets
only so many requests in, so nothing has to be queued: the connection used last is lent again, and a new one is opened where
none is idle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator
from ssl import SSLContext

import anyio
import httpcore
import httpx

_IDLE_SECONDS = 5.0  # as httpx: shorter than what servers keep, so that they are not the ones who hang up


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport on :class:`Connections`."""

    def __init__(self) -> None:
        self._pool = Connections(httpx.create_ssl_context())


class Connections(httpcore.AsyncConnectionPool):
    """A pool without limit or queue; whoever sends requests has to bound them."""

    def __init__(self, ssl_context: SSLContext) -> None:
        super().__init__(ssl_context=ssl_context, max_connections=None, keepalive_expiry=_IDLE_SECONDS)
        self._idle: defaultdict[str, list[httpcore.AsyncConnectionInterface]] = defaultdict(list)
        self._lent: set[httpcore.AsyncConnectionInterface] = set()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send the request. The connection comes back when the body of the answer was read or closed."""
        origin = request.url.origin
        connection = await self._lend(origin)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await self._take_back(origin, connection)
            raise
        assert isinstance(response.stream, AsyncIterable)
        body = _Body(response.stream, self, origin, connection)
        return httpcore.Response(
            response.status, headers=response.headers, content=body, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection, lent ones too."""
        idle = [connection for each in self._idle.values() for connection in each]
        self._idle.clear()
        for connection in (*idle, *self._lent):
            await _close(connection)

    async def _lend(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        idle = self._idle[str(origin)]
        while idle:
            connection = idle.pop()
            if not connection.is_closed() and not connection.has_expired():
                break
            await _close(connection)
        else:
            connection = self.create_connection(origin)
        self._lent.add(connection)
        return connection

    async def _take_back(self, origin: httpcore.Origin, connection: httpcore.AsyncConnectionInterface) -> None:
        self._lent.discard(connection)
        if connection.is_idle() and not connection.is_closed():
            self._idle[str(origin)].append(connection)
        else:
            await _close(connection)


class _Body:
    """The body of an answer; its end gives the connection back, once."""

    def __init__(
        self, stream: AsyncIterable[bytes], pool: Connections, origin: httpcore.Origin,
        connection: httpcore.AsyncConnectionInterface,
    ) -> None:  # fmt: skip
        self._stream = stream
        self._pool = pool
        self._origin = origin
        self._connection: httpcore.AsyncConnectionInterface | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with anyio.CancelScope(shield=True):
            if hasattr(self._stream, "aclose"):
                await self._stream.aclose()
            await self._pool._take_back(self._origin, connection)  # noqa: SLF001 - two halves of one thing


async def _close(connection: httpcore.AsyncConnectionInterface) -> None:
    with anyio.CancelScope(shield=True):
        await connection.aclose()
