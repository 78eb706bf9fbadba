"""Hybrid search: both kinds of nearest with both scores, the same by folder and by server, one agency at a time."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from qdrant_client import AsyncQdrantClient

from kernel.errors import Invalid, Unavailable
from kernel.settings import VectorSettings
from store.vectors import links
from store.vectors.hybrid import HybridQuery, ask_server
from store.vectors.leads import LeadVectors
from store.vectors.passages import PassageVector, PassageVectors
from store.vectors.port import HybridHit, Point
from store.vectors.qdrant import QdrantVectors, open_vectors


@pytest_asyncio.fixture
async def vectors(tmp_path: Path) -> AsyncIterator[QdrantVectors]:
    opened = await open_vectors(VectorSettings(), tmp_path / "vectors", late=True)
    yield opened
    await opened.close()


class InMemoryServer(links.ServerLink):
    """The link to a server with the client's own in-memory server behind it: same requests, same answers."""

    indexes = False

    def __init__(self) -> None:
        self._client = AsyncQdrantClient(":memory:")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[QdrantVectors]:
    opened = QdrantVectors(InMemoryServer())
    yield opened
    await opened.close()


def some_points(n: int, seed: int) -> list[Point]:
    draw = random.Random(seed)
    return [
        Point(
            UUID(int=draw.getrandbits(128)), [draw.gauss(0, 1) for _ in range(8)], {"document": str(number % 3)},
            {draw.randrange(40): draw.random() + 0.1 for _ in range(6)},
        )
        for number in range(n)
    ]  # fmt: skip


def as_pairs(hits: list[HybridHit]) -> dict[UUID, tuple[float, float]]:
    return {hit.id: (round(hit.cosine, 4), round(hit.overlap, 4)) for hit in hits}


async def test_folder_and_server_find_the_same_with_the_same_scores(
    vectors: QdrantVectors, server: QdrantVectors
) -> None:
    one, two = uuid4(), uuid4()
    for store in (vectors, server):
        await store.ensure("c", 8, with_terms=True)
        await store.upsert("c", some_points(60, 1), agency_id=one)
        await store.upsert("c", some_points(20, 2), agency_id=two)
    draw = random.Random(3)
    for limit in (3, 10, 100):
        vector = [draw.gauss(0, 1) for _ in range(8)]
        terms = {draw.randrange(60): draw.random() for _ in range(4)}
        by_folder = await vectors.hybrid("c", vector, terms, agency_id=one, limit=limit)
        by_server = await server.hybrid("c", vector, terms, agency_id=one, limit=limit)
        assert as_pairs(by_folder) == as_pairs(by_server)
        assert len(by_folder) >= min(limit, 60)
    assert {hit.payload["document"] for hit in by_folder} == {"0", "1", "2"}


async def test_both_kinds_of_nearest_are_found_with_both_scores(vectors: QdrantVectors) -> None:
    agency, by_meaning, by_words, neither = (uuid4() for _ in range(4))
    await vectors.ensure("c", 2, with_terms=True)
    points = [
        Point(by_meaning, [1.0, 0.0], {}, {7: 1.0}), Point(by_words, [0.0, 1.0], {}, {5: 2.0}),
        Point(neither, [-1.0, 0.0], {}, {9: 1.0}),
    ]  # fmt: skip
    await vectors.upsert("c", points, agency_id=agency)
    found = as_pairs(await vectors.hybrid("c", [1.0, 0.0], {5: 0.5}, agency_id=agency, limit=1))
    assert found == {by_meaning: (1.0, 0.0), by_words: (0.0, 1.0)}
    assert set(as_pairs(await vectors.hybrid("c", [1.0, 0.0], {}, agency_id=agency, limit=1))) == {by_meaning}
    with pytest.raises(Invalid, match="limit"):
        await vectors.hybrid("c", [1.0, 0.0], {}, agency_id=agency, limit=0)


async def test_another_agencys_points_are_never_found(vectors: QdrantVectors, server: QdrantVectors) -> None:
    mine, theirs = uuid4(), uuid4()
    for store in (vectors, server):
        await store.ensure("c", 8, with_terms=True)
        await store.upsert("c", some_points(30, 4), agency_id=theirs)
        assert await store.hybrid("c", [1.0] * 8, dict.fromkeys(range(40), 1.0), agency_id=mine, limit=50) == []
        await store.upsert("c", [Point(mine, [1.0] * 8, {}, {1: 1.0})], agency_id=mine)
        found = await store.hybrid("c", [1.0] * 8, dict.fromkeys(range(40), 1.0), agency_id=mine, limit=50)
        assert [hit.id for hit in found] == [mine]
        await store.delete_matching("c", {}, agency_id=mine)
        assert await store.size("c") == 30


async def test_a_change_is_seen_by_the_next_search(vectors: QdrantVectors) -> None:
    passages, agency, document = PassageVectors(vectors, "e", 2), uuid4(), uuid4()
    first, second = uuid4(), uuid4()
    await passages.replace(agency, [document], [PassageVector(first, document, [1.0, 0.0], {1: 1.0})])
    assert [one.passage_id for one in await passages.search(agency, [1.0, 0.0], {}, limit=5)] == [first]
    await passages.replace(agency, [document], [PassageVector(second, document, [1.0, 0.0], {1: 1.0})])
    (found,) = await passages.search(agency, [1.0, 0.0], {1: 2.0}, limit=5)
    assert (found.passage_id, found.document_id, found.overlap) == (second, document, 2.0)
    await passages.replace(agency, [document], [])
    assert await passages.search(agency, [1.0, 0.0], {}, limit=5) == []


async def test_points_survive_the_end_of_the_process(tmp_path: Path) -> None:
    agency = uuid4()
    for visit in range(2):
        opened = await open_vectors(VectorSettings(), tmp_path / "v", late=True)
        await opened.ensure("c", 8, with_terms=True)
        if not visit:
            await opened.upsert("c", some_points(5, 6), agency_id=agency)
        assert len(await opened.hybrid("c", [1.0] * 8, {}, agency_id=agency, limit=9)) == 5
        await opened.close()


async def test_a_folder_is_taken_only_when_it_is_needed(tmp_path: Path) -> None:
    opened = await open_vectors(VectorSettings(), tmp_path / "v", late=True)
    assert not (tmp_path / "v").exists()
    await opened.close()
    with pytest.raises(Unavailable, match="closed"):
        await opened.collections()


async def test_the_collection_of_an_earlier_embedder_is_removed_once_empty(vectors: QdrantVectors) -> None:
    agency, other, document = uuid4(), uuid4(), uuid4()
    old, new = PassageVectors(vectors, "old", 2), PassageVectors(vectors, "new", 3)
    for who in (agency, other):
        await old.replace(who, [document], [PassageVector(uuid4(), document, [1.0, 0.0], {1: 1.0})])
    await new.replace(agency, [document], [PassageVector(uuid4(), document, [1.0, 0.0, 0.0], {1: 1.0})])
    await new.leave(agency, old.collection)
    assert await new.drop_empty() == []
    assert await old.count(other) == 1
    await new.leave(other, old.collection)
    assert await new.drop_empty() == [old.collection]
    assert await vectors.collections() == [new.collection]


async def test_a_large_folder_is_warned_of_once(
    vectors: QdrantVectors, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(links, "LOCAL_LIMIT", 5)
    await vectors.ensure("c", 8, with_terms=True)
    with caplog.at_level(logging.WARNING):
        for seed in (7, 8):
            await vectors.upsert("c", some_points(6, seed), agency_id=uuid4())
    assert [record.message.count("LEADWRIGHT_VECTORS__URL") for record in caplog.records] == [1]


async def test_a_server_without_terms_in_the_question_asks_once(server: QdrantVectors) -> None:
    client = AsyncQdrantClient(":memory:")
    await server.ensure("c", 2, with_terms=True)
    assert await server.hybrid("c", [1.0, 0.0], {}, agency_id=uuid4(), limit=3) == []
    with pytest.raises(ValueError, match="not found"):
        await ask_server(client, "nothing", HybridQuery([1.0], {}, "a", 1))
    await client.close()


async def test_leads_of_an_earlier_embedder_are_warned_of_and_cleared(
    vectors: QdrantVectors, caplog: pytest.LogCaptureFixture
) -> None:
    agency = uuid4()
    await LeadVectors(vectors, "old", 2).index(uuid4(), agency, [1.0, 0.0], "auto")
    new = LeadVectors(vectors, "new", 2)
    with caplog.at_level(logging.WARNING):
        assert await new.similar(agency, [1.0, 0.0]) == []
    assert "rebuild vectors" in caplog.text
    await new.clear(agency)
    assert await vectors.collections() == ["leads-new"]
