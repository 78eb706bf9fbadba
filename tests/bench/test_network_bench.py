"""The network bench measures real questions on real stores beside its peers; its goals are judged by the command, not here."""

from __future__ import annotations

import io
from collections import Counter
from uuid import UUID

import pytest
from rich.console import Console

from bench.network import CARD, COUNT, GRAPH, MATCH, OURS, PAGES, REACH, RUSTWORKX, SQL, NetworkFound, network
from bench.network_peers import InRustworkx, rustworkx_or_none
from bench.network_world import network_world
from cli.network_table import network_report
from domain.network.exchange import Counted
from domain.network.reach import neighbours, reached

AGENCY = UUID(int=9)


def said(found: NetworkFound) -> str:
    told = io.StringIO()
    Console(file=told, width=160).print(network_report(found))
    return told.getvalue()


def test_a_world_follows_from_its_seed_and_has_a_few_whom_many_know() -> None:
    one = network_world(2_000, 12_000, AGENCY, 24_000, seed=3)
    assert one == network_world(2_000, 12_000, AGENCY, 24_000, seed=3)
    assert one.ties != network_world(2_000, 12_000, AGENCY, 24_000, seed=4).ties
    assert len(set(one.ties)) == 12_000
    assert all(a < b for a, b in one.ties)
    degree = sorted(Counter(end for pair in one.ties for end in pair).values())
    assert degree[-1] > 5 * degree[len(degree) // 2]
    taken = {(c.from_id, c.to_id, c.month): n for c, n in one.exchanges.items() if c.what is Counted.SENT}
    assert all(n <= taken[c.from_id, c.to_id, c.month] for c, n in one.exchanges.items())


def test_more_relations_than_people_can_have_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        network_world(50, 1_000, AGENCY, 24_000, seed=1)


@pytest.mark.slow
async def test_a_short_run_measures_every_question_and_agrees_with_itself() -> None:
    (found,) = await network([(200, 900)], 20, seed=3)
    sides = {OURS, SQL} | ({RUSTWORKX} if rustworkx_or_none() is not None else set())
    assert set(found.took) == {
        (REACH, GRAPH), (MATCH, GRAPH), (CARD, OURS), (CARD, SQL), *((page, OURS) for page in PAGES),
        *((name, side) for name in (REACH, MATCH, COUNT) for side in sides),
    }  # fmt: skip
    assert found.differing == 0
    assert found.people > 20
    assert all(took > 0 for each in found.took.values() for took in each)
    assert "ArcadeDB" in said(found)


def test_goals_decide_and_a_peer_that_is_absent_is_said_to_be() -> None:
    good = NetworkFound(50, 100, {(REACH, OURS): [150.0] * 20, (CARD, OURS): [4.0] * 20, (MATCH, OURS): [20.0] * 20})
    assert good.held
    assert "rustworkx is not installed" in said(good)
    slow = NetworkFound(50, 100, {**good.took, (CARD, OURS): [60.0] * 20})
    assert not slow.held
    assert said(slow).rstrip().endswith("NOT held")
    assert not NetworkFound(50, 100, good.took, differing=1).held


def test_rustworkx_finds_whom_sets_find() -> None:
    library = pytest.importorskip("rustworkx")
    world = network_world(300, 1_200, AGENCY, 24_000, seed=5)
    graph, near = InRustworkx(library, world.ids, world.ties, 0.25), neighbours(world.ties)
    for place in (0, 7, 99):
        wanted = list(reached(near, place).values())
        assert graph.reach(world.ids[place]) == [wanted.count(step) for step in (1, 2, 3)]
