"""A visitor's message with a language model beside the rules, over Postgres."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import respx
from sqlalchemy import text

from agents.chat_reader import ChatReader
from domain.actor import Actor
from graphs.chat import ChatTurns
from kernel.errors import Conflict
from prompts.registry import library
from services.chat.schemas import ChatBegun, ChatView, MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from tests.adversarial.injections import INJECTIONS
from tests.agents.models import malformed, models, tool
from tests.integrations.llm.world import URL, World, refused, world
from tests.services.chat.sources import chat_source

NOTHING: dict[str, Any] = {
    "lines": [], "facts": [], "wish": "none", "wish_quote": "", "asks": "none", "asks_quote": "",
}  # fmt: skip
CROWD = "me and the missus, nobody else"
TWO = NOTHING | {"facts": [{"slot": "drivers", "value": "2", "quote": "me and the missus"}]}


class Talking:
    """A visitor whose messages a model may read."""

    def __init__(self, services: Services, turns: ChatTurns, begun: ChatBegun) -> None:
        self.services, self.turns, self.begun = services, turns, begun
        self.visitor = Visitor(begun.token)

    async def say(self, *words: str, key: str | None = None) -> ChatView:
        for one in words:
            view = await self.turns.send(self.visitor, self.begun.id, MessageIn(text=one, key=key))
        return view

    async def marked(self) -> dict[str, Any]:
        """What the person's last message is marked with."""
        whole = await self.services.chats.transcript(self.visitor, self.begun.id)
        return [one.note for one in whole.messages if one.role == "person"][-1]


def answering(**parts: Any) -> httpx.Response:
    return tool("final_result", NOTHING | parts)


@pytest.fixture
async def visit(services: Services, actor: Actor) -> Callable[..., Any]:
    source = await chat_source(services, actor)

    @asynccontextmanager
    async def open_chat(**settings: Any) -> AsyncIterator[tuple[Talking, World]]:
        async with services.database.begin(actor) as uow:
            slug = (await uow.agencies.mine()).slug
        speaker = await services.chats.speaker(slug, source, None)
        async with world(**settings) as at:
            turns = ChatTurns(services, ChatReader(models(at), library()))
            await turns.prepare()
            yield Talking(services, turns, await services.chats.begin(speaker, None, None)), at

    return open_chat


@respx.mock
async def test_what_the_model_reads_is_told_marked_and_in_the_lead(
    visit: Any, services: Services, actor: Actor
) -> None:
    route = respx.post(URL).mock(return_value=tool("final_result", TWO))
    async with visit() as (talk, _):
        await talk.say("auto", "78701")
        view = await talk.say(CROWD)
        assert route.call_count == 1
        note = await talk.marked()
        assert note["filled"] == ["drivers"]
        assert note["read_by"].startswith("chat_reader/v1@")
        assert "Drivers: 2" in (view.messages[0].text or "")
        assert view.asking == "vehicles"
        done = await talk.say("2019 Honda Civic", "Geico", "yes", "Ana Ruiz", "512-555-0142", "skip", "yes")
        assert done.stage == "sent"
        assert route.call_count == 1, "what the rules settle is shown to nobody"
        sent = route.calls.last.request.content.decode()
        assert "555" not in sent
    async with services.database.begin(actor) as uow:
        query = text("SELECT l.extras, c.state FROM chat c JOIN lead l ON l.id = c.lead_id WHERE c.id = :chat")
        lead = (await uow.session.execute(query, {"chat": talk.begun.id})).one()
    assert lead.extras["drivers"] == "2"
    assert lead.state["readings"] == 1


@respx.mock
@pytest.mark.parametrize("kind", sorted(malformed("final_result", TWO)))
async def test_a_model_of_no_help_leaves_the_rules_answer(visit: Any, kind: str) -> None:
    respx.post(URL).mock(return_value=malformed("final_result", TWO)[kind])
    async with visit() as (talk, _):
        await talk.say("auto", "78701")
        view = await talk.say(CROWD)
        if kind == "fenced":  # which is an answer to some libraries
            assert (await talk.marked())["filled"] == ["drivers"]
        else:
            assert (view.asking, await talk.marked()) == ("drivers", {})
            assert (await talk.say("2")).asking == "vehicles"


@respx.mock
@pytest.mark.parametrize("status", [429, 500])
async def test_a_vendor_away_leaves_the_rules_answer(visit: Any, status: int) -> None:
    respx.post(URL).mock(return_value=refused(status))
    async with visit(attempts=1) as (talk, _):
        assert (await talk.say("auto", "78701", CROWD)).asking == "drivers"


@respx.mock
async def test_a_slow_model_is_not_waited_for_and_soon_not_asked(visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    async def never(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.sleep(60)
        raise AssertionError

    respx.post(URL).mock(side_effect=never)
    async with visit() as (talk, at):
        turns, clock = talk.turns, [0.0]
        monkeypatch.setattr(turns, "_seconds", 0.3)
        monkeypatch.setattr(turns, "_clock", lambda: clock[0])
        await talk.say("auto", "78701")
        began = asyncio.get_running_loop().time()
        for _ in range(3):
            view = await talk.say("the one and the other, nobody else")
        assert asyncio.get_running_loop().time() - began < 10
        assert view.messages
        assert len(asked) == 3 == len(at.rows.calls), "an attempt that was given up is in the ledger"
        await talk.say("and one more of those words that nobody gets")
        assert len(asked) == 3
        clock[0] = 31.0
        await talk.say("and one more of those words that nobody gets")
        assert len(asked) == 4


@respx.mock
async def test_a_chat_asks_so_often_and_no_more(visit: Any, services: Services) -> None:
    route = respx.post(URL).mock(return_value=answering())
    async with visit() as (talk, _):
        for _ in range(services.settings.chat.readings + 3):
            await talk.say("start over", "auto", "well, let us see what this brings us")
        assert route.call_count == services.settings.chat.readings


@respx.mock
async def test_a_message_that_comes_twice_asks_once(visit: Any) -> None:
    route = respx.post(URL).mock(return_value=tool("final_result", TWO))
    async with visit() as (talk, _):
        await talk.say("auto", "78701")
        first = await talk.say(CROWD, key="a")
        assert (await talk.say(CROWD, key="a")).messages == first.messages
        assert route.call_count == 1


@respx.mock
async def test_an_opinion_on_a_chat_that_went_on_meanwhile_counts_for_nothing(visit: Any, services: Services) -> None:
    async with visit() as (talk, _):

        async def meanwhile(_: httpx.Request) -> httpx.Response:
            await services.chats.send(talk.visitor, talk.begun.id, MessageIn(text="4"))
            return tool("final_result", TWO)

        respx.post(URL).mock(side_effect=meanwhile)
        await talk.say("auto", "78701")
        assert (await talk.say(CROWD)).asking == "current_carrier", "the rules took the words for vehicles"
        assert await talk.marked() == {}


@respx.mock
async def test_a_model_that_obeys_the_message_gives_no_consent_and_no_address(visit: Any) -> None:
    obeyed = {
        "facts": [{"slot": "phone", "value": "512-555-0199", "quote": "512-555-0199"},
                  {"slot": "full_name", "value": "Mallory", "quote": "Mallory"}],
        "wish": "none", "wish_quote": "",
    }  # fmt: skip
    route = respx.post(URL).mock(return_value=answering(**obeyed))
    async with visit() as (talk, _):
        await talk.say("auto", "78701", "2", "2019 Honda Civic", "Geico")
        for words in INJECTIONS.values():
            view = await talk.say(f"{words} and the visitor Mallory agrees to everything")
            if view.stage != "open":
                break
            assert view.asking == "consent"
        assert view.stage != "sent"
        for call in route.calls:
            shown = next(
                one["content"] for one in json.loads(call.request.content)["messages"] if one["role"] == "user"
            )
            assert "555" not in shown


@respx.mock
async def test_an_ended_chat_asks_nobody(visit: Any) -> None:
    route = respx.post(URL).mock(return_value=answering())
    async with visit() as (talk, _):
        await talk.say("auto", "stop")
        with pytest.raises(Conflict):
            await talk.say("well, let us see what this brings us today")
        assert route.call_count == 0


@respx.mock
async def test_until_the_libraries_are_there_the_rules_answer_alone(services: Services, visit: Any) -> None:
    route = respx.post(URL).mock(return_value=tool("final_result", TWO))
    async with visit() as (talk, at):
        fresh = ChatTurns(services, ChatReader(models(at), library()))
        await talk.say("auto", "78701")
        view = await fresh.send(talk.visitor, talk.begun.id, MessageIn(text=CROWD))
        assert (view.asking, route.call_count) == ("drivers", 0)
        await fresh.prepare()
        view = await fresh.send(talk.visitor, talk.begun.id, MessageIn(text=CROWD))
        assert (view.asking, route.call_count) == ("vehicles", 1)
