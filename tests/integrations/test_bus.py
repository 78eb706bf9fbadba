"""Events in a real JetStream: stored once an id, kept through reconnects, refused with a reason."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import nats
import pytest
import pytest_asyncio
from nats.js import JetStreamContext
from pydantic import SecretStr

from integrations.bus import Bus, NatsBus, SilentBus
from kernel.errors import Invalid, Unavailable
from kernel.settings import BusSettings
from store.embedded import BUS, EmbeddedStores
from tests.servers.fixtures import NatsServer
from tests.servers.sides import EMBEDDED, SIDES


@dataclass(frozen=True)
class Side:
    """A server, and how it is killed and comes back."""

    url: SecretStr
    crash: Callable[[], None]


@pytest_asyncio.fixture(scope="module")
async def embedded() -> AsyncIterator[Side]:
    home = Path(tempfile.mkdtemp(prefix="lwt-"))
    async with await EmbeddedStores.open(home, services=frozenset({BUS}), durable=False) as opened:
        yield Side(SecretStr(opened.endpoints.nats_url), lambda: os.kill(opened.pids[BUS], signal.SIGKILL))
    shutil.rmtree(home)


@pytest.fixture(scope="module", params=SIDES)
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == EMBEDDED:
        found: Side = request.getfixturevalue("embedded")
        return found
    server: NatsServer = request.getfixturevalue("nats_server")
    assert server.settings.url is not None

    def crash() -> None:
        server.running.kill()
        server.running.start()

    return Side(server.settings.url, crash)


@pytest.fixture
def settings(side: Side) -> BusSettings:
    return BusSettings(url=side.url, stream="LEADWRIGHT", retain_days=7)


@pytest_asyncio.fixture
async def bus(settings: BusSettings) -> AsyncIterator[NatsBus]:
    opened = NatsBus(settings)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def reader(side: Side) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(side.url.get_secret_value())
    yield client.jetstream()
    await client.close()


async def stored(reader: JetStreamContext) -> int:
    return (await reader.stream_info("LEADWRIGHT")).state.messages


async def test_an_event_is_stored_with_its_subject_id_and_payload(bus: NatsBus, reader: JetStreamContext) -> None:
    message_id = str(uuid4())
    await bus.publish("leads.received", {"lead_id": "1", "words": "señal"}, message_id)
    found = await reader.get_last_msg("LEADWRIGHT", "leads.received")
    assert json.loads(found.data or b"") == {"lead_id": "1", "words": "señal"}
    assert found.headers == {"Nats-Msg-Id": message_id}


async def test_the_same_id_is_stored_once(bus: NatsBus, reader: JetStreamContext) -> None:
    message_id = str(uuid4())
    await bus.ping()
    before = await stored(reader)
    await asyncio.gather(*(bus.publish("leads.routed", {"n": 1}, message_id) for _ in range(5)))
    assert await stored(reader) == before + 1


async def test_the_stream_is_made_as_set_and_follows_a_changed_setting(
    bus: NatsBus, settings: BusSettings, reader: JetStreamContext
) -> None:
    await bus.ping()
    config = (await reader.stream_info("LEADWRIGHT")).config
    assert (config.subjects, config.max_age, config.duplicate_window) == (["leads.>", "policies.>"], 7 * 86_400, 600)
    later = NatsBus(settings.model_copy(update={"retain_days": 3}), subjects=("invoices.>",))
    await later.publish("invoices.sent", {}, str(uuid4()))
    await later.close()
    config = (await reader.stream_info("LEADWRIGHT")).config
    assert (config.subjects, config.max_age) == (["leads.>", "policies.>", "invoices.>"], 3 * 86_400)


async def test_several_buses_may_start_at_once(settings: BusSettings) -> None:
    fresh = settings.model_copy(update={"stream": "FRESH"})
    buses = [NatsBus(fresh, subjects=("fresh.>",)) for _ in range(5)]
    await asyncio.gather(*(one.publish("fresh.start", {}, str(uuid4())) for one in buses))
    for one in buses:
        await one.close()


async def test_a_stream_that_was_lost_is_made_again(bus: NatsBus, reader: JetStreamContext) -> None:
    await bus.publish("leads.received", {}, str(uuid4()))
    await reader.delete_stream("LEADWRIGHT")
    await bus.publish("leads.received", {}, str(uuid4()))
    assert await stored(reader) == 1


async def test_publishing_goes_on_after_the_server_was_killed(
    side: Side, bus: NatsBus, reader: JetStreamContext
) -> None:
    await bus.publish("leads.received", {}, str(uuid4()))
    before = await stored(reader)
    side.crash()
    message_id, deadline = str(uuid4()), time.monotonic() + 30
    while True:
        try:
            await bus.publish("leads.received", {"after": "crash"}, message_id)
            break
        except Unavailable:
            assert time.monotonic() < deadline
    await bus.publish("leads.received", {"after": "crash"}, message_id)
    assert await stored(reader) == before + 1


async def test_what_no_repetition_could_help_is_invalid(bus: NatsBus) -> None:
    await bus.ping()
    for subject, payload in (
        ("leads.received", {"when": object()}),
        ("leads.received", {"n": float("nan")}),
        ("leads received", {}),
        ("", {}),
        ("leads.received", {"long": "x" * 2_000_000}),
    ):
        with pytest.raises(Invalid):
            await bus.publish(subject, payload, str(uuid4()))


async def test_a_subject_outside_the_stream_is_unavailable_and_says_so(bus: NatsBus) -> None:
    with pytest.raises(Unavailable, match="add the subject"):
        await bus.publish("elsewhere.event", {}, str(uuid4()))


@pytest.mark.parametrize("url", ["nats://127.0.0.1:1", "not a url"])
async def test_a_dead_bus_is_unavailable_within_seconds(url: str) -> None:
    dead = NatsBus(BusSettings(url=SecretStr(url)))
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await dead.publish("leads.received", {}, str(uuid4()))
    assert time.monotonic() - began < 5
    await dead.close()


async def test_a_refused_login_is_unavailable(settings: BusSettings) -> None:
    assert settings.url is not None
    place = settings.url.get_secret_value().rpartition("@")[2]
    stranger = NatsBus(BusSettings(url=SecretStr(f"nats://nobody:nothing@{place}")))
    with pytest.raises(Unavailable):
        await stranger.ping()
    await stranger.close()


async def test_the_silent_bus_takes_everything_and_tells_nobody() -> None:
    bus: Bus = SilentBus()
    await bus.publish("leads.received", {}, "1")
    await bus.ping()
    await bus.close()


def test_a_bus_without_address_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="LEADWRIGHT_BUS__URL"):
        NatsBus(BusSettings())
