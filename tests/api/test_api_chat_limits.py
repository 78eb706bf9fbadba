"""How much one visitor, and one address, may ask of the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from kernel.ids import new_id
from services.container import Services
from tests.api.sources import SourceAt, SourceMaker

At = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def somewhere(app: FastAPI) -> At:
    """Clients, each from an address that nobody has used."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[httpx.AsyncClient]:
        number = new_id().int
        address = f"10.{number >> 8 & 255}.{number >> 16 & 255}.{number & 255}"
        transport = httpx.ASGITransport(app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
            yield opened

    return connect


@pytest.fixture
async def source(make_source: SourceMaker) -> SourceAt:
    return await make_source("chat")


def opening(source: SourceAt) -> dict[str, Any]:
    return {"agency": source.agency, "source": source.slug, "key": source.made["form_token"]}


async def test_one_address_begins_so_many_chats_and_another_is_not_held_up(
    somewhere: At, source: SourceAt, services: Services
) -> None:
    burst = services.settings.chat.starts_burst
    async with somewhere() as greedy, somewhere() as other:
        codes = [(await greedy.post("/api/v1/chat", json=opening(source))).status_code for _ in range(burst + 3)]
        assert codes[:burst] == [201] * burst
        refused = await greedy.post("/api/v1/chat", json=opening(source))
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert int(refused.headers["Retry-After"]) >= 1
        page = await greedy.post(f"/chat/{source.agency}/{source.slug}", data={"text": "auto"})
        assert page.status_code == 429, "the page is the same door"
        assert (await other.post("/api/v1/chat", json=opening(source))).status_code == 201


async def test_one_address_asks_so_much_over_all_of_its_chats(
    somewhere: At, source: SourceAt, services: Services
) -> None:
    burst = services.settings.chat.address_burst
    async with somewhere() as greedy, somewhere() as other:
        chats = [(await greedy.post("/api/v1/chat", json=opening(source))).json() for _ in range(10)]
        codes = []
        for number in range(burst + 20):
            chat = chats[number % len(chats)]
            answer = await greedy.get(f"/api/v1/chat/{chat['id']}", headers={"X-Chat-Token": chat["token"]})
            codes.append(answer.status_code)
        assert codes[0] == 200
        assert codes[-1] == 429
        held = await other.get(f"/api/v1/chat/{chats[0]['id']}", headers={"X-Chat-Token": chats[0]["token"]})
        assert held.status_code == 200


async def test_one_chat_is_held_to_its_pace_from_wherever_it_is_asked(
    somewhere: At, source: SourceAt, services: Services
) -> None:
    burst = services.settings.chat.session_burst
    async with somewhere() as one, somewhere() as other:
        chat = (await one.post("/api/v1/chat", json=opening(source))).json()
        token = {"X-Chat-Token": chat["token"]}
        codes = []
        for number in range(burst + 10):
            client = (one, other)[number % 2]
            codes.append((await client.get(f"/api/v1/chat/{chat['id']}", headers=token)).status_code)
        assert codes[0] == 200
        assert codes[-1] == 429
        fresh = (await other.post("/api/v1/chat", json=opening(source))).json()
        mine = await other.get(f"/api/v1/chat/{fresh['id']}", headers={"X-Chat-Token": fresh["token"]})
        assert mine.status_code == 200


async def test_a_chat_that_goes_on_for_ever_is_ended(somewhere: At, source: SourceAt, services: Services) -> None:
    from services.chat.schemas import MessageIn  # noqa: PLC0415
    from services.chat.visitors import Visitor  # noqa: PLC0415 - below the API, whose pace would hold it up

    async with somewhere() as client:
        chat = (await client.post("/api/v1/chat", json=opening(source))).json()
    visitor = Visitor(chat["token"])
    for _ in range(services.settings.chat.turns):
        view = await services.chats.send(visitor, chat["id"], MessageIn(text="start over"))
    assert view.stage == "open"
    view = await services.chats.send(visitor, chat["id"], MessageIn(text="start over"))
    assert view.stage == "stopped"
    assert "very long" in (view.messages[0].text or "")
