"""A quick embedder for tests about training: the mean of fixed random vectors of the words, no model behind it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from integrations.local.embedder import TextKind, Vectors, embeddable


class WordVectors:
    """Each word has its own direction, so texts that share words are close. Counts what it was asked to embed."""

    name = "word-vectors-test"
    dimensions = 64

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            self.embedded.append(text)
            for word in embeddable(text).casefold().split():
                rows[row] += np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dimensions)
            norm = float(np.linalg.norm(rows[row]))
            if norm:
                rows[row] /= norm
        return rows

    async def embed_async(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        return self.embed(texts, kind=kind)


@pytest.fixture
def word_vectors() -> WordVectors:
    return WordVectors()
