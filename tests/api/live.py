"""The API on a loopback port, for sockets and streams: the test client of HTTP has no end of a request that goes on."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import websockets
from fastapi import FastAPI

from cli.commands.serve import quiet_server

PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """Where the API answers."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ticket(self, token: str) -> str:
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE) as client:
            made = await client.post("/api/v1/live/tickets", headers={"Authorization": f"Bearer {token}"})
        assert made.status_code == 201, made.text
        return str(made.json()["ticket"])

    @asynccontextmanager
    async def socket(self, token: str, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/api/v1/live/socket?ticket={await self.ticket(token)}"
        async with websockets.connect(url, open_timeout=PATIENCE, **options) as opened:
            yield opened

    @asynccontextmanager
    async def stream(
        self, token: str, channel: str, after: int | None = None
    ) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Messages of a stream; the request is refused with what the API answers."""
        headers = {"Authorization": f"Bearer {token}"} | ({} if after is None else {"Last-Event-ID": str(after)})
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=PATIENCE) as client,
            client.stream("GET", "/api/v1/live/events", params={"channel": channel}, headers=headers) as answer,
        ):
            assert answer.status_code == 200, (await answer.aread()).decode()
            yield messages_of(answer)


async def messages_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The data of the events; first ``{"type": "open"}`` once the stream answers."""
    async for line in answer.aiter_lines():
        if line.startswith("retry:"):
            yield {"type": "open"}
        elif line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Served]:
    """Serve ``app`` on any free port until the block is left."""
    server = quiet_server(app)
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield Served(door.getsockname()[1])
        finally:
            server.should_exit = True
            await serving


async def said(opened: websockets.ClientConnection, **frame: Any) -> None:
    await opened.send(json.dumps(frame))


async def heard(opened: websockets.ClientConnection, *types: str) -> dict[str, Any]:
    """The next message, of one of the types where they are named; beats are passed over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message: dict[str, Any] = json.loads(await opened.recv())
            if message["type"] != "ping":
                assert not types or message["type"] in types, message
                return message


async def silent(opened: websockets.ClientConnection, seconds: float = 1.0) -> bool:
    """Whether nothing but beats comes for so long."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if json.loads(await opened.recv())["type"] != "ping":
                    return False
    except TimeoutError:
        return True
