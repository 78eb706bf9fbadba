"""Vectors kept in a file: asked for once, the same afterwards, and never a text in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.local.vector_cache import CachedEmbedder


def test_second_training_embeds_only_what_is_new(tmp_path: Path, word_vectors: Any) -> None:
    file = tmp_path / "deep" / "vectors.npz"
    first = CachedEmbedder(word_vectors, file).embed(["my car", "my car", "a house"], kind="query")
    assert len(word_vectors.embedded) == 2
    again = CachedEmbedder(word_vectors, file).embed(["a house", "my car", "a boat"], kind="query")
    assert word_vectors.embedded[2:] == ["a boat"]
    assert np.array_equal(first[2], again[0])
    assert np.array_equal(first[0], again[1])


def test_empty_text_is_a_row_of_zeros_and_nothing_is_a_matrix(tmp_path: Path, word_vectors: Any) -> None:
    cached = CachedEmbedder(word_vectors, tmp_path / "v.npz")
    assert not cached.embed([" ", "x y"], kind="query")[0].any()
    assert cached.embed([], kind="query").shape == (0, 64)


def test_kinds_do_not_mix(tmp_path: Path, word_vectors: Any) -> None:
    cached = CachedEmbedder(word_vectors, tmp_path / "v.npz")
    cached.embed(["one"], kind="query")
    cached.embed(["one"], kind="passage")
    assert len(word_vectors.embedded) == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut"])
def test_damaged_file_is_begun_anew(tmp_path: Path, word_vectors: Any, content: bytes) -> None:
    file = tmp_path / "v.npz"
    file.write_bytes(content)
    assert CachedEmbedder(word_vectors, file).embed(["a"], kind="query").any()
    assert CachedEmbedder(word_vectors, file)._vectors


def test_file_holds_no_text(tmp_path: Path, word_vectors: Any) -> None:
    file = tmp_path / "v.npz"
    CachedEmbedder(word_vectors, file).embed(["Maria Delgado wants a quote"], kind="query")
    assert b"Delgado" not in file.read_bytes()


def test_told_of_progress(tmp_path: Path, word_vectors: Any) -> None:
    heard: list[tuple[int, int]] = []
    CachedEmbedder(word_vectors, tmp_path / "v.npz", lambda *parts: heard.append(parts)).embed(
        [f"text {number}" for number in range(300)], kind="query"
    )
    assert heard == [(256, 300), (300, 300)]
