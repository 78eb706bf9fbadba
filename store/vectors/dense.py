"""Search by meaning alone: asked of a server, or worked out over a folder's points in memory.

The client's local mode asks its filter of every point in Python, which takes a tenth of a second for 10,000 points. Here the
points of a collection are held as one matrix and kept in step with each write, so a search among as many takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import AsyncQdrantClient, QdrantClient, models

from kernel.blas import one_blas_thread
from store.vectors.hybrid import AGENCY, DENSE, Found, pages

_FIRST = 1_024

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class DenseQuery:
    """A vector, whose points, how many; without the points under ``exclude``, and only those whose payload has ``filters``."""

    vector: Sequence[float]
    agency: str
    limit: int
    exclude: Sequence[str]
    filters: Mapping[str, Value]


async def ask_server(client: AsyncQdrantClient, collection: str, query: DenseQuery) -> list[Found]:
    """One filtered search."""
    must = [
        models.FieldCondition(key=key, match=models.MatchValue(value=value))
        for key, value in {AGENCY: query.agency, **query.filters}.items()
    ]
    excluded = [models.HasIdCondition(has_id=list(query.exclude))] if query.exclude else None
    answer = await client.query_points(
        collection, query=list(query.vector), query_filter=models.Filter(must=must, must_not=excluded), limit=query.limit,
        with_payload=True, with_vectors=False,
    )  # fmt: skip
    return [Found(dict(point.payload or {}), float(point.score), 0.0) for point in answer.points]


def dense_part(vector: Any) -> Any:
    """The vector of meaning out of what Qdrant holds of a point."""
    return vector[DENSE] if isinstance(vector, dict) else vector


class DenseIndex:
    """The points of one collection: a matrix of vectors of length 1, in step with every write it is told of."""

    def __init__(self, dimensions: int) -> None:
        self._rows: dict[str, int] = {}
        self._keys: list[str] = []
        self._payloads: list[dict[str, Any]] = []
        self._agencies: dict[str, int] = {}
        self._owners = np.zeros(_FIRST, dtype=np.int64)
        self._vectors = np.zeros((_FIRST, dimensions), dtype=np.float32)

    @classmethod
    def read(cls, client: QdrantClient, collection: str, dimensions: int) -> DenseIndex:
        """Every point of ``collection``; about 0.1 ms a point."""
        index = cls(dimensions)
        for point in pages(client, collection):
            index.put(str(point.id), dense_part(point.vector), dict(point.payload or {}))
        return index

    def put(self, key: str, vector: Any, payload: dict[str, Any]) -> None:
        """Add a point, or replace the one with this key."""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self._keys)
            self._keys.append(key)
            self._payloads.append(payload)
            if row == len(self._owners):
                self._owners = np.concatenate([self._owners, np.zeros_like(self._owners)])
                self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
        held = np.asarray(vector, dtype=np.float32)
        self._vectors[row] = held / (float(np.linalg.norm(held)) or 1.0)
        self._owners[row] = self._agencies.setdefault(payload[AGENCY], len(self._agencies))
        self._payloads[row] = payload

    def remove(self, key: str) -> None:
        """Take a point out; an unknown one is no error. The last point moves to its place."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        last, payload = self._keys.pop(), self._payloads.pop()
        if last != key:
            end = len(self._keys)
            self._rows[last], self._keys[row], self._payloads[row] = row, last, payload
            self._owners[row], self._vectors[row] = self._owners[end], self._vectors[end]

    def search(self, query: DenseQuery) -> list[Found]:
        """See :meth:`store.vectors.port.Vectors.search`."""
        owner = self._agencies.get(query.agency)
        mine = np.flatnonzero(self._owners[: len(self._keys)] == owner) if owner is not None else np.zeros(0, np.int64)
        if query.filters:
            wanted = query.filters.items()
            mine = mine[[all(self._payloads[row].get(key) == value for key, value in wanted) for row in mine]]
        vector = np.asarray(query.vector, dtype=np.float32)
        vector = vector / (float(np.linalg.norm(vector)) or 1.0)
        # Rows picked out are copied, which takes longer than the product: where most are the agency's, all are multiplied.
        most = 2 * len(mine) > len(self._keys)
        with one_blas_thread():
            near: NDArray[np.float32] = (
                (self._vectors[: len(self._keys)] @ vector)[mine] if most else self._vectors[mine] @ vector
            )
        excluded = set(query.exclude)
        count = min(query.limit + len(excluded), len(mine))
        best = np.argpartition(-near, count - 1)[:count] if count else np.zeros(0, np.int64)
        ordered = best[np.argsort(-near[best], kind="stable")]
        found = [(mine[one], near[one]) for one in ordered if self._keys[mine[one]] not in excluded]
        return [Found(dict(self._payloads[row]), float(score), 0.0) for row, score in found[: query.limit]]
