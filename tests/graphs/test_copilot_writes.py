"""Every confirmed write is in Postgres afterwards, once, and none is before its person's word."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.actor import Actor
from graphs.copilot import Conversations
from kernel.errors import Conflict
from kernel.ids import new_id
from services.container import Services
from services.copilot.schemas import ActionView
from tests.asking import Told, given, manager, producer
from tests.services.test_relations import a_qualified_lead, of
from tools.copilot.answering import Asked, Emit
from tools.copilot.toolbox import Toolbox

EVENTS = "SELECT kind FROM lead_event WHERE lead_id = :lead ORDER BY version"


async def rows(services: Services, actor: Actor, query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with services.database.begin(actor) as uow:
        return [tuple(row) for row in await uow.session.execute(text(query), values)]


async def lead_row(services: Services, actor: Actor, lead_id: UUID) -> tuple[Any, ...]:
    (row,) = await rows(services, actor, "SELECT status, producer_id FROM lead WHERE id = :lead", lead=lead_id)
    return row


async def proposed(services: Services, who: Actor, name: str, **arguments: Any) -> tuple[Conversations, ActionView]:
    async def does(_asked: Asked, tools: Toolbox, _emit: Emit) -> str:
        return (await tools.propose(name, arguments)).summary

    talk = Conversations(services, Told(does))
    turn = await talk.ask(who, None, "do it", str(new_id()))
    assert turn.state == "answered", turn.failure
    return talk, turn.actions[0]


async def confirmed(talk: Conversations, who: Actor, action: ActionView) -> ActionView:
    """The word, given twice at once: one of both does it."""
    told = await asyncio.gather(
        *(talk.decide(who, action.id, True, action.digest) for _ in range(2)), return_exceptions=True
    )
    (done,) = [one for one in told if isinstance(one, ActionView)]
    assert [type(one) for one in told if one is not done] == [Conflict]
    assert done.state == "executed", done.result
    return done


async def offered(services: Services, actor: Actor) -> tuple[UUID, UUID, UUID]:
    """(lead, offer, producer) of an open offer; whoever declines is followed by the next."""
    await services.offers.configure(actor, {"required": True})
    lead_id = await a_qualified_lead(services, actor)
    await services.lead_status.queue(actor, lead_id, f"test:{new_id()}", "a test needs a person")
    await services.offers.queue.assign_many(actor, [lead_id])
    (offer,) = (await services.offers.history(actor, lead_id)).items
    return lead_id, offer.id, offer.producer_id


@pytest.mark.parametrize(
    ("steps", "status"),
    [([("contacted", None)], "contacted"), ([("contacted", None), ("won", None)], "won"), ([("lost", "dear")], "lost")],
)
async def test_a_status_is_recorded(
    services: Services, actor: Actor, steps: list[tuple[str, str | None]], status: str
) -> None:
    ids = await of(services, actor)
    who, lead_id = producer(actor, ids["p1"]), await given(services, actor, ids["p1"])
    for wanted, reason in steps:
        why = {} if reason is None else {"reason": reason}
        talk, action = await proposed(services, who, "change_status", lead_id=lead_id, status=wanted, **why)
        before = await rows(services, actor, EVENTS, lead=lead_id)
        await confirmed(talk, who, action)
        assert len(await rows(services, actor, EVENTS, lead=lead_id)) == len(before) + 1
    assert await lead_row(services, actor, lead_id) == (status, ids["p1"])


async def test_an_offer_is_accepted(services: Services, actor: Actor) -> None:
    lead_id, offer_id, producer_id = await offered(services, actor)
    who = producer(actor, producer_id)
    talk, action = await proposed(services, who, "accept_offer", lead_id=lead_id)
    assert (await lead_row(services, actor, lead_id))[0] == "offered"
    await confirmed(talk, who, action)
    assert await lead_row(services, actor, lead_id) == ("assigned", producer_id)
    state = "SELECT state FROM assignment WHERE id = :offer"
    assert await rows(services, actor, state, offer=offer_id) == [("accepted",)]


async def test_an_offer_is_declined_with_its_reason(services: Services, actor: Actor) -> None:
    lead_id, offer_id, producer_id = await offered(services, actor)
    who = producer(actor, producer_id)
    talk, action = await proposed(
        services, who, "decline_offer", offer_id=offer_id, reason="other", words="on the road until Monday"
    )
    await confirmed(talk, who, action)
    declined = await services.offers.one(actor, offer_id)
    assert (declined.state.value, declined.reason, declined.words) == ("declined", "other", "on the road until Monday")
    assert (await lead_row(services, actor, lead_id))[1] != producer_id


async def test_a_lead_is_given_to_another_producer(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    boss, lead_id = manager(actor), await given(services, actor, ids["p1"])
    talk, action = await proposed(
        services, boss, "reassign_lead", lead_id=lead_id, producer="p2", reason="p1 is on holiday"
    )
    assert (await lead_row(services, actor, lead_id))[1] == ids["p1"]
    await confirmed(talk, boss, action)
    assert await lead_row(services, actor, lead_id) == ("assigned", ids["p2"])


async def test_a_message_is_queued_once_with_the_words_that_were_shown(services: Services, actor: Actor) -> None:
    ids = await of(services, actor)
    who, lead_id = producer(actor, ids["p1"]), await given(services, actor, ids["p1"])
    personal = "SELECT channel, state FROM outgoing_message WHERE lead_id = :lead AND template = 'personal'"
    talk, action = await proposed(
        services, who, "send_message", lead_id=lead_id, channel="email", text="I call you at six."
    )
    assert "I call you at six." in action.summary
    assert await rows(services, actor, personal, lead=lead_id) == []
    done = await confirmed(talk, who, action)
    ((channel, state),) = await rows(services, actor, personal, lead=lead_id)
    assert (channel, state) == ("email", "queued")
    assert not done.can_undo
