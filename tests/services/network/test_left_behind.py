"""Referrals whose sender has the lead no more: withdrawn, and in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.network.referrals import ReferralState, Step
from kernel.clock import frozen, now
from kernel.errors import Conflict
from services.network.referral_schemas import ReferralIn, ReferralView
from tests.services.network.conftest import Circle


async def state(circle: Circle, made: ReferralView) -> tuple[ReferralState, list[str]]:
    seen = await circle.services.brokers.referrals.one(circle.actor, made.id)
    return seen.state, seen.allowed_actions


async def give(circle: Circle, lead_id: UUID, name: str) -> None:
    await circle.services.assignments.assign(circle.actor, lead_id, circle.who[name], expected=None)


async def test_a_lead_that_is_given_to_somebody_else_is_referred_by_its_former_holder_no_more(circle: Circle) -> None:
    made, stays = await circle.refer("p1", "p2"), await circle.refer("p1", "p3")
    await give(circle, made.lead.id, "p5")
    assert await state(circle, made) == (ReferralState.PENDING, ["decline", "withdraw"]), "nothing to accept any more"
    assert await circle.services.brokers.settling.settle_open()
    assert (await state(circle, made))[0] is ReferralState.WITHDRAWN
    assert (await state(circle, stays))[0] is ReferralState.PENDING
    assert not await circle.services.brokers.settling.settle_open()
    await circle.run()
    async with circle.services.database.begin(circle.actor) as uow:
        query = "SELECT outcome FROM graph_run WHERE graph = 'referral' AND lead_id = :lead"
        assert list(await uow.session.scalars(text(query), {"lead": made.lead.id})) == ["withdrawn"]


async def test_whoever_has_the_lead_passes_it_on_whatever_a_former_holder_left_open(circle: Circle) -> None:
    left = await circle.refer("p1", "p2")
    await give(circle, left.lead.id, "p5")
    asked = ReferralIn(lead_id=left.lead.id, to_id=circle.who["p4"], expires_at=None)
    await circle.services.brokers.referring.require_may_refer(circle.producer("p5"), asked)
    taken = await circle.accept(await circle.refer("p5", "p4", left.lead.id))
    assert (await state(circle, left))[0] is ReferralState.WITHDRAWN
    assert taken.state is ReferralState.ACCEPTED


async def test_the_own_open_referral_is_still_in_the_way(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    asked = ReferralIn(lead_id=made.lead.id, to_id=circle.who["p4"], expires_at=None)
    for call in (circle.services.brokers.referring.require_may_refer, circle.services.brokers.referring.refer):
        with pytest.raises(Conflict) as refused:
            await call(circle.producer("p1"), asked)
        assert refused.value.code == "referral_open"


async def test_who_has_the_lead_back_before_anybody_looked_still_refers_it(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    await give(circle, made.lead.id, "p5")
    await give(circle, made.lead.id, "p1")
    assert not await circle.services.brokers.settling.settle_open()
    assert (await circle.accept(made)).state is ReferralState.ACCEPTED


async def test_t27_an_acceptance_that_is_heard_while_the_next_one_is_asked_takes_that_question_back(
    circle: Circle,
) -> None:
    start = now()
    with frozen(start):
        made = await circle.refer("p1", None, expires_at=start + timedelta(hours=1))
    with frozen(start + timedelta(hours=2)):
        await circle.services.brokers.referring.expire(circle.actor, made.id)
        onward = await circle.services.brokers.referring.onward(circle.actor, made.id)
        assert onward is not None
        answer = circle.services.brokers.referring.answer
        heard = await answer(circle.actor, made.id, Step.ACCEPT, said_at=start + timedelta(minutes=30))
        following = await circle.services.brokers.referrals.one(circle.actor, onward)
        assert (heard.state, following.state) == (ReferralState.ACCEPTED, ReferralState.WITHDRAWN)
        receiver = next(name for name, who in circle.who.items() if who == made.to_id)
        again = await circle.refer(receiver, "p5", made.lead.id)
        assert again.state is ReferralState.PENDING


async def test_a_lead_that_came_back_and_is_sold_was_sold_once(circle: Circle) -> None:
    first = await circle.accept(await circle.refer("p1", "p2"))
    lead_id = first.lead.id
    second = await circle.accept(await circle.refer("p2", "p3", lead_id))
    third = await circle.accept(await circle.refer("p3", "p2", lead_id))
    change, settling = circle.services.lead_status.change, circle.services.brokers.settling
    await change(circle.actor, lead_id, "contact", reason=None, expected=None)
    await change(circle.actor, lead_id, "win", reason="sold", expected=None)
    while await settling.settle_open():
        pass
    states = [(await state(circle, one))[0] for one in (first, second, third)]
    assert sorted(states) == [ReferralState.CONVERTED, ReferralState.LOST, ReferralState.LOST]
    assert not await settling.settle_watched(), "what was lost stays so, and is in nobody's way"
