"""Connections, imports, reach and standing on real stores."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from domain.actor import Actor, ActorKind, Scope
from domain.network.connections import Kind, State, Step
from domain.network.reach import neighbours, reached
from domain.network.tiers import Tier
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Unavailable
from services.container import Services
from services.network.importing import read_edges
from services.network.reaching import Reaching
from services.network.schemas import ConnectionIn, ConnectionView
from services.network.webs import Webs
from store.sql.models import NetworkEffectRow
from tests.builders import a_producer, an_agency
from tests.conftest import new_agency

SCOPES = frozenset({Scope.PRODUCERS_READ, Scope.PRODUCERS_WRITE, Scope.LEADS_READ, Scope.LEADS_WRITE})


async def ids_of(services: Services, actor: Actor) -> dict[str, UUID]:
    async with services.database.begin(actor) as uow:
        return await uow.agencies.ids_by_external()


def herself(actor: Actor, producer_id: UUID) -> Actor:
    return replace(
        actor, kind=ActorKind.PRODUCER, subject=f"person:{producer_id}", producer_id=producer_id, scopes=SCOPES
    )


async def connected(
    services: Services, actor: Actor, one: UUID, other: UUID, kind: Kind = Kind.PARTNERSHIP
) -> ConnectionView:
    asked = await services.brokers.connecting.ask(herself(actor, one), ConnectionIn(to_id=other, kind=kind))
    return await services.brokers.connecting.answer(herself(actor, other), asked.id, Step.ACCEPT, None, expected=None)


async def test_a_connection_is_asked_for_accepted_and_ended(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    one, two = herself(actor, who["p1"]), herself(actor, who["p2"])
    connecting = services.brokers.connecting
    asked = await connecting.ask(one, ConnectionIn(to_id=who["p2"], kind=Kind.MENTORSHIP))
    assert (asked.state, asked.from_name, asked.allowed_actions) == (State.REQUESTED, "Producer p1", ["withdraw"])
    assert await connecting.ask(one, ConnectionIn(to_id=who["p2"], kind=Kind.MENTORSHIP)) == asked
    with pytest.raises(Forbidden):
        await connecting.answer(one, asked.id, Step.ACCEPT, None, expected=None)
    with pytest.raises(NotFound):
        await connecting.answer(herself(actor, who["p3"]), asked.id, Step.ACCEPT, None, expected=None)
    accepted = await connecting.answer(two, asked.id, Step.ACCEPT, None, expected=asked.version)
    assert (accepted.state, accepted.strength, accepted.allowed_actions) == (State.ACTIVE, Decimal("0.25"), ["end"])
    with pytest.raises(Stale):
        await connecting.answer(one, asked.id, Step.END, None, expected=asked.version)
    ended = await connecting.answer(one, asked.id, Step.END, None, expected=accepted.version)
    assert ended.state is State.ENDED
    with pytest.raises(Conflict):
        await connecting.answer(two, asked.id, Step.END, None, expected=None)
    again = await connecting.ask(two, ConnectionIn(to_id=who["p1"], kind=Kind.MENTORSHIP))
    assert again.id != asked.id, "a mentorship has a direction"


async def test_two_who_ask_each_other_at_once_have_one_connection(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    both = [(who["p1"], who["p2"]), (who["p2"], who["p1"])] * 4
    found = await asyncio.gather(*(
        services.brokers.connecting.ask(herself(actor, one), ConnectionIn(to_id=other, kind=Kind.PARTNERSHIP))
        for one, other in both
    ))  # fmt: skip
    assert len({one.id for one in found}) == 1


async def test_the_database_refuses_a_second_connection_of_a_pair_and_oneself(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    ends = sorted((who["p1"], who["p2"]))
    for one, other in ((ends[1], ends[0]), (ends[0], ends[0])):
        with pytest.raises(IntegrityError):
            async with services.database.begin(actor) as uow:
                await uow.connections.add({
                    "id": uuid4(), "from_id": one, "to_id": other, "kind": "partnership", "strength": 0, "active": False,
                    "state": "requested", "origin": "person", "version": 1,
                })  # fmt: skip


async def test_kinds_of_files_are_not_asked_for_and_partners_have_no_part(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    with pytest.raises(Invalid):
        await services.brokers.connecting.ask(
            herself(actor, who["p1"]), ConnectionIn(to_id=who["p2"], kind=Kind.REFERRAL)
        )
    with pytest.raises(Invalid):
        await services.brokers.connecting.ask(actor, ConnectionIn(to_id=who["p2"], kind=Kind.PARTNERSHIP))
    partner = replace(actor, kind=ActorKind.PARTNER, source="web")
    for refused in (
        services.brokers.connecting.page(partner, None, [], None, 10),
        services.brokers.reaching.reach(partner, who["p1"], 3),
        services.brokers.standing.leaderboard(partner, 0, 10),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_who_was_connected_in_march_as_we_knew_it_in_april(services: Services, actor: Actor) -> None:
    who, start = await ids_of(services, actor), now()
    connecting = services.brokers.connecting
    made = await connected(services, actor, who["p1"], who["p2"])
    with frozen(start + timedelta(days=60)):
        await connecting.answer(actor, made.id, Step.END, start + timedelta(days=20), expected=None)
    ask = connecting.known
    in_march, in_april, in_june = (start + timedelta(days=days) for days in (30, 45, 90))
    assert [one.id for one in (await ask(actor, in_march, in_april)).items] == [made.id]
    assert (await ask(actor, in_march, in_june)).items == []
    assert [one.id for one in (await ask(actor, start + timedelta(days=10), in_june)).items] == [made.id]
    assert (await ask(herself(actor, who["p3"]), in_march, in_april)).items == []


async def test_connections_of_a_file_are_recorded_and_an_end_survives_the_next_load(services: Services) -> None:
    links = [{"from": "p1", "to": "p2", "kind": "partnership", "strength": "0.8"}]
    actor = await new_agency(services, [a_producer("p1"), a_producer("p2")], links)
    (row,) = (await services.brokers.connecting.page(actor, None, [], None, 10)).items
    assert (row.state, row.stated, row.origin) == (State.ACTIVE, Decimal("0.8000"), "file")
    assert len((await services.brokers.connecting.known(actor, now(), None)).items) == 1
    await services.brokers.connecting.answer(actor, row.id, Step.END, None, expected=None)
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    await services.agencies.load(
        actor, json.dumps(an_agency(slug, [a_producer("p1"), a_producer("p2")], links)).encode()
    )
    (row,) = (await services.brokers.connecting.page(actor, None, [], None, 10)).items
    assert row.state is State.ENDED


def test_an_edge_file_is_read_once_for_a_pair_and_loops_are_counted() -> None:
    source = b"source,target\r\n1,2\n2,1\n3,3\n\n 2 ,4\n"
    for name, content in (("e.csv", source), ("e.csv.gz", gzip.compress(source))):
        found = read_edges(name, content)
        assert (found.pairs, found.loops, found.repeats) == ((("1", "2"), ("2", "4")), 1, 1)


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        ("e.csv", b"a,b\n1,2\n", "header"),
        ("e.csv", b"source,target\n1,\n", "2.target"),
        ("e.csv", b"source,target\n", "file"),
        ("e.csv", b"\xff\xfe\x00", "file"),
        ("e.csv.gz", b"not gzip", "file"),
        ("e.csv", b"", "header"),
    ],
)
def test_what_is_no_edge_file_is_refused_with_the_place(name: str, content: bytes, field: str) -> None:
    with pytest.raises(Invalid) as problem:
        read_edges(name, content)
    assert problem.value.fields[0].field == field


async def test_an_import_is_what_the_file_says_and_leaves_people_and_files_alone(services: Services) -> None:
    links = [{"from": "p1", "to": "p2", "kind": "mentorship", "strength": "0.8"}]
    actor = await new_agency(services, [a_producer("p1"), a_producer("p2")], links)
    take = services.brokers.importing.take
    first = read_edges("e.csv", b"source,target\np1,x\nx,y\ny,z\n")
    done = await take(actor, first)
    assert (done.edges, done.made, done.connected, done.ended) == (3, 3, 3, 0)
    again = await take(actor, first)
    assert (again.made, again.connected, again.ended) == (0, 0, 0)
    who = await ids_of(services, actor)
    (xy,) = [
        one for one in (await services.brokers.connecting.page(actor, who["x"], [], None, 10)).items
        if who["y"] in {one.from_id, one.to_id}
    ]  # fmt: skip
    await services.brokers.connecting.answer(actor, xy.id, Step.END, None, expected=None)
    assert (await take(actor, first)).connected == 0, "what a person ended stays ended"
    other = await take(actor, read_edges("e.csv", b"source,target\np2,x\n"))
    assert (other.connected, other.ended) == (1, 2)
    reach = await services.brokers.reaching.reach(actor, who["x"], 3)
    assert (reach.reach, reach.by_degree) == (2, {1: 1, 2: 1, 3: 0})
    more = await take(actor, first, add=True)
    assert (more.connected, more.ended) == (2, 0)
    with pytest.raises(Forbidden):
        await take(herself(actor, who["p1"]), first)


async def test_reach_is_the_same_from_memory_and_from_the_graph(services: Services, actor: Actor) -> None:
    edges = [(str(one), str((one * 7 + step) % 40)) for one in range(40) for step in (1, 5)]
    content = "source,target\n" + "\n".join(f"{one},{other}" for one, other in edges)
    await services.brokers.importing.take(actor, read_edges("e.csv", content.encode()))
    who = await ids_of(services, actor)
    near = neighbours(edges)
    reaching = services.brokers.reaching
    for start in ("0", "7", "39"):
        wanted = reached(near, start)
        for ask in (reaching.reach, reaching.reach_in_graph):
            found = await ask(actor, who[start], 3)
            assert found.reach == len(wanted)
            assert found.by_degree == {step: list(wanted.values()).count(step) for step in (1, 2, 3)}


async def test_t30_two_ways_to_somebody_count_once_from_memory_and_from_the_graph(
    services: Services, actor: Actor
) -> None:
    edges = read_edges("e.csv", b"source,target\nA,B\nA,C\nB,D\nC,D\n")
    await services.brokers.importing.take(actor, edges)
    start = (await ids_of(services, actor))["A"]
    for ask in (services.brokers.reaching.reach, services.brokers.reaching.reach_in_graph):
        found = await ask(actor, start, 3)
        assert (found.reach, found.by_degree) == (3, {1: 2, 2: 1, 3: 0})


async def test_t31_a_referral_and_a_team_tie_two_people_once(services: Services) -> None:
    people = [a_producer(name, team="North") for name in ("p1", "p2")]
    links = [{"from": "p1", "to": "p2", "kind": kind, "strength": "0.8"} for kind in ("referral", "partnership")]
    actor = await new_agency(services, people, links)
    who = await ids_of(services, actor)
    assert len((await services.brokers.connecting.page(actor, None, [], None, 10)).items) == 2
    for ask in (services.brokers.reaching.reach, services.brokers.reaching.reach_in_graph):
        assert (await ask(actor, who["p1"], 3)).by_degree == {1: 1, 2: 0, 3: 0}
    assert (await services.brokers.standing.score(actor, who["p1"])).connected == 1


async def test_t28_a_score_that_is_shown_as_the_floor_is_kept_and_compared_exactly(
    services: Services, actor: Actor
) -> None:
    who = await ids_of(services, actor)
    await services.brokers.standing.score(actor, who["p1"])  # counts the agency
    for score, tier, missing in (("74.995", Tier.BRONZE, "0.005"), ("75", Tier.SILVER, "75")):
        row: dict[str, object] = {
            "producer_id": str(who["p1"]),
            "score": score,
            "tier": tier.value,
            "connected": 0,
            "parts": {},
        }
        async with services.database.begin(actor) as uow:
            await uow.effects.save([row], now())
        card = await services.brokers.standing.tier(actor, who["p1"])
        assert (card.score, card.shown, card.tier) == (Decimal(score), "75.00", tier)
        assert card.missing == Decimal(missing)


async def test_reach_needs_no_graph_and_a_comparison_says_that_it_is_away(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])

    async def away(_: Actor) -> None:
        raise Unavailable("away")

    without = Reaching(services.database, services.network, away, Webs())
    assert (await without.reach(actor, who["p1"], 3)).by_degree == {1: 1, 2: 0, 3: 0}
    with pytest.raises(Unavailable):
        await without.reach_in_graph(actor, who["p1"], 3)


async def test_reach_follows_every_change_of_a_connection(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    reach = services.brokers.reaching.reach
    assert (await reach(actor, who["p1"], 3)).reach == 0
    made = await connected(services, actor, who["p1"], who["p2"])
    await connected(services, actor, who["p2"], who["p3"])
    assert (await reach(actor, who["p1"], 3)).by_degree == {1: 1, 2: 1, 3: 0}
    await services.brokers.connecting.answer(herself(actor, who["p1"]), made.id, Step.END, None, expected=None)
    assert (await reach(actor, who["p1"], 3)).reach == 0
    assert (await reach(actor, who["p3"], 3)).by_degree == {1: 1, 2: 0, 3: 0}


async def test_a_change_of_a_producer_alone_costs_no_reading_of_the_network(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    webs = Webs()
    async with services.database.begin(actor) as uow:
        before = await webs.current(uow)
        assert await webs.current(uow) is before
        version = await uow.agencies.roster_version()
    async with services.database.begin(actor) as uow:
        row = await uow.agencies.producer(who["p3"])
        row.name = "Somebody Else"
    async with services.database.begin(actor) as uow:
        assert await uow.agencies.roster_version() > version
        assert await webs.current(uow) is before
    await connected(services, actor, who["p2"], who["p3"])
    async with services.database.begin(actor) as uow:
        after = await webs.current(uow)
    assert (before.pairs, after.pairs) == (1, 2)


async def test_a_network_in_memory_is_its_agencys_alone(services: Services, actor: Actor, other_actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    assert (await services.brokers.reaching.reach(actor, who["p1"], 1)).reach == 1
    with pytest.raises(NotFound):
        await services.brokers.reaching.reach(other_actor, who["p1"], 1)
    webs = Webs()
    async with services.database.begin(actor) as uow:
        assert len(await webs.current(uow)) == 2
    async with services.database.begin(other_actor) as uow:
        assert (await webs.current(uow)).place(who["p1"]) is None


async def test_a_picture_has_every_neighbour_once_and_a_place_for_each(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    await connected(services, actor, who["p1"], who["p2"], Kind.CROSS_REFERRAL)
    await connected(services, actor, who["p2"], who["p3"])
    found = await services.brokers.reaching.picture(herself(actor, who["p1"]), who["p1"], 2)
    assert {one.id: one.degree for one in found.nodes} == {who["p1"]: 0, who["p2"]: 1, who["p3"]: 2}
    assert [len(one.kinds) for one in found.edges if who["p1"] in {one.source, one.target}] == [2]
    assert len({(one.x, one.y) for one in found.nodes}) == 3
    assert found.left_out == 0


async def test_a_standing_too_large_for_one_statement_is_written_in_several(
    services: Services, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.sql.repositories.standing._STANDINGS", 1)
    monkeypatch.setattr("store.sql.repositories.connections._WORTHS", 1)
    who = await ids_of(services, actor)
    for other in ("p2", "p3"):
        await connected(services, actor, who["p1"], who[other])
    await services.brokers.standing.score(actor, who["p1"])  # counts the agency, whose standing is old
    whole = await services.brokers.counting.whole(actor)
    async with services.database.begin(actor) as uow:
        every = select(NetworkEffectRow).where(NetworkEffectRow.agency_id == actor.agency_id)
        kept = {row.producer_id: (str(row.score), row.tier) for row in await uow.session.scalars(every)}
        tiers = await uow.effects.tiers_at(list(who.values()), now())
    assert len(kept) > 1
    assert kept == {UUID(row["producer_id"]): (row["score"], row["tier"]) for row in whole.rows}
    assert tiers == {one: tier for one, (_, tier) in kept.items()}
    assert not whole.strengths  # what each connection is worth is kept


async def test_standing_follows_connections_and_is_counted_once(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    standing = services.brokers.standing
    assert (await standing.score(actor, who["p1"])).score == 0
    await connected(services, actor, who["p1"], who["p2"])
    found = await standing.score(herself(actor, who["p1"]), who["p1"])
    assert (found.score, found.connected, found.tier) == (Decimal("0.25"), 1, Tier.BRONZE)
    assert (await standing.score(actor, who["p1"])).counted_at == found.counted_at
    card = await standing.tier(actor, who["p1"])
    assert (card.next_tier, card.missing) == (Tier.SILVER, Decimal("74.75"))
    with pytest.raises(NotFound):
        await standing.score(herself(actor, who["p1"]), who["p2"])
    board = await standing.leaderboard(actor, 0, 10)
    assert [(one.place, one.shared) for one in board.items] == [(1, 1), (1, 1), (3, 0)]
    compared = await standing.comparison(actor, who["p1"])
    assert {one.name: one.percentile for one in compared.items}["connected"] == 50


async def test_of_many_who_ask_at_once_each_gets_the_same_standing(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    found = await asyncio.gather(*(services.brokers.standing.score(actor, who["p1"]) for _ in range(8)))
    assert {one.score for one in found} == {Decimal("0.25")}


async def test_the_directory_tells_what_producers_may_know_of_each_other(services: Services, actor: Actor) -> None:
    who = await ids_of(services, actor)
    await connected(services, actor, who["p1"], who["p2"])
    found = (await services.brokers.reaching.directory(herself(actor, who["p1"]), None, 10)).items
    assert {one.id: one.connected for one in found} == {who["p1"]: False, who["p2"]: True, who["p3"]: False}
    assert "IL" in found[0].states
    fields = set(found[0].model_dump())
    assert not fields & {"email", "phone"}


async def test_another_agency_sees_nothing(services: Services, actor: Actor, other_actor: Actor) -> None:
    who = await ids_of(services, actor)
    made = await connected(services, actor, who["p1"], who["p2"])
    with pytest.raises(NotFound):
        await services.brokers.connecting.one(other_actor, made.id)
    with pytest.raises(NotFound):
        await services.brokers.reaching.reach(other_actor, who["p1"], 3)
    assert (await services.brokers.connecting.page(other_actor, None, [], None, 10)).items == []
    async with services.database.begin(other_actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM connection_period")) == 0
