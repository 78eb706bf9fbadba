"""Offers under the contact rules: clocks stand still while nobody may call, and each offer says whether its producer may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.clock import frozen
from tests.services.routing.conftest import MakeDesk

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
    assert [str(one.id) for one in kept.items] == [told.data["contact_verdict_id"]]
    assert kept.items[0].producer_id == offer.producer_id


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
