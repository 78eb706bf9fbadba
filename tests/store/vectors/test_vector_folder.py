"""Vectors in a folder: nearest first, one agency at a time, one process at a time, and nothing lost to kill -9."""

import asyncio
import logging
import math
import os
import random
import signal
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client.local.local_collection import LocalCollection
from qdrant_client.local.qdrant_local import QdrantLocal

from kernel.errors import Invalid, Unavailable
from kernel.settings import VectorSettings
from store.vectors import links
from store.vectors.leads import LeadVector, LeadVectors
from store.vectors.port import Point
from store.vectors.qdrant import QdrantVectors, open_vectors

ROOT = Path(__file__).parents[3]


@pytest_asyncio.fixture
async def vectors(tmp_path: Path) -> AsyncIterator[QdrantVectors]:
    opened = await open_vectors(VectorSettings(), tmp_path / "vectors")
    yield opened
    await opened.close()


@pytest.fixture
def leads(vectors: QdrantVectors) -> LeadVectors:
    return LeadVectors(vectors, "embedder-a", 3)


async def test_the_nearest_come_first_with_their_payload(vectors: QdrantVectors) -> None:
    agency, near, far = uuid4(), uuid4(), uuid4()
    await vectors.ensure("c", 2)
    await vectors.upsert("c", [Point(far, [0.0, 1.0], {"line": "life"}), Point(near, [1.0, 0.1])], agency_id=agency)
    hits = await vectors.search("c", [1.0, 0.0], agency_id=agency)
    assert [hit.id for hit in hits] == [near, far]
    assert hits[0].score == pytest.approx(0.995, abs=0.001)
    assert [hit.payload for hit in hits] == [{}, {"line": "life"}]


async def test_filters_limit_and_exclusion_narrow_a_search(vectors: QdrantVectors) -> None:
    agency, ids = uuid4(), [uuid4() for _ in range(6)]
    await vectors.ensure("c", 2, indexed=("line",))
    points = [Point(one, [1.0, n / 10], {"line": "auto" if n % 2 else "home"}) for n, one in enumerate(ids)]
    await vectors.upsert("c", points, agency_id=agency)
    found = await vectors.search("c", [1.0, 0.0], agency_id=agency, filters={"line": "auto"}, exclude=[ids[1]])
    assert [hit.id for hit in found] == [ids[3], ids[5]]
    assert [hit.id for hit in await vectors.search("c", [1.0, 0.0], agency_id=agency, limit=2)] == ids[:2]
    with pytest.raises(Invalid, match="limit"):
        await vectors.search("c", [1.0, 0.0], agency_id=agency, limit=0)


async def test_writing_an_id_again_replaces_it_and_deleting_removes_it(vectors: QdrantVectors) -> None:
    agency, one = uuid4(), uuid4()
    await vectors.ensure("c", 2)
    for vector in ([1.0, 0.0], [0.0, 1.0]):
        await vectors.upsert("c", [Point(one, vector)], agency_id=agency)
    assert await vectors.count("c", agency_id=agency) == 1
    assert (await vectors.search("c", [0.0, 1.0], agency_id=agency))[0].score == pytest.approx(1)
    await vectors.delete("c", [one, uuid4()], agency_id=agency)
    assert await vectors.count("c", agency_id=agency) == 0


async def test_agencies_never_see_or_touch_each_others_points_even_with_equal_ids(vectors: QdrantVectors) -> None:
    one, two, shared = uuid4(), uuid4(), uuid4()
    await vectors.ensure("c", 2)
    await vectors.upsert("c", [Point(shared, [1.0, 0.0], {"of": "one"})], agency_id=one)
    await vectors.upsert("c", [Point(shared, [1.0, 0.0], {"of": "two"}), Point(uuid4(), [1.0, 0.0])], agency_id=two)
    assert [hit.payload for hit in await vectors.search("c", [1.0, 0.0], agency_id=one)] == [{"of": "one"}]
    assert (await vectors.count("c", agency_id=one), await vectors.count("c", agency_id=two)) == (1, 2)
    await vectors.delete("c", [shared], agency_id=two)
    assert await vectors.count("c", agency_id=one) == 1
    assert await vectors.search("c", [1.0, 0.0], agency_id=uuid4()) == []


async def test_a_payload_cannot_claim_another_agency(vectors: QdrantVectors) -> None:
    await vectors.ensure("c", 2)
    for key in ("agency_id", "id"):
        with pytest.raises(Invalid, match="taken"):
            await vectors.upsert("c", [Point(uuid4(), [1.0, 0.0], {key: str(uuid4())})], agency_id=uuid4())


async def test_a_vector_that_does_not_fit_is_refused(vectors: QdrantVectors) -> None:
    await vectors.ensure("c", 2)
    for wrong, why in (([1.0], "does not fit"), ([1.0, float("nan")], "not finite")):
        with pytest.raises(Invalid, match=why):
            await vectors.upsert("c", [Point(uuid4(), wrong)], agency_id=uuid4())
        with pytest.raises(Invalid, match=why):
            await vectors.search("c", wrong, agency_id=uuid4())
    with pytest.raises(Invalid, match="2 numbers, not 3"):
        await vectors.ensure("c", 3)


async def test_a_missing_collection_is_unavailable_with_the_remedy(vectors: QdrantVectors) -> None:
    with pytest.raises(Unavailable, match="rebuild vectors"):
        await vectors.search("nowhere", [1.0], agency_id=uuid4())


async def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    remote = await open_vectors(VectorSettings(url="http://127.0.0.1:1"), tmp_path)
    with pytest.raises(Unavailable):
        await remote.ping()
    await remote.close()


async def test_a_folder_has_one_user_at_a_time(tmp_path: Path) -> None:
    first = await open_vectors(VectorSettings(), tmp_path)
    with pytest.raises(Unavailable, match="another process uses the vectors"):
        await open_vectors(VectorSettings(), tmp_path)
    await first.ping()
    await first.close()
    await first.close()
    with pytest.raises(Unavailable, match="closed"):
        await first.ping()
    second = await open_vectors(VectorSettings(), tmp_path)
    await second.ping()
    await second.close()


async def test_a_damaged_folder_is_unavailable_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(Unavailable, match="rebuild vectors"):
        await open_vectors(VectorSettings(), tmp_path)


async def test_the_event_loop_goes_on_while_vectors_are_written_and_searched(vectors: QdrantVectors) -> None:
    agency = uuid4()
    await vectors.ensure("c", 64)
    points = [Point(uuid4(), [random.random() for _ in range(64)]) for _ in range(1500)]
    gaps, loop = [], asyncio.get_running_loop()

    async def beat() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0.001)
            gaps.append(loop.time() - last)
            last = loop.time()

    beating = asyncio.create_task(beat())
    await vectors.upsert("c", points, agency_id=agency)
    await asyncio.gather(*(vectors.search("c", points[0].vector, agency_id=agency) for _ in range(10)))
    beating.cancel()
    assert len(gaps) > 20
    assert sorted(gaps)[len(gaps) * 9 // 10] < 0.1


async def test_outgrowing_a_folder_is_logged_once_and_never_a_python_warning(
    vectors: QdrantVectors, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LOCAL_LIMIT", 3)
    await vectors.ensure("c", 2)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        for _ in range(3):
            await vectors.upsert("c", [Point(uuid4(), [1.0, 0.0]) for _ in range(2)], agency_id=uuid4())
    assert [record.message for record in caplog.records if "LEADWRIGHT_VECTORS__URL" in record.message] == [
        "collection c holds 4 vectors; past 3 a folder answers slowly: set LEADWRIGHT_VECTORS__URL to a server"
    ]


def test_the_client_itself_never_warns_of_size() -> None:
    assert {LocalCollection.LARGE_DATA_THRESHOLD, QdrantLocal.LARGE_DATA_THRESHOLD} == {sys.maxsize}


async def test_writing_a_point_does_not_wait_for_the_disk(vectors: QdrantVectors, tmp_path: Path) -> None:
    await vectors.ensure("c", 2)
    modes = await vectors._link(
        lambda client: [
            client._client.collections["c"].storage.storage.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        ]
    )
    assert modes == ["wal", 1]


def test_every_connection_to_sqlite_is_closed_with_the_folder(tmp_path: Path) -> None:
    """In a process of its own: the client used to forget one, at the first collection of a process."""
    program = """
import asyncio, sqlite3, sys
from pathlib import Path
from kernel.settings import VectorSettings

opened, real = [], sqlite3.connect

def connect(*args, **options):
    opened.append(real(*args, **{**options, "check_same_thread": False}))
    return opened[-1]

sqlite3.connect = connect
from store.vectors.qdrant import open_vectors

async def main():
    for name in ("c", "d"):
        vectors = await open_vectors(VectorSettings(), Path(sys.argv[1]))
        await vectors.ensure(name, 2)
        await vectors.close()

asyncio.run(main())
for connection in opened:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as problem:
        print(problem)
    else:
        print("open")
"""
    child = started(program, str(tmp_path))
    told, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert told.splitlines() == ["Cannot operate on a closed database."] * 3  # c, then c and d


async def test_acknowledged_points_survive_kill_nine(tmp_path: Path) -> None:
    agency = uuid4()
    writer = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from kernel.settings import VectorSettings
from store.vectors.leads import LeadVectors
from store.vectors.qdrant import open_vectors

async def main():
    leads = LeadVectors(await open_vectors(VectorSettings(), Path(sys.argv[1])), "e", 3)
    for number in range(1, 100_000):
        await leads.index(UUID(int=number), UUID(sys.argv[2]), [1.0, 1.0, number / 1000], "auto")
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()

asyncio.run(main())
"""
    child = started(writer, str(tmp_path), str(agency))
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 50:
            break
    with pytest.raises(Unavailable, match="another process"):
        await open_vectors(VectorSettings(), tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    told = [line for line in child.stdout.read().splitlines() if line]
    child.stdout.close()
    child.wait()
    acknowledged = int(told[-1]) if told else 50
    vectors = await open_vectors(VectorSettings(), tmp_path)
    leads = LeadVectors(vectors, "e", 3)
    assert await leads.count(agency) in {acknowledged, acknowledged + 1}
    found = await leads.similar(agency, [1.0, 1.0, acknowledged / 1000], limit=acknowledged + 1)
    assert {UUID(int=number) for number in range(1, acknowledged + 1)} <= {one.lead_id for one in found}
    await vectors.close()


def started(program: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def test_similar_leads_are_of_the_line_asked_for_and_never_the_lead_itself(leads: LeadVectors) -> None:
    agency, ids = uuid4(), [uuid4() for _ in range(3)]
    rows = [([1.0, 0.0, 0.0], "auto"), ([0.9, 0.1, 0.0], "home"), ([0.5, 0.5, 0.0], "auto")]
    known = [LeadVector(one, vector, line) for one, (vector, line) in zip(ids, rows, strict=True)]
    assert await leads.index_many(agency, known) == 3
    found = await leads.similar(agency, [1.0, 0.0, 0.0], exclude=[ids[0]])
    assert [(one.lead_id, one.line) for one in found] == [(ids[1], "home"), (ids[2], "auto")]
    assert [one.lead_id for one in await leads.similar(agency, [1.0, 0.0, 0.0], line="auto")] == [ids[0], ids[2]]
    await leads.forget(agency, [ids[2]])
    assert await leads.count(agency) == 2


async def test_a_lead_without_text_is_not_kept_and_is_like_nothing(leads: LeadVectors) -> None:
    agency, lead = uuid4(), uuid4()
    assert await leads.index(lead, agency, [1.0, 0.0, 0.0], "auto")
    assert not await leads.index(lead, agency, [0.0, 0.0, 0.0], "auto")
    assert await leads.count(agency) == 0
    assert await leads.similar(agency, [0.0, 0.0, 0.0]) == []


async def test_two_embedders_have_two_collections(vectors: QdrantVectors, leads: LeadVectors) -> None:
    agency = uuid4()
    other = LeadVectors(vectors, "embedder-b", 4)
    await leads.index(uuid4(), agency, [1.0, 0.0, 0.0], "auto")
    assert await other.similar(agency, [1.0, 0.0, 0.0, 0.0]) == []
    assert (leads.collection, other.collection) == ("leads-embedder-a", "leads-embedder-b")


# An embedding has length 1; of one near the smallest float Qdrant cannot tell the direction.
numbers = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).filter(
    lambda vector: not any(vector) or math.hypot(*vector) > 1e-6
)


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.tuples(st.booleans(), numbers), max_size=25), asked=numbers)
def test_a_search_ranks_as_the_cosine_does_within_the_agency(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[bool, list[float]]], asked: list[float]
) -> None:
    async def run() -> None:
        vectors = await open_vectors(VectorSettings(), tmp_path_factory.mktemp("v"))
        leads = LeadVectors(vectors, "e", 4)
        mine, other = uuid4(), uuid4()
        wanted = {}
        for is_mine, vector in rows:
            lead = uuid4()
            if await leads.index(lead, mine if is_mine else other, vector, "auto") and is_mine:
                wanted[lead] = cosine(vector, asked)
        found = await leads.similar(mine, asked, limit=30)
        if any(asked):
            assert {one.lead_id: pytest.approx(one.score, abs=1e-4) for one in found} == wanted
            assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        await vectors.close()

    asyncio.run(run())


def cosine(one: list[float], other: list[float]) -> float:
    lengths = [sum(x * x for x in vector) ** 0.5 for vector in (one, other)]
    return sum(x * y for x, y in zip(one, other, strict=True)) / (lengths[0] * lengths[1]) if all(lengths) else 0.0
