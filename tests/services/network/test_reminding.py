"""Reminders of referrals, names of colleagues, and notes: who may, how often, and what is refused."""

from __future__ import annotations

import pytest

from domain.network.referrals import Step
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.network.referral_schemas import ReferralIn
from services.network.reminding import MESSAGE
from tests.conftest import new_agency
from tests.services.network.conftest import Circle


async def test_the_sender_reminds_once_a_day_while_it_waits(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    remind = circle.services.brokers.reminding.remind
    with pytest.raises(Forbidden):
        await remind(circle.producer("p2"), made.id, expected=None)
    with pytest.raises(NotFound):
        await remind(circle.producer("p3"), made.id, expected=None)
    with pytest.raises(Stale):
        await remind(circle.producer("p1"), made.id, expected=made.version + 1)
    await remind(circle.producer("p1"), made.id, expected=made.version)
    with pytest.raises(Conflict) as again:
        await remind(circle.producer("p1"), made.id, expected=None)
    assert again.value.code == "not_reminded"
    page = await circle.services.messages.ledger.page(circle.actor, lead_id=made.lead.id)
    assert {(one.template, one.producer_id) for one in page.items if one.template == MESSAGE} == {
        (MESSAGE, circle.who["p2"])
    }
    await circle.answer(made, Step.DECLINE)
    with pytest.raises(Conflict) as over:
        await remind(circle.producer("p1"), made.id, expected=None)
    assert over.value.code == "referral_over"


async def test_a_note_says_nothing_of_the_person(circle: Circle) -> None:
    lead_id = await circle.lead("p1", full_name="Ulla Brandt")
    given = ReferralIn(lead_id=lead_id, to_id=circle.who["p2"], note="Brandt waits", expires_at=None)
    with pytest.raises(Invalid, match="gives away: name"):
        await circle.services.brokers.referring.refer(circle.producer("p1"), given)


async def test_names_mean_one_colleague_or_are_refused(circle: Circle) -> None:
    naming, who = circle.services.brokers.naming, circle.producer("p1")
    assert (await naming.producer(who, "P2")).id == circle.who["p2"]
    with pytest.raises(Invalid, match="could be"):
        await naming.producer(who, "Producer")
    async with circle.services.database.begin(circle.actor) as uow:
        for external_id, name, key in (
            ("ben", "Ben Okafor", "p3"),
            ("p4", "Ben Ramos", "p4"),
            ("p5", "Benita Ruiz", "p5"),
        ):
            row = await uow.routing.lock_producer(circle.who[key])
            row.name, row.external_id = name, external_id
            await uow.session.flush()
    assert (await naming.producer(who, "ben")).id == circle.who["p3"]
    assert (await naming.producer(who, "ramos")).id == circle.who["p4"]
    with pytest.raises(Invalid, match=r"Ben Okafor \(ben\), Ben Ramos \(p4\); say which"):
        await naming.producer(who, "Ben")
    with pytest.raises(NotFound):
        await naming.producer(who, "Xavier Quill")
    other = await new_agency(circle.services, [])
    with pytest.raises(NotFound):
        await naming.producer(other, str(circle.who["p2"]))
    with pytest.raises(NotFound):
        await naming.team(who, None)


async def test_what_would_raise_a_score_is_ones_own_to_know(circle: Circle) -> None:
    await circle.converted("p1", "p2")
    found = await circle.services.brokers.raising.ways(circle.producer("p1"), circle.who["p1"], 8)
    assert {(one.way.value, one.producer_id) for one in found.items} >= {
        ("received", circle.who["p2"]),
        ("connect", None),
    }
    with pytest.raises(NotFound):
        await circle.services.brokers.raising.ways(circle.producer("p2"), circle.who["p1"], 8)
