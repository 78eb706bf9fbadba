"""The chat over the API and as a page."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from domain.actor import Actor
from kernel.errors import Unavailable
from kernel.ids import new_id
from services.chat.conversations import Conversations
from services.chat.schemas import MessageIn
from services.chat.visitors import Visitor
from services.container import Services
from services.permission import Permission
from tests.api.sources import SourceAt, SourceMaker

ANSWERS = ["auto", "78701", "2", "2019 Honda Civic", "Geico", "yes", "Ana Ruiz", "512-555-0142", "skip"]
EVENTS = {"Accept": "text/event-stream"}


class Chatting:
    """A visitor of a source's chat."""

    def __init__(self, client: httpx.AsyncClient, begun: dict[str, Any], headers: dict[str, str]) -> None:
        self.client, self.begun = client, begun
        self.headers = {"X-Chat-Token": begun["token"], **headers}
        self.path = f"/api/v1/chat/{begun['id']}"

    async def say(self, words: str, key: str | None = None, **headers: str) -> httpx.Response:
        body = {"text": words, "key": key}
        return await self.client.post(f"{self.path}/messages", json=body, headers=self.headers | headers)

    async def all(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(self.path, headers=self.headers)).json()
        return found


Starter = Callable[..., Awaitable[Chatting]]
HOSTS = itertools.count(1)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Each test comes from an address of its own: what may be asked from one address is less than all tests ask."""
    transport = httpx.ASGITransport(app, client=(f"198.18.0.{next(HOSTS)}", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@pytest.fixture
async def source(make_source: SourceMaker) -> SourceAt:
    return await make_source("chat", sellers=["Acme Agency"], origins=["https://www.example.com"])


def opening(source: SourceAt, **fields: Any) -> dict[str, Any]:
    return {"agency": source.agency, "source": source.slug, "key": source.made["form_token"]} | fields


@pytest.fixture
def start(client: httpx.AsyncClient, source: SourceAt) -> Starter:
    async def begin(headers: dict[str, str] | None = None, **fields: Any) -> Chatting:
        answer = await client.post("/api/v1/chat", json=opening(source, **fields), headers=headers)
        assert answer.status_code == 201, answer.text
        return Chatting(client, answer.json(), headers or {})

    return begin


async def test_a_chat_ends_in_a_lead_that_its_readers_see_with_its_transcript(
    client: httpx.AsyncClient, signed: dict[str, str], start: Starter, source: SourceAt
) -> None:
    """DOMAIN T20, T22."""
    chat = await start(page_url="https://www.example.com/quote")
    for words in (*ANSWERS[:5], "which limit should I buy?", *ANSWERS[5:]):
        view = (await chat.say(words)).json()
    assert view["asking"] == "confirm"
    assert "512" in view["messages"][-1]["text"]
    assert (await chat.say("yes")).json()["stage"] == "sent"
    found = (await client.get("/api/v1/leads", params={"source": source.slug}, headers=signed)).json()["items"]
    assert len(found) == 1
    lead = (await client.get(f"/api/v1/leads/{found[0]['id']}", headers=signed)).json()
    assert lead["consent"]["channel"] == "chat"
    assert lead["consent"]["page_url"] == "https://www.example.com/quote"
    assert lead["consent"]["sellers"] == ["Acme Agency"]
    kept = await client.get(f"/api/v1/consent-texts/{lead['consent']['text_hash']}", headers=signed)
    assert kept.json()["text"] == lead["consent"]["text"]
    assert "which limit should I buy" in json.dumps(lead)
    transcript = (await client.get(f"/api/v1/leads/{lead['id']}/chat", headers=signed)).json()
    assert [one["note"]["handover"] for one in transcript["messages"] if "handover" in one["note"]] == ["advice"]
    assert [one["role"] for one in transcript["messages"] if one["note"].get("consent") == "shown"] == ["assistant"] * 2


async def test_only_the_source_s_key_and_its_pages_open_the_chat(client: httpx.AsyncClient, source: SourceAt) -> None:
    wrong = await client.post("/api/v1/chat", json=opening(source, key="nothing"))
    assert wrong.status_code == 401
    foreign = await client.post("/api/v1/chat", json=opening(source), headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    ours = {"Origin": "https://www.example.com"}
    asked = await client.options("/api/v1/chat", headers=ours | {"Access-Control-Request-Method": "POST"})
    assert "X-Chat-Token" in asked.headers["Access-Control-Allow-Headers"]
    allowed = await client.post("/api/v1/chat", json=opening(source), headers=ours)
    assert allowed.status_code == 201
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    chat = Chatting(client, allowed.json(), {"Origin": "https://evil.example"})
    assert (await chat.say("auto")).status_code == 403


async def test_a_token_opens_its_own_chat_alone(start: Starter, client: httpx.AsyncClient) -> None:
    one, other = await start(), await start()
    other.headers["X-Chat-Token"] = one.headers["X-Chat-Token"]
    assert (await other.say("auto")).status_code == 404
    for token in ("x", f"{new_id().hex}.secret", one.headers["X-Chat-Token"][:-1] + "!"):
        one.headers["X-Chat-Token"] = token
        assert (await client.get(one.path, headers=one.headers)).status_code == 404


async def test_a_message_twice_is_one_and_a_key_with_other_words_is_a_conflict(start: Starter) -> None:
    chat = await start()
    first, again = await chat.say("auto", key="a"), await chat.say("auto", key="a")
    assert first.json() == again.json()
    other = await chat.say("home", key="a")
    assert (other.status_code, other.json()["code"]) == (409, "message_key_reused")
    assert len([one for one in (await chat.all())["messages"] if one["role"] == "person"]) == 1


async def test_answers_stream_and_resume_from_the_last_id(start: Starter, client: httpx.AsyncClient) -> None:
    chat = await start()
    streamed = await chat.say("auto and home", key="a", **EVENTS)
    assert streamed.headers["Content-Type"].startswith("text/event-stream")
    ids = [int(one) for one in re.findall(r"^id: (\d+)$", streamed.text, re.MULTILINE)]
    assert ids == sorted(ids)
    assert len(ids) == 2
    assert json.loads(streamed.text.split("event: state\ndata: ")[1])["asking"] == "zip"
    seen = {"Last-Event-ID": str(ids[0])}
    resumed = await chat.say("auto and home", key="a", **EVENTS, **seen)
    assert re.findall(r"^id: (\d+)$", resumed.text, re.MULTILINE) == [str(ids[1])]
    after = await client.get(f"{chat.path}/events", headers=chat.headers | seen)
    assert re.findall(r"^id: (\d+)$", after.text, re.MULTILINE) == [str(ids[1])]


async def test_many_confirmations_at_once_make_one_lead(
    start: Starter, services: Services, actor: Actor, source: SourceAt
) -> None:
    chat = await start()
    for words in ANSWERS:
        await chat.say(words)
    answers = await asyncio.gather(*(chat.say("yes", key=f"k{place}") for place in range(10)))
    assert {one.status_code for one in answers} <= {200, 409}
    assert any(one.status_code == 200 for one in answers)
    assert await _leads(services, actor, source) == 1


async def test_a_turn_that_breaks_off_leaves_no_lead_and_can_be_taken_again(
    start: Starter, services: Services, actor: Actor, source: SourceAt
) -> None:
    chat = await start()
    for words in ANSWERS:
        await chat.say(words)

    class Dying:
        """The intake, after which the process ends before the turn is kept."""

        async def take_in(self, *given: Any) -> Any:
            await services.inbound.take_in(*given)
            raise ConnectionAbortedError

    whole = services.chats
    broken = Conversations(
        services.database, services.doors, Dying(), Permission(services.contact).withdrawn_in, services.documents.add,
        services.geography, services.settings,
    )  # fmt: skip
    visitor, chat_id = Visitor(chat.headers["X-Chat-Token"]), UUID(chat.begun["id"])
    with pytest.raises((ConnectionAbortedError, Unavailable)):
        await broken.send(visitor, chat_id, MessageIn(text="yes", key="last"))
    assert await _leads(services, actor, source) == 0
    assert (await whole.send(visitor, chat_id, MessageIn(text="yes", key="last"))).stage == "sent"
    await whole.send(visitor, chat_id, MessageIn(text="yes", key="last"))
    assert await _leads(services, actor, source) == 1


async def _leads(services: Services, actor: Actor, source: SourceAt) -> int:
    async with services.database.begin(actor) as uow:
        count = await uow.session.scalar(text("SELECT count(*) FROM lead WHERE source = :slug"), {"slug": source.slug})
    return int(count or 0)


async def test_half_conversations_go_after_their_time(
    start: Starter, services: Services, actor: Actor, client: httpx.AsyncClient
) -> None:
    old, fresh = await start(), await start()
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text("UPDATE chat SET updated_at = now() - interval '80 hours' WHERE id = :id"),
            {"id": UUID(old.begun["id"])},
        )
    await services.sweeping.sweep()
    assert (await client.get(old.path, headers=old.headers)).status_code == 404
    assert (await client.get(fresh.path, headers=fresh.headers)).status_code == 200


async def test_stopping_forgets_how_the_person_is_reached_and_erasing_everything(
    start: Starter, client: httpx.AsyncClient, services: Services, actor: Actor
) -> None:
    chat = await start()
    await chat.say("car insurance, 512-555-0142")
    stopped = await client.post(f"{chat.path}/stop", headers=chat.headers)
    assert stopped.json()["stage"] == "stopped"
    assert (await client.post(f"{chat.path}/stop", headers=chat.headers)).status_code == 200
    assert "0142" not in json.dumps(await chat.all())
    assert (await chat.say("hello")).json()["code"] == "chat_ended"
    resumed = await client.post(f"{chat.path}/resume", headers=chat.headers)
    assert (resumed.json()["stage"], resumed.json()["asking"]) == ("open", "zip")
    assert (await client.post(f"{chat.path}/resume", headers=chat.headers)).json()["messages"] == []
    assert (await chat.say("78701")).json()["asking"] == "drivers"
    other = await start()
    await other.say("car insurance for Ana")
    assert (await client.delete(other.path, headers=other.headers)).status_code == 204
    gone = await client.post(f"{other.path}/resume", headers=other.headers)
    assert (gone.status_code, gone.json()["code"]) == (409, "chat_ended")
    left = await other.all()
    assert left["stage"] == "erased"
    assert {one["text"] for one in left["messages"]} == {None}
    async with services.database.begin(actor) as uow:
        state = await uow.session.scalar(text("SELECT state FROM chat WHERE id = :id"), {"id": UUID(other.begun["id"])})
    assert state["opening"] == ""


async def test_files_come_after_the_request(start: Starter, client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    chat = await start()
    name = {"Content-Type": "text/plain", "Content-Disposition": 'attachment; filename="policy.txt"'}
    early = await client.post(f"{chat.path}/files", content=b"Carrier: Geico", headers=chat.headers | name)
    assert (early.status_code, early.json()["code"]) == (409, "request_not_sent")
    for words in (*ANSWERS, "yes"):
        await chat.say(words)
    kept = await client.post(f"{chat.path}/files", content=b"Carrier: Geico", headers=chat.headers | name)
    assert kept.status_code == 201, kept.text
    leads = (await client.get("/api/v1/leads", headers=signed)).json()["items"]
    documents = (await client.get(f"/api/v1/leads/{leads[0]['id']}/documents", headers=signed)).json()["items"]
    assert [one["id"] for one in documents] == [kept.json()["document_id"]]


async def test_a_source_that_refuses_ends_the_chat_without_a_lead(start: Starter, source: SourceAt) -> None:
    assert (await source.change(states=["OH"])).status_code == 200
    chat = await start()
    for words in (*ANSWERS, "yes"):
        view = (await chat.say(words)).json()
    assert (view["stage"], view["reason"]) == ("not_taken", "state_not_wanted")
    assert (await source.refusals()) == {"state_not_wanted": 1}


async def test_one_visitor_s_flood_is_held_off(start: Starter) -> None:
    chat = await start()
    codes = [(await chat.say("hello")).status_code for _ in range(45)]
    assert codes[0] == 200
    assert codes[-1] == 429
    too_long = await (await start()).say("x" * 3_000)
    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (422, "text")


async def test_the_page_works_with_forms_alone(client: httpx.AsyncClient, source: SourceAt) -> None:
    here = f"/chat/{source.agency}/{source.slug}"
    page = await client.get(here)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com" in policy
    assert "unsafe" not in policy
    assert source.made["form_token"] not in page.text
    assert "lw_chat" not in client.cookies
    for words in ("<script>alert(1)</script> car insurance", *ANSWERS[1:], "yes"):
        said = await client.post(here, data={"text": words, "key": new_id().hex})
        assert said.status_code == 303, said.text
    page = await client.get(here)
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert 'enctype="multipart/form-data"' in page.text
    sent = await client.post(f"{here}/files", files={"file": ("note.txt", b"Carrier: Geico")})
    assert sent.status_code == 303, sent.text
    assert "note.txt" in (await client.get(here)).text
    foreign = await client.post(here, data={"do": "erase"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert (await client.post(here, data={"do": "erase"})).status_code == 303
    assert "script&gt;" not in (await client.get(here)).text


async def test_the_page_speaks_the_visitor_s_language_and_its_script_gets_json(
    client: httpx.AsyncClient, source: SourceAt
) -> None:
    here = f"/chat/{source.agency}/{source.slug}"
    page = await client.get(here, headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert '<html lang="es">' in page.text
    assert "asistente automático" in page.text
    for name, kind in (("chat.js", "text/javascript"), ("chat.css", "text/css")):
        got = await client.get(f"/chat/assets/{name}")
        assert got.headers["Content-Type"].startswith(kind)
    assert (await client.get("/chat/assets/chat.html")).status_code == 404
    said = await client.post(here, data={"text": "seguro de carro"}, headers={"Accept": "application/json"})
    assert said.json()["asking"] == "zip"
    assert said.json()["next_key"]
    assert (await client.get(f"/chat/{source.agency}/nothing")).status_code == 401


@pytest.mark.parametrize("words", ["auto\x00 and more", "\x00", "\ud800 auto", "auto \udfff", "\ufeffauto\u2028\u2029"])
async def test_characters_that_no_store_can_hold_are_read_or_refused_and_never_break(
    start: Starter, words: str
) -> None:
    chat = await start()
    raw = json.dumps({"text": words}).encode()
    headers = chat.headers | {"Content-Type": "application/json"}
    answer = await chat.client.post(f"{chat.path}/messages", content=raw, headers=headers)
    assert answer.status_code in {200, 400, 422}, answer.text
    assert (await chat.say("auto")).status_code == 200
