"""Mentors are found among those whose tier permits it, ambassadors first, and nobody who is one already."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.network.connections import Kind, State, Step
from domain.network.mentors import Why
from domain.network.tiers import Tier
from kernel.errors import Forbidden, NotFound
from services.network.schemas import ConnectionIn, Mentors
from tests.services.network.conftest import Circle, MakeCircle


async def set_tiers(circle: Circle, **tiers: str) -> None:
    """As a count would have found them; what is counted rests on the same facts, so nobody counts again."""
    await circle.services.brokers.standing.tier(circle.actor, circle.who["p1"])
    async with circle.services.database.begin(circle.actor) as uow:
        query = "UPDATE network_effect SET tier = :tier, score = :score WHERE producer_id = :id"
        floors = {"silver": 80, "gold": 160, "platinum": 310, "diamond": 510}
        for name, tier in tiers.items():
            await uow.session.execute(text(query), {"tier": tier, "score": floors[tier], "id": circle.who[name]})


async def names(circle: Circle, found: Mentors) -> list[str]:
    by_id = {who: name for name, who in circle.who.items()}
    return [by_id[one.producer_id] for one in found.items]


async def test_an_ambassador_comes_first_and_the_reasons_say_so(circle: Circle) -> None:
    await set_tiers(circle, p2="gold", p3="platinum", p5="diamond")
    found = await circle.services.brokers.guiding.mentors(circle.producer("p1"), circle.who["p1"], 10)
    assert await names(circle, found) == ["p5", "p2", "p3"], "p4 is of the same tier"
    first, near, _ = found.items
    assert (first.ambassador, first.tier, first.degrees) == (True, Tier.DIAMOND, None)
    assert first.reasons == [Why.AMBASSADOR, Why.LINES, Why.STATES, Why.TIER]
    assert (near.ambassador, near.degrees) == (False, 1)
    assert near.reasons == [Why.LINES, Why.STATES, Why.TIE, Why.TIER]
    assert first.score < near.score, "the tier alone puts an ambassador first"
    few = await circle.services.brokers.guiding.mentors(circle.actor, circle.who["p1"], 1)
    assert await names(circle, few) == ["p5"]


async def test_a_mentor_is_not_named_again_nor_is_who_rests(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p3": {"active": False}})
    connecting = circle.services.brokers.connecting
    given = ConnectionIn(to_id=circle.who["p1"], kind=Kind.MENTORSHIP)
    made = await connecting.ask(circle.producer("p5"), given)
    await set_tiers(circle, p2="gold", p3="gold", p4="gold", p5="diamond")
    mentors = circle.services.brokers.guiding.mentors
    assert await names(circle, await mentors(circle.actor, circle.who["p1"], 10)) == ["p5", "p2", "p4"]
    await connecting.answer(circle.producer("p1"), made.id, Step.ACCEPT, None, expected=None)
    await set_tiers(circle, p2="gold", p3="gold", p4="gold", p5="diamond")
    assert await names(circle, await mentors(circle.actor, circle.who["p1"], 10)) == ["p2", "p4"]


async def test_a_diamond_has_ambassadors_alone(circle: Circle) -> None:
    await set_tiers(circle, p1="diamond", p2="platinum", p3="diamond")
    found = await circle.services.brokers.guiding.mentors(circle.actor, circle.who["p1"], 10)
    assert await names(circle, found) == ["p3"]


async def test_mentors_are_ones_own_to_look_for(circle: Circle, other_actor: Actor) -> None:
    await set_tiers(circle, p2="gold")
    guiding = circle.services.brokers.guiding
    with pytest.raises(NotFound):
        await guiding.mentors(circle.producer("p2"), circle.who["p1"], 10)
    with pytest.raises(NotFound):
        await guiding.mentors(other_actor, circle.who["p1"], 10)


async def test_whoever_looks_for_a_mentor_asks_one_who_answers(circle: Circle) -> None:
    await set_tiers(circle, p4="gold", p5="diamond")
    connecting, pupil, mentor = circle.services.brokers.connecting, circle.producer("p1"), circle.producer("p5")
    asked = ConnectionIn(to_id=circle.who["p5"], kind=Kind.MENTORSHIP, as_mentee=True)
    made = await connecting.ask(pupil, asked)
    assert (made.from_id, made.to_id, made.asked_by) == (circle.who["p5"], circle.who["p1"], circle.who["p1"])
    assert made.allowed_actions == ["withdraw"], "who asks does not answer"
    with pytest.raises(Forbidden):
        await connecting.answer(pupil, made.id, Step.ACCEPT, None, expected=None)
    offered = ConnectionIn(to_id=circle.who["p1"], kind=Kind.MENTORSHIP)
    assert (await connecting.ask(mentor, offered)).id == made.id, "one mentorship, whoever asks"
    taken = await connecting.answer(mentor, made.id, Step.ACCEPT, None, expected=None)
    assert taken.state is State.ACTIVE
    await set_tiers(circle, p4="gold", p5="diamond")
    found = await circle.services.brokers.guiding.mentors(circle.actor, circle.who["p1"], 10)
    assert await names(circle, found) == ["p4"], "a mentor is not named again"
