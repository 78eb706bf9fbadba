"""Events reach the bus in order and at least once, recognised by their id, whatever goes down meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy
from pydantic import SecretStr

from domain.actor import Actor
from integrations.bus import NatsBus, SilentBus
from kernel.errors import Unavailable
from kernel.settings import BusSettings
from services.container import Services
from services.outbox import OutboxRelay
from store.sql.repositories.platform import Platform
from tests.workers.stage import at_work, kill_server, runner, submit, submit_many, until, until_ended
from workers.outbox import relay_outbox
from workers.pipeline import PipelineWorker

STREAM = "LEADWRIGHT"


@pytest.fixture
async def stream(services: Services) -> AsyncIterator[JetStreamContext]:
    """The bus as another system reads it, empty at the test's start."""
    await services.bus.ping()
    url = services.settings.bus.url
    assert url is not None
    client = await nats.connect(url.get_secret_value())
    await client.jetstream().purge_stream(STREAM)
    yield client.jetstream()
    await client.close()


async def messages(stream: JetStreamContext) -> list[tuple[str, str, dict[str, Any]]]:
    """(message id, subject, payload) of everything in the stream, in its order."""
    count = (await stream.stream_info(STREAM)).state.messages
    if not count:
        return []
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL)
    reader = await stream.pull_subscribe("leads.>", stream=STREAM, config=config)
    found = await reader.fetch(count, timeout=10)
    await reader.unsubscribe()
    return [((one.headers or {})["Nats-Msg-Id"], one.subject, json.loads(one.data)) for one in found]


async def waiting(owner: asyncpg.Pool) -> list[str]:
    """Ids of events that the bus does not have yet, in the order they were written."""
    return [
        str(row["id"]) for row in await owner.fetch("SELECT id FROM outbox WHERE published_at IS NULL ORDER BY seq")
    ]


async def until_none_waits(owner: asyncpg.Pool) -> None:
    async def none_waits() -> bool:
        return not await waiting(owner)

    await until(none_waits)


@asynccontextmanager
async def relaying(services: Services) -> AsyncIterator[asyncio.Task[None]]:
    """The worker running until the block is left; one that ended by itself fails the test."""
    task = asyncio.create_task(relay_outbox(services))
    try:
        yield task
        assert not task.done(), "the relay ended"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Shaky:
    """A bus that is away for the calls whose numbers are given; hands everything else on."""

    def __init__(self, real: Any, away: set[int]) -> None:
        self.real, self.away, self.calls = real, away, 0

    async def publish(self, subject: str, payload: Mapping[str, Any], message_id: str) -> None:
        self.calls += 1
        if self.calls in self.away:
            raise Unavailable("the bus does not answer; try again shortly")
        await self.real.publish(subject, payload, message_id)

    async def ping(self) -> None:
        await self.real.ping()

    async def close(self) -> None:
        """The real bus is closed by its owner."""


async def test_events_are_published_in_the_order_they_were_written_and_each_once(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext
) -> None:
    leads = await submit_many(services, actor, 5)
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, leads)
    written = await waiting(owner)
    assert len(written) == 15  # received, qualified, assigned
    while await services.outbox.relay():
        pass
    published = await messages(stream)
    assert [message_id for message_id, _, _ in published] == written
    assert await waiting(owner) == []
    of_one = [(subject, body["version"]) for _, subject, body in published if body["lead_id"] == str(leads[0])]
    assert of_one == [("leads.v1.received", 1), ("leads.v1.qualified", 2), ("leads.v1.assigned", 3)]


async def test_nothing_personal_is_published(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext
) -> None:
    lead_id = await submit(services, actor, street="12 Elm Street", date_of_birth="1980-02-03")
    async with at_work(PipelineWorker(services, runner(services))):
        await until_ended(owner, [lead_id])
    await services.outbox.relay()
    told = json.dumps(await messages(stream))
    assert str(lead_id) in told
    for personal in ("Ann", "ann.lee", "5550142", "555-0142", "Civic", "Elm", "1980"):
        assert personal not in told, personal


async def test_an_event_whose_mark_was_lost_is_published_again_and_kept_once(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit_many(services, actor, 3)
    written = await waiting(owner)

    async def lost(self: Platform, ids: list[UUID]) -> None:
        raise Unavailable("the database does not answer; try again shortly")

    with monkeypatch.context() as patch:
        patch.setattr(Platform, "mark_published", lost)
        with pytest.raises(Unavailable):
            await services.outbox.relay()
    assert await waiting(owner) == written
    assert len(await messages(stream)) == 3
    assert await services.outbox.relay() == 3
    assert [message_id for message_id, _, _ in await messages(stream)] == written
    assert await waiting(owner) == []


async def test_when_the_bus_goes_away_amid_a_batch_what_it_has_is_marked_and_the_rest_waits_in_order(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext
) -> None:
    await submit_many(services, actor, 5)
    written = await waiting(owner)
    relay = OutboxRelay(services.database, Shaky(services.bus, {3}))
    with pytest.raises(Unavailable):
        await relay.relay()
    assert await waiting(owner) == written[2:]
    assert await relay.relay() == 3
    assert [message_id for message_id, _, _ in await messages(stream)] == written


async def test_a_bus_that_is_not_there_loses_nothing(services: Services, actor: Actor, owner: asyncpg.Pool) -> None:
    await submit_many(services, actor, 2)
    written = await waiting(owner)
    nowhere = NatsBus(BusSettings(url=SecretStr("nats://127.0.0.1:1")))
    with pytest.raises(Unavailable):
        await OutboxRelay(services.database, nowhere).relay()
    await nowhere.close()
    assert await waiting(owner) == written


async def test_two_relays_share_the_work_without_publishing_twice(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext
) -> None:
    await submit_many(services, actor, 10)
    written = await waiting(owner)
    counted = Shaky(services.bus, set())
    sent = await asyncio.gather(*(OutboxRelay(services.database, counted).relay() for _ in range(4)))
    assert sum(sent) == counted.calls == 10
    assert sorted(message_id for message_id, _, _ in await messages(stream)) == sorted(written)


async def test_an_event_that_the_bus_can_never_carry_holds_up_no_other(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext
) -> None:
    first = await submit(services, actor, email="first@leads.example", phone=None)
    poison = (
        "INSERT INTO outbox (id, agency_id, subject, payload, created_at) VALUES ($1, $2, 'no subject', '{}', now())"
    )
    await owner.execute(poison, uuid4(), actor.agency_id)
    second = await submit(services, actor, email="second@leads.example", phone=None)
    async with relaying(services):
        await until_none_waits(owner)
    assert [body["lead_id"] for _, _, body in await messages(stream)] == [str(first), str(second)]


async def test_the_relay_goes_on_after_a_fault_of_any_kind(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit_many(services, actor, 2)
    written, faults, real = await waiting(owner), [RuntimeError("a fault"), Unavailable("away")], Platform.take_outbox

    async def faulty(self: Platform, at_most: int) -> Any:
        if faults:
            raise faults.pop()
        return await real(self, at_most)

    monkeypatch.setattr(Platform, "take_outbox", faulty)
    monkeypatch.setattr("workers.loop._AWAY_SECONDS", 0.05)
    async with relaying(services):
        await until_none_waits(owner)
    assert [message_id for message_id, _, _ in await messages(stream)] == written


async def test_events_written_while_the_bus_is_down_are_published_when_it_is_back(
    services: Services, actor: Actor, owner: asyncpg.Pool, stream: JetStreamContext, home: Path
) -> None:
    async with relaying(services):
        await submit(services, actor, email="before@leads.example", phone=None)
        await until_none_waits(owner)
        kill_server(home, "bus")
        leads = await submit_many(services, actor, 5)
        await until_none_waits(owner)
    kept = [body["lead_id"] for _, _, body in await messages(stream)]
    assert kept[1:] == [str(lead_id) for lead_id in leads]


async def test_an_installation_without_a_bus_keeps_no_backlog(
    services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    await submit(services, actor)
    silent = replace(services, bus=SilentBus())
    async with relaying(silent):
        await until_none_waits(owner)
