"""Events of policies for who listens: the agency all, a producer the own ones, a partner none; nothing personal in them."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.live.channels import channel_of
from domain.live.tickets import Pass
from kernel.errors import AppError, Forbidden, NotFound
from kernel.ids import new_id
from kernel.live_settings import LiveSettings
from services.container import Services
from services.live.live import Live
from tests.builders import a_sent_lead
from tests.services.policies.book import Book, a_policy


def producer(actor: Actor, producer_id: UUID) -> Actor:
    return replace(actor, kind=ActorKind.PRODUCER, subject=f"producer:{producer_id}", producer_id=producer_id)


async def two_producers(services: Services, actor: Actor) -> tuple[UUID, UUID]:
    found = (await services.producers.records.page(actor, None, 10)).items
    return found[0].id, found[1].id


async def test_each_hears_of_the_policies_that_they_may_see(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    book, feed = Book(services, actor), services.live.feed
    one, other = await two_producers(services, actor)
    mine = await book.active(producers=[{"producer_id": str(one), "share": "1"}])
    theirs = await book.draft(producers=[{"producer_id": str(other), "share": "1"}])
    lead_id = await a_sent_lead(services, actor)

    async def heard(who: Actor, channel: str) -> set[str]:
        found = (await feed.after(who, channel, 0)).messages
        return {message.get("policy_id") or message["lead_id"] for message in found}

    assert await heard(actor, "policies") == {str(mine), str(theirs)}
    assert await heard(actor, "leads") == {str(lead_id)}
    assert await heard(actor, f"policy:{mine}") == {str(mine)}
    assert await heard(producer(actor, one), "my-policies") == {str(mine)}
    assert await heard(producer(actor, other), "my-policies") == {str(theirs)}
    assert await heard(producer(actor, one), "my-leads") == set()
    said = (await feed.after(actor, f"policy:{mine}", 0)).messages
    assert [message["kind"] for message in said] == [f"policy.{kind}" for kind in await book.kinds(mine)]
    assert set(said[0]) == {"type", "id", "channel", "policy_id", "at", "kind", "version"}
    for who, channel, wanted in (
        (producer(actor, one), f"policy:{theirs}", NotFound), (other_actor, f"policy:{mine}", NotFound),
        (producer(actor, one), "policies", Forbidden), (actor, "my-policies", Forbidden),
        (replace(actor, kind=ActorKind.PARTNER, source="web"), "policies", Forbidden),
        (replace(actor, kind=ActorKind.PARTNER, source="web"), f"policy:{mine}", Forbidden),
        (replace(actor, scopes=frozenset({Scope.LEADS_READ})), "policies", Forbidden),
        (replace(actor, scopes=frozenset({Scope.POLICIES_READ})), "leads", Forbidden),
    ):  # fmt: skip
        with pytest.raises(AppError) as refused:
            await feed.after(who, channel, 0)
        assert isinstance(refused.value, wanted), channel


async def test_a_listener_hears_as_it_happens_and_who_loses_a_policy_hears_that_only(
    services: Services, actor: Actor
) -> None:
    book, live = Book(services, actor), Live.on(services.database, services.listener, LiveSettings())
    one, other = await two_producers(services, actor)
    before, after = ([{"producer_id": str(who), "share": "1"}] for who in (one, other))
    body = a_policy(producers=before)
    policy_id = await book.policies.drafts.draft(actor, body, key=None)
    listeners = {}
    try:
        for who, name in (
            (actor, "policies"), (actor, "leads"), (actor, f"policy:{policy_id}"), (producer(actor, one), "my-policies"),
            (producer(actor, other), "my-policies"),
        ):  # fmt: skip
            follower = live.hub.join(Pass(who), None)
            await live.hub.attach(await live.hub.subscribe(follower, channel_of(name), None))
            listeners[who.subject, name] = follower
        changed = body.model_copy(update={"producers": a_policy(producers=after).producers})
        await book.policies.drafts.revise(actor, policy_id, changed, expected=None)
        told = {}
        for place, follower in listeners.items():
            if place[1] != "leads":
                item = await follower.next(30)
                assert item is not None
                told[place] = json.loads(item.text)
        types = {place: (one["type"], one.get("kind")) for place, one in told.items()}
        revised = ("event", "policy.revised")
        assert types == {
            (actor.subject, "policies"): revised, (actor.subject, f"policy:{policy_id}"): revised,
            (f"producer:{one}", "my-policies"): ("gone", None), (f"producer:{other}", "my-policies"): revised,
        }  # fmt: skip
        assert listeners[actor.subject, "leads"].idle
    finally:
        await live.hub.close()


async def test_nobody_is_of_record_and_the_agency_hears(services: Services, actor: Actor) -> None:
    policy_id = await Book(services, actor).draft()
    (said,) = (await services.live.feed.after(actor, "policies", 0)).messages
    assert (said["policy_id"], said["kind"]) == (str(policy_id), "policy.drafted")
    assert (await services.live.feed.after(producer(actor, new_id()), "my-policies", 0)).messages == []
