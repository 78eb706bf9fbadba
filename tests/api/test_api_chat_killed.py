"""SIGKILL of the API in the middle of a chat: it is as it was before the message, which can be sent again; there is one lead."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from domain.actor import Actor
from kernel.errors import Conflict
from services.chat.schemas import ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from tests.services.chat.sources import chat_source

DOOMED = """
import asyncio, sys
from pathlib import Path
from api.app import create_app
from kernel.settings import Settings
from services.opening import open_services
from tests.api.live import served
from tests.api.test_api_chat_killed import stopping_at

async def main(home, where):
    async with open_services(Settings(_env_file=None, home=Path(home))) as services:
        stopping_at(where)
        async with served(create_app(services)) as at:
            print(at.url, flush=True)
            await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""
ANSWERS = ("auto", "78701", "2", "2019 Honda Civic", "Geico", "yes", "Ana Ruiz")
DEADLY = "deadly"
"""The key of the message in whose turn the process stands still."""


def stopping_at(where: str) -> None:
    """In the process that is to be killed: the turn of the deadly message goes so far, says so, and waits for its end."""
    import services.chat.conversations as chat  # noqa: PLC0415 - in that process only
    import services.sources.inbound as sources  # noqa: PLC0415
    import store.sql.repositories.chat as rows  # noqa: PLC0415

    async def stand_still() -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        await asyncio.sleep(600)

    owner: Any
    owner, name = {
        "written": (rows.Chats, "say"), "handed over": (sources.Inbound, "take_in"), "kept": (chat.Conversations, "send"),
    }[where]  # fmt: skip
    real = getattr(owner, name)

    async def until_here(self: Any, *given: Any, **named: Any) -> Any:
        done = await real(self, *given, **named)
        deadly = where == "handed over" or any(DEADLY in str(getattr(one, "key", one)) for one in given)
        if deadly:
            await stand_still()
        return done

    setattr(owner, name, until_here)


@asynccontextmanager
async def doomed(services: Services, where: str) -> AsyncIterator[tuple[Process, str]]:
    """An API of its own on the same stores, and where it answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DOOMED, str(services.settings.home_path), where, stdout=PIPE
    )
    try:
        async with asyncio.timeout(90):
            yield process, await said(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def said(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def die_in_the_middle(process: Process, url: str, chat: dict[str, Any], words: str) -> None:
    """Send the deadly message, and kill the process where its turn stands still; the visitor gets no answer."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        sending = asyncio.create_task(
            client.post(
                f"/api/v1/chat/{chat['id']}/messages", json={"text": words, "key": DEADLY},
                headers={"X-Chat-Token": chat["token"]},
            )
        )  # fmt: skip
        assert await said(process) == "here"
        process.kill()
        await process.wait()
        with pytest.raises(httpx.HTTPError):
            await sending


async def again(services: Services, chat: dict[str, Any], words: str) -> ChatView:
    """The same message with the same key, as the visitor's page repeats it; Postgres frees the row when it sees who died."""
    async with asyncio.timeout(30):
        while True:
            with suppress(Conflict):
                message = MessageIn(text=words, key=DEADLY)
                return await services.chats.send(Visitor(chat["token"]), UUID(chat["id"]), message)
            await asyncio.sleep(0.1)


async def leads(services: Services, actor: Actor, source: str) -> int:
    async with services.database.begin(actor) as uow:
        found = await uow.session.scalar(text("SELECT count(*) FROM lead WHERE source = :slug"), {"slug": source})
    return int(found or 0)


async def begun(services: Services, actor: Actor, url: str) -> tuple[dict[str, Any], str]:
    """A chat of a new source, begun at the process that will die."""
    source = await chat_source(services, actor)
    async with services.database.begin(actor) as uow:
        agency = (await uow.agencies.mine()).slug
        key = (await uow.sources.by_slugs([source]))[source].form_token
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        made = await client.post("/api/v1/chat", json={"agency": agency, "source": source, "key": key})
        assert made.status_code == 201, made.text
        chat: dict[str, Any] = made.json()
        for words in ANSWERS:
            answer = await client.post(
                f"/api/v1/chat/{chat['id']}/messages", json={"text": words}, headers={"X-Chat-Token": chat["token"]}
            )
            assert answer.status_code == 200, answer.text
    return chat, source


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", ["written", "kept"])
async def test_a_turn_that_died_is_taken_again_as_if_it_had_never_been(
    services: Services, actor: Actor, where: str
) -> None:
    async with doomed(services, where) as (process, url):
        chat, source = await begun(services, actor, url)
        visitor, chat_id = Visitor(chat["token"]), UUID(chat["id"])
        before = await services.chats.transcript(visitor, chat_id)
        assert before.asking == "phone"
        await die_in_the_middle(process, url, chat, "512-555-0142")
    view = await again(services, chat, "512-555-0142")
    assert view.asking == "email"
    whole = await services.chats.transcript(visitor, chat_id)
    assert [one.text for one in whole.messages].count("512-555-0142") == 1
    assert whole.messages[: len(before.messages)] == before.messages
    assert [one.seq for one in whole.messages] == list(range(1, len(whole.messages) + 1))
    for words in ("skip", "yes"):
        view = await services.chats.send(visitor, chat_id, MessageIn(text=words))
    assert view.stage == "sent"
    assert await leads(services, actor, source) == 1


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", ["handed over", "kept"])
async def test_a_hand_over_that_died_makes_one_lead(services: Services, actor: Actor, where: str) -> None:
    async with doomed(services, where) as (process, url):
        chat, source = await begun(services, actor, url)
        visitor, chat_id = Visitor(chat["token"]), UUID(chat["id"])
        for words in ("512-555-0142", "skip"):
            view = await services.chats.send(visitor, chat_id, MessageIn(text=words))
        assert view.asking == "confirm"
        await die_in_the_middle(process, url, chat, "yes")
    assert await leads(services, actor, source) == (1 if where == "kept" else 0)
    assert (await again(services, chat, "yes")).stage == "sent"
    assert (await again(services, chat, "yes")).stage == "sent"
    assert await leads(services, actor, source) == 1
    async with services.database.begin(actor) as uow:
        query = text(
            "SELECT count(*), count(DISTINCT c.lead_id) FROM chat c JOIN lead_event e ON e.lead_id = c.lead_id "
            "WHERE c.id = :chat AND e.version = 1"
        )
        assert tuple((await uow.session.execute(query, {"chat": chat_id})).one()) == (1, 1)
