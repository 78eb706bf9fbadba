"""Credits on real stores: once for a person and line, to the first touch, taken back with the sale that earned them (T26)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.network.referrals import Step
from domain.referral_law import Event
from kernel.clock import frozen, now
from services.network.referral_schemas import ReferralView
from tests.services.network.conftest import Circle


def somebody() -> dict[str, Any]:
    return {"email": f"{uuid4()}@leads.example"}


async def standing(circle: Circle, event: Event, *made: ReferralView) -> list[UUID]:
    """Whose credits for the event stand, referral by referral."""
    read = circle.services.brokers.referrals.credits
    return [
        item.producer_id
        for one in made
        for item in (await read(circle.actor, one.id)).items
        if item.event is event and item.reversed_at is None
    ]


async def test_each_line_of_a_person_is_credited_to_whoever_referred_it(circle: Circle) -> None:
    person = somebody()
    auto = await circle.converted("p1", "p2", **person)
    home = await circle.converted("p3", "p4", line="home", **person)
    for event in Event:
        assert await standing(circle, event, auto) == [circle.who["p1"]]
        assert await standing(circle, event, home) == [circle.who["p3"]]


async def test_a_sale_that_was_not_credited_takes_nobodys_credit_along_when_it_is_cancelled(circle: Circle) -> None:
    person = somebody()
    first, second = await circle.converted("p1", "p2", **person), await circle.converted("p3", "p4", **person)
    assert await standing(circle, Event.CONVERTED, first, second) == [circle.who["p1"]]
    await circle.services.brokers.settling.reverse(circle.actor, second.id, "flat", expected=None)
    assert await standing(circle, Event.CONVERTED, first, second) == [circle.who["p1"]], "the first sale stands"


async def test_a_credit_goes_with_the_sale_that_earned_it_and_the_sale_that_stands_gets_its_own(circle: Circle) -> None:
    """The first touch is credited for the sale of another referral; that sale alone takes the credit back."""
    person = somebody()
    one = await circle.accept(await circle.refer("p1", "p2", await circle.lead("p1", **person)))
    two = await circle.converted("p3", "p4", **person)
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p1"]]
    one = await circle.close(one)
    await circle.services.brokers.settling.reverse(circle.actor, two.id, "flat", expected=None)
    (item,) = [each for each in (await circle.services.brokers.referrals.credits(circle.actor, one.id)).items
               if each.event is Event.CONVERTED and each.reversed_at is None]  # fmt: skip
    assert (item.producer_id, item.earned_by) == (circle.who["p1"], one.id), "for the own sale, which stands"
    assert await standing(circle, Event.CONVERTED, two) == []


async def test_a_touch_is_credited_again_after_the_sale_that_it_was_credited_for_is_cancelled(circle: Circle) -> None:
    person = somebody()
    one = await circle.accept(await circle.refer("p1", "p2", await circle.lead("p1", **person)))
    two = await circle.converted("p3", "p4", **person)
    await circle.services.brokers.settling.reverse(circle.actor, two.id, "flat", expected=None)
    assert await standing(circle, Event.CONVERTED, one, two) == []
    one = await circle.close(one)
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p1"]]


async def test_t26_a_first_touch_that_is_accepted_last_is_credited_for_the_referral(circle: Circle) -> None:
    person = somebody()
    one = await circle.refer("p1", "p2", await circle.lead("p1", **person))
    two = await circle.refer("p3", "p4", await circle.lead("p3", **person))
    await circle.accept(two)
    assert await standing(circle, Event.REFERRED, one, two) == [circle.who["p3"]]
    await circle.accept(one)
    assert await standing(circle, Event.REFERRED, one, two) == [circle.who["p1"]]
    told = (await circle.services.brokers.referrals.credits(circle.actor, two.id)).items
    assert [item.reversed_at is not None for item in told] == [True], "what was credited before is kept, as taken back"


async def test_t26_whoever_accepts_at_once_the_first_touch_is_credited(circle: Circle) -> None:
    person = somebody()
    one = await circle.refer("p1", "p2", await circle.lead("p1", **person))
    two = await circle.refer("p3", "p4", await circle.lead("p3", **person))
    await asyncio.gather(circle.accept(two), circle.accept(one))
    assert await standing(circle, Event.REFERRED, one, two) == [circle.who["p1"]]
    await asyncio.gather(circle.close(two), circle.close(one))
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p1"]]


async def test_t27_an_acceptance_said_before_the_sale_and_heard_after_it_is_the_first_touch(circle: Circle) -> None:
    person = somebody()
    start = now()
    with frozen(start):
        one = await circle.refer("p1", "p2", await circle.lead("p1", **person))
    with frozen(start + timedelta(minutes=1)):
        two = await circle.refer("p3", "p4", await circle.lead("p3", **person))
        await circle.accept(two)
    with frozen(start + timedelta(minutes=9)):
        await circle.close(two)
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p3"]]
    with frozen(start + timedelta(minutes=20)):
        answer = circle.services.brokers.referring.answer
        await answer(circle.actor, one.id, Step.ACCEPT, said_at=start + timedelta(minutes=5))
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p1"]]
    await circle.services.brokers.settling.reverse(circle.actor, two.id, "flat", expected=None)
    assert await standing(circle, Event.CONVERTED, one, two) == []


async def test_an_acceptance_after_the_sale_changes_nothing_of_the_sales_credit(circle: Circle) -> None:
    person = somebody()
    one = await circle.refer("p1", "p2", await circle.lead("p1", **person))
    two = await circle.converted("p3", "p4", **person)
    await circle.accept(one)
    assert await standing(circle, Event.CONVERTED, one, two) == [circle.who["p3"]]


async def test_whoever_is_known_by_either_address_is_one_person(circle: Circle) -> None:
    """A person of the first by e-mail and of the third by phone: the credit is taken under both."""
    mail, phone = somebody(), {"phone": f"312-555-01{uuid4().int % 90 + 10}"}
    one = await circle.accept(await circle.refer("p1", "p2", await circle.lead("p1", **mail)))
    two = await circle.converted("p3", "p4", **mail, **phone)
    three = await circle.converted("p4", "p5", **phone)
    assert await standing(circle, Event.CONVERTED, one, two, three) == [circle.who["p1"]]


async def test_t26_the_database_refuses_a_second_credit_of_an_event(circle: Circle) -> None:
    won = await circle.converted("p1", "p2")
    columns = (
        "referral_id, producer_id, event, line, at, state, licensed, allowed, code, citation, law_version, agency_id"
    )
    other = await circle.lead("p1")
    statement = (
        f"INSERT INTO referral_credit (id, lead_id, earned_by, {columns}) "
        f"SELECT gen_random_uuid(), :lead, earned_by, {columns} FROM referral_credit WHERE referral_id = :id LIMIT 1"
    )
    with pytest.raises(IntegrityError, match="uq_referral_credit_earned"):
        async with circle.services.database.begin(circle.actor) as uow:
            await uow.session.execute(text(statement), {"id": won.id, "lead": other})
