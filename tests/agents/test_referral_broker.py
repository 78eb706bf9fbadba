"""The referral broker by scripted answers: its own tools only, proposals that wait, and nothing written after names were read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from agents.referral_broker import ReferralBroker
from domain.actor import Actor
from domain.asking.catalogue import BROKER
from kernel.ids import new_id
from services.container import Services
from services.network.team_schemas import InvitationIn, TeamIn
from tests.agents.desk import Desk, calls, words
from tests.asking import given, manager, producer
from tests.integrations.llm.world import World, refused, world
from tests.services.test_relations import of


@pytest.fixture
async def at() -> AsyncIterator[World]:
    async with world() as opened:
        yield opened


async def test_it_is_offered_the_network_and_nothing_else(services: Services, actor: Actor, at: World) -> None:
    ids = await of(services, actor)
    lead_id = await given(services, actor, ids["p1"])
    desk = Desk(services, producer(actor, ids["p1"]), at, ReferralBroker)
    turn = await desk.ask("what is my tier?", calls(("network_standing", {})), words(f"Bronze [{ids['p1']}]."))
    assert turn.answer is not None, turn.failure
    assert turn.answer.written_by.startswith("referral_broker/v1")
    assert [one.id for one in turn.answer.citations] == [str(ids["p1"])]
    assert desk.offered(0) <= BROKER
    assert {"make_referral", "find_partners"} <= desk.offered(0)
    turn = await desk.ask("mark it won", calls(("change_status", {"lead_id": lead_id, "status": "won"})), words("No."))
    assert turn.actions == []
    assert (await services.lead_queries.one(actor, lead_id)).status == "assigned"


async def test_a_referral_is_proposed_confirmed_and_taken_back(services: Services, actor: Actor, at: World) -> None:
    ids = await of(services, actor)
    lead_id = await given(services, actor, ids["p1"])
    who = producer(actor, ids["p1"])
    desk = Desk(services, who, at, ReferralBroker)
    asks = ("make_referral", {"lead_id": lead_id, "producer": "p2", "note": "in a hurry"})
    turn = await desk.ask("refer it to p2", calls(asks))
    (action,) = turn.actions
    assert (action.state, action.arguments["note"]) == ("proposed", "in a hurry")
    assert (await services.brokers.referrals.page(who, (), None, lead_id, None, 5)).items == []
    done = await desk.talk.decide(who, action.id, True, action.digest)
    assert done.state == "executed", done.result
    (made,) = (await services.brokers.referrals.page(who, (), None, lead_id, None, 5)).items
    assert (made.state.value, made.to_id, made.note) == ("pending", ids["p2"], "in a hurry")
    assert (await desk.talk.undo(who, action.id)).state == "undone"
    assert (await services.brokers.referrals.one(who, made.id)).state.value == "withdrawn"


async def invited(services: Services, actor: Actor, team: str, leader: str, *whom: str) -> UUID:
    """A team of its leader, to which these are invited."""
    ids = await of(services, actor)
    teaming = services.brokers.teaming
    made = await teaming.found(producer(actor, ids[leader]), TeamIn(name=team, leader_id=None))
    for one in whom:
        await teaming.invite(producer(actor, ids[leader]), made.id, InvitationIn(producer_id=ids[one]))
    return made.id


async def members(services: Services, actor: Actor, team_id: UUID) -> set[UUID]:
    return {one.producer_id for one in (await services.brokers.teaming.one(actor, team_id)).members}


async def test_an_invitation_is_accepted_by_its_persons_word_alone(services: Services, actor: Actor, at: World) -> None:
    ids = await of(services, actor)
    east, west = await invited(services, actor, "East", "p1", "p2"), await invited(services, actor, "West", "p3", "p2")
    who = producer(actor, ids["p2"])
    desk = Desk(services, who, at, ReferralBroker)
    turn = await desk.ask("accept the invitation", calls(("accept_invitation", {})), words("Which one: East or West?"))
    assert turn.actions == [], "two fit, and none is guessed"
    turn = await desk.ask("the one of p3", calls(("accept_invitation", {"producer": "p3"})))
    (action,) = turn.actions
    assert "Accept the invitation to the team West." in action.summary
    assert await members(services, actor, west) == {ids["p3"]}, "asking moves nobody"
    done = await desk.talk.decide(who, action.id, True, action.digest)
    assert done.state == "executed", done.result
    assert await members(services, actor, west) == {ids["p2"], ids["p3"]}
    turn = await desk.ask("and the other", calls(("accept_invitation", {"team": "East"})))
    (action,) = turn.actions
    assert "The team West is left for it." in action.summary
    await desk.talk.decide(who, action.id, True, action.digest)
    assert await members(services, actor, east) == {ids["p1"], ids["p2"]}
    assert await members(services, actor, west) == {ids["p3"]}


async def test_an_invitation_of_another_or_away_from_a_team_that_one_leads_is_not_even_proposed(
    services: Services, actor: Actor, at: World
) -> None:
    ids = await of(services, actor)
    await invited(services, actor, "East", "p1", "p2")
    desk = Desk(services, producer(actor, ids["p3"]), at, ReferralBroker)
    turn = await desk.ask("join East", calls(("accept_invitation", {"team": "East"})), words("Nobody invited you."))
    assert turn.actions == []
    west = await invited(services, actor, "West", "p2", "p3")
    (offer,) = (await services.brokers.teaming.invitations(producer(actor, ids["p3"]))).items
    await services.brokers.teaming.answer(producer(actor, ids["p3"]), offer.id, accept=True)
    desk = Desk(services, producer(actor, ids["p2"]), at, ReferralBroker)
    turn = await desk.ask("accept the invitation", calls(("accept_invitation", {})), words("You lead West."))
    assert turn.actions == []
    turn = await desk.ask("decline it", calls(("decline_invitation", {})))
    (action,) = turn.actions
    done = await desk.talk.decide(producer(actor, ids["p2"]), action.id, True, action.digest)
    assert done.state == "executed", done.result
    assert (await services.brokers.teaming.invitations(actor)).items == []
    assert await members(services, actor, west) == {ids["p2"], ids["p3"]}


async def test_a_note_that_says_who_the_person_is_is_not_even_proposed(
    services: Services, actor: Actor, at: World
) -> None:
    ids = await of(services, actor)
    lead_id = await given(services, actor, ids["p1"], full_name="Ulla Brandt")
    desk = Desk(services, producer(actor, ids["p1"]), at, ReferralBroker)
    turn = await desk.ask(
        "refer it", calls(("make_referral", {"lead_id": lead_id, "producer": "p2", "note": "Ulla is waiting"}))
    )
    assert turn.actions == []
    assert turn.answer is not None
    assert turn.answer.text.startswith("Nothing was done")


async def test_after_names_were_read_nothing_writes_until_the_person_speaks_again(
    services: Services, actor: Actor, at: World
) -> None:
    ids = await of(services, actor)
    lead_id = await given(services, actor, ids["p1"])
    desk = Desk(services, producer(actor, ids["p1"]), at, ReferralBroker)
    write = ("make_referral", {"lead_id": lead_id, "producer": "p2"})
    turn = await desk.ask("who fits?", calls(("find_partners", {"lead_id": lead_id})), calls(write), words("p2 fits."))
    assert not {"make_referral", "end_connection"} & desk.offered(1)
    assert turn.actions == []
    turn = await desk.ask("then refer it to p2", calls(write))
    assert [one.tool for one in turn.actions] == ["make_referral"]


async def test_a_colleagues_figures_and_another_agencys_producers_look_like_none(
    services: Services, actor: Actor, at: World
) -> None:
    ids = await of(services, actor)
    desk = Desk(services, producer(actor, ids["p1"]), at, ReferralBroker)
    asks = calls(("network_standing", {"producer": "p2"}), ("network_reach", {"producer": str(new_id())}))
    turn = await desk.ask("how does p2 stand?", asks, words("I do not know."))
    assert [one["error"] for one in turn.calls] == ["not_found", "not_found"]
    assert "refused" in json.dumps(desk.asked[1]["messages"])


async def test_rules_answer_where_the_model_does_not(services: Services, actor: Actor, at: World) -> None:
    desk = Desk(services, manager(actor), at, ReferralBroker)
    turn = await desk.ask("what's on the network leaderboard?", *(refused(500) for _ in range(6)))
    assert turn.answer is not None, turn.failure
    assert (turn.source, [one["tool"] for one in turn.calls]) == ("local", ["leaderboard"])
    turn = await desk.ask("how many leads are there?", *(refused(500) for _ in range(6)))
    assert turn.answer is not None
    assert turn.answer.text.startswith("That is not open to you")
