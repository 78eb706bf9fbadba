"""Events of policies at subscribers: by kind, each once, in order, with nothing personal in them; and again on request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from domain.actor import Actor
from domain.deliveries import Limits
from integrations.webhooks import WebhookSender
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.webhook_settings import WebhookSettings
from services.container import Services
from services.policies.schemas import RescindIn
from services.webhooks.schemas import ReplayIn, SubscriptionIn
from services.webhooks.sending import Deliveries
from services.webhooks.subscriptions import Subscriptions
from tests.receiver import receiving, status
from tests.services.policies.book import Book
from tests.workers.stage import submit

LIMITS = Limits(attempts=5, circuit_failures=100, circuit_seconds=0.0, dead_in_row=2, longest_wait=3_600.0)
SETTINGS = WebhookSettings(timeout_seconds=2.0, lease_seconds=60.0, first_wait_seconds=0.0)


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    opened = WebhookSender(timeout_seconds=SETTINGS.timeout_seconds, allow_private=True)
    yield opened
    await opened.close()


@pytest.fixture
def subscriptions(services: Services, sender: WebhookSender) -> Subscriptions:
    return Subscriptions(services.database, sender, services.webhooks.secrets, LIMITS)


async def drained(services: Services, sender: WebhookSender) -> None:
    deliveries = Deliveries(services.database, sender, services.webhooks.secrets, SETTINGS, LIMITS, chance=lambda: 0.0)
    while await deliveries.work():
        pass


async def test_a_policys_events_arrive_in_order_with_nothing_personal(
    services: Services, actor: Actor, sender: WebhookSender, subscriptions: Subscriptions
) -> None:
    book = Book(services, actor)
    async with receiving(status(500)) as all_kinds, receiving() as ends, receiving() as leads:
        for there, kinds in ((all_kinds, []), (ends, ["policy.rescinded"]), (leads, ["received"])):
            await subscriptions.create(actor, SubscriptionIn.model_validate({"url": there.url, "kinds": kinds}))
        policy_id = await book.active(number="WH-1")
        with book.on("2026-03-01"):
            why = RescindIn.model_validate({"reason": "fraud", "basis": "Ann Lee of 4 Elm St lied in the form"})
            await book.policies.ending.rescind(actor, policy_id, why, expected=None)
        lead_id = await submit(services, actor)
        await drained(services, sender)
    kinds = await book.kinds(policy_id)
    told = [json.loads(got.body) for got in all_kinds.got]
    assert all_kinds.got[0].body == all_kinds.got[1].body  # after the 500
    of_policy = [one for one in told[1:] if one.get("policy_id") == str(policy_id)]
    assert [(one["kind"], one["version"]) for one in of_policy] == list(
        zip(kinds, range(1, len(kinds) + 1), strict=True)
    )
    assert told[-1]["lead_id"] == str(lead_id)
    (end,) = ends.got
    assert end.headers["leadwright-event"] == "policies.v1.rescinded"
    assert json.loads(end.body)["data"]["written_premium_minor"] == 0
    assert [json.loads(got.body)["lead_id"] for got in leads.got] == [str(lead_id)]
    said = b"".join(got.body for got in (*all_kinds.got, *ends.got) if b"policy_id" in got.body)
    assert not any(word in said for word in (b"Ann", b"Elm", b"leads.example", b"request", b"60614"))


async def test_what_happened_before_is_delivered_on_request(
    services: Services, actor: Actor, other_actor: Actor, sender: WebhookSender, subscriptions: Subscriptions
) -> None:
    book = Book(services, actor)
    policy_id = await book.active()
    events = (await book.policies.reading.timeline(actor, policy_id)).items
    async with receiving() as there:
        made = await subscriptions.create(
            actor, SubscriptionIn.model_validate({"url": there.url, "kinds": ["policy.activated"]})
        )
        found = made.subscription.id
        paid = next(one for one in events if one.kind == "paid")
        assert (await subscriptions.replay(actor, found, ReplayIn(event_id=paid.id))).added == 0  # not asked for
        active = next(one for one in events if one.kind == "activated")
        assert (await subscriptions.replay(actor, found, ReplayIn(event_id=active.id))).added == 1
        assert (await subscriptions.replay(actor, found, ReplayIn(since=events[0].recorded_at))).added == 0  # it waits
        await drained(services, sender)
        assert (await subscriptions.replay(actor, found, ReplayIn(since=events[0].recorded_at))).added == 1
        for unknown in (new_id(), policy_id):
            with pytest.raises(NotFound):
                await subscriptions.replay(actor, found, ReplayIn(event_id=unknown))
        page = await subscriptions.deliveries(actor, found, [], None, 10)
    assert [(one.kind, one.event_id, one.turn) for one in page.items] == [
        ("policy.activated", active.id, 1), ("policy.activated", active.id, 0),
    ]  # fmt: skip
    foreign = await subscriptions.create(other_actor, SubscriptionIn(url="https://hooks.example.com/x"))
    with pytest.raises(NotFound):
        await subscriptions.replay(other_actor, foreign.subscription.id, ReplayIn(event_id=active.id))


async def test_what_the_clock_does_to_many_at_once_arrives_once_each(
    services: Services, actor: Actor, sender: WebhookSender, subscriptions: Subscriptions
) -> None:
    book = Book(services, actor)
    ids = [await book.active() for _ in range(3)]
    async with receiving() as there:
        kinds = ["policy.needs_a_person", "policy.expired"]
        await subscriptions.create(actor, SubscriptionIn.model_validate({"url": there.url, "kinds": kinds}))
        await book.tick("2027-01-01")
        await drained(services, sender)
    told = [json.loads(got.body) for got in there.got]
    assert len({one["id"] for one in told}) == len(told)
    for policy_id in ids:
        mine = [one for one in told if one["policy_id"] == str(policy_id)]
        assert [one["kind"] for one in mine] == ["needs_a_person", "expired"]
        assert mine[0]["version"] < mine[1]["version"]


def test_an_unknown_kind_is_refused() -> None:
    for kind in ("policy.received", "activated", "policy.", "poem"):
        with pytest.raises(ValidationError):
            SubscriptionIn.model_validate({"url": "https://x.example.com", "kinds": [kind]})
