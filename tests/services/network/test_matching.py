"""Matching at size gives what ranking everybody gives, asks the stores a number of questions that does not grow with candidates,
and after a change reads no more than what changed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import event, text

from domain.network.exchange import Cell, Counted, Flow, month_of
from domain.network.matching import Option, matched
from domain.network.reach import neighbours
from domain.network.tiers import Tier
from kernel.clock import now
from services.container import Services
from services.network.matching import KeptRecords
from services.network.webs import Webs
from store.sql.repositories.referrals import Referrals
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.network.conftest import Circle

SHOWN = 25


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """What the database is asked meanwhile; a statement with many rows of parameters is one."""
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    engine = services.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def anybody(_: int) -> bool:
    return True


async def a_network(
    services: Services, size: int, ties: list[tuple[int, int, str]], *, licensed: Callable[[int], bool] = anybody
) -> Circle:
    """People by number, those who are ``licensed`` in every state and others in Florida alone."""
    people = [
        a_producer(f"p{number}") if licensed(number) else a_producer(f"p{number}", states=["FL"])
        for number in range(size)
    ]
    links = [{"from": f"p{one}", "to": f"p{two}", "kind": "partnership", "strength": worth} for one, two, worth in ties]
    actor = await new_agency(services, people, links)
    async with services.database.begin(actor) as uow:
        who = await uow.agencies.ids_by_external()
    return Circle(services, actor, who)


async def test_questions_do_not_grow_with_candidates(services: Services) -> None:
    counts = []
    for size in (6, 91):
        circle = await a_network(services, size, [(0, other, "0.5") for other in range(1, size)])
        lead_id, matches = await circle.lead("p0"), circle.services.brokers.referrals.matches
        await matches(circle.actor, lead_id, None)
        with statements(services) as asked:
            found = await matches(circle.actor, lead_id, None)
        counts.append(len(asked))
        assert len(found.items) == min(size - 1, SHOWN)
    assert counts[0] == counts[1]


async def test_consent_is_asked_of_those_alone_who_are_shown(services: Services) -> None:
    circle = await a_network(services, 60, [(0, other, "0.5") for other in range(1, 60)])
    lead_id = await circle.lead("p0")
    found = await circle.services.brokers.referrals.matches(circle.actor, lead_id, None)
    async with services.database.begin(circle.actor) as uow:
        query = "SELECT DISTINCT producer_id FROM contact_verdict WHERE lead_id = :lead AND producer_id IS NOT NULL"
        asked = set(await uow.session.scalars(text(query), {"lead": lead_id}))
    assert asked == {one.producer_id for one in found.items}


def ways(edges: list[tuple[UUID, UUID, float]], start: UUID) -> dict[UUID, tuple[int, float]]:
    """By the sets' own definition: at which step each stands, and the strongest of the shortest ways there."""
    strength = {pair: worth for one, two, worth in edges for pair in ((one, two), (two, one))}
    near = neighbours((one, two) for one, two, _ in edges)
    found = {start: (0, 1.0)}
    for step in (1, 2, 3):
        last = {who for who, (at, _) in found.items() if at == step - 1}
        beyond = {other for one in last for other in near.get(one, ())} - found.keys()
        found |= {who: (step, max(found[one][1] * strength[one, who] for one in near[who] & last)) for who in beyond}
    return {who: way for who, way in found.items() if who != start}


async def test_the_best_are_those_that_ranking_everybody_gives(services: Services) -> None:
    """Four of five may not have the lead, so that the search goes on past the first hundred."""
    chance, size = random.Random(7), 260
    pairs = sorted({(min(pair), max(pair)) for pair in (chance.sample(range(size), 2) for _ in range(700))})
    circle = await a_network(
        services,
        size,
        [(one, two, f"0.{chance.randint(10, 99)}") for one, two in pairs],
        licensed=lambda number: number % 5 == 0,
    )
    month, me = month_of(now()), circle.who["p0"]
    cells = {
        Cell(circle.who[f"p{one}"], circle.who[f"p{two}"], month, what): chance.randint(1, 9)
        for one, two in pairs[::2]
        for what in (Counted.SENT, Counted.ACCEPTED, Counted.CONVERTED, Counted.DECLINED)
    }
    async with services.database.begin(circle.actor) as uow:
        await uow.referrals.count(cells)
    await services.brokers.standing.tier(circle.actor, me)  # counts strengths and tiers
    async with services.database.begin(circle.actor) as uow:
        had, tiers = await uow.referrals.received(month), await uow.effects.every_tier()
        edges = [(one, two, float(worth)) for one, two, _, worth in await uow.connections.edges()]
    assert len(set(tiers.values())) > 1, "tiers differ, and so does what they add"
    licensed = {circle.who[f"p{number}"] for number in range(0, size, 5)}
    wanted = matched(
        Option(who, step, Decimal(str(round(worth, 6))), had.get(who, Flow()), Tier(tiers[who]))
        for who, (step, worth) in ways(edges, me).items()
        if who in licensed
    )[:SHOWN]
    found = await circle.services.brokers.referrals.matches(circle.actor, await circle.lead("p0"), None)
    assert len(wanted) == SHOWN
    assert [(one.producer_id, one.score) for one in found.items] == [(one.who, one.score) for one in wanted]


async def test_of_changed_exchanges_only_their_receivers_are_read(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await a_network(services, 5, [(0, other, "0.5") for other in range(1, 5)])
    real, read = Referrals.received, []

    async def received(self: Referrals, month: int, since: int | None = None) -> dict[UUID, Flow]:
        found = await real(self, month, since)
        read.append((since is None, set(found)))
        return found

    monkeypatch.setattr(Referrals, "received", received)
    kept, webs, month = KeptRecords(), Webs(), month_of(now())
    who = [circle.who[f"p{number}"] for number in range(5)]

    async def up_to_date(at: int = month) -> bool:
        """Whether what is kept is what another process reads from the beginning."""
        async with services.database.begin(circle.actor) as uow:
            web = await webs.current(uow)
            (records, mine), (anew, theirs) = [await one.current(uow, at, web) for one in (kept, KeptRecords())]
        assert [records.option(one, 1, Decimal(1)) for one in who] == [anew.option(one, 1, Decimal(1)) for one in who]
        return bool(np.array_equal(mine, theirs))

    async def count(*cells: tuple[int, int, Counted, int]) -> None:
        async with services.database.begin(circle.actor) as uow:
            await uow.referrals.count({Cell(who[one], who[two], month, what): many for one, two, what, many in cells})

    await count((0, 1, Counted.ACCEPTED, 3), (0, 2, Counted.ACCEPTED, 1))
    assert await up_to_date()
    everybody = (True, {who[1], who[2]})
    assert read == [everybody, everybody]
    read.clear()
    assert await up_to_date()
    assert read == [everybody], "nothing changed, and nothing is read but by the other process"
    for cells, receivers in (
        ([(3, 2, Counted.DECLINED, 2)], {who[2]}),
        ([(0, 4, Counted.ACCEPTED, 5), (0, 4, Counted.CONVERTED, 1)], {who[4]}),
        ([(0, 1, Counted.ACCEPTED, -3)], {who[1]}),
    ):
        await count(*cells)
        read.clear()
        assert await up_to_date()
        assert read[0] == (False, receivers)
    await count((0, 3, Counted.SENT, 1))
    assert await up_to_date()
    assert await up_to_date(month + 1), "another month weighs everything otherwise"
    await services.brokers.settling.recount(circle.actor)
    read.clear()
    assert await up_to_date(month + 1)
    assert read[0] == (True, set()), "there are no referrals to count"
