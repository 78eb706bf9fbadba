"""Streamed answers: counted in passing, booked once, and never holding a place for ever. Partly against a real server."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import openai
import pytest
import respx

from integrations.llm.calls import on_behalf
from integrations.llm.gateway import Gateway
from integrations.llm.translating import translate
from kernel.errors import Unavailable
from tests.integrations.llm.world import CONTEXT, URL, ask, chat, events, refused, streamed, world

USAGE = {"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34}


async def stream(gateway: Gateway, **more: Any) -> AsyncIterator[str]:
    answer = await gateway.client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "car"}], stream=True, **more
    )
    async with answer:
        async for chunk in answer:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


@asynccontextmanager
async def server(
    *parts: bytes, head: str = "content-type: text/event-stream\r\n", hang: bool = False
) -> AsyncIterator[str]:
    """A real HTTP server on loopback that sends these chunks to whoever asks, and then ends or falls silent."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        length = int(request.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(f"HTTP/1.1 200 OK\r\n{head}transfer-encoding: chunked\r\n\r\n".encode())
        for part in parts:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
        if hang:
            await reader.read()
        else:
            writer.write(b"0\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    finally:
        listening.close()


async def test_a_stream_over_a_real_connection_arrives_in_parts_and_is_counted() -> None:
    body = events("one ", "two ", "three", usage=USAGE)
    parts = [body[i : i + 37] for i in range(0, len(body), 37)]
    async with server(*parts) as url, world(base_url=url) as w:
        with on_behalf(CONTEXT):
            assert [word async for word in stream(w.gateway)] == ["one ", "two ", "three"]
        (row,) = w.rows.calls
        assert (row.outcome.value, row.status, row.usage.input, row.usage.output) == ("ok", 200, 30, 4)
        assert not row.usage.estimated


async def test_a_server_that_compresses_unasked_is_still_read() -> None:
    body = gzip.compress(events("one", usage=USAGE))
    async with (
        server(body, head="content-type: text/event-stream\r\ncontent-encoding: gzip\r\n") as url,
        world(base_url=url) as w,
    ):
        with on_behalf(CONTEXT):
            assert [word async for word in stream(w.gateway)] == ["one"]
        assert w.rows.calls[0].usage.output == 4


async def test_a_stream_that_falls_silent_ends_with_the_deadline() -> None:
    async with server(events("one", done=False), hang=True) as url, world(base_url=url, deadline_seconds=0.2) as w:
        with on_behalf(CONTEXT):
            words = stream(w.gateway)
            assert await anext(words) == "one"
            w.glass.at += 0.15  # the reader took its time
            with pytest.raises((openai.APITimeoutError, httpx.ReadTimeout)):
                await anext(words)
        assert w.rows.outcomes() == [(1, "timeout", 200)]
        assert w.rows.calls[0].usage.estimated


async def test_a_reader_that_stops_early_pays_for_what_passed_and_frees_its_place() -> None:
    async with server(events("one", "two", done=False), hang=True) as url, world(base_url=url, in_flight=1) as w:
        with on_behalf(CONTEXT):
            words = stream(w.gateway)
            assert await anext(words) == "one"
            await words.aclose()  # type: ignore[attr-defined]
            (row,) = w.rows.calls
            assert (row.outcome.value, row.usage.estimated) == ("cancelled", True)
            assert row.usage.input > 0
            assert row.cost_usd > 0
            again = stream(w.gateway)
            assert await anext(again) == "one"  # the one place is free again
            await again.aclose()  # type: ignore[attr-defined]


async def test_a_reader_that_forgets_its_stream_does_not_keep_the_place() -> None:
    async with server(events("one", done=False), hang=True) as url, world(base_url=url, deadline_seconds=0.05) as w:
        with on_behalf(CONTEXT):
            forgotten = await w.gateway.client.chat.completions.create(model="gpt-4o-mini", messages=[], stream=True)
            assert w.rows.calls == []
            while not w.rows.calls:  # noqa: ASYNC110 - the row is what is waited for
                await asyncio.sleep(0.01)
            assert w.rows.outcomes() == [(1, "timeout", 200)]
            assert w.purse.held == 0
            await forgotten.close()
            assert len(w.rows.calls) == 1


async def test_a_stream_without_usage_is_estimated_and_never_free() -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL).mock(return_value=streamed("some words that were said"))
            assert [word async for word in stream(w.gateway)] == ["some words that were said"]
            assert route.call_count == 1
        (row,) = w.rows.calls
        assert row.usage.estimated
        assert 5 <= row.usage.output <= 25
        assert row.cost_usd > 0


async def test_a_stream_refused_at_first_is_asked_for_again() -> None:
    async with world() as w:
        with respx.mock as mock, on_behalf(CONTEXT):
            route = mock.post(URL)
            route.side_effect = [refused(503), streamed("one", usage=USAGE)]
            assert [word async for word in stream(w.gateway)] == ["one"]
            assert route.call_count == 2
        assert w.rows.outcomes() == [(1, "http_error", 503), (2, "ok", 200)]


async def test_a_stream_that_breaks_is_not_repeated() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = events("one", done=False)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(cut, "127.0.0.1", 0)
    try:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        async with world(base_url=url) as w:
            with on_behalf(CONTEXT):
                words = stream(w.gateway)
                assert await anext(words) == "one"
                with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)) as caught:
                    await anext(words)
            assert isinstance(translate(caught.value), Unavailable)
            assert w.rows.outcomes() == [(1, "broken", 200)]
    finally:
        listening.close()


async def test_whole_answers_are_read_from_a_real_connection_too() -> None:
    body = chat("auto").content
    async with server(body, head="content-type: application/json\r\n") as url, world(base_url=url) as w:
        with on_behalf(CONTEXT):
            assert await ask(w.gateway) == "auto"
        assert w.rows.calls[0].usage.total == 150
