"""The network against a real graph server: distances, strengths, replacement, tenants, conflicts, failures."""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from kernel.errors import Invalid, Unavailable
from kernel.settings import GraphSettings
from store.embedded import GRAPH, EmbeddedStores
from store.graph.driver import GraphStore, Run
from store.graph.network import Network, Tie
from store.graph.roster import Connection, ProducerNode
from tests.servers.sides import EMBEDDED, SIDES

A, B, C, D, E, F = (UUID(int=number) for number in range(1, 7))


@pytest_asyncio.fixture(scope="module")
async def arcadedb() -> AsyncIterator[GraphSettings]:
    home = Path(tempfile.mkdtemp(prefix="lwt-"))
    async with await EmbeddedStores.open(home, services=frozenset({GRAPH}), durable=False) as stores:
        at = stores.endpoints
        yield GraphSettings(
            url=at.graph_url, user=at.graph_user, password=SecretStr(at.graph_password), database=at.graph_database,
            timeout_seconds=10,
        )  # fmt: skip
    shutil.rmtree(home)


@pytest.fixture(scope="module", params=SIDES)
def settings(request: pytest.FixtureRequest) -> GraphSettings:
    found: GraphSettings = request.getfixturevalue("arcadedb" if request.param == EMBEDDED else "neo4j")
    return found


@pytest_asyncio.fixture(scope="module")
async def graph(settings: GraphSettings) -> AsyncIterator[GraphStore]:
    opened = GraphStore(settings)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module")
async def network(graph: GraphStore) -> Network:
    made = Network(graph)
    await made.prepare()
    await made.prepare()
    return made


@pytest.fixture
def agency() -> UUID:
    return uuid4()


def people(*ids: UUID) -> list[ProducerNode]:
    return [ProducerNode(one) for one in ids]


def link(from_id: UUID, to_id: UUID, kind: str = "partnership", strength: float = 1.0) -> Connection:
    return Connection(from_id, to_id, kind, strength)


async def load(network: Network, agency: UUID, *links: Connection, version: int = 1) -> None:
    ids = {one.from_id for one in links} | {one.to_id for one in links}
    assert await network.replace_agency(agency, version, people(*ids), links)


def some_links(dice: random.Random, ids: list[UUID], count: int) -> list[Connection]:
    chosen: dict[tuple[UUID, UUID, str], Connection] = {}
    while len(chosen) < count:
        (one, other), kind = dice.sample(ids, 2), dice.choice("xyz")
        chosen[one, other, kind] = link(one, other, kind, round(dice.random(), 3))
    return list(chosen.values())


async def test_reach_counts_each_person_once_at_the_least_distance_whatever_the_direction(
    network: Network, agency: UUID
) -> None:
    await load(network, agency, link(A, B), link(C, A), link(B, D), link(C, D))
    ties = await network.ties_from(agency, A)
    assert {other: tie.degrees for other, tie in ties.items()} == {B: 1, C: 1, D: 2}
    assert await network.reach(agency, A) == {1: 2, 2: 1, 3: 0}


async def test_degree_counts_people_not_connections(network: Network, agency: UUID) -> None:
    await load(network, agency, link(A, B, "referral", 0.4), link(A, B, "team", 0.8), link(B, A, "referral", 0.2))
    standing = (await network.standing(agency))[A]
    assert standing.degree == 1
    assert standing.strength == pytest.approx(0.8)
    assert standing.kinds == {"referral", "team"}
    assert await network.ties_from(agency, A) == {B: Tie(1, 0.8, frozenset({"referral", "team"}))}


async def test_mean_strength_is_over_people(network: Network, agency: UUID) -> None:
    await load(network, agency, link(A, B, "referral", 0.2), link(A, B, "team", 0.6), link(C, A, "team", 0.2))
    assert (await network.standing(agency))[A].strength == pytest.approx(0.4)


async def test_a_producer_without_connections_has_degree_none_and_unknown_strength(
    network: Network, agency: UUID
) -> None:
    await network.replace_agency(agency, 1, people(A), [])
    standing = (await network.standing(agency))[A]
    assert (standing.degree, standing.strength, standing.kinds) == (0, None, frozenset())
    assert await network.ties_from(agency, A) == {}


async def test_a_tie_is_the_strongest_of_the_shortest_ways(network: Network, agency: UUID) -> None:
    await load(
        network, agency, link(A, B, "x", 0.5), link(A, C, "y", 0.9), link(B, D, "x", 0.9), link(C, D, "z", 0.8),
        link(A, E, "weak", 0.1), link(C, E, "y", 1.0),
    )  # fmt: skip
    ties = await network.ties_from(agency, A)
    assert ties[D].degrees == 2
    assert ties[D].strength == pytest.approx(0.72)
    assert ties[D].kinds == {"y", "z"}
    assert ties[E] == Tie(1, 0.1, frozenset({"weak"})), "a longer way never replaces a shorter one"


async def test_ties_end_at_the_degree_asked_for(network: Network, agency: UUID) -> None:
    chain = (A, B, C, D, E, F)
    await load(network, agency, *(link(*pair) for pair in pairwise(chain)))
    assert [len(await network.ties_from(agency, A, degrees)) for degrees in (1, 2, 3, 5, 6)] == [1, 2, 3, 5, 5]
    for degrees in (0, 7):
        with pytest.raises(Invalid, match="max_degrees"):
            await network.ties_from(agency, A, degrees)


@pytest.mark.parametrize("seed", range(5))
async def test_ties_equal_those_found_by_walking_every_way(network: Network, agency: UUID, seed: int) -> None:
    dice = random.Random(seed)
    ids = [UUID(int=number + 1) for number in range(14)]
    links = some_links(dice, ids, 22)
    await network.replace_agency(agency, 1, people(*ids), links)
    wanted: dict[UUID, tuple[int, float]] = {}
    walks = [(ids[0], 1.0)]
    for degrees in (1, 2, 3):
        walks = [
            (one.to_id if one.from_id == at else one.from_id, strength * float(one.strength))
            for at, strength in walks
            for one in links
            if at in {one.from_id, one.to_id}
        ]
        for at, strength in walks:
            if at != ids[0] and (at not in wanted or (wanted[at][0] == degrees and wanted[at][1] < strength)):
                wanted[at] = (degrees, strength)
    ties = await network.ties_from(agency, ids[0])
    assert {other: tie.degrees for other, tie in ties.items()} == {other: way[0] for other, way in wanted.items()}
    for other, tie in ties.items():
        assert tie.strength == pytest.approx(wanted[other][1])


async def test_replacing_removes_what_is_gone_and_changes_what_differs(
    network: Network, graph: GraphStore, agency: UUID
) -> None:
    team = uuid4()
    await load(network, agency, link(A, B, "x", 0.5), link(B, C, "x", 0.5), link(C, D, "x", 0.5), version=3)
    assert await network.replace_agency(agency, 4, [ProducerNode(A, team), *people(B, C)], [link(A, B, "x", 0.75)])
    standing = await network.standing(agency)
    assert {other: one.degree for other, one in standing.items()} == {A: 1, B: 1, C: 0}
    assert standing[A].strength == pytest.approx(0.75)
    assert await network.roster_version(agency) == 4

    async def teams(run: Run) -> dict[str, str | None]:
        return {row["id"]: row["team_id"] for row in await run("roster", agency_id=str(agency))}

    assert await graph.read(teams) == {str(A): str(team), str(B): None, str(C): None}


async def test_replacing_twice_is_replacing_once(network: Network, agency: UUID) -> None:
    for _ in range(2):
        await load(network, agency, link(A, B, "x", 0.5), link(B, A, "x", 0.6), version=9)
    assert (await network.standing(agency))[A].degree == 1
    assert await network.roster_version(agency) == 9


async def test_a_strength_may_be_the_decimal_that_the_database_holds(network: Network, agency: UUID) -> None:
    links = [Connection(A, B, "x", Decimal("0.2500"))]
    for version in (1, 2):
        await network.replace_agency(agency, version, people(A, B), links)
    assert (await network.ties_from(agency, A))[B].strength == pytest.approx(0.25)


async def test_an_older_roster_does_not_replace_a_newer_one_until_forgotten(network: Network, agency: UUID) -> None:
    await load(network, agency, link(A, B), version=5)
    assert not await network.replace_agency(agency, 4, people(A, B, C), [])
    assert set(await network.standing(agency)) == {A, B}
    await network.forget_agency(agency)
    assert await network.roster_version(agency) is None
    assert await network.standing(agency) == {}
    assert await network.replace_agency(agency, 4, people(A, B, C), [])


async def test_an_agency_never_projected_has_no_version(network: Network, agency: UUID) -> None:
    assert await network.roster_version(agency) is None
    assert await network.ties_from(agency, A) == {}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (link(A, F), "connections.0.to_id"),
        (link(A, A), "connections.0.to_id"),
        (link(A, B, strength=1.5), "connections.0.strength"),
        (link(A, B, strength=float("nan")), "connections.0.strength"),
        (link(A, B, kind=""), "connections.0.kind"),
    ],
)
async def test_a_connection_that_cannot_stand_is_named(
    network: Network, agency: UUID, wrong: Connection, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await network.replace_agency(agency, 1, people(A, B), [wrong])
    assert caught.value.fields[0].field == field
    assert await network.roster_version(agency) is None


async def test_agencies_never_see_each_other_even_with_equal_ids(network: Network) -> None:
    one, two = uuid4(), uuid4()
    await load(network, one, link(A, B, "x", 0.5))
    await load(network, two, link(A, B, "y", 0.9), link(B, C, "y", 0.9))
    assert await network.ties_from(one, A) == {B: Tie(1, 0.5, frozenset({"x"}))}
    assert set(await network.ties_from(two, A)) == {B, C}
    assert await network.ties_from(one, C) == {}
    await network.replace_agency(one, 2, [], [])
    assert await network.standing(one) == {}
    assert set(await network.standing(two)) == {A, B, C}
    await network.forget_agency(one)
    assert await network.roster_version(two) == 1


async def test_twenty_replacements_at_once_leave_the_newest(network: Network, agency: UUID) -> None:
    ids = [uuid4() for _ in range(21)]
    links = [link(ids[0], other, "x", 0.5) for other in ids[1:]]

    async def replace(version: int) -> bool:
        return await network.replace_agency(agency, version, people(*ids), links[:version])

    for _ in range(2):  # the first time the agency's node is new, the second time it is contended
        outcomes = await asyncio.gather(*(replace(version) for version in range(1, 21)))
        assert outcomes[-1]
        assert await network.roster_version(agency) == 20
        assert (await network.standing(agency))[ids[0]].degree == 20


@pytest.mark.slow
async def test_five_thousand_producers_with_forty_thousand_connections_fit(network: Network, agency: UUID) -> None:
    ids = [uuid4() for _ in range(5000)]
    links = some_links(random.Random(1), ids, 40_000)
    assert await network.replace_agency(agency, 1, people(*ids), links)
    standing = await network.standing(agency)
    pairs = {frozenset((one.from_id, one.to_id)) for one in links}
    assert sum(one.degree for one in standing.values()) == 2 * len(pairs)
    assert (await network.reach(agency, ids[0]))[1] == standing[ids[0]].degree
    await network.forget_agency(agency)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rosters of more than ten rows are written seven rows a transaction, and read four producers at a time."""
    monkeypatch.setattr("store.graph.network.WHOLE", 10)
    monkeypatch.setattr("store.graph.parts._PART", 7)
    monkeypatch.setattr("store.graph.parts.BATCH", 3)
    monkeypatch.setattr("store.graph.parts._PAGE", 4)


@pytest.mark.usefixtures("in_parts")
async def test_a_large_roster_is_replaced_in_parts(network: Network, agency: UUID) -> None:
    ids, dice = [uuid4() for _ in range(30)], random.Random(3)
    for version in (1, 2, 3):
        some, links = ids[version:], some_links(dice, ids[version:], 60)
        assert await network.replace_agency(agency, version, people(*some), links)
        assert await network.shows(agency, people(*some), links)
        assert await network.roster_version(agency) == version
    assert not await network.replace_agency(agency, 2, people(*ids), some_links(dice, ids, 60))
    assert await network.roster_version(agency) == 3


@pytest.mark.usefixtures("in_parts")
async def test_of_large_rosters_written_at_once_the_last_begun_stands_or_none(network: Network, agency: UUID) -> None:
    ids, dice = [uuid4() for _ in range(20)], random.Random(4)
    rosters = {version: some_links(dice, ids, 40) for version in range(1, 6)}
    outcomes = await asyncio.gather(
        *(network.replace_agency(agency, version, people(*ids), links) for version, links in rosters.items())
    )
    shown = await network.roster_version(agency)
    assert (shown is None) is not any(outcomes)
    if shown is not None:
        assert await network.shows(agency, people(*ids), rosters[shown])
    assert await network.replace_agency(agency, 9, people(*ids), rosters[1])
    assert await network.shows(agency, people(*ids), rosters[1])


@pytest.mark.usefixtures("in_parts")
async def test_a_large_replacement_that_is_interrupted_shows_no_version(
    network: Network, agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, dice = [uuid4() for _ in range(20)], random.Random(5)
    old, new = some_links(dice, ids, 40), some_links(dice, ids, 40)
    assert await network.replace_agency(agency, 1, people(*ids), old)
    write, left = network._graph.write, 4

    async def stops(work: Any, *, rows: int = 0) -> Any:
        nonlocal left
        left -= 1
        if not left:
            raise Unavailable("away")
        return await write(work, rows=rows)

    monkeypatch.setattr(network._graph, "write", stops)
    with pytest.raises(Unavailable):
        await network.replace_agency(agency, 2, people(*ids), new)
    monkeypatch.undo()
    assert await network.roster_version(agency) is None
    assert await network.replace_agency(agency, 2, people(*ids), new)
    assert await network.shows(agency, people(*ids), new)


async def test_an_interrupted_replacement_leaves_the_old_roster_or_the_new_one(network: Network, agency: UUID) -> None:
    ids = [uuid4() for _ in range(60)]
    both = [
        [link(ids[0], other, "x", 0.5) for other in ids[1:30]],
        [link(ids[1], other, "y", 0.5) for other in ids[30:]],
    ]
    await network.replace_agency(agency, 0, people(*ids), both[0])
    for version in range(1, 13):
        running = asyncio.create_task(network.replace_agency(agency, version, people(*ids), both[version % 2]))
        await asyncio.sleep(0.003 * version)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        # A commit that was on its way may still arrive between two questions; ask until both see one roster.
        shown, after = await network.roster_version(agency), None
        while shown != after:
            shown = await network.roster_version(agency)
            standing = await network.standing(agency)
            after = await network.roster_version(agency)
        assert shown is not None
        assert sum(one.degree for one in standing.values()) == 2 * len(both[shown % 2])
        assert {kind for one in standing.values() for kind in one.kinds} == {"xy"[shown % 2]}


async def test_conflicts_are_repeated_until_every_write_stands(
    graph: GraphStore, network: Network, agency: UUID
) -> None:
    await network.replace_agency(agency, 1, [], [])

    async def claim(run: Run) -> int:
        (row,) = await run("claim_agency", agency_id=str(agency))
        return int(row["replacements"])

    assert sorted(await asyncio.gather(*(graph.write(claim) for _ in range(20)))) == list(range(2, 22))


async def test_a_failing_write_leaves_nothing(graph: GraphStore, network: Network, agency: UUID) -> None:
    async def work(run: Run) -> None:
        await run("claim_agency", agency_id=str(agency))
        await run("finish_agency", agency_id=str(agency), roster_version=7)
        raise LookupError

    with pytest.raises(LookupError):
        await graph.write(work)
    assert await network.roster_version(agency) is None


async def test_a_slow_answer_is_unavailable_and_the_next_one_is_fine(settings: GraphSettings, agency: UUID) -> None:
    hasty = GraphStore(settings.model_copy(update={"timeout_seconds": 0.4}))

    async def dawdle(run: Run) -> None:
        await run("ping")
        await asyncio.sleep(5)

    try:
        await hasty.ping()
        for _ in range(3):
            with pytest.raises(Unavailable, match=r"0\.4 seconds"):
                await hasty.read(dawdle)
        assert await Network(hasty).standing(agency) == {}
    finally:
        await hasty.close()


async def test_a_server_that_never_answers_is_unavailable_within_the_time_limit(settings: GraphSettings) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        mute = GraphStore(settings.model_copy(update={"url": f"bolt://127.0.0.1:{port}", "timeout_seconds": 0.5}))
        try:
            async with asyncio.timeout(2):
                with pytest.raises(Unavailable):
                    await mute.ping()
        finally:
            await mute.close()


async def test_a_dead_server_is_unavailable_within_the_time_limit(settings: GraphSettings) -> None:
    dead = GraphStore(settings.model_copy(update={"url": "bolt://127.0.0.1:1", "timeout_seconds": 0.5}))
    try:
        async with asyncio.timeout(2):
            with pytest.raises(Unavailable):
                await dead.ping()
    finally:
        await dead.close()


async def test_a_refused_login_names_the_settings(settings: GraphSettings) -> None:
    stranger = GraphStore(settings.model_copy(update={"password": SecretStr("not the password")}))
    try:
        with pytest.raises(Unavailable, match="LEADWRIGHT_GRAPH__PASSWORD"):
            await stranger.ping()
    finally:
        await stranger.close()


def test_a_graph_without_address_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="LEADWRIGHT_GRAPH__URL"):
        GraphStore(GraphSettings())
