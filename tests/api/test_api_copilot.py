"""The copilot over the wire: JSON and streams, one turn at a time, words on proposals, and whose a conversation is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.auth import issue_token
from domain.actor import Actor
from graphs.copilot import Conversations
from kernel.clock import now
from kernel.ids import new_id
from services.container import Services
from services.copilot.turns import INTERRUPTED
from tests.asking import Told, given, manager, producer
from tests.services.test_relations import of
from tools.copilot.answering import Asked, Emit
from tools.copilot.toolbox import Toolbox

TURNS, THREADS, ACTIONS = "/api/v1/copilot/turns", "/api/v1/copilot/threads", "/api/v1/copilot/actions"
STREAM = {"Accept": "text/event-stream"}
Pieces = list[tuple[int, str, dict[str, Any]]]


class Script:
    """Answers as its question says; ``waiting`` tells that it holds, ``go`` lets it end."""

    def __init__(self) -> None:
        self.waiting, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, asked: Asked, tools: Toolbox, emit: Emit) -> str:
        verb, _, rest = asked.question.partition(" ")
        if verb == "propose":
            given: dict[str, Any] = json.loads(rest)
            return (await tools.propose(given.pop("tool"), given)).summary
        if verb == "show":
            return f"It is {(await tools.call('show_lead', {'lead_id': rest})).data or 'none'} {rest}"
        await emit("words", {"text": "one "})
        if verb == "hold":
            self.waiting.set()
            await self.go.wait()
        await emit("words", {"text": "two"})
        return "one two"


@pytest.fixture
def script(app: FastAPI, services: Services) -> Script:
    made = Script()
    app.state.copilot = Conversations(services, Told(made))
    return made


@pytest.fixture
def as_one(services: Services) -> Callable[[Actor], dict[str, str]]:
    def signed(who: Actor) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_token(services.settings, services.jwt_secret, who)}"}

    return signed


Signed = Callable[[Actor], dict[str, str]]


def read(text: str) -> Pieces:
    """The events of a stream."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("id:")]
    return [(int(no[4:]), kind[7:], json.loads(data[6:])) for no, kind, data in blocks]


async def ask(
    client: httpx.AsyncClient, who: dict[str, str], question: str, thread: str | None = None
) -> httpx.Response:
    where = f"{THREADS}/{thread}/turns" if thread else TURNS
    return await client.post(where, json={"question": question}, headers=who)


async def test_a_conversation_by_json_is_listed_read_and_erased(
    client: httpx.AsyncClient, signed: dict[str, str], script: Script
) -> None:
    first = await ask(client, signed, "hello")
    assert first.status_code == 200, first.text
    turn = first.json()
    assert (turn["state"], turn["answer"]["text"], turn["number"]) == ("answered", "one two", 1)
    second = (await ask(client, signed, "and now?", turn["thread_id"])).json()
    assert (second["thread_id"], second["number"]) == (turn["thread_id"], 2)
    page = (await client.get(THREADS, headers=signed, params={"limit": 1})).json()
    assert [(one["id"], one["turns"]) for one in page["items"]] == [(turn["thread_id"], 2)]
    thread = (await client.get(f"{THREADS}/{turn['thread_id']}", headers=signed)).json()
    assert [one["question"] for one in thread["items"]] == ["hello", "and now?"]
    assert (await client.get(f"{TURNS}/{turn['id']}", headers=signed)).json() == turn
    assert (await client.delete(f"{THREADS}/{turn['thread_id']}", headers=signed)).status_code == 204
    for gone in (f"{THREADS}/{turn['thread_id']}", f"{TURNS}/{turn['id']}", f"{TURNS}/{turn['id']}/events"):
        assert (await client.get(gone, headers=signed)).status_code == 404
    assert (await client.get(THREADS, headers=signed)).json()["items"] == []


async def test_a_stream_goes_on_behind_the_last_event_id_and_a_key_finds_its_turn(
    client: httpx.AsyncClient, signed: dict[str, str], script: Script
) -> None:
    keyed = signed | STREAM | {"Idempotency-Key": str(new_id())}
    answer = await client.post(TURNS, json={"question": "hello"}, headers=keyed)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    pieces = read(answer.text)
    assert [(no, kind) for no, kind, _ in pieces] == [(1, "words"), (2, "words"), (3, "end")]
    events = f"{TURNS}/{answer.headers['X-Copilot-Turn']}/events"
    resumed = await client.get(events, headers=signed | {"Last-Event-ID": "1"}, params={"after": 0})
    assert read(resumed.text) == pieces[1:]
    assert read((await client.get(events, headers=signed, params={"after": 2})).text) == pieces[2:]
    again = await client.post(TURNS, json={"question": "hello"}, headers=keyed)
    assert (again.headers["X-Copilot-Turn"], read(again.text)) == (answer.headers["X-Copilot-Turn"], pieces)
    other = await client.post(TURNS, json={"question": "something else"}, headers=keyed)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_of_two_at_once_one_runs_and_a_dropped_listener_ends_nothing(
    client: httpx.AsyncClient, signed: dict[str, str], script: Script
) -> None:
    thread = (await ask(client, signed, "hello")).json()["thread_id"]
    listening = asyncio.create_task(
        client.post(f"{THREADS}/{thread}/turns", json={"question": "hold"}, headers=signed | STREAM)
    )
    await script.waiting.wait()
    refused = await ask(client, signed, "and I?", thread)
    assert (refused.status_code, refused.json()["code"]) == (409, "turn_running")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    running = (await client.get(f"{THREADS}/{thread}", headers=signed)).json()["items"][-1]
    assert running["state"] == "running"
    script.go.set()
    rest = await client.get(f"{TURNS}/{running['id']}/events", headers=signed | {"Last-Event-ID": "1"})
    assert [kind for _, kind, _ in read(rest.text)] == ["words", "end"]
    assert (await ask(client, signed, "and I?", thread)).json()["state"] == "answered"


async def test_a_cancelled_turn_ends_for_whoever_listens_and_its_thread_goes_on(
    client: httpx.AsyncClient, signed: dict[str, str], script: Script
) -> None:
    listening = asyncio.create_task(client.post(TURNS, json={"question": "hold"}, headers=signed | STREAM))
    await script.waiting.wait()
    (thread,) = (await client.get(THREADS, headers=signed)).json()["items"]
    (running,) = (await client.get(f"{THREADS}/{thread['id']}", headers=signed)).json()["items"]
    ended = await client.post(f"{TURNS}/{running['id']}/cancel", headers=signed)
    assert (ended.status_code, ended.json()["state"]) == (200, "cancelled")
    _, kind, told = read((await listening).text)[-1]
    assert (kind, told["state"]) == ("end", "cancelled")
    assert (await client.post(f"{TURNS}/{running['id']}/cancel", headers=signed)).json()["state"] == "cancelled"
    assert (await ask(client, signed, "hello", thread["id"])).json()["state"] == "answered"


async def test_a_word_executes_once_refuses_for_good_and_is_taken_back(
    client: httpx.AsyncClient, services: Services, actor: Actor, as_one: Signed, script: Script
) -> None:
    ids = await of(services, actor)
    who = producer(actor, ids["p1"])
    mine, lead_id = as_one(who), str(await given(services, actor, ids["p1"]))
    wish = {"tool": "schedule_follow_up", "lead_id": lead_id, "at": (now() + timedelta(days=2)).isoformat()}

    async def proposed() -> tuple[str, dict[str, Any]]:
        turn = (await ask(client, mine, f"propose {json.dumps(wish)}")).json()
        (action,) = turn["actions"]
        return f"{ACTIONS}/{action['id']}", {"approve": True, "digest": action["digest"]}

    async def follow_ups() -> list[dict[str, Any]]:
        return list((await client.get("/api/v1/follow-ups", headers=mine)).json()["items"])

    url, word = await proposed()
    for wrong, code in (({"approve": None}, 422), ({"approve": "true"}, 422), ({"digest": "0" * 64}, 409)):
        assert (await client.post(f"{url}/decide", json=word | wrong, headers=mine)).status_code == code
    stranger = as_one(producer(actor, ids["p2"], "q"))
    assert (await client.post(f"{url}/decide", json=word, headers=stranger)).status_code == 404
    assert await follow_ups() == []
    done = await asyncio.gather(*(client.post(f"{url}/decide", json=word, headers=mine) for _ in range(5)))
    assert sorted(one.status_code for one in done) == [200, 409, 409, 409, 409]
    assert (await client.get(url, headers=mine)).json()["state"] == "executed"
    assert [one["lead_id"] for one in await follow_ups()] == [lead_id]
    undone = await client.post(f"{url}/undo", headers=mine)
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert await follow_ups() == []
    again = await client.post(f"{url}/undo", headers=mine)
    assert (again.status_code, again.json()["code"]) == (409, "not_undoable")
    url, word = await proposed()
    refused = await client.post(f"{url}/decide", json=word | {"approve": False}, headers=mine)
    assert refused.json()["state"] == "refused"
    late = await client.post(f"{url}/decide", json=word, headers=mine)
    assert (late.status_code, late.json()["code"]) == (409, "action_refused")
    assert await follow_ups() == []


async def test_another_producers_thread_and_lead_are_not_there(
    client: httpx.AsyncClient, services: Services, actor: Actor, as_one: Signed, script: Script
) -> None:
    ids = await of(services, actor)
    mine, other = as_one(producer(actor, ids["p1"])), as_one(producer(actor, ids["p2"], "q"))
    lead_id = await given(services, actor, ids["p1"], full_name="Quentin Only")
    turn = (await ask(client, mine, f"show {lead_id}")).json()
    assert "Quentin" in turn["answer"]["text"]
    assert {"kind": "lead", "id": str(lead_id)} in turn["answer"]["citations"]
    boss = as_one(manager(actor))
    for who in (other, boss):
        assert (await client.get(THREADS, headers=who)).json()["items"] == []
        for url in (f"{THREADS}/{turn['thread_id']}", f"{TURNS}/{turn['id']}", f"{TURNS}/{turn['id']}/events"):
            assert (await client.get(url, headers=who)).status_code == 404
        assert (await ask(client, who, "go on", turn["thread_id"])).status_code == 404
    seen = (await ask(client, other, f"show {lead_id}")).json()
    assert "Quentin" not in json.dumps(seen)
    assert (seen["answer"]["citations"], seen["answer"]["struck"]) == ([], [str(lead_id)])


async def test_when_the_server_stops_a_running_turn_is_given_back(
    app: FastAPI, client: httpx.AsyncClient, signed: dict[str, str], script: Script, services: Services, tester: Actor
) -> None:
    async with app.router.lifespan_context(app):
        listening = asyncio.create_task(client.post(TURNS, json={"question": "hold"}, headers=signed | STREAM))
        await script.waiting.wait()
    _, kind, told = read((await listening).text)[-1]
    assert (kind, told["state"], told["failure"]) == ("end", "failed", INTERRUPTED)
    assert (await ask(client, signed, "hello", told["thread_id"])).status_code == 503
    elsewhere = Conversations(services, Told(Script()))
    assert (await elsewhere.ask(tester, UUID(told["thread_id"]), "hello", "k")).state == "answered"
