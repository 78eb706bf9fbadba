"""Conversations on real stores: one turn at a time, streams that resume, words that are bound and used once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from graphs.copilot import Conversations
from kernel.clock import frozen, now
from kernel.errors import Conflict, Invalid, NotFound, Unavailable
from kernel.ids import new_id
from services.container import Services
from services.copilot.schemas import ActionView, TurnView
from tests.asking import Told, given, manager, producer
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.test_relations import of
from tools.copilot.answering import Asked, Emit
from tools.copilot.toolbox import Toolbox


async def says(_asked: Asked, _tools: Toolbox, emit: Emit) -> str:
    await emit("words", {"text": "one "})
    await emit("words", {"text": "two"})
    return "one two"


def proposing(name: str, **arguments: Any) -> Callable[..., Any]:
    async def does(_asked: Asked, tools: Toolbox, _emit: Emit) -> str:
        return (await tools.propose(name, arguments)).summary

    return does


async def proposed(services: Services, who: Actor, name: str, **arguments: Any) -> tuple[Conversations, ActionView]:
    talk = Conversations(services, Told(proposing(name, **arguments)))
    turn = await talk.ask(who, None, "do it", str(new_id()))
    assert turn.state == "answered", turn.failure
    (action,) = turn.actions
    return talk, action


async def test_an_answer_streams_and_a_stream_goes_on_behind_the_number_seen_last(
    services: Services, actor: Actor
) -> None:
    talk, who = Conversations(services, Told(says)), manager(actor)
    begun = await talk.begin(who, None, "how many?", "k1")
    pieces = [piece async for piece in talk.pieces(who, begun.turn_id, 0)]
    assert [(seq, kind) for seq, kind, _ in pieces] == [(1, "words"), (2, "words"), (3, "end")]
    again = [piece async for piece in Conversations(services, Told(says)).pieces(who, begun.turn_id, 1)]
    assert again == pieces[1:]
    assert TurnView.model_validate(pieces[-1][2]).answer is not None
    same = await talk.begin(who, None, "how many?", "k1")
    assert (same.turn_id, same.token) == (begun.turn_id, None)
    with pytest.raises(Conflict):
        await talk.begin(who, None, "another question", "k1")


async def test_words_that_come_fast_are_kept_together_and_none_is_lost_where_a_write_fails(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"word{number} " for number in range(40)]
    writes, turns = 0, services.assistance.turns
    kept = type(turns).say

    async def say(self: Any, *args: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == 2:  # behind the first words
            await kept(self, *args)
            raise Unavailable("it was written, and nobody heard so")
        await kept(self, *args)

    async def quick(_asked: Asked, _tools: Toolbox, emit: Emit) -> str:
        for word in words:
            await emit("words", {"text": word})
            await asyncio.sleep(0.01)
        return "".join(words)

    monkeypatch.setattr(type(turns), "say", say)
    talk, who = Conversations(services, Told(quick)), manager(actor)
    turn = await talk.ask(who, None, "go on", "k")
    assert (turn.state, turn.failure) == ("answered", None)
    pieces = [piece async for piece in Conversations(services, Told(says)).pieces(who, turn.id, 0)]
    said = [data["text"] for _, kind, data in pieces if kind == "words"]
    assert said[0] == words[0]
    assert "".join(said) == "".join(words)
    assert 3 <= writes <= len(said) + 1 < len(words) / 2


async def test_a_conversation_is_its_persons_alone(services: Services, actor: Actor, other_actor: Actor) -> None:
    talk, who = Conversations(services, Told(says)), manager(actor)
    turn = await talk.ask(who, None, "hello", "k")
    for stranger in (manager(actor, "other"), manager(other_actor)):
        with pytest.raises(NotFound):
            await services.assistance.turns.thread(stranger, turn.thread_id)
        with pytest.raises(NotFound):
            await talk.begin(stranger, turn.thread_id, "go on", "k2")
        with pytest.raises(NotFound):
            await talk.cancel(stranger, turn.id)
        with pytest.raises(NotFound):
            _ = [piece async for piece in talk.pieces(stranger, turn.id, 0)]
        with pytest.raises(NotFound):
            await services.assistance.turns.erase(stranger, turn.thread_id)
    await services.assistance.turns.erase(who, turn.thread_id)
    with pytest.raises(NotFound):
        await services.assistance.turns.thread(who, turn.thread_id)
    async with services.database.begin(who) as uow:
        left = await uow.session.scalar(
            text("SELECT count(*) FROM copilot_event WHERE turn_id = :turn"), {"turn": turn.id}
        )
    assert left == 0


async def test_of_ten_questions_at_once_one_runs(services: Services, actor: Actor) -> None:
    go = asyncio.Event()

    async def waits(_asked: Asked, _tools: Toolbox, _emit: Emit) -> str:
        await go.wait()
        return "done"

    talk, who = Conversations(services, Told(waits)), manager(actor)
    go.set()
    thread = (await talk.ask(who, None, "first", "k")).thread_id
    go.clear()
    asked = [talk.begin(who, thread, f"question {n}", f"k{n}") for n in range(10)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 9
    assert {one.code for one in refused} == {"turn_running"}
    go.set()
    (begun,) = [one for one in results if not isinstance(one, BaseException)]
    _ = [piece async for piece in talk.pieces(who, begun.turn_id, 0)]
    assert (await talk.ask(who, thread, "and now?", "last")).state == "answered"


async def test_cancelled_in_the_middle_it_proposes_nothing_and_the_conversation_goes_on(
    services: Services, actor: Actor
) -> None:
    who, ids = manager(actor), await of(services, actor)
    lead_id, reached = await given(services, actor, ids["p1"]), asyncio.Event()

    async def hangs(asked: Asked, tools: Toolbox, emit: Emit) -> str:
        if asked.question != "hang":
            return f"{len(asked.past)} before"
        await tools.propose("change_status", {"lead_id": lead_id, "status": "contacted"})
        await emit("words", {"text": "so far"})
        reached.set()
        await asyncio.sleep(60)
        return "never"

    talk = Conversations(services, Told(hangs))
    begun = await talk.begin(who, None, "hang", "k")
    await reached.wait()
    turn = await talk.cancel(who, begun.turn_id)
    assert (turn.state, turn.actions) == ("cancelled", [])
    assert (await talk.ask(who, begun.thread_id, "again", "k2")).state == "answered"
    begun = await talk.begin(who, begun.thread_id, "hang", "k3")
    await talk.drain()
    assert (await services.assistance.turns.one(who, begun.turn_id)).state == "failed"


async def test_a_turn_whose_process_died_is_over_when_its_lease_is(services: Services, actor: Actor) -> None:
    talk, who = Conversations(services, Told(says)), manager(actor)
    dead = await services.assistance.turns.begin(who, None, "lost", "k")
    with pytest.raises(Conflict):
        await talk.begin(who, dead.thread_id, "and now?", "k2")
    with frozen(now() + timedelta(seconds=services.settings.copilot.lease_seconds + 1)):
        pieces = [piece async for piece in talk.pieces(who, dead.turn_id, 0)]
        assert pieces[-1][1] == "end"
        assert (await services.assistance.turns.one(who, dead.turn_id)).state == "failed"
        assert (await talk.ask(who, dead.thread_id, "and now?", "k2")).state == "answered"
    # what it would have ended with, had it lived on, counts for nothing
    outcome = (await services.assistance.turns.thread(who, dead.thread_id)).items[0]
    assert outcome.answer is None


async def test_whatever_an_answerer_does_the_conversation_goes_on(services: Services, actor: Actor) -> None:
    async def breaks(_asked: Asked, _tools: Toolbox, _emit: Emit) -> str:
        raise RuntimeError

    talk, who = Conversations(services, Told(breaks)), manager(actor)
    turn = await talk.ask(who, None, "hello", "k")
    assert turn.state == "failed"
    assert "RuntimeError" not in (turn.failure or "")
    talk = Conversations(services, Told(says))
    assert (await talk.ask(who, turn.thread_id, "hello?", "k2")).state == "answered"


async def test_ids_that_no_tool_returned_are_taken_out(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    lead_id, invented = await given(services, actor, ids["p1"]), new_id()

    async def cites(_asked: Asked, tools: Toolbox, _emit: Emit) -> str:
        await tools.call("show_lead", {"lead_id": lead_id})
        return f"It is {lead_id}, not {invented}."

    turn = await Conversations(services, Told(cites)).ask(manager(actor), None, "which?", "k")
    assert turn.answer is not None
    assert str(invented) not in turn.answer.text
    assert (turn.answer.struck, [one.id for one in turn.answer.citations]) == ([str(invented)], [str(lead_id)])


async def test_ten_words_at_once_do_it_once(services: Services, actor: Actor) -> None:
    who = producer(actor, (await of(services, actor))["p1"])
    lead_id = await given(services, actor, who.producer_id or new_id())
    talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status="contacted")
    assert (await services.lead_queries.one(who, lead_id)).status == "assigned"
    results = await asyncio.gather(
        *(talk.decide(who, action.id, True, action.digest) for _ in range(10)), return_exceptions=True
    )
    done = [one for one in results if isinstance(one, ActionView)]
    assert [one.state for one in done] == ["executed"]
    assert all(isinstance(one, Conflict) for one in results if one not in done)
    lead = await services.lead_queries.one(who, lead_id)
    assert [one.kind for one in lead.activities].count("contacted") == 1


@pytest.mark.parametrize("word", [None, "true", 1, "yes", [True], {"approve": True}])
async def test_nothing_but_a_literal_true_executes(services: Services, actor: Actor, word: object) -> None:
    who = producer(actor, (await of(services, actor))["p1"])
    lead_id = await given(services, actor, who.producer_id or new_id())
    talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status="contacted")
    with pytest.raises(Invalid):
        await talk.decide(who, action.id, word, action.digest)
    assert (await services.lead_queries.one(who, lead_id)).status == "assigned"


async def test_edited_foreign_expired_and_refused_actions_never_execute(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    who = producer(actor, ids["p1"])
    lead_id = await given(services, actor, ids["p1"])
    talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status="lost", reason="too dear")
    with pytest.raises(NotFound):
        await talk.decide(producer(actor, ids["p2"], "q"), action.id, True, action.digest)
    with pytest.raises(Conflict, match="not the action"):
        await talk.decide(who, action.id, True, "0" * 64)
    with frozen(action.expires_at), pytest.raises(Conflict) as late:
        await talk.decide(who, action.id, True, action.digest)
    assert late.value.code == "action_expired"
    async with services.database.begin(who) as uow:
        row = await uow.copilot.action(action.id)
        row.arguments = {**row.arguments, "lead_id": str(await given(services, actor, ids["p1"]))}
    with pytest.raises(Conflict) as edited:
        await talk.decide(who, action.id, True, action.digest)
    assert edited.value.code == "action_changed"
    refused = await proposed(services, who, "change_status", lead_id=lead_id, status="lost", reason="too dear")
    assert (await talk.decide(who, refused[1].id, False, refused[1].digest)).state == "refused"
    with pytest.raises(Conflict):
        await talk.decide(who, refused[1].id, True, refused[1].digest)
    assert (await services.lead_queries.one(who, lead_id)).status == "assigned"


async def test_a_lead_that_changed_since_it_was_shown_is_left_alone(services: Services, actor: Actor) -> None:
    who = producer(actor, (await of(services, actor))["p1"])
    lead_id = await given(services, actor, who.producer_id or new_id())
    talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status="lost", reason="x")
    await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
    told = await talk.decide(who, action.id, True, action.digest)
    assert (told.state, (told.result or {})["error"]) == ("failed", "stale_version")


async def test_what_was_done_is_taken_back_where_the_domain_allows(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    who, boss = producer(actor, ids["p1"]), manager(actor)
    lead_id = await given(services, actor, ids["p1"])
    at = (now() + timedelta(days=2)).isoformat()
    talk, action = await proposed(services, who, "schedule_follow_up", lead_id=lead_id, at=at, note="call back")
    done = await talk.decide(who, action.id, True, action.digest)
    assert done.can_undo
    assert [one.lead_id for one in (await services.assistance.follow_ups.mine(who)).items] == [lead_id]
    assert (await talk.undo(who, action.id)).state == "undone"
    assert (await services.assistance.follow_ups.mine(who)).items == []
    with pytest.raises(Conflict):
        await talk.undo(who, action.id)
    talk, action = await proposed(services, boss, "reassign_lead", lead_id=lead_id, producer="p2", reason="holiday")
    await talk.decide(boss, action.id, True, action.digest)
    assert (await services.lead_queries.one(boss, lead_id)).producer_id == ids["p2"]
    await talk.undo(boss, action.id)
    assert (await services.lead_queries.one(boss, lead_id)).producer_id == ids["p1"]
    talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status="contacted")
    assert not (await talk.decide(who, action.id, True, action.digest)).can_undo


async def test_a_due_follow_up_is_told_once(services: Services) -> None:
    actor = await new_agency(services, [a_producer("p1")])
    who = producer(actor, (await of(services, actor))["p1"])
    lead_id = await given(services, actor, who.producer_id or new_id())
    made = await services.assistance.follow_ups.schedule(who, lead_id, now() + timedelta(hours=1), None, key="one")
    assert (
        await services.assistance.follow_ups.schedule(who, lead_id, now() + timedelta(hours=1), None, key="one")
    ).id == made.id
    with frozen(now() + timedelta(hours=2)):
        for _ in range(20):
            if not await services.assistance.follow_ups.work():
                break
        (told,) = (await services.assistance.follow_ups.mine(who)).items
    assert told.state == "told"
    page = await services.messages.ledger.page(who, lead_id=lead_id)
    assert "follow_up_due" in {one.template for one in page.items}


async def test_a_producer_proposes_nothing_about_anothers_lead(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    lead_id: UUID = await given(services, actor, ids["p1"])
    other = producer(actor, ids["p2"], "q")
    for name, arguments in (
        ("change_status", {"lead_id": lead_id, "status": "contacted"}),
        ("send_message", {"lead_id": lead_id, "channel": "email", "text": "hi"}),
        ("reassign_lead", {"lead_id": lead_id, "producer": "p2", "reason": "mine"}),
    ):
        turn = await Conversations(services, Told(proposing(name, **arguments))).ask(
            other, None, "do it", str(new_id())
        )
        assert (turn.state, turn.actions) == ("failed", [])
