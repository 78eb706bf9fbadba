"""SIGKILL in the middle: the conversation is usable, what was half said counts for nothing, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor
from graphs.copilot import Conversations
from kernel.clock import frozen, now
from kernel.errors import Conflict
from kernel.ids import new_id
from services.container import Services
from services.copilot.schemas import ActionView
from tests.asking import Told, given, producer
from tests.services.test_relations import of
from tools.copilot.answering import Asked, Emit
from tools.copilot.toolbox import Toolbox

DOOMED = """
import asyncio, json, sys
from pathlib import Path
from uuid import UUID
from kernel.settings import Settings
from services.opening import open_services
from graphs.copilot import Conversations
from tests.asking import Told, producer
from tests.graphs.test_copilot_killed import half

async def main(home, agency, producer_id, thread, key, action, digest):
    async with open_services(Settings(_env_file=None, home=Path(home))) as services:
        who = producer(await services.agencies.actor_for(agency, "test"), UUID(producer_id))
        await services.assistance.actions.decide(who, UUID(action), True, digest)
        await Conversations(services, Told(half)).ask(who, UUID(thread), sys.stdin.readline(), key)

asyncio.run(main(*sys.argv[1:]))
"""


async def half(asked: Asked, tools: Toolbox, emit: Emit) -> str:
    """Words, a proposal, a sign that it got so far, and then nothing more."""
    await emit("words", {"text": "so far"})
    await tools.propose("schedule_follow_up", json.loads(asked.question))
    sys.stdout.write(f"{asked.begun.turn_id}\n")
    sys.stdout.flush()
    await asyncio.sleep(600)
    return "never"


async def whole(asked: Asked, tools: Toolbox, _emit: Emit) -> str:
    return (await tools.propose("schedule_follow_up", json.loads(asked.question))).summary


async def killed_at_work(services: Services, actor: Actor, who: Actor, *given: str, question: str) -> UUID:
    """The turn of a process that was killed while it worked on it."""
    async with services.database.begin(actor) as uow:
        agency = (await uow.agencies.mine()).slug
    process = await asyncio.create_subprocess_exec(
        "env", "LEADWRIGHT_COPILOT__LEASE_SECONDS=1", sys.executable, "-c", DOOMED,
        str(services.settings.home_path), agency, str(who.producer_id), *given, stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{question}\n".encode())
    turn_id = UUID((await process.stdout.readline()).decode().strip())
    process.kill()
    await process.wait()
    return turn_id


@pytest.mark.timeout(180)
async def test_a_killed_turn_leaves_a_usable_conversation_and_nothing_is_done_twice(
    services: Services, actor: Actor
) -> None:
    ids = await of(services, actor)
    who, lead_id = producer(actor, ids["p1"]), await given(services, actor, ids["p1"])
    wish: dict[str, Any] = {"lead_id": str(lead_id), "at": (now() + timedelta(days=2)).isoformat()}
    question, talk = json.dumps(wish), Conversations(services, Told(whole))
    first = await talk.ask(who, None, question, "k1")
    (claimed,) = first.actions
    turn_id = await killed_at_work(
        services, actor, who, str(first.thread_id), "k2", str(claimed.id), claimed.digest, question=question
    )
    await asyncio.sleep(1.1)  # its lease
    pieces = [piece async for piece in talk.pieces(who, turn_id, 0)]
    assert (pieces[0][1:], pieces[-1][1]) == (("words", {"text": "so far"}), "end")
    assert [no for no, _, _ in pieces] == list(range(1, len(pieces) + 1))
    dead = await services.assistance.turns.one(who, turn_id)
    assert (dead.state, dead.answer, dead.actions) == ("failed", None, [])
    assert (await talk.begin(who, first.thread_id, question, "k2")).token is None, "the same key repeats nothing"
    # The execution that died after it was claimed is told as unknown and is never tried again.
    with pytest.raises(Conflict):
        await talk.decide(who, claimed.id, True, claimed.digest)
    with frozen(now() + timedelta(minutes=14)):
        assert (await services.assistance.actions.one(who, claimed.id)).state == "unknown"
        with pytest.raises(Conflict):
            await talk.decide(who, claimed.id, True, claimed.digest)
    assert (await services.assistance.follow_ups.mine(who)).items == []
    again = await talk.ask(who, first.thread_id, question, str(new_id()))
    (action,) = again.actions
    told = await asyncio.gather(
        *(talk.decide(who, action.id, True, action.digest) for _ in range(10)), return_exceptions=True
    )
    assert [one.state for one in told if isinstance(one, ActionView)] == ["executed"]
    assert [one.lead_id for one in (await services.assistance.follow_ups.mine(who)).items] == [lead_id]
