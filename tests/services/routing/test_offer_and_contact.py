"""Offers under the contact rules: clocks stand still while nobody may call, and each offer says whether its producer may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from kernel.ids import new_id
from services.leads.schemas import LeadIn
from store.sql.repositories.books import Waits
from tests.builders import a_lead
from tests.services.routing.conftest import QUALIFIED, Desk, MakeDesk

LATE = datetime(2026, 6, 3, 1, 50, tzinfo=UTC)
"""20:50 in Chicago, ten minutes before nobody may be called any more."""
pytestmark = pytest.mark.contact_hours


async def test_the_clock_of_an_offer_stands_still_in_quiet_hours(desk: MakeDesk) -> None:
    """DOMAIN T12: of thirty minutes ten pass before 21:00, and twenty from 8:00 on."""
    with frozen(LATE):
        at = await desk(1, answer_minutes={"hot": 30})
        _, offer = await at.offered()
    assert offer.due_at == datetime(2026, 6, 3, 13, 20, tzinfo=UTC)


async def test_an_offer_says_whether_its_producer_may_call_and_keeps_the_verdict(desk: MakeDesk) -> None:
    with frozen(LATE + timedelta(hours=12)):
        at = await desk(1)
        lead_id, offer = await at.offered()
        told = next(one for one in await at.services.lead_queries.timeline(at.actor, lead_id) if one.kind == "offered")
        kept = await at.services.contact.verdicts.of_lead(at.actor, lead_id, before=None, limit=10)
    assert told.data["may_call"] is False, "the lead has no phone number"
    asked = {one.producer_id: str(one.id) for one in kept.items}
    assert asked[offer.producer_id] == told.data["contact_verdict_id"]
    assert asked.keys() == {None, offer.producer_id}, "whether to wait is asked before there is a producer"


async def test_a_search_that_a_person_begins_anew_has_its_whole_time_again(desk: MakeDesk) -> None:
    with frozen(LATE + timedelta(hours=12)):
        at = await desk(3, answer_minutes={"hot": 30}, max_minutes=30)
        lead_id, first = await at.offered()
    with frozen(first.due_at):
        await at.services.offers.answering.time_is_up(at.actor, first.id)
        await at.run()
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (lead.status, lead.reason) == ("queued", "offers_too_slow")
    with frozen(first.due_at + timedelta(hours=1)) as moment:
        (item,) = (await at.services.offers.queue.assign_many(at.actor, [lead_id])).items
        second = await at.offer(lead_id)
    assert item.outcome == "offered"
    assert second.producer_id != first.producer_id
    assert second.due_at == moment + timedelta(minutes=30)


async def a_callable_lead(at: Desk) -> UUID:
    """A lead whose person agreed to calls; only the hour may speak against one."""
    async with at.services.database.begin(at.actor) as uow:
        name = (await uow.agencies.mine()).name
    consent = {"text": f"{name} may call me, also with automated calls.", "at": (LATE - timedelta(days=1)).isoformat()}
    body = LeadIn(**a_lead(email=f"{new_id().hex}@leads.example", phone="+13125550142", consent=consent))
    lead_id = UUID((await at.services.intake.accept_one(at.actor, body, key=None)).body["lead_id"])
    async with at.services.database.begin(at.actor) as uow:
        await uow.history.append(lead_id, "q", LeadEvent(Happening.QUALIFIED, now(), QUALIFIED))
        await uow.session.execute(text("UPDATE graph_run SET status = 'done' WHERE graph = 'lead'"))
    return lead_id


async def test_a_lead_waits_until_its_person_may_be_called_and_is_offered_then(desk: MakeDesk) -> None:
    """DOMAIN T12: nobody is asked at night for a call that may be made at 8:00."""
    night, morning = LATE + timedelta(hours=1), datetime(2026, 6, 3, 13, tzinfo=UTC)
    with frozen(night):
        at = await desk(2)
        lead_id = await a_callable_lead(at)
        assert (await at.claim(lead_id)).outcome == "queued"
        lead = await at.services.lead_queries.one(at.actor, lead_id)
        assert (lead.status, lead.reason) == ("queued", "not_callable_yet")
        told = (await at.services.lead_queries.timeline(at.actor, lead_id))[-1]
        assert datetime.fromisoformat(told.data["until"]) == morning
        assert await at.services.offers.queue.drain(at.actor) == 0
        kept = await at.services.contact.verdicts.of_lead(at.actor, lead_id, before=None, limit=10)
        assert [one.codes for one in kept.items] == [["quiet_hours"]], "waiting asks nothing again"
        async with at.services.database.begin(at.actor) as uow:
            before, then = await uow.books.waits(night), await uow.books.waits(morning)
        assert (before.until, before.for_somebody) == (morning, False)
        assert (then.until, then.for_somebody) == (None, True), "from then on it waits for somebody free"
    assert lead.receipt_id is not None
    assert (await at.services.receipts.replay(at.actor, lead.receipt_id)).same
    with frozen(morning):
        assert await at.services.offers.queue.drain(at.actor) == 1
        offer = await at.offer(lead_id)
        async with at.services.database.begin(at.actor) as uow:
            assert await uow.books.waits(morning) == Waits(None, for_somebody=False)
    assert (offer.state, offer.lead.status) == ("offered", "offered")
    assert (await at.services.lead_rebuild.rebuild(at.actor)).differed == 0
    with frozen(night):
        other = await desk(1, when_no_call="tell")
        lead_id = await a_callable_lead(other)
        assert (await other.claim(lead_id)).outcome == "offered"
        told = (await other.services.lead_queries.timeline(other.actor, lead_id))[-1]
    assert told.data["may_call"] is False
