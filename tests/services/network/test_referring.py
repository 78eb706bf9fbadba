"""Referrals on real stores: passed on, answered, settled, credited once, counted exactly."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.actor import Actor
from domain.contact.channels import Channel
from domain.network.exchange import tally
from domain.network.referrals import ReferralState, Step
from domain.network.tiers import Tier
from domain.referral_law import Event
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, NotFound, Stale
from services.container import Services
from services.network.referral_rows import referred_of
from services.network.referral_schemas import ReferralIn, ReferralView
from services.producers.schemas import ProducerPatch
from tests.builders import a_licence
from tests.services.network.conftest import Circle, MakeCircle


async def holder(circle: Circle, lead_id: UUID) -> tuple[UUID | None, str]:
    async with circle.services.database.begin(circle.actor) as uow:
        lead = await uow.leads.one(lead_id)
        return lead.producer_id, lead.status


async def test_a_lead_is_passed_on_accepted_won_and_counted(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    assert (made.state, made.allowed_actions) == (ReferralState.PENDING, ["withdraw"])
    assert await holder(circle, made.lead.id) == (circle.who["p1"], "assigned"), "asking moves nothing"
    taken = await circle.accept(made, expected=made.version)
    assert taken.state is ReferralState.ACCEPTED
    assert await holder(circle, made.lead.id) == (circle.who["p2"], "assigned")
    assert await circle.accept(made) == taken, "the same answer again changes nothing"
    with pytest.raises(NotFound):
        await circle.services.lead_queries.one(circle.producer("p1"), made.lead.id)
    won = await circle.close(taken)
    assert (won.state, won.premium_minor, won.currency) == (ReferralState.CONVERTED, 120_000, "USD")
    score = await circle.services.brokers.standing.score(circle.actor, circle.who["p1"])
    assert [one.gives for one in score.counterparts] == [Decimal(5)]
    assert score.score == Decimal("5.25")
    value = (await circle.services.brokers.standing.value(circle.actor, circle.who["p2"])).items
    assert [(one.currency, one.direct) for one in value] == [("USD", 120_000)]
    far = (await circle.services.brokers.standing.value(circle.actor, circle.who["p3"])).items
    assert (far[0].direct, far[0].indirect) == (0, 48_000 + int(far[0].indirect - 48_000))
    assert 0 < far[0].indirect <= 60_000


async def test_only_what_is_in_ones_hands_is_passed_on(circle: Circle) -> None:
    lead_id = await circle.lead("p1")
    with pytest.raises(NotFound):
        await circle.refer("p2", "p3", lead_id)
    with pytest.raises(Conflict) as refused:
        await circle.services.brokers.referring.refer(
            circle.actor, ReferralIn(lead_id=lead_id, from_id=circle.who["p2"], to_id=circle.who["p3"], expires_at=None)
        )
    assert refused.value.code == "not_in_hand"
    await circle.refer("p1", "p2", lead_id)
    with pytest.raises(Conflict) as open_:
        await circle.refer("p1", "p3", lead_id)
    assert open_.value.code == "referral_open"


async def test_the_receiver_answers_and_the_sender_takes_back(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    referring = circle.services.brokers.referring
    with pytest.raises(Forbidden):
        await referring.answer(circle.producer("p1"), made.id, Step.ACCEPT)
    with pytest.raises(NotFound):
        await referring.answer(circle.producer("p3"), made.id, Step.ACCEPT)
    with pytest.raises(Stale):
        await circle.accept(made, expected=made.version + 1)
    with pytest.raises(Forbidden):
        await referring.withdraw(circle.producer("p2"), made.id, "no", expected=None)
    back = await referring.withdraw(circle.producer("p1"), made.id, "my mistake", expected=None)
    assert back.state is ReferralState.WITHDRAWN
    with pytest.raises(Conflict):
        await circle.accept(made)
    again = await circle.refer("p1", "p2", made.lead.id)
    assert (await circle.answer(again, Step.DECLINE, reason="busy")).reason == "busy"


async def test_of_twenty_who_accept_at_once_the_lead_moves_once(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    referring = circle.services.brokers.referring
    actors = [circle.producer("p2") if number % 2 else circle.actor for number in range(20)]
    found = await asyncio.gather(
        *(referring.answer(actor, made.id, Step.ACCEPT) for actor in actors), return_exceptions=True
    )
    accepted = [one for one in found if isinstance(one, ReferralView)]
    assert accepted
    assert all(isinstance(one, ReferralView | Conflict) for one in found)
    async with circle.services.database.begin(circle.actor) as uow:
        query = "SELECT count(*) FROM assignment WHERE lead_id = :lead AND producer_id = :who"
        given_ = {"lead": made.lead.id, "who": circle.who["p2"]}
        assert await uow.session.scalar(text(query), given_) == 1


async def test_t27_said_in_time_and_heard_after_the_expiry_was_written(circle: Circle) -> None:
    said = datetime(2025, 4, 1, 3, 59, 30, tzinfo=UTC)
    expires = datetime(2025, 3, 31, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    with frozen(datetime(2025, 3, 30, 12, tzinfo=UTC)):
        made = await circle.refer("p1", "p2", expires_at=expires)
    with frozen(datetime(2025, 4, 1, 4, 5, tzinfo=UTC)):
        assert await circle.services.brokers.referring.expire(circle.actor, made.id)
        with pytest.raises(Conflict) as late:
            await circle.accept(made)
        assert late.value.code == "referral_expired"
        with pytest.raises(Forbidden):
            await circle.accept(made, said_at=said)
        referring = circle.services.brokers.referring
        with pytest.raises(Conflict):
            await referring.answer(circle.actor, made.id, Step.ACCEPT, said_at=expires)
        heard = await referring.answer(circle.actor, made.id, Step.ACCEPT, said_at=said)
    assert heard.state is ReferralState.ACCEPTED
    assert heard.answered_at == said
    assert (await holder(circle, made.lead.id))[0] == circle.who["p2"]
    assert await counters_are_exact(circle)


async def test_a_worker_expires_what_is_due_and_nothing_else(circle: Circle) -> None:
    start = now()
    made = await circle.refer("p1", "p2", expires_at=start + timedelta(hours=1))
    later = await circle.refer("p1", "p3", expires_at=start + timedelta(hours=9))
    with frozen(start + timedelta(hours=2)):
        while await circle.services.brokers.settling.expire_one():
            pass
    states = [(await circle.services.brokers.referrals.one(circle.actor, one.id)).state for one in (made, later)]
    assert states == [ReferralState.EXPIRED, ReferralState.PENDING]


async def test_t25_the_same_person_by_another_path_is_refused_by_the_program(make_circle: MakeCircle) -> None:
    circle = await make_circle({
        "p1": {"email": "ann.lee@agency.example", "phone": "312-555-0177"}, "p2": {"email": "Ann.Lee+b@agency.example"},
        "p3": {"phone": "(312) 555-0177"},
    })  # fmt: skip
    for receiver in ("p2", "p3"):
        with pytest.raises(Conflict) as double:
            await circle.refer("p1", receiver)
        assert double.value.code == "refers_to_self"
    for path in ({"email": "ann.lee+quote@AGENCY.example"}, {"phone": "+1 312 555 0177"}):
        lead_id = await circle.lead("p1", **path)
        with pytest.raises(Conflict) as own:
            await circle.refer("p1", "p4", lead_id)
        assert own.value.code == "refers_self"


async def test_t25_and_by_the_database(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    for statement in (
        "UPDATE broker_referral SET to_id = from_id WHERE id = :id",
        "UPDATE broker_referral SET to_people = from_people WHERE id = :id",
        "UPDATE broker_referral SET referred_people = from_people WHERE id = :id",
        "UPDATE broker_referral SET referred_people = to_people WHERE id = :id",
        "UPDATE broker_referral SET state = 'sold' WHERE id = :id",
        "UPDATE broker_referral SET expires_at = created_at WHERE id = :id",
    ):
        with pytest.raises(IntegrityError):
            async with circle.services.database.begin(circle.actor) as uow:
                await uow.session.execute(text(statement), {"id": made.id})


async def test_t26_two_leads_of_one_person_are_credited_once_to_the_first_touch(circle: Circle) -> None:
    person = {"email": f"{uuid4()}@leads.example"}
    first, second = await circle.lead("p1", **person), await circle.lead("p3", **person)
    one = await circle.refer("p1", "p2", first)
    two = await circle.refer("p3", "p4", second)
    await asyncio.gather(circle.accept(two), circle.accept(one))
    read = circle.services.brokers.referrals
    credits_ = [*(await read.credits(circle.actor, one.id)).items, *(await read.credits(circle.actor, two.id)).items]
    stand = [(item.event, item.producer_id) for item in credits_ if item.reversed_at is None]
    assert stand == [(Event.REFERRED, circle.who["p1"])], "the first touch, whoever was heard first"
    await circle.close(two)
    await circle.close(one)
    sales = [
        item for made in (one, two) for item in (await read.credits(circle.actor, made.id)).items
        if item.event is Event.CONVERTED
    ]  # fmt: skip
    assert [item.producer_id for item in sales] == [circle.who["p1"]], "the first touch, although the other sold first"


async def test_t26_of_two_in_the_same_second_the_smaller_id_is_credited_whoever_sold_first(circle: Circle) -> None:
    person = {"email": f"{uuid4()}@leads.example"}
    leads = [await circle.lead(name, **person) for name in ("p3", "p1")]
    with frozen(now()):
        made = [await circle.refer("p3", "p4", leads[0]), await circle.refer("p1", "p2", leads[1])]
    assert made[0].created_at == made[1].created_at
    smaller, larger = sorted(made, key=lambda one: one.id)
    for one in (larger, smaller):
        await circle.accept(one)
    for one in (larger, smaller):
        await circle.close(one)
    read = circle.services.brokers.referrals
    told = {one.id: (await read.credits(circle.actor, one.id)).items for one in made}
    sales = {one: [item.producer_id for item in found if item.event is Event.CONVERTED] for one, found in told.items()}
    assert sales == {smaller.id: [smaller.from_id], larger.id: []}
    accepted = [item for found in told.values() for item in found if item.event is Event.REFERRED]
    assert [item.producer_id for item in accepted if item.reversed_at is None] == [smaller.from_id]
    assert [item.producer_id for item in accepted if item.reversed_at is not None] == [larger.from_id]


async def test_t26_the_database_refuses_a_second_credit(circle: Circle) -> None:
    won = await circle.converted("p1", "p2")
    columns = "lead_id, producer_id, event, line, at, state, licensed, allowed, code, citation, law_version, agency_id, earned_by"
    again = (
        f"INSERT INTO referral_credit (id, referral_id, {columns}) "
        f"SELECT gen_random_uuid(), referral_id, {columns} FROM referral_credit WHERE referral_id = :id LIMIT 1",
        "INSERT INTO referral_credit_person SELECT p.* FROM referral_credit_person p "
        "JOIN referral_credit c ON c.id = p.credit_id WHERE c.referral_id = :id LIMIT 1",
    )
    for statement in again:
        with pytest.raises(IntegrityError, match="duplicate key"):
            async with circle.services.database.begin(circle.actor) as uow:
                await uow.session.execute(text(statement), {"id": won.id})


async def test_t23_the_credit_says_what_the_law_says_when_it_accrues(make_circle: MakeCircle) -> None:
    circle = await make_circle()
    read = circle.services.brokers.referrals
    licensed = await circle.converted("p1", "p2")
    told = {one.event: one for one in (await read.credits(circle.actor, licensed.id)).items}
    assert {event: (one.allowed, one.code, one.state) for event, one in told.items()} == {
        Event.REFERRED: (True, "permitted", "IL"), Event.CONVERTED: (True, "permitted", "IL"),
    }  # fmt: skip
    assert "215 ILCS 5/500-80" in str(told[Event.CONVERTED].citation)
    lost = await circle.refer("p1", "p2")
    elsewhere = ProducerPatch(profile={"licences": [a_licence("FL")]})
    await circle.services.producers.records.change(circle.actor, circle.who["p1"], elsewhere, expected=None)
    await circle.close(await circle.accept(lost))
    told = {one.event: one for one in (await read.credits(circle.actor, lost.id)).items}
    assert (told[Event.CONVERTED].allowed, told[Event.CONVERTED].code) == (False, "forbidden")
    assert told[Event.CONVERTED].licensed is False


async def test_a_cancelled_sale_is_taken_back_with_its_credit_and_its_points(circle: Circle) -> None:
    won = await circle.converted("p1", "p2")
    standing, settling = circle.services.brokers.standing, circle.services.brokers.settling
    before = (await standing.score(circle.actor, circle.who["p1"])).score
    with pytest.raises(Forbidden):
        await settling.reverse(circle.producer("p1"), won.id, "cancelled", expected=None)
    back = await settling.reverse(circle.actor, won.id, "cancelled flat", expected=won.version)
    assert (back.state, back.reason) == (ReferralState.REVERSED, "cancelled flat")
    assert await settling.reverse(circle.actor, won.id, "cancelled flat", expected=None) == back
    assert (await standing.score(circle.actor, circle.who["p1"])).score == before - 4
    sale = [one for one in (await circle.services.brokers.referrals.credits(circle.actor, won.id)).items
            if one.event is Event.CONVERTED]  # fmt: skip
    assert sale[0].reversed_at is not None
    assert await counters_are_exact(circle)


async def test_a_lead_that_goes_to_a_third_converts_nothing_for_the_second(circle: Circle) -> None:
    taken = await circle.accept(await circle.refer("p1", "p2"))
    await circle.services.assignments.assign(circle.actor, taken.lead.id, circle.who["p5"], expected=None)
    assert await circle.services.brokers.settling.settle_open()
    assert (await circle.services.brokers.referrals.one(circle.actor, taken.id)).state is ReferralState.LOST
    assert not await circle.services.brokers.settling.settle_open()


async def test_a_lead_passed_around_a_ring_counts_once(circle: Circle) -> None:
    taken = await circle.accept(await circle.refer("p1", "p2"))
    for sender, receiver in (("p2", "p3"), ("p3", "p1"), ("p1", "p2")):
        taken = await circle.accept(await circle.refer(sender, receiver, taken.lead.id))
        assert taken.repeated
    await circle.close(taken)
    found = [
        await circle.services.brokers.standing.score(circle.actor, circle.who[name]) for name in ("p1", "p2", "p3")
    ]
    assert [sum(one.gives for one in each.counterparts) for each in found] == [1, 1, 0]


async def test_who_may_not_have_the_lead_is_not_asked(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p2": {"states": ["FL"]}, "p3": {"active": False}})
    for receiver, code in (("p2", "licence_missing"), ("p3", "inactive")):
        with pytest.raises(Conflict) as refused:
            await circle.refer("p1", receiver)
        assert refused.value.code == code
    found = await circle.services.brokers.referrals.matches(circle.producer("p1"), await circle.lead("p1"), None)
    assert [one.producer_id for one in found.items] == [circle.who["p4"]], "three steps away, over who may not"
    assert found.refused == {"licence_missing": 1, "inactive": 1}


async def test_a_person_who_wishes_no_contact_is_passed_to_nobody(circle: Circle) -> None:
    lead_id = await circle.lead("p1")
    await circle.services.contact.revocations.record(
        circle.actor, lead_id=lead_id, words="stop contacting me", key=f"t:{lead_id}", channel=Channel.CALL
    )
    with pytest.raises(Conflict):
        await circle.refer("p1", "p2", lead_id)
    with pytest.raises(Conflict):
        await circle.refer("p1", None, lead_id)


async def test_t17_a_medicare_lead_goes_to_nobody_whom_its_consent_does_not_name(circle: Circle) -> None:
    consent = {"text": "I agree that Acme may call me about Medicare.", "at": now().isoformat()}
    lead_id = await circle.lead("p1", line="medicare", consent=consent)
    with pytest.raises(Conflict) as refused:
        await circle.refer("p1", "p2", lead_id)
    assert refused.value.code == "not_named"


async def test_a_search_asks_the_next_best_after_each_refusal_and_then_nobody(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p5": {"states": ["FL"]}})
    made = await circle.refer("p1", None)
    assert made.to_id == circle.who["p2"], "the nearest of equals"
    assert set(made.matched["factors"]) == {"tie", "record", "answers", "tier"}
    await circle.run()
    asked = [made]
    for expected in ("p3", "p4"):
        await circle.answer(asked[-1], Step.DECLINE, reason="busy")
        await circle.run()
        page = await circle.services.brokers.referrals.page(circle.actor, [], None, made.lead.id, None, 10)
        assert page.items[0].to_id == circle.who[expected]
        assert page.items[0].previous_id == asked[-1].id
        asked.append(page.items[0])
    await circle.answer(asked[-1], Step.DECLINE, reason="busy")
    await circle.run()
    page = await circle.services.brokers.referrals.page(circle.actor, [], None, made.lead.id, None, 10)
    assert len(page.items) == 3
    assert await holder(circle, made.lead.id) == (circle.who["p1"], "assigned"), "it stays where it is"
    async with circle.services.database.begin(circle.actor) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT status, outcome FROM graph_run WHERE graph = 'referral' AND lead_id = :lead ORDER BY queued_at"
            ),
            {"lead": made.lead.id},
        )
        assert [tuple(row) for row in rows] == [("done", "asked_next"), ("done", "asked_next"), ("done", "nobody_left")]


async def test_a_referral_to_one_producer_ends_with_their_answer(circle: Circle) -> None:
    made = await circle.refer("p1", "p2")
    await circle.run()
    await circle.answer(made, Step.DECLINE)
    await circle.run()
    assert len((await circle.services.brokers.referrals.page(circle.actor, [], None, made.lead.id, None, 9)).items) == 1


async def test_asking_onward_twice_asks_once(circle: Circle) -> None:
    made = await circle.refer("p1", None)
    await circle.answer(made, Step.DECLINE)
    found = [await circle.services.brokers.referring.onward(circle.actor, made.id) for _ in range(2)]
    assert found[0] == found[1] is not None


async def test_the_same_key_makes_one_referral(circle: Circle) -> None:
    lead_id, me = await circle.lead("p1"), circle.producer("p1")
    given_ = ReferralIn(lead_id=lead_id, to_id=circle.who["p2"], expires_at=None)
    refer = circle.services.brokers.referring.refer
    one, two = await refer(me, given_, key="k"), await refer(me, given_, key="k")
    assert one.id == two.id
    with pytest.raises(Conflict) as other:
        await refer(me, ReferralIn(lead_id=lead_id, to_id=circle.who["p3"], expires_at=None), key="k")
    assert other.value.code == "idempotency_key_reused"


async def test_gold_is_asked_first(circle: Circle, monkeypatch: pytest.MonkeyPatch) -> None:
    async with circle.services.database.begin(circle.actor) as uow:
        real = type(uow.effects).tiers

    async def tiers(self: Any, ids: Any) -> dict[UUID, str]:
        return {**await real(self, ids), circle.who["p4"]: Tier.GOLD.value}

    monkeypatch.setattr("store.sql.repositories.standing.Effects.tiers", tiers)
    assert (await circle.refer("p1", None)).to_id == circle.who["p4"]


async def test_test_leads_count_for_nobody(circle: Circle) -> None:
    lead_id = await circle.lead("p1")
    async with circle.services.database.begin(circle.actor) as uow:
        await uow.session.execute(text("UPDATE lead SET test = true WHERE id = :id"), {"id": lead_id})
    await circle.close(await circle.accept(await circle.refer("p1", "p2", lead_id)))
    async with circle.services.database.begin(circle.actor) as uow:
        assert await uow.referrals.exchanges() == {}


async def test_another_agency_sees_no_referral(circle: Circle, other_actor: Actor) -> None:
    made = await circle.refer("p1", "p2")
    with pytest.raises(NotFound):
        await circle.services.brokers.referrals.one(other_actor, made.id)
    assert (await circle.services.brokers.referrals.page(other_actor, [], None, None, None, 5)).items == []


async def counters_are_exact(circle: Circle) -> bool:
    """Whether the counters kept up to date are those counted from the beginning."""
    async with circle.services.database.begin(circle.actor) as uow:
        kept = await uow.referrals.exchanges()
        anew = tally(referred_of(row) for row in await uow.referrals.everything())
    return kept == dict(anew)


_LIVES = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(["p4", "p5"]),
              st.sampled_from(["pending", "accept", "decline", "expire", "withdraw", "win", "lose", "reverse"])),
    min_size=1, max_size=5,
)  # fmt: skip


async def test_what_is_kept_up_to_date_is_what_counting_anew_gives(circle: Circle) -> None:
    """Lives drawn by Hypothesis, lived on the stores; then counted from the beginning and compared."""
    lives: list[list[tuple[str, str, str]]] = []

    @settings(max_examples=6, database=None, derandomize=True)
    @given(_LIVES)
    def draw(found: list[tuple[str, str, str]]) -> None:
        lives.append(found)

    draw()
    for sender, receiver, how in [life for found in lives for life in found][:20]:
        made = await circle.refer(sender, receiver)
        if how in {"accept", "win", "lose", "reverse"}:
            made = await circle.accept(made)
        if how in {"win", "lose", "reverse"}:
            made = await circle.close(made, "lose" if how == "lose" else "win")
        if how == "reverse":
            await circle.services.brokers.settling.reverse(circle.actor, made.id, "flat", expected=None)
        if how == "decline":
            await circle.answer(made, Step.DECLINE)
        if how == "withdraw":
            await circle.services.brokers.referring.withdraw(circle.actor, made.id, "x", expected=None)
        if how == "expire":
            with frozen(now() + timedelta(days=4)):
                await circle.services.brokers.referring.expire(circle.actor, made.id)
    assert await counters_are_exact(circle)
    async with circle.services.database.begin(circle.actor) as uow:
        before = await uow.referrals.exchanges()
    await circle.services.brokers.settling.recount(circle.actor)
    async with circle.services.database.begin(circle.actor) as uow:
        assert await uow.referrals.exchanges() == before


async def test_the_graph_shows_who_referred_to_whom_and_who_stands_in_a_circle(
    services: Services, circle: Circle
) -> None:
    for sender, receiver in (("p1", "p2"), ("p2", "p3"), ("p3", "p1")):
        for _ in range(3):
            await circle.converted(sender, receiver)
    assert await services.projection.refresh(circle.actor)
    assert not await services.projection.refresh(circle.actor)
    (found,) = await services.referral_graph.circles(circle.actor.agency_id, 3)
    assert set(found) == {circle.who[name] for name in ("p1", "p2", "p3")}
    assert not await services.projection.reconcile(circle.actor)
    assert await services.projection.refresh(circle.actor, anew=True)
    assert await services.referral_graph.circles(circle.actor.agency_id, 3) == [found]
