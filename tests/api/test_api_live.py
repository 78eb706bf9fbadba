"""Live updates over real sockets and streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import websockets
from fastapi import FastAPI

from api.auth import issue_token
from domain.access.roles import Role
from domain.actor import Actor, ActorKind, Scope
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from kernel.ids import new_id
from services.access.schemas import PersonChange
from services.container import Services
from services.live.hub import Hub
from services.live.live import Live
from tests.access import PASSWORD, signed_up
from tests.api.live import Served, heard, said, served, silent

Sender = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def at(app: FastAPI) -> AsyncIterator[Served]:
    async with served(app) as found:
        yield found


@pytest.fixture
async def producers(services: Services, actor: Actor) -> list[UUID]:
    async with services.database.begin(actor) as uow:
        return [one.id for one in await uow.agencies.producers()]


@pytest.fixture
def producer_token(services: Services, actor: Actor) -> Callable[[UUID], str]:
    def make(producer: UUID) -> str:
        who = Actor(
            actor.agency_id, ActorKind.PRODUCER, f"p-{producer}", frozenset({Scope.LEADS_READ}), producer_id=producer
        )
        return issue_token(services.settings, services.jwt_secret, who)

    return make


async def assign(services: Services, actor: Actor, lead_id: str, producer: UUID) -> None:
    async with services.database.begin(actor) as uow:
        event = LeadEvent(Happening.ASSIGNED, now(), {"producer_id": str(producer)})
        await uow.history.append(UUID(lead_id), f"test:{new_id()}", event)


async def test_a_socket_hears_of_every_event_in_order(
    at: Served, actor_token: Callable[..., str], queued_lead: Sender, services: Services, actor: Actor
) -> None:
    async with at.socket(actor_token()) as opened:
        await said(opened, type="subscribe", channel="leads", op="one")
        assert (await heard(opened, "subscribed"))["op"] == "one"
        lead_id = await queued_lead()
        await services.lead_status.change(actor, UUID(lead_id), "reject", reason="spam", expected=None)
        messages = [await heard(opened, "event") for _ in range(3)]
    assert [(one["kind"], one["version"]) for one in messages] == [("received", 1), ("queued", 2), ("rejected", 3)]
    assert [one["id"] for one in messages] == [messages[0]["id"] + step for step in range(3)]
    assert {one["lead_id"] for one in messages} == {lead_id}
    assert set(messages[0]) == {"type", "id", "channel", "lead_id", "at", "kind", "version"}


async def test_after_a_minute_away_exactly_what_was_missed_comes(
    at: Served, actor_token: Callable[..., str], send_lead: Sender
) -> None:
    """DOMAIN T73: drop 60 s, miss 3 events."""
    token = actor_token()
    async with at.socket(token) as opened:
        await said(opened, type="subscribe", channel="leads")
        await heard(opened, "subscribed")
        await send_lead()
        last = (await heard(opened, "event"))["id"]
    begun = now()
    missed = []
    for seconds in (20, 40, 60):
        with frozen(begun + timedelta(seconds=seconds)):
            missed.append(await send_lead())
    async with at.socket(token) as opened:
        await said(opened, type="subscribe", channel="leads", after=last)
        assert (await heard(opened, "subscribed"))["after"] == last
        back = [await heard(opened, "event") for _ in range(3)]
        assert await silent(opened)
    async with at.stream(token, "leads", after=last) as stream:
        streamed = [message async for message in _first(stream, 4)]
    assert [one["lead_id"] for one in back] == missed
    assert [one["id"] for one in back] == [last + 1, last + 2, last + 3]
    assert streamed[1:] == back


async def _first(stream: AsyncIterator[dict[str, Any]], count: int) -> AsyncIterator[dict[str, Any]]:
    async with asyncio.timeout(60):
        async for message in stream:
            yield message
            count -= 1
            if not count:
                return


async def test_a_lead_that_is_reassigned_goes_once_and_nothing_of_it_is_told_after(
    at: Served, queued_lead: Sender, services: Services, actor: Actor, producers: list[UUID],
    producer_token: Callable[[UUID], str],
) -> None:  # fmt: skip
    ana, bo, cy = producers[:3]
    lead_id = await queued_lead()
    async with (
        at.socket(producer_token(ana)) as of_ana, at.socket(producer_token(bo)) as of_bo,
        at.socket(producer_token(cy)) as of_cy,
    ):  # fmt: skip
        for opened in (of_ana, of_bo, of_cy):
            await said(opened, type="subscribe", channel="my-leads")
            await heard(opened, "subscribed")
        await assign(services, actor, lead_id, ana)
        assert (await heard(of_ana, "event"))["kind"] == "assigned"
        await said(of_ana, type="subscribe", channel=f"lead:{lead_id}")
        await heard(of_ana, "subscribed")
        await assign(services, actor, lead_id, bo)
        assert (await heard(of_bo, "event"))["kind"] == "assigned"
        gone = [await heard(of_ana, "gone") for _ in range(2)]
        assert {one["channel"] for one in gone} == {"my-leads", f"lead:{lead_id}"}
        assert all("kind" not in one for one in gone)
        await services.lead_status.change(actor, UUID(lead_id), "contact", reason=None, expected=None)
        assert (await heard(of_bo, "event"))["kind"] == "contacted"
        assert await silent(of_ana, 0.5)
        assert await silent(of_cy, 0.2), "the socket of another producer never sees"
        await said(of_cy, type="subscribe", channel=f"lead:{lead_id}")
        assert (await heard(of_cy, "error"))["code"] == "not_found"
        await said(of_cy, type="subscribe", channel="leads")
        assert (await heard(of_cy, "error"))["code"] == "forbidden"


async def test_another_agency_hears_nothing(
    at: Served, another_agency_token: str, actor_token: Callable[..., str], send_lead: Sender
) -> None:
    async with at.socket(another_agency_token) as opened, at.socket(actor_token()) as own:
        for one in (opened, own):
            await said(one, type="subscribe", channel="leads")
            await heard(one, "subscribed")
        lead_id = await send_lead()
        assert (await heard(own, "event"))["lead_id"] == lead_id
        assert await silent(opened, 0.5)
        await said(opened, type="subscribe", channel=f"lead:{lead_id}")
        assert (await heard(opened, "error"))["code"] == "not_found"


async def test_an_operation_sent_twice_is_done_once(at: Served, actor_token: Callable[..., str]) -> None:
    """DOMAIN T79: the same client operation id twice, and 409 is final."""
    async with at.socket(actor_token()) as opened:
        await said(opened, type="subscribe", channel="leads", op="a")
        first = await heard(opened, "subscribed")
        await said(opened, type="subscribe", channel="leads", op="a")
        assert await heard(opened) == first
        await said(opened, type="subscribe", channel="offers", op="a")
        assert (await heard(opened, "error"))["code"] == "op_reused"
        await said(opened, type="subscribe", channel="leads", op="b")
        assert (await heard(opened, "error"))["code"] == "subscribed"
        await said(opened, type="unsubscribe", channel="leads", op="c")
        assert (await heard(opened, "unsubscribed"))["was"] is True
        await said(opened, type="ping", op="d")
        assert (await heard(opened, "pong"))["op"] == "d"


async def test_a_ticket_opens_one_socket_and_only_in_time(at: Served, actor_token: Callable[..., str]) -> None:
    async def refused(ticket: str, **options: Any) -> int:
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(f"ws://127.0.0.1:{at.port}/api/v1/live/socket?ticket={ticket}", **options)
        return caught.value.response.status_code

    ticket = await at.ticket(actor_token())
    async with websockets.connect(f"ws://127.0.0.1:{at.port}/api/v1/live/socket?ticket={ticket}"):
        pass
    assert await refused(ticket) == 401
    assert await refused("") == 401
    assert await refused(await at.ticket(actor_token()), origin="https://elsewhere.example") == 403


async def test_a_revoked_session_is_cut_off_within_seconds(
    at: Served, services: Services, actor: Actor, client: httpx.AsyncClient
) -> None:
    person = await signed_up(services, actor, Role.MANAGER)
    body = {"agency": person.agency, "email": person.email, "password": PASSWORD}
    token = (await client.post("/api/v1/auth/token", json=body)).json()["access_token"]
    async with at.socket(token) as opened:
        await said(opened, type="subscribe", channel="leads")
        await heard(opened, "subscribed")
        await services.access.people.change(actor, person.id, PersonChange(active=False))
        assert (await heard(opened, "end"))["reason"] == "ended"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(opened.recv(), 30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize(("frame", "code"), [("x" * 5_000, 1009), (b"{}", 1003)])
async def test_a_frame_that_is_too_long_or_binary_ends_the_socket(
    at: Served, actor_token: Callable[..., str], frame: str | bytes, code: int
) -> None:
    async with at.socket(actor_token()) as opened:
        await opened.send(frame)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(opened.recv(), 30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_an_id_that_is_not_kept_means_loading_anew(
    at: Served, client: httpx.AsyncClient, signed: dict[str, str], actor_token: Callable[..., str]
) -> None:
    """DOMAIN T73: "too old, reload"."""
    answer = await client.get("/api/v1/live/events?channel=leads&after=999999", headers=signed)
    assert (answer.status_code, answer.json()["code"]) == (410, "too_old")
    answer = await client.get("/api/v1/live/events?channel=leads&after=999999&follow=false", headers=signed)
    assert (answer.status_code, answer.json()["code"]) == (410, "too_old")
    async with at.socket(actor_token()) as opened:
        await said(opened, type="subscribe", channel="leads", after=999_999)
        assert (await heard(opened))["type"] == "reload"


async def test_what_has_happened_by_now_can_be_asked_without_waiting(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Sender
) -> None:
    lead_id = await send_lead()
    answer = await client.get("/api/v1/live/events?channel=leads&after=0&follow=false", headers=signed)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert lead_id in answer.text
    assert answer.text.startswith("id: 1\nevent: event\n")


async def test_wrong_channels_are_refused(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    for channel, status in (("nonsense", 422), ("my-leads", 403), (f"lead:{uuid4()}", 404)):
        answer = await client.get(f"/api/v1/live/events?channel={channel}", headers=signed)
        assert answer.status_code == status, answer.text


async def test_a_process_that_stops_sends_sockets_elsewhere(
    app: FastAPI, services: Services, actor_token: Callable[..., str]
) -> None:
    given = services.settings.live
    own = Live.on(services.database, services.listener, given)
    assert isinstance(own.hub, Hub)
    before = services.__dict__.get("live")
    services.__dict__["live"] = own
    try:
        async with served(app) as at, at.socket(actor_token()) as opened:
            await said(opened, type="subscribe", channel="leads")
            await heard(opened, "subscribed")
            own.hub.stop()
            assert (await heard(opened, "end"))["reason"] == "restart"
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(opened.recv(), 30)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
    finally:
        await own.hub.close()
        services.__dict__.pop("live", None)
        if before is not None:
            services.__dict__["live"] = before
