"""Embeddings kept in a file by the hash of their text: training again on the same rows embeds only what is new."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from integrations.local.embedder import Embedder, TextKind, Vectors, embeddable

_PART = 256


class CachedEmbedder:
    """An embedder that remembers in ``file``. The file holds hashes and vectors, never text; a damaged one is begun anew.

    ``told`` hears after each part how many of how many texts are embedded.
    """

    def __init__(self, embedder: Embedder, file: Path, told: Callable[[int, int], None] | None = None) -> None:
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        self._embedder = embedder
        self._file = file
        self._told = told
        self._vectors = self._read()

    def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """See :class:`~integrations.local.embedder.Embedder`."""
        cleaned = [embeddable(text) for text in texts]
        keys = [self._key(text, kind) for text in cleaned]
        new = {key: text for key, text in zip(keys, cleaned, strict=True) if text and key not in self._vectors}
        wanted = list(new.items())
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            rows = self._embedder.embed([text for _, text in part], kind=kind)
            self._vectors.update({key: row for (key, _), row in zip(part, rows, strict=True)})
            if self._told:
                self._told(min(start + _PART, len(wanted)), len(wanted))
        if wanted:
            self._write()
        empty = np.zeros(self.dimensions, dtype=np.float32)
        return np.array([self._vectors.get(key, empty) for key in keys], dtype=np.float32).reshape(
            len(keys), self.dimensions
        )

    async def embed_async(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """The same through the wrapped embedder, without the file: for single texts on the event loop."""
        return await self._embedder.embed_async(texts, kind=kind)

    def _key(self, text: str, kind: TextKind) -> bytes:
        return hashlib.blake2b(f"{self.name}\x1f{kind}\x1f{text}".encode(), digest_size=16).digest()

    def _read(self) -> dict[bytes, Vectors]:
        try:
            with self._file.open("rb") as source, np.load(source, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"].astype(np.float32)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return {}
        if keys.shape != (len(vectors), 16) or vectors.shape[1:] != (self.dimensions,):
            return {}
        return {key.tobytes(): vector for key, vector in zip(keys.astype(np.uint8), vectors, strict=True)}

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(self._vectors), dtype=np.uint8).reshape(-1, 16)
        part = self._file.with_name(f"{self._file.name}.{os.getpid()}.part")
        with part.open("wb") as target:
            np.savez(target, keys=keys, vectors=np.array(list(self._vectors.values()), dtype=np.float32))
        part.replace(self._file)
