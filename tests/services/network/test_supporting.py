"""Requests for help: who comes first, who takes which, which steps there are, and who sees them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actor import Actor, ActorKind, Scope
from domain.network.support import TRANSITIONS, SupportState
from domain.network.tiers import Tier
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from services.container import Services
from services.network.support_schemas import SupportIn, SupportView
from services.network.supporting import Supporting
from tests.services.network.conftest import Circle, MakeCircle

ALL = frozenset(Scope)


def a_manager(circle: Circle, name: str = "mia") -> Actor:
    return Actor(circle.actor.agency_id, ActorKind.PERSON, f"person:{name}", ALL)


def supporting(circle: Circle) -> Supporting:
    return circle.services.brokers.supporting


async def ask(circle: Circle, name: str, **about: UUID) -> SupportView:
    given = SupportIn.model_validate({"subject": "A licence", "words": "How do I renew it?", **about})
    return await supporting(circle).ask(circle.producer(name), given)


async def set_tier(circle: Circle, name: str, tier: str) -> None:
    """The producer's standing as it would have been counted, and no reason to count it anew."""
    await circle.services.brokers.standing.score(circle.actor, circle.who[name])
    async with circle.services.database.begin(circle.actor) as uow:
        query = "UPDATE network_effect SET tier = :tier WHERE producer_id = :who"
        await uow.session.execute(text(query), {"tier": tier, "who": circle.who[name]})


async def test_dedicated_support_comes_first_by_the_tier_at_the_time_of_asking(circle: Circle) -> None:
    start = now()
    with frozen(start):
        await set_tier(circle, "p3", "platinum")
        await set_tier(circle, "p4", "gold")
        first = await ask(circle, "p1")
    with frozen(start + timedelta(seconds=1)):
        gold = await ask(circle, "p4")
    with frozen(start + timedelta(seconds=2)):
        dedicated = await ask(circle, "p3")
        await set_tier(circle, "p3", "bronze")
        await set_tier(circle, "p1", "diamond")
    with frozen(start + timedelta(seconds=3)):
        later = await ask(circle, "p1")
    assert [(one.tier, one.dedicated) for one in (first, gold, dedicated, later)] == [
        (Tier.BRONZE, False), (Tier.GOLD, False), (Tier.PLATINUM, True), (Tier.DIAMOND, True),
    ]  # fmt: skip
    order = [dedicated.id, later.id, first.id, gold.id]
    page = await supporting(circle).page(circle.actor, [], None, None, 3)
    rest = await supporting(circle).page(circle.actor, [], None, page.next_cursor, 3)
    assert [one.id for one in [*page.items, *rest.items]] == order
    assert rest.next_cursor is None
    taken = [(await supporting(circle).take_next(a_manager(circle))).request for _ in order]
    assert [one.id for one in taken if one is not None] == order
    assert (await supporting(circle).take_next(a_manager(circle))).request is None


async def test_two_who_take_at_once_never_get_the_same(circle: Circle) -> None:
    one, other = await ask(circle, "p1"), await ask(circle, "p2")
    async with circle.services.database.begin(a_manager(circle)) as uow:
        held = await uow.support.next_open()
        assert held is not None
        assert held.id == one.id
        second = (await supporting(circle).take_next(a_manager(circle, "noa"))).request
        assert second is not None, "whoever comes second does not wait"
        assert (second.id, second.taken_by) == (other.id, "person:noa")
        assert (await supporting(circle).take_next(a_manager(circle, "ola"))).request is None
    many = [await ask(circle, "p3") for _ in range(6)]
    found = await asyncio.gather(*(supporting(circle).take_next(a_manager(circle, str(n))) for n in range(8)))
    ids = [one.request.id for one in found if one.request is not None]
    assert sorted(ids) == sorted([one.id, *(each.id for each in many)])


async def test_a_request_is_answered_and_closed_once(circle: Circle) -> None:
    mine, manager = await ask(circle, "p1"), a_manager(circle)
    with pytest.raises(Conflict, match="open cannot take answer"):
        await supporting(circle).answer(manager, mine.id, "So.", expected=None)
    await supporting(circle).take_next(manager)
    with pytest.raises(Stale):
        await supporting(circle).answer(manager, mine.id, "So.", expected=1)
    done = await supporting(circle).answer(manager, mine.id, "In the portal.", expected=2)
    assert (done.state, done.version, done.answered_by) == (SupportState.ANSWERED, 3, "person:mia")
    with pytest.raises(Conflict):
        await supporting(circle).withdraw(circle.producer("p1"), mine.id, expected=None)
    closed = await supporting(circle).close(circle.producer("p1"), mine.id, expected=3)
    assert (closed.state, closed.answer) == (SupportState.CLOSED, "In the portal.")
    for again in (supporting(circle).close, supporting(circle).withdraw):
        with pytest.raises(Conflict, match="possible now: nothing"):
            await again(circle.producer("p1"), mine.id, expected=None)
    assert (await supporting(circle).page(circle.actor, [], None, None, 9)).items == []
    over = await supporting(circle).page(circle.actor, [SupportState.CLOSED], None, None, 9)
    assert [one.id for one in over.items] == [mine.id]


STAMPS = {
    "taken": "taken_at = now(), taken_by = 'x'",
    "answered": "answer = 'so', answered_at = now(), answered_by = 'x'",
    "closed": "ended_at = now(), ended_by = 'x'",
    "withdrawn": "ended_at = now(), ended_by = 'x'",
}
WAYS = {
    "open": (), "taken": ("taken",), "answered": ("taken", "answered"), "closed": ("taken", "answered", "closed"),
    "withdrawn": ("withdrawn",),
}  # fmt: skip


async def _move(circle: Circle, request: UUID, to: str, more: str | None = None) -> None:
    """Past every service, as the application role."""
    stamps = more or STAMPS.get(to, "taken_at = NULL, taken_by = NULL")
    async with circle.services.database.begin(circle.actor) as uow:
        query = f"UPDATE support_request SET state = :to, version = version + 1, {stamps} WHERE id = :id"
        await uow.session.execute(text(query), {"to": to, "id": request})


async def test_the_database_knows_the_same_table(circle: Circle) -> None:
    allowed = {(before.value, after.value) for (before, _), after in TRANSITIONS.items()}
    for before, after in product(WAYS, WAYS):
        request = (await ask(circle, "p1")).id
        for step in WAYS[before]:
            await _move(circle, request, step)
        if (before, after) in allowed:
            await _move(circle, request, after)
        else:
            with pytest.raises(DBAPIError, match=r"does not become|ck_support_request"):
                await _move(circle, request, after)


@pytest.mark.parametrize(
    "change",
    ["words = 'other'", "dedicated = true", "tier = 'diamond'", "created_at = now()", "version = version + 2"],
)
async def test_what_was_asked_stays(circle: Circle, change: str) -> None:
    request = (await ask(circle, "p1")).id
    sets = "version = version + 1, " if "version" not in change else ""
    query = f"UPDATE support_request SET state = 'taken', {sets}{STAMPS['taken']}, {change} WHERE id = :id"
    async with circle.services.database.begin(circle.actor) as uow:
        with pytest.raises(DBAPIError, match=r"stays|does not become"):
            await uow.session.execute(text(query), {"id": request})
        await uow.session.rollback()


async def test_nobody_takes_anothers_answer_away(circle: Circle) -> None:
    request = (await ask(circle, "p1")).id
    for step in ("taken", "answered"):
        await _move(circle, request, step)
    with pytest.raises(DBAPIError, match="stays"):
        await _move(circle, request, "closed", f"{STAMPS['closed']}, answer = 'another'")


async def test_a_producer_sees_the_own_requests_alone(circle: Circle, make_circle: MakeCircle) -> None:
    mine = await ask(circle, "p1")
    stranger, abroad = circle.producer("p2"), (await make_circle()).actor
    for who in (stranger, abroad):
        assert (await supporting(circle).page(who, [], None, None, 9)).items == []
        assert (await supporting(circle).page(who, [], circle.who["p1"], None, 9)).items == []
        with pytest.raises(NotFound):
            await supporting(circle).one(who, mine.id)
        with pytest.raises(NotFound):
            await supporting(circle).withdraw(who, mine.id, expected=None)
        with pytest.raises(Invalid, match="cursor"):
            await supporting(circle).page(who, [], None, mine.id, 9)
    assert (await supporting(circle).take_next(abroad)).request is None
    assert (await supporting(circle).page(circle.producer("p1"), [], None, None, 9)).items == [mine]
    for refused in (
        supporting(circle).take_next(circle.producer("p1")),
        supporting(circle).answer(circle.producer("p1"), mine.id, "So.", expected=None),
        supporting(circle).ask(stranger, SupportIn(subject="s", words="w", producer_id=circle.who["p1"])),
    ):
        with pytest.raises(Forbidden):
            await refused
    async with circle.services.database.begin(abroad) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM support_request")) == 0


async def test_it_is_about_what_the_producer_sees(circle: Circle) -> None:
    lead = await circle.lead("p1")
    assert (await ask(circle, "p1", lead_id=lead)).lead_id == lead
    with pytest.raises(NotFound, match="lead"):
        await ask(circle, "p2", lead_id=lead)
    behalf = SupportIn(subject="s", words="w", producer_id=circle.who["p2"], lead_id=lead)
    with pytest.raises(NotFound, match="lead"):
        await supporting(circle).ask(a_manager(circle), behalf)
    for field in ("policy_id", "accrual_id"):
        with pytest.raises(NotFound):
            await ask(circle, "p1", **{field: uuid4()})
    with pytest.raises(ValueError, match="about one"):
        SupportIn(subject="s", words="w", lead_id=lead, policy_id=uuid4())


async def test_somebody_of_the_agency_asks_for_a_producer(circle: Circle, services: Services) -> None:
    manager = a_manager(circle)
    with pytest.raises(Invalid, match="for whom"):
        await supporting(circle).ask(manager, SupportIn(subject="s", words="w"))
    given = SupportIn(subject="s", words="w", producer_id=circle.who["p2"])
    made = await supporting(circle).ask(manager, given, key="k")
    assert (made.producer_id, made.created_by) == (circle.who["p2"], "person:mia")
    assert await supporting(circle).ask(manager, given, key="k") == made
    with pytest.raises(Conflict, match="another request"):
        await supporting(circle).ask(manager, given.model_copy(update={"words": "more"}), key="k")
    async with services.database.begin(circle.actor) as uow:
        noted = [one.detail for one in await uow.audit.page(
            action="support.ask", actor=None, subject_id=str(made.id), before=None, at_most=9
        )]  # fmt: skip
    assert noted == [{"producer_id": str(circle.who["p2"])}], "neither subject nor words"


async def test_diamond_is_marked_an_ambassador(circle: Circle) -> None:
    await set_tier(circle, "p2", "diamond")
    page = await circle.services.brokers.reaching.directory(circle.producer("p1"), None, 9)
    assert [one.id for one in page.items if one.ambassador] == [circle.who["p2"]]
