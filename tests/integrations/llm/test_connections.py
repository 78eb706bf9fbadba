"""Connections to an endpoint are lent one by one, come back whole, and never while somebody still reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from integrations.llm.connections import Transport


@dataclass
class Endpoint:
    """A server that counts connections. ``/slow`` waits, ``/hang`` never answers, ``/half`` never ends its answer, and ``/last``
    hangs up after it.
    """

    port: int = 0
    opened: int = 0
    closed: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1]
                if path == b"/hang":
                    await reader.read()
                if path == b"/half":
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwe")
                    await reader.read()
                await asyncio.sleep(0.02 if path == b"/slow" else 0)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell")
                await writer.drain()
                if path == b"/last":
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            self.closed += 1
            writer.close()


@asynccontextmanager
async def endpoint() -> AsyncIterator[Endpoint]:
    found = Endpoint()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


async def get(client: httpx.AsyncClient, at: Endpoint, path: str) -> str:
    return (await client.get(f"http://127.0.0.1:{at.port}{path}")).text


async def test_one_after_the_other_takes_one_connection() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport()) as client:
        for _ in range(5):
            assert await get(client, at, "/") == "well"
        assert at.opened == 1


async def test_side_by_side_takes_as_many_and_uses_them_again() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport()) as client:
        for _ in range(3):
            assert await asyncio.gather(*(get(client, at, "/slow") for _ in range(8))) == ["well"] * 8
        assert at.opened == 8


async def test_a_connection_that_the_server_closed_is_not_lent_again() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport()) as client:
        assert await get(client, at, "/last") == "well"
        await asyncio.sleep(0.05)
        assert await get(client, at, "/") == "well"
        assert at.opened == 2


async def test_a_cancelled_request_gives_no_half_used_connection_back() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport()) as client:
        waiting = asyncio.create_task(get(client, at, "/hang"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await get(client, at, "/") == "well"
        assert at.opened == 2


async def test_a_reader_that_stops_early_gives_no_half_read_connection_back() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport()) as client:
        async with client.stream("GET", f"http://127.0.0.1:{at.port}/half") as response:
            assert response.status_code == 200
        for _ in range(2):
            assert await get(client, at, "/") == "well"
        assert at.opened == 2


async def test_an_answer_that_stops_coming_is_a_timeout() -> None:
    async with endpoint() as at, httpx.AsyncClient(transport=Transport(), timeout=0.05) as client:
        for path in ("/hang", "/half"):
            with pytest.raises(httpx.ReadTimeout):
                await get(client, at, path)


async def test_a_request_goes_over_the_wire_as_it_was_made() -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head + await reader.readexactly(2))
        writer.write(
            b"HTTP/1.1 307 Elsewhere\r\nlocation: /b\r\nset-cookie: a=b\r\nx-two: 1\r\nx-two: 2\r\ncontent-length: 0\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(transport=Transport()) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/a%2Fb?c=d%20e", content=b"{}", headers={"x-name": "v"})
    server.close()
    head = seen[0].lower()
    assert head.startswith(b"post /a%2fb?c=d%20e http/1.1\r\n")
    assert b"content-length: 2\r\n" in head
    assert b"user-agent: python-httpx" in head
    assert head.count(b"content-type") == 0
    assert (answer.status_code, answer.headers.get_list("x-two")) == (307, ["1", "2"])


async def test_closing_closes_idle_connections() -> None:
    async with endpoint() as at:
        async with httpx.AsyncClient(transport=Transport()) as client:
            await asyncio.gather(*(get(client, at, "/slow") for _ in range(3)))
        await asyncio.sleep(0.05)
        assert at.closed == 3


async def test_a_refused_connection_is_an_error_of_httpx() -> None:
    async with endpoint() as at:
        port = at.port
    async with httpx.AsyncClient(transport=Transport()) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")
