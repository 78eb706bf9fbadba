"""Subscribers that answer 500, hang, close early or die: same id and bytes every time, in order, nothing lost; a healthy one gets
each event once.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from domain.actor import Actor
from domain.deliveries import Limits
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from integrations.sealing import Sealer
from integrations.webhooks import WebhookSender
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.webhook_settings import WebhookSettings
from services.container import Services
from services.webhooks.schemas import ReplayIn, SubscriptionIn, SubscriptionView
from services.webhooks.secrets import Secrets
from services.webhooks.sending import Deliveries
from services.webhooks.subscriptions import Subscriptions
from store.embedded import Home
from tests import receiver as stage
from tests.receiver import Receiver, receiving, status
from tests.workers.stage import submit, submit_many, until
from workers.webhooks import send_webhooks

LIMITS = Limits(attempts=5, circuit_failures=100, circuit_seconds=0.0, dead_in_row=2, longest_wait=3_600.0)
SETTINGS = WebhookSettings(timeout_seconds=0.5, lease_seconds=60.0, first_wait_seconds=0.0)


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    opened = WebhookSender(timeout_seconds=SETTINGS.timeout_seconds, allow_private=True)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def _nobody_subscribed(owner: asyncpg.Pool) -> AsyncIterator[None]:
    await owner.execute("DELETE FROM webhook_subscription")
    yield
    await owner.execute("DELETE FROM webhook_subscription")


@pytest.fixture
def subscriptions(services: Services, sender: WebhookSender) -> Subscriptions:
    return Subscriptions(services.database, sender, services.webhooks.secrets, LIMITS)


@pytest.fixture
def worker(services: Services, sender: WebhookSender) -> Callable[..., Deliveries]:
    """Whatever fails is due again at once."""

    def make(limits: Limits = LIMITS, settings: WebhookSettings = SETTINGS) -> Deliveries:
        secrets = services.webhooks.secrets
        return Deliveries(services.database, sender, secrets, settings, limits, chance=lambda: 0.0)

    return make


Worker = Callable[..., Deliveries]


async def subscribe(subscriptions: Subscriptions, actor: Actor, there: Receiver, **body: object) -> SubscriptionView:
    made = await subscriptions.create(actor, SubscriptionIn.model_validate({"url": there.url, **body}))
    return made.subscription


async def drained(deliveries: Deliveries) -> None:
    while await deliveries.work():
        pass


@asynccontextmanager
async def sending(deliveries: Deliveries, services: Services) -> AsyncIterator[None]:
    """The real worker of a process with these deliveries."""
    ours = replace(services)
    ours.__dict__["webhooks"] = replace(
        services.webhooks, deliveries=deliveries
    )  # where its cached property would keep it
    task = asyncio.create_task(send_webhooks(ours))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def events(there: Receiver) -> list[tuple[str, int]]:
    told = [json.loads(got.body) for got in there.got]
    return [(one["lead_id"], one["version"]) for one in told]


BAD = [
    status(500), stage.hangs, stage.closes_at_once, stage.closes_amid_headers, stage.closes_after_headers,
    stage.byte_by_byte, status(302, "Location: /elsewhere"), status(429), stage.no_http,
]  # fmt: skip


@pytest.mark.parametrize("answer", BAD)
async def test_every_retry_has_the_same_id_and_bytes(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, answer: stage.Answer
) -> None:
    """DOMAIN T72: 500 and then 200, the same id and the same bytes."""
    async with receiving(answer, answer, answer) as there:
        view = await subscribe(subscriptions, actor, there)
        lead_id = await submit(services, actor)
        await drained(worker())
        assert len(there.got) == 4
        assert len({(got.id, got.body, got.headers["leadwright-event"]) for got in there.got}) == 1
        assert events(there)[0] == (str(lead_id), 1)
        (done,) = (await subscriptions.deliveries(actor, view.id, [], None, 10)).items
    assert (done.state, done.attempts, done.last_status, str(done.id)) == ("delivered", 4, 200, there.got[0].id)


async def test_what_changes_between_attempts_does_not_change_the_body(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    """DOMAIN T72: with the lead's present state in it, the body would differ were it made anew."""
    async with receiving(status(500)) as there:
        await subscribe(subscriptions, actor, there, include_lead=True, kinds=["received"])
        lead_id = await submit(services, actor)
        deliveries = worker()
        await deliveries.work()
        await services.lead_status.queue(actor, lead_id, "test", "a person must look")
        await drained(deliveries)
    first, second = there.got
    assert (first.id, first.body) == (second.id, second.body)
    told = json.loads(second.body)
    assert (told["lead"]["status"], told["lead"]["version"]) == ("received", 1)
    assert told["lead"]["name"] == "Ann Lee"


async def test_a_healthy_subscriber_gets_each_event_once_while_another_hangs(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving() as healthy, receiving() as hanging:
        hanging.always = stage.hangs
        await subscribe(subscriptions, actor, hanging)
        await subscribe(subscriptions, actor, healthy)
        leads = await submit_many(services, actor, 10)

        async def all_there() -> bool:
            return len(healthy.got) >= 10

        async with sending(worker(replace(LIMITS, attempts=50)), services):
            await until(all_there)
            seen = len(hanging.got)

            async def hangs_on() -> bool:
                return len(hanging.got) > seen

            await until(hangs_on)
    assert events(healthy) == [(str(lead), 1) for lead in leads]
    assert len({got.id for got in healthy.got}) == 10
    assert {(got.id, got.body) for got in hanging.got} == {(hanging.got[0].id, hanging.got[0].body)}
    assert (healthy.most_at_once, hanging.most_at_once) == (1, 1)


async def test_a_later_event_waits_for_an_earlier_one_however_many_workers_there_are(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving(status(200), status(500), stage.closes_at_once, status(200), status(503)) as there:
        await subscribe(subscriptions, actor, there)
        lead_id = await submit(services, actor)
        await services.lead_status.queue(actor, lead_id, "a", "look")
        for verb in ("reject", "reopen", "lose"):
            await services.lead_status.change(actor, lead_id, verb, reason="because", expected=None)
        several = [worker() for _ in range(4)]

        async def arrived() -> bool:
            await asyncio.gather(*(one.work() for one in several))
            return len(there.got) == 8

        await until(arrived)
        assert not any(await asyncio.gather(*(one.work() for one in several)))
    assert [version for _, version in events(there)] == [1, 2, 2, 2, 3, 3, 4, 5]
    assert there.most_at_once == 1


async def test_a_delivery_is_given_up_after_its_attempts_and_the_next_has_its_turn(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving(*[status(500)] * 5) as there:
        view = await subscribe(subscriptions, actor, there)
        first, second = await submit_many(services, actor, 2)
        await drained(worker())
        assert events(there) == [(str(first), 1)] * 5 + [(str(second), 1)]
        (dead,) = (await subscriptions.deliveries(actor, view.id, ["dead"], None, 10)).items
        assert (dead.attempts, dead.last_status) == (5, 500)
        again = await subscriptions.replay(actor, view.id, ReplayIn(event_id=dead.event_id))
        assert (again.added, again.more) == (1, False)
        await drained(worker())
        replayed = there.got[-1]
        assert replayed.id != str(dead.id)
        assert replayed.body == there.got[0].body  # nothing but the id of the delivery is new
        (new, *_) = (await subscriptions.deliveries(actor, view.id, [], None, 10)).items
        assert (new.turn, new.state, new.event_id) == (1, "delivered", dead.event_id)


async def test_dead_letters_in_a_row_pause_and_a_resumed_subscription_goes_on_where_it_was(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving() as there:
        there.always = status(500)
        view = await subscribe(subscriptions, actor, there)
        leads = await submit_many(services, actor, 3)
        await drained(worker())
        assert len(there.got) == 10  # two deliveries of five attempts
        paused = await subscriptions.one(actor, view.id)
        assert (paused.paused, paused.waiting, paused.version) == ("failing", 1, 2)
        there.always = status(200)
        leads += await submit_many(services, actor, 1)
        await drained(worker())
        assert len(there.got) == 10
        await subscriptions.resume(actor, view.id, expected=2)
        await drained(worker())
    assert events(there)[10:] == [(str(lead), 1) for lead in leads[2:]]


async def test_gone_pauses_at_once_and_loses_nothing(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving(status(410)) as there:
        view = await subscribe(subscriptions, actor, there)
        await submit_many(services, actor, 2)
        await drained(worker())
        assert len(there.got) == 1
        paused = await subscriptions.one(actor, view.id)
        assert (paused.paused, paused.waiting) == ("gone", 2)
        await subscriptions.resume(actor, view.id, expected=None)
        await drained(worker())
    assert [got.id for got in there.got][:2] == [there.got[0].id] * 2
    assert len(there.got) == 3


async def test_a_wait_that_the_subscriber_asks_for_is_kept_by_every_worker(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    async with receiving(status(503, "Retry-After: 1800"), status(429, "Retry-After: 999999999")) as there:
        view = await subscribe(subscriptions, actor, there)
        await submit(services, actor)
        for wait in (1_800, 3_600):  # the second is more than anybody may ask for
            await drained(worker())
            left = await owner.fetchval(
                "SELECT extract(epoch FROM next_at - clock_timestamp()) FROM webhook_subscription WHERE id = $1",
                view.id,
            )
            assert wait - 600 < left <= wait
            assert not await worker().work()
            await owner.execute("UPDATE webhook_subscription SET next_at = now() WHERE id = $1", view.id)
        await drained(worker())
    assert len({(got.id, got.body) for got in there.got}) == 1
    assert len(there.got) == 3


async def test_after_failures_in_a_row_the_circuit_opens_for_all_and_one_probe_decides(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    limits = replace(LIMITS, circuit_failures=2, circuit_seconds=3_000.0)
    async with receiving(status(500), status(500), status(500)) as there:
        view = await subscribe(subscriptions, actor, there)
        shown = Subscriptions(services.database, subscriptions._sender, services.webhooks.secrets, limits)
        await submit_many(services, actor, 2)
        for circuit in ("open", "open"):
            await drained(worker(limits))
            now_at = await shown.one(actor, view.id)
            assert now_at.circuit == circuit
            await owner.execute("UPDATE webhook_subscription SET next_at = now() WHERE id = $1", view.id)
            assert (await shown.one(actor, view.id)).circuit == "half_open"
        assert len(there.got) == 3
        await drained(worker(limits))
        assert (await shown.one(actor, view.id)).circuit == "closed"
    assert len(there.got) == 5


async def test_a_worker_killed_while_it_sends_is_followed_by_one_that_sends_the_same(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    async with receiving(stage.hangs) as there:
        await subscribe(subscriptions, actor, there)
        lead_id = await submit(services, actor)
        killed = await asyncio.to_thread(_other_process, services)

        async def asked() -> bool:
            return bool(there.got)

        try:
            await until(asked)
        finally:
            os.kill(killed.pid, signal.SIGKILL)
            await asyncio.to_thread(killed.wait)
        assert not await worker().work(), "the lease of the killed worker holds"
        await owner.execute("UPDATE webhook_subscription SET lease_until = now() - interval '1 second'")
        await drained(worker())
    first, second = there.got
    assert (first.id, first.body) == (second.id, second.body)
    assert events(there) == [(str(lead_id), 1)] * 2


_SEND = """
import asyncio, json, sys
from pydantic import SecretStr
from domain.deliveries import Limits
from integrations.webhooks import WebhookSender
from integrations.sealing import Sealer
from kernel.settings import PostgresSettings
from kernel.webhook_settings import WebhookSettings
from services.webhooks.secrets import Secrets
from services.webhooks.sending import Deliveries
from store.sql.engine import open_engine
from store.uow import Database
from datetime import timedelta
given = json.loads(sys.stdin.read())
async def main():
    database = Database(open_engine(given["url"], PostgresSettings()))
    sender = WebhookSender(timeout_seconds=100, allow_private=True)
    limits = Limits(5, 100, 0.0, 2, 10.0)
    settings = WebhookSettings(timeout_seconds=100, lease_seconds=600)
    secrets = Secrets(Sealer(given["key"]), timedelta())
    await Deliveries(database, sender, secrets, settings, limits).work()
asyncio.run(main())
"""


def _other_process(services: Services) -> subprocess.Popen[str]:
    url = services.settings.postgres.app_url
    assert url is not None
    given = json.dumps({"url": url.get_secret_value(), "key": Home.at(services.settings.home_path).secret("sources")})
    process = subprocess.Popen([sys.executable, "-c", _SEND], stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(given)
    process.stdin.close()
    return process


async def test_a_worker_that_lost_its_lease_writes_nothing(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    let_go = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        await status(500)(reader, writer)

    async with receiving(late) as there:
        view = await subscribe(subscriptions, actor, there)
        await submit(services, actor)
        patient = WebhookSender(timeout_seconds=60.0, allow_private=True)
        first = Deliveries(services.database, patient, services.webhooks.secrets, SETTINGS, LIMITS)
        slow = asyncio.create_task(first.work())

        async def asked() -> bool:
            return bool(there.got)

        await until(asked)
        await owner.execute("UPDATE webhook_subscription SET lease_until = now() - interval '1 second'")
        await drained(worker())
        let_go.set()
        await slow
        await patient.close()
        (done,) = (await subscriptions.deliveries(actor, view.id, [], None, 10)).items
    assert (done.state, done.attempts, done.last_status) == ("delivered", 2, 200)


async def test_a_worker_that_lost_its_lease_before_it_sent_sends_nothing(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    """It would make the body anew, with the lead as it stands by then."""
    async with receiving() as there:
        await subscribe(subscriptions, actor, there, include_lead=True)
        await submit(services, actor)
        async with services.database.platform() as platform:
            late = await platform.claim_delivery(timedelta(seconds=60))
        assert late is not None
        await owner.execute("UPDATE webhook_subscription SET lease_until = now() - interval '1 second'")
        await drained(worker())
        assert await worker()._ready(actor, late) is None
    assert len(there.got) == 1


async def test_an_event_that_is_undone_is_told_to_nobody(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving() as there:
        await subscribe(subscriptions, actor, there)
        lead_id = await submit(services, actor)
        with pytest.raises(RuntimeError):
            await _undone(services, actor, lead_id)
        await drained(worker())
    assert events(there) == [(str(lead_id), 1)]


async def _undone(services: Services, actor: Actor, lead_id: UUID) -> None:
    async with services.database.begin(actor) as uow:
        await uow.history.append(lead_id, "undone", LeadEvent(Happening.QUEUED, now(), {"reason": "look"}))
        raise RuntimeError


async def test_only_the_kinds_asked_for_are_sent_and_other_agencies_hear_nothing(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, other_actor: Actor
) -> None:
    async with receiving() as there, receiving() as elsewhere:
        await subscribe(subscriptions, actor, there, kinds=["queued"])
        await subscribe(subscriptions, other_actor, elsewhere)
        lead_id = await submit(services, actor)
        await services.lead_status.queue(actor, lead_id, "a", "look")
        await drained(worker())
    assert events(there) == [(str(lead_id), 2)]
    assert elsewhere.got == []


async def test_nothing_personal_is_sent_unless_the_lead_is_asked_for(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor, owner: asyncpg.Pool
) -> None:
    async with receiving() as there:
        await subscribe(subscriptions, actor, there)
        await submit(services, actor, street="12 Elm Street", date_of_birth="1980-02-03")
        await drained(worker())
        told = there.got[0].body.decode()
        assert await owner.fetchval("SELECT count(*) FROM webhook_delivery WHERE body IS NOT NULL") == 0
    for personal in ("Ann", "ann.lee", "5550142", "555-0142", "Civic", "Elm", "1980"):
        assert personal not in told, personal


async def test_a_stretch_of_time_is_replayed_in_order_and_what_waits_is_left_alone(
    subscriptions: Subscriptions, worker: Worker, services: Services, actor: Actor
) -> None:
    async with receiving() as there:
        leads = await submit_many(services, actor, 3)  # before anybody subscribed
        view = await subscribe(subscriptions, actor, there)
        leads += await submit_many(services, actor, 1)
        since = ReplayIn.model_validate({"since": "2000-01-01T00:00:00Z"})
        assert (await subscriptions.replay(actor, view.id, since)).added == 3
        assert (await subscriptions.replay(actor, view.id, since)).added == 0
        early = ReplayIn.model_validate({"since": "2000-01-01T00:00:00Z", "until": "2001-01-01T00:00:00Z"})
        assert (await subscriptions.replay(actor, view.id, early)).added == 0
        await drained(worker())
    assert events(there) == [(str(lead), 1) for lead in (leads[3], *leads[:3])]


async def test_a_missing_sealing_key_counts_no_attempt_and_sends_nothing(
    subscriptions: Subscriptions, worker: Worker, services: Services, sender: WebhookSender, actor: Actor
) -> None:
    async with receiving() as there:
        view = await subscribe(subscriptions, actor, there)
        await submit(services, actor)
        other_key = Secrets(Sealer("another key"), services.webhooks.secrets._overlap)
        blind = Deliveries(services.database, sender, other_key, SETTINGS, LIMITS, chance=lambda: 0.0)
        for _ in range(LIMITS.attempts + 1):
            with pytest.raises(Unavailable, match="another key"):
                await blind.work()
        (waits,) = (await subscriptions.deliveries(actor, view.id, [], None, 10)).items
        assert (waits.state, waits.attempts, waits.last_error) == ("failed", 0, "sealed_by_another_key")
        assert there.got == []
        await drained(worker())
    assert len(there.got) == 1
