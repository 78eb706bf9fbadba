"""Tools that answer an offer act for the actor of the deps: the producer who is asked, once and in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.actor import Actor
from kernel.clock import frozen
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kernel.ids import new_id
from services.container import Services
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.routing.conftest import Desk
from tools.deps import ToolDeps
from tools.routing import accept_offer, decline_offer, offer_standing

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
"""A Tuesday in Chicago, at an hour at which people may be called."""
TERMS: dict[str, Any] = {"required": True, "answer_minutes": {"hot": 10}, "max_declines": 2}


@dataclass(frozen=True)
class Asked:
    """A lead, its open offer, and the desk at which it is answered."""

    at: Desk
    lead: UUID
    offer: Any

    def by(self, actor: Actor) -> ToolDeps:
        """The tools in somebody's hands."""
        return ToolDeps(actor, self.at.services, new_id(), self.lead)

    @property
    def asked(self) -> ToolDeps:
        """In the hands of the producer who is asked."""
        return self.by(self.at.producer(self.offer.producer_id))

    async def others(self) -> list[Actor]:
        """The producers of the agency who are not asked."""
        async with self.at.services.database.begin(self.at.actor) as uow:
            ids = (await uow.agencies.ids_by_external()).values()
        return [self.at.producer(one) for one in ids if one != self.offer.producer_id]

    async def stands(self) -> tuple[str, int, list[str]]:
        """The offer's state and version, and what happened to the lead."""
        now_there = await self.at.services.offers.one(self.at.actor, self.offer.id)
        return now_there.state.value, now_there.version, await self.at.kinds(self.lead)


@pytest.fixture
async def it(services: Services) -> AsyncIterator[Asked]:
    with frozen(NOON):
        actor = await new_agency(services, [a_producer(f"p{number}") for number in range(3)])
        await services.offers.configure(actor, TERMS)
        at = Desk(services, actor)
        lead, offer = await at.offered()
    return Asked(at, lead, offer)


async def test_the_producer_who_is_asked_accepts_and_again_is_the_same(it: Asked) -> None:
    with frozen(NOON + timedelta(minutes=1)):
        told = await accept_offer(it.asked, it.offer.id, it.offer.version)
        assert (told["state"], told["producer_id"]) == ("accepted", str(it.offer.producer_id))
        assert told["lead"] == {**it.offer.lead.model_dump(mode="json"), "status": "assigned"}
        after = await it.stands()
        assert after == ("accepted", it.offer.version + 1, ["offered", "accepted"])
        assert await accept_offer(it.asked, it.offer.id, it.offer.version) == told
        assert await it.stands() == after
        with pytest.raises(Conflict) as too_late:
            await decline_offer(it.asked, it.offer.id, "too_busy")
    assert (too_late.value.code, await it.stands()) == ("offer_accepted", after)


async def test_the_producer_who_is_asked_declines_and_again_is_the_same(it: Asked) -> None:
    with frozen(NOON + timedelta(minutes=1)):
        told = await decline_offer(it.asked, it.offer.id, "other", "a cousin of mine", it.offer.version)
        assert (told["state"], told["reason"], told["words"]) == ("declined", "other", "a cousin of mine")
        after = await it.stands()
        assert after == ("declined", it.offer.version + 1, ["offered", "declined"])
        assert await decline_offer(it.asked, it.offer.id, "other", "a cousin of mine") == told
        for attempt in (decline_offer(it.asked, it.offer.id, "too_busy"), accept_offer(it.asked, it.offer.id)):
            with pytest.raises(Conflict) as answered:
                await attempt
            assert answered.value.code == "offer_declined"
        assert await it.stands() == after
        await it.at.run()
        following = await it.at.offer(it.lead)
    assert following.state == "offered"
    assert following.producer_id != it.offer.producer_id


async def test_to_every_other_producer_and_agency_there_is_no_such_offer(it: Asked, other_actor: Actor) -> None:
    before = await it.stands()
    others = await it.others()
    assert len(others) == 2
    with frozen(NOON + timedelta(minutes=1)):
        for actor in (*others, other_actor):
            wrong = it.by(actor)
            for attempt in (accept_offer(wrong, it.offer.id), decline_offer(wrong, it.offer.id, "too_busy")):
                with pytest.raises(NotFound):
                    await attempt
        blind = Actor(it.at.actor.agency_id, it.at.actor.kind, "system:blind", frozenset())
        with pytest.raises(Forbidden):
            await accept_offer(it.by(blind), it.offer.id)
        with pytest.raises(NotFound):
            await accept_offer(it.asked, new_id())
    assert await it.stands() == before


async def test_after_the_time_to_answer_nothing_is_taken_and_the_next_is_asked(it: Asked) -> None:
    before = await it.stands()
    for at in (it.offer.due_at, it.offer.due_at + timedelta(days=1)):
        with frozen(at):
            for attempt in (accept_offer(it.asked, it.offer.id), decline_offer(it.asked, it.offer.id, "too_busy")):
                with pytest.raises(Conflict) as late:
                    await attempt
                assert late.value.code == "offer_expired"
    assert await it.stands() == before
    with frozen(it.offer.due_at - timedelta(seconds=1)):
        assert (await accept_offer(it.asked, it.offer.id))["state"] == "accepted"
        assert (await offer_standing(it.asked, it.offer.id)).state == "accepted"


async def test_an_old_version_and_a_reason_of_no_list_change_nothing(it: Asked) -> None:
    before = await it.stands()
    with frozen(NOON + timedelta(minutes=1)):
        for attempt in (
            accept_offer(it.asked, it.offer.id, it.offer.version + 1),
            decline_offer(it.asked, it.offer.id, "too_busy", None, it.offer.version + 1),
        ):
            with pytest.raises(Stale):
                await attempt
        for reason, words in (("bored", None), ("other", None), ("other", "  ")):
            with pytest.raises(Invalid) as refused:
                await decline_offer(it.asked, it.offer.id, reason, words)
            assert refused.value.fields[0].field in {"reason", "words"}
    assert await it.stands() == before


async def test_a_manager_answers_on_behalf_and_the_record_says_who_did(it: Asked) -> None:
    with frozen(NOON + timedelta(minutes=1)):
        told = await accept_offer(it.by(it.at.manager("mo")), it.offer.id)
        assert told["producer_id"] == str(it.offer.producer_id)
        with pytest.raises(Conflict) as hers:  # it was not the producer who answered
            await accept_offer(it.asked, it.offer.id)
    assert hers.value.code == "offer_accepted"
    async with it.at.services.database.begin(it.at.actor) as uow:
        (entry,) = await uow.audit.page(
            action="offer.accept", actor=None, subject_id=str(it.offer.id), before=None, at_most=5
        )
    assert entry.actor == "person:mo"
