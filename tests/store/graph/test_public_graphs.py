"""Reach within three steps on public networks, row by row as plain breadth-first search found it; on both graph stores."""

from __future__ import annotations

import csv
import gzip
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from domain.network.reach import neighbours, reached
from domain.network.web import web_of
from kernel.settings import GraphSettings
from store.embedded import GRAPH, EmbeddedStores
from store.graph.driver import GraphStore
from store.graph.network import Network
from store.graph.roster import Connection, ProducerNode
from tests.servers.sides import EMBEDDED, SIDES

FILES = ["ca-GrQc", "ca-HepTh", "facebook"]


@pytest_asyncio.fixture(scope="module")
async def arcadedb() -> AsyncIterator[GraphSettings]:
    home = Path(tempfile.mkdtemp(prefix="lwg-"))
    async with await EmbeddedStores.open(home, services=frozenset({GRAPH}), durable=False) as stores:
        at = stores.endpoints
        yield GraphSettings(
            url=at.graph_url, user=at.graph_user, password=SecretStr(at.graph_password), database=at.graph_database,
        )  # fmt: skip
    shutil.rmtree(home)


@pytest.fixture(scope="module", params=SIDES)
def settings(request: pytest.FixtureRequest) -> GraphSettings:
    found: GraphSettings = request.getfixturevalue("arcadedb" if request.param == EMBEDDED else "neo4j")
    return found.model_copy(update={"timeout_seconds": 20.0})


@pytest_asyncio.fixture(scope="module")
async def network(settings: GraphSettings) -> AsyncIterator[Network]:
    opened = GraphStore(settings)
    made = Network(opened)
    await made.prepare()
    yield made
    await opened.close()


def edges_of(shared_data: Path, name: str) -> list[tuple[str, str]]:
    path = shared_data / "graphs" / f"{name}_edges.csv.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt") as opened:
        return [(row["source"], row["target"]) for row in csv.DictReader(opened)]


def truths_of(shared_data: Path, name: str) -> dict[str, list[int]]:
    columns = ("exactly_1_step", "exactly_2_steps", "exactly_3_steps", "within_3")
    with (shared_data / "graphs" / f"{name}_reach_dev.csv").open() as opened:
        return {row["node"]: [int(row[column]) for column in columns] for row in csv.DictReader(opened)}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", FILES)
async def test_reach_agrees_with_the_public_truths_on_every_row(network: Network, shared_data: Path, name: str) -> None:
    edges, truths = edges_of(shared_data, name), truths_of(shared_data, name)
    agency = uuid4()
    ids: dict[str, UUID] = {}
    for pair in edges:
        for end in pair:
            ids.setdefault(end, uuid4())
    links = [Connection(ids[one], ids[other], "partnership", 0.25) for one, other in edges]
    await network.replace_agency(agency, 1, [ProducerNode(who) for who in ids.values()], links)
    wrong = {}
    for node, wanted in truths.items():
        by_degree = await network.reach(agency, ids[node], 3)
        found = [*by_degree.values(), sum(by_degree.values())]
        if found != wanted:
            wrong[node] = (found, wanted)
    await network.forget_agency(agency)
    assert len(truths) == 100
    assert wrong == {}


@pytest.mark.parametrize("name", FILES)
def test_the_rule_without_a_store_agrees_as_well(shared_data: Path, name: str) -> None:
    near = neighbours(edges_of(shared_data, name))
    for node, wanted in truths_of(shared_data, name).items():
        steps = list(reached(near, node).values())
        assert [*(steps.count(step) for step in (1, 2, 3)), len(steps)] == wanted


@pytest.mark.parametrize("name", FILES)
def test_the_arrays_of_a_process_agree_as_well(shared_data: Path, name: str) -> None:
    edges, truths = edges_of(shared_data, name), truths_of(shared_data, name)
    ids: dict[str, UUID] = {}
    for pair in edges:
        for end in pair:
            ids.setdefault(end, uuid4())
    web = web_of([(ids[one], ids[other], 0.25) for one, other in edges])
    for node, wanted in truths.items():
        found = [len(ring) for ring in web.rings(ids[node], 3)]
        assert [*found, sum(found)] == wanted
