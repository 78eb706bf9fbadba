"""The order of events under commits at the same time, in Postgres."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.live.channels import Channel, Reach
from domain.live.replay import TooOld
from domain.live.tickets import Pass
from kernel.clock import frozen, now
from kernel.errors import RateLimited, Unauthenticated
from kernel.ids import new_id
from kernel.live_settings import LiveSettings
from services.container import Services
from services.live.follower import Cut, CutOff, Follower
from services.live.live import Live
from store.uow import UnitOfWork


async def arrive(uow: UnitOfWork) -> UUID:
    """A lead, and nothing that would be worked."""
    lead_id = new_id()
    event = LeadEvent(Happening.RECEIVED, now(), {"source": "test", "language": "en"}, {"text": "a quote"})
    await uow.history.receive([(lead_id, "received", event)], [])
    return lead_id


async def arrived(services: Services, actor: Actor) -> UUID:
    async with services.database.begin(actor) as uow:
        return await arrive(uow)


async def test_an_event_that_commits_late_gets_a_later_number(services: Services, actor: Actor) -> None:
    """DOMAIN T73: the id is monotonic in the order in which events can be seen, not in which they began."""
    async with services.database.begin(actor) as slow:
        late = await arrive(slow)
        early = await arrived(services, actor)
        seen = await services.live.feed.after(actor, "leads", 0)
        assert [one["lead_id"] for one in seen.messages] == [str(early)]
    after = await services.live.feed.after(actor, "leads", seen.position)
    assert [(one["id"], one["lead_id"]) for one in after.messages] == [(seen.position + 1, str(late))]


async def test_writers_and_readers_at_once_leave_no_gap_and_no_repetition(services: Services, actor: Actor) -> None:
    async def read() -> list[tuple[int, str]]:
        position, told = 0, []
        while len(told) < 30:
            page = await services.live.feed.after(actor, "leads", position, 7)
            told += [(one["id"], one["lead_id"]) for one in page.messages]
            position = page.position
        return told

    *leads, one, two = await asyncio.gather(*(arrived(services, actor) for _ in range(30)), read(), read())
    assert one == two
    assert [seq for seq, _ in one] == list(range(1, 31))
    assert {lead_id for _, lead_id in one} == {str(lead_id) for lead_id in leads}


async def test_what_is_swept_means_loading_anew_and_the_numbers_go_on(services: Services, actor: Actor) -> None:
    with frozen(now() - timedelta(hours=80)):
        for _ in range(3):
            await arrived(services, actor)
    assert await services.sweeping.sweep() >= 3
    fresh = await arrived(services, actor)
    with pytest.raises(TooOld):
        await services.live.feed.after(actor, "leads", 2)
    page = await services.live.feed.after(actor, "leads", 3)
    assert [(one["id"], one["lead_id"]) for one in page.messages] == [(4, str(fresh))]


async def test_a_ticket_is_taken_by_one_of_many_and_ends(services: Services, actor: Actor) -> None:
    person = Actor(actor.agency_id, ActorKind.PERSON, "ana", frozenset({Scope.LEADS_READ}))
    ticket = (await services.live.tickets.issue(person, Pass(person))).ticket
    taken = await asyncio.gather(*(services.live.tickets.redeem(ticket) for _ in range(8)), return_exceptions=True)
    assert [one for one in taken if isinstance(one, Pass)] == [Pass(person)]
    assert all(isinstance(one, Pass | Unauthenticated) for one in taken)
    ticket = (await services.live.tickets.issue(person, Pass(person))).ticket
    with frozen(now() + timedelta(seconds=31)), pytest.raises(Unauthenticated):
        await services.live.tickets.redeem(ticket)


async def test_a_listener_who_reads_nothing_is_cut_off_and_holds_no_memory(services: Services, actor: Actor) -> None:
    live = Live.on(services.database, services.listener, LiveSettings(queue=8, actor_connections=2))
    slow, quick = live.hub.join(Pass(actor), "here"), live.hub.join(Pass(actor), "here")
    with pytest.raises(RateLimited):
        live.hub.join(Pass(actor), "here")
    for follower in (slow, quick):
        await live.hub.attach(await live.hub.subscribe(follower, Channel(Reach.LEADS), None))
    try:
        for count in range(9):
            await arrived(services, actor)
            item = await quick.next(30)
            assert item is not None
            assert item.seq == count + 1
        with pytest.raises(CutOff) as cut:
            await slow.next(30)
        assert cut.value.why is Cut.SLOW
        assert not slow._waiting
    finally:
        await live.hub.close()


async def test_a_credential_that_expires_ends_its_listener(services: Services, actor: Actor) -> None:
    live = Live.on(services.database, services.listener, LiveSettings(check_seconds=0.1))
    follower: Follower = live.hub.join(Pass(actor, now() + timedelta(seconds=0.5)), None)
    try:
        with pytest.raises(CutOff) as cut:
            await follower.next(60)
        assert cut.value.why is Cut.ENDED
    finally:
        await live.hub.close()
