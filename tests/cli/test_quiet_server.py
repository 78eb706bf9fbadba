"""The server under the API leaves it to the application whom a forwarded address is believed of."""

from __future__ import annotations

import asyncio
import socket

import httpx
from fastapi import FastAPI, Request

from cli.commands.serve import quiet_server


async def test_a_forwarded_address_does_not_replace_the_peer() -> None:
    app = FastAPI()

    async def peer(request: Request) -> str:
        return request.client.host if request.client else ""

    app.get("/peer")(peer)
    server = quiet_server(app)
    with socket.create_server(("127.0.0.1", 0)) as door:
        serving = asyncio.create_task(server.serve(sockets=[door]))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.getsockname()[1]}") as client:
            answer = await client.get("/peer", headers={"X-Forwarded-For": "203.0.113.9"})
        server.should_exit = True
        await serving
    assert answer.json() == "127.0.0.1"
