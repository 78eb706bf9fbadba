"""Offers are made, answered and over exactly once, whoever asks and however often."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Stale
from services.container import Services
from services.routing.ranking import Ranking
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.routing.conftest import Desk, MakeDesk
from tests.told import OF_OFFERS, kinds_told


@pytest.mark.parametrize("leads", [20, 50])
async def test_one_place_left_and_many_parallel_leads_give_exactly_one_offer(desk: MakeDesk, leads: int) -> None:
    """DOMAIN T8: capacity is counted under the producer's lock, and an open offer counts."""
    at = await desk(1, {"capacity_daily": 1})
    ids = [await at.lead() for _ in range(leads)]
    claims = await asyncio.gather(*(at.claim(one) for one in ids))
    assert Counter(claim.outcome for claim in claims) == {"offered": 1, "queued": leads - 1}
    again = await asyncio.gather(*(at.claim(one) for one in ids))
    assert [one.outcome for one in again] == [one.outcome for one in claims]
    page = await at.services.offers.page(at.actor, [], None, None, 100)
    assert [one.state for one in page.items] == ["offered"]


async def test_ten_a_month_are_ten_offers_after_thirty_days(desk: MakeDesk) -> None:
    """DOMAIN T9: credit builds up day by day; ten a month is never rounded to none a day."""
    at = await desk(
        1, {"capacity_monthly": 10, "schedule": [{"weekday": d, "start": "00:00", "end": "00:00"} for d in range(7)]}
    )
    made = []
    for day in range(30):
        with frozen(datetime(2027, 4, 1, 17, tzinfo=UTC) + timedelta(days=day)):
            lead_id = await at.lead()
            made.append((await at.claim(lead_id)).outcome == "offered")
    assert sum(made) == 10
    assert made[0]


async def test_an_agency_that_does_not_ask_assigns_at_once(services: Services) -> None:
    at = Desk(services, await new_agency(services, [a_producer("p1")]))
    lead_id = await at.lead()
    assert (await at.claim(lead_id)).outcome == "assigned"
    offer = await at.offer(lead_id)
    assert (offer.state, offer.due_at, offer.allowed_actions) == ("accepted", None, [])


async def test_a_producer_accepts_and_the_same_click_again_gets_the_same_answer(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer = await at.offered()
    who = at.producer(offer.producer_id)
    answers = await asyncio.gather(
        *(at.services.offers.answering.accept(who, offer.id, expected=offer.version) for _ in range(5))
    )
    assert len({answer.model_dump_json() for answer in answers}) == 1
    assert answers[0].state == "accepted"
    assert await at.kinds(lead_id) == ["offered", "accepted"]
    assert (await at.services.lead_queries.one(who, lead_id)).status == "assigned"
    assert (await at.services.lead_rebuild.rebuild(at.actor)).differed == 0


async def test_an_offer_is_nobody_elses_to_see_or_answer(desk: MakeDesk) -> None:
    at = await desk()
    _, offer = await at.offered()
    answering = at.services.offers.answering
    others = {one for one in await _ids(at) if one != offer.producer_id}
    for wrong in [at.producer(one) for one in others]:
        for attempt in (answering.accept(wrong, offer.id, expected=None), at.services.offers.one(wrong, offer.id)):
            with pytest.raises(NotFound):
                await attempt
        assert (await at.services.offers.page(wrong, [], None, None, 10)).items == []
        with pytest.raises(Forbidden):
            await answering.withdraw(wrong, offer.id, "mine", expected=None)
    mine = await at.services.offers.page(at.producer(offer.producer_id), [], None, None, 10)
    assert [one.id for one in mine.items] == [offer.id]
    assert mine.items[0].allowed_actions == ["accept", "decline"]


async def test_of_two_managers_one_wins_and_the_other_is_told_how_it_stands(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer = await at.offered()
    answering = at.services.offers.answering
    results = await asyncio.gather(
        answering.accept(at.manager("ana"), offer.id, expected=offer.version),
        answering.decline(at.manager("bob"), offer.id, "too_busy", None, expected=offer.version),
        answering.accept(at.manager("cyd"), offer.id, expected=offer.version),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 2
    winner = next(one for one in results if not isinstance(one, BaseException))
    for one in refused:
        assert one.current is not None
        assert one.current["state"] == winner.state.value
    assert len(await at.kinds(lead_id)) == 2


async def test_an_old_version_is_stale_and_a_late_answer_is_told(desk: MakeDesk) -> None:
    at = await desk()
    _, offer = await at.offered()
    who, answering = at.producer(offer.producer_id), at.services.offers.answering
    with pytest.raises(Stale) as stale:
        await answering.accept(who, offer.id, expected=offer.version + 1)
    assert stale.value.current["version"] == offer.version
    with frozen(offer.due_at), pytest.raises(Conflict) as late:
        await answering.accept(who, offer.id, expected=None)
    assert late.value.code == "offer_expired"


async def test_an_answer_after_somebody_else_has_the_lead_says_so(desk: MakeDesk) -> None:
    at = await desk()
    lead_id, offer = await at.offered()
    other = next(one for one in await _ids(at) if one != offer.producer_id)
    await at.services.assignments.assign(at.actor, lead_id, other, expected=None)
    with pytest.raises(Conflict) as late:
        await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    assert late.value.code == "offer_reassigned"
    history = await at.services.offers.history(at.actor, lead_id)
    assert [one.state for one in history.items] == ["reassigned", "accepted"]


async def test_a_producer_whose_licence_is_gone_cannot_accept(desk: MakeDesk) -> None:
    at = await desk(1)
    _, offer = await at.offered()
    async with at.services.database.begin(at.actor) as uow:
        await uow.session.execute(text("UPDATE producer SET active = false"))
    with pytest.raises(Conflict) as refused:
        await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    assert refused.value.code == "inactive"


async def test_three_who_decline_make_one_escalation_with_the_receipt(desk: MakeDesk) -> None:
    """DOMAIN T10: whoever declined is out for this lead, the next best is asked, and all of them end with a person, once."""
    at = await desk(3, max_declines=9)
    lead_id, _ = await at.offered()
    asked = []
    for _ in range(3):
        offer = await at.offer(lead_id)
        asked.append(offer.producer_id)
        who = at.producer(offer.producer_id)
        first = await at.services.offers.answering.decline(who, offer.id, "too_busy", "on leave", expected=None)
        second = await at.services.offers.answering.decline(who, offer.id, "too_busy", "on leave", expected=1)
        assert first == second
        await at.run()
    assert len(set(asked)) == 3
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (lead.status, lead.reason) == ("queued", "all_declined")
    assert await at.kinds(lead_id) == ["offered", "declined"] * 3 + ["queued", "escalated"]
    receipt = await at.services.receipts.get(at.actor, lead.receipt_id)
    assert len(receipt.body["lead"]["declined_by"]) == 3
    assert (await at.services.receipts.replay(at.actor, lead.receipt_id)).same
    assert (await at.services.lead_rebuild.rebuild(at.actor)).differed == 0
    await kinds_told(at.services, at.actor)


async def test_after_so_many_declines_a_person_gets_the_lead_though_others_are_left(desk: MakeDesk) -> None:
    at = await desk(3, max_declines=2)
    lead_id, _ = await at.offered()
    for _ in range(2):
        offer = await at.offer(lead_id)
        await at.services.offers.answering.decline(at.manager("ana"), offer.id, "poor_lead", None, expected=None)
        await at.run()
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (lead.status, lead.reason) == ("queued", "declined_too_often")
    assert lead.receipt_id is not None
    assert (await at.kinds(lead_id)).count("escalated") == 1


async def test_two_workers_expire_an_offer_once_and_the_next_is_asked(desk: MakeDesk) -> None:
    at = await desk(2)
    lead_id, first = await at.offered()
    with frozen(first.due_at - timedelta(seconds=1)):
        assert (await at.services.offers.answering.time_is_up(at.actor, first.id)) == "nothing"
    with frozen(first.due_at):
        await asyncio.gather(*(_work_all(at.services) for _ in range(2)))
        await at.run()
        second = await at.offer(lead_id)
        assert second.producer_id != first.producer_id
        assert await at.kinds(lead_id) == ["offered", "expired", "offered"]
        with pytest.raises(Conflict) as late:
            await at.services.offers.answering.accept(at.producer(first.producer_id), first.id, expected=None)
        assert late.value.code == "offer_expired"


async def test_a_worker_that_fell_silent_loses_the_timer_when_its_lease_is_over(desk: MakeDesk) -> None:
    at = await desk(1)
    lead_id, offer = await at.offered()
    async with at.services.database.platform() as platform:
        assert await platform.claim_due_offer(offer.due_at, timedelta(seconds=60)) == (offer.id, at.actor.agency_id)
    async with at.services.database.platform() as platform:
        assert await platform.claim_due_offer(offer.due_at, timedelta(seconds=60)) is None
    with frozen(offer.due_at + timedelta(seconds=60)):
        await _work_all(at.services)
        assert (await at.kinds(lead_id))[-1] == "expired"


async def test_a_search_that_takes_too_long_ends_with_a_person(desk: MakeDesk) -> None:
    at = await desk(3, answer_minutes={"hot": 30}, max_minutes=40)
    lead_id, first = await at.offered()
    with frozen(first.due_at):
        await _work_all(at.services)
        await at.run()
    second = await at.offer(lead_id)
    assert second.due_at - first.offered_at == timedelta(minutes=40)
    with frozen(second.due_at):
        await _work_all(at.services)
        await at.run()
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (lead.status, lead.reason) == ("queued", "offers_too_slow")
    assert (await at.kinds(lead_id)).count("escalated") == 1


@pytest.mark.parametrize(("when_stale", "status"), [("tell", "assigned"), ("queue", "queued")])
async def test_a_lead_not_contacted_in_time_escalates_once(desk: MakeDesk, when_stale: str, status: str) -> None:
    at = await desk(1, contact_minutes={"hot": 15}, when_stale=when_stale)
    lead_id, offer = await at.offered()
    taken = await at.services.offers.answering.accept(at.producer(offer.producer_id), offer.id, expected=None)
    assert taken.due_at == taken.answered_at + timedelta(minutes=15)
    with frozen(taken.due_at):
        await asyncio.gather(*(_work_all(at.services) for _ in range(2)))
        assert await at.services.offers.answering.time_is_up(at.actor, offer.id) == "nothing"
    assert (await at.kinds(lead_id)).count("escalated") == 1
    assert (await at.services.lead_queries.one(at.actor, lead_id)).status == status


async def test_a_contacted_lead_is_not_stale(desk: MakeDesk) -> None:
    at = await desk(1, contact_minutes={"hot": 15})
    lead_id, offer = await at.offered()
    who = at.producer(offer.producer_id)
    taken = await at.services.offers.answering.accept(who, offer.id, expected=None)
    await at.services.lead_status.change(who, lead_id, "contact", reason=None, expected=None)
    with frozen(taken.due_at):
        await _work_all(at.services)
    assert "escalated" not in await at.kinds(lead_id)
    assert (await at.offer(lead_id)).state == "worked"
    await at.services.lead_status.change(who, lead_id, "win", reason=None, expected=None)
    assert (await at.offer(lead_id)).state == "won"


async def test_a_withdrawn_offer_leaves_the_lead_to_a_person_and_the_producer_in_the_running(desk: MakeDesk) -> None:
    at = await desk(1)
    lead_id, offer = await at.offered()
    ana, answering = at.manager("ana"), at.services.offers.answering
    first = await answering.withdraw(ana, offer.id, "wrong office", expected=1)
    assert first == await answering.withdraw(ana, offer.id, "wrong office", expected=1)
    assert (await at.services.lead_queries.one(ana, lead_id)).reason == "wrong office"
    await at.run()
    outcome = await at.services.offers.queue.assign_many(ana, [lead_id])
    assert [(one.outcome, one.producer_id) for one in outcome.items] == [("offered", offer.producer_id)]


async def test_a_manager_spreads_many_leads_over_the_producers(desk: MakeDesk) -> None:
    at = await desk(3, {"capacity_daily": 4})
    ids = [await at.lead() for _ in range(13)]
    for one in ids:
        await at.services.lead_status.queue(at.actor, one, "q2", "nobody_available")
    outcome = await at.services.offers.queue.assign_many(at.actor, [*ids, at.actor.agency_id])
    assert Counter(one.outcome for one in outcome.items) == {"offered": 12, "left": 1, "not_found": 1}
    assert set(Counter(one.producer_id for one in outcome.items if one.producer_id).values()) == {4}
    again = await at.services.offers.queue.assign_many(at.actor, ids)
    assert Counter(one.outcome for one in again.items) == {"moved": 12, "left": 1}
    with pytest.raises(Forbidden):
        await at.services.offers.queue.assign_many(at.producer(None), ids)


async def test_the_queue_drains_oldest_first_when_a_place_is_free(desk: MakeDesk) -> None:
    at = await desk(1, {"capacity_daily": 1})
    lead_id, _ = await at.offered()
    waiting = [await at.lead() for _ in range(3)]
    for one in waiting:
        assert (await at.claim(one)).outcome == "queued"
    assert await at.services.offers.queue.drain(at.actor) == 0
    with frozen(now() + timedelta(days=1)):
        assert sum(await asyncio.gather(*(at.services.offers.queue.drain(at.actor) for _ in range(2)))) == 1
        assert [(await at.services.lead_queries.one(at.actor, one)).status for one in waiting] == [
            "offered",
            "queued",
            "queued",
        ]
    assert (await at.offer(lead_id)).state == "offered"


async def test_leads_that_nobody_may_have_now_are_not_ranked_one_by_one(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = await desk(1, {"capacity_daily": 1})
    await at.offered()
    waiting = [await at.lead(language=language) for language in ("en", "es", "fr")]
    assert {(await at.claim(one)).outcome for one in waiting} == {"queued"}
    ranked: list[object] = []
    rank = Ranking.rank

    async def counted(self: Ranking, *about: Any) -> Any:
        ranked.append(about)
        return await rank(self, *about)

    monkeypatch.setattr(Ranking, "rank", counted)
    assert await at.services.offers.queue.drain(at.actor) == 0
    assert ranked == []
    with frozen(now() + timedelta(days=1)):
        assert await at.services.offers.queue.drain(at.actor) == 1
    assert len(ranked) == len(waiting)


async def test_terms_are_the_administrators_and_hold_from_the_next_claim_on(desk: MakeDesk) -> None:
    at = await desk()
    with pytest.raises(Invalid):
        await at.services.offers.configure(at.actor, {"required": "perhaps"})
    with pytest.raises(AppError):
        await at.services.offers.configure(at.producer(None), {"required": False})
    await at.services.offers.configure(at.actor, {"required": False})
    assert (await at.claim(await at.lead())).outcome == "assigned"


async def test_other_systems_are_told_of_offers_as_the_schemas_say(desk: MakeDesk) -> None:
    at = await desk(2, max_declines=1)
    answering = at.services.offers.answering
    _, first = await at.offered()
    await answering.accept(at.producer(first.producer_id), first.id, expected=None)
    _, second = await at.offered()
    await answering.decline(at.producer(second.producer_id), second.id, "language", None, expected=None)
    _, third = await at.offered()
    await answering.withdraw(at.manager("ana"), third.id, "wrong office", expected=None)
    _, fourth = await at.offered()
    with frozen(fourth.due_at):
        await _work_all(at.services)
    told = await kinds_told(at.services, at.actor)
    shared = {Happening.PASSED}  # tests/services/routing/test_shared_offers.py
    assert told - {Happening.RECEIVED, Happening.QUALIFIED, Happening.QUEUED} == OF_OFFERS - shared


async def _ids(at: Desk) -> list:  # type: ignore[type-arg]
    async with at.services.database.begin(at.actor) as uow:
        return [one.id for one in await uow.agencies.producers()]


async def _work_all(services: Services) -> None:
    while await services.offers.work():
        pass
