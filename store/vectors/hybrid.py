"""Search by meaning and by words at once: asked of a server, or worked out over a folder's points in memory.

The client's local mode walks through every point in Python, once a search and once more a sparse one (0.7 s for 8,000
points). Here the points of a collection are held as arrays, made anew after a change, and a search takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import AsyncQdrantClient, QdrantClient, models

from kernel.blas import one_blas_thread

TERMS = "terms"
AGENCY, ID = "agency_id", "id"
DENSE = ""  # how Qdrant calls the vector without a name
_PAGE = 1_000

Matrix = NDArray[np.float32]
Holders = tuple[NDArray[np.int64], Matrix]


@dataclass(frozen=True, slots=True)
class HybridQuery:
    """A question: its vector, its weighted terms, whose points, and how many of each kind."""

    vector: Sequence[float]
    terms: Mapping[int, float]
    agency: str
    limit: int


@dataclass(frozen=True, slots=True)
class Found:
    """A point's payload and both of its scores."""

    payload: dict[str, Any]
    cosine: float
    overlap: float


def sparse(terms: Mapping[int, float]) -> models.SparseVector:
    """Terms as Qdrant takes them, by number (its local mode wants them sorted)."""
    order = sorted(terms)
    return models.SparseVector(indices=order, values=[float(terms[one]) for one in order])


async def ask_server(client: AsyncQdrantClient, collection: str, query: HybridQuery) -> list[Found]:
    """Both searches, and then the other score of what only one of them found."""
    mine = models.FieldCondition(key=AGENCY, match=models.MatchValue(value=query.agency))

    async def scored(using: str, among: Sequence[models.ExtendedPointId] | None) -> dict[Any, models.ScoredPoint]:
        if (using == TERMS and not query.terms) or among == []:
            return {}
        only = [] if among is None else [models.HasIdCondition(has_id=list(among))]
        answer = await client.query_points(
            collection, using=using or None, query=sparse(query.terms) if using == TERMS else list(query.vector),
            query_filter=models.Filter(must=[mine, *only]), limit=query.limit if among is None else len(among),
            with_payload=True, with_vectors=False,
        )  # fmt: skip
        return {point.id: point for point in answer.points}

    near, alike = await scored(DENSE, None), await scored(TERMS, None)
    near |= await scored(DENSE, [one for one in alike if one not in near])
    alike |= await scored(TERMS, [one for one in near if one not in alike])
    return [
        Found(dict(point.payload or {}), float(point.score), float(alike[key].score) if key in alike else 0.0)
        for key, point in near.items()
    ]


def pages(client: QdrantClient, collection: str) -> Iterator[models.Record]:
    """Every point of a folder's collection, with vectors and payload."""
    offset: Any = None
    while True:
        points, offset = client.scroll(collection, limit=_PAGE, offset=offset, with_vectors=True, with_payload=True)
        yield from points
        if offset is None:
            return


class FolderIndex:
    """The points of one collection as they were when read: a matrix of vectors, and for each term who holds it."""

    def __init__(self, payloads: list[dict[str, Any]], vectors: Matrix, holders: Mapping[int, Holders]) -> None:
        self._payloads = payloads
        self._vectors = vectors
        self._holders = holders
        self._agencies = np.array([payload[AGENCY] for payload in payloads], dtype=object)

    @classmethod
    def read(cls, client: QdrantClient, collection: str) -> FolderIndex:
        """Every point of ``collection``; about 0.1 ms a point."""
        payloads: list[dict[str, Any]] = []
        rows: list[Matrix] = []
        terms, values, starts = list[int](), list[float](), list[int]()
        for point in pages(client, collection):
            held: Any = point.vector if isinstance(point.vector, dict) else {DENSE: point.vector}
            words = held.get(TERMS)
            if words is not None:
                starts.extend([len(payloads)] * len(words.indices))
                terms.extend(words.indices)
                values.extend(words.values)
            rows.append(np.asarray(held[DENSE], dtype=np.float32))
            payloads.append(dict(point.payload or {}))
        return cls(payloads, np.array(rows, dtype=np.float32), _holders(terms, starts, values))

    def search(self, query: HybridQuery) -> list[Found]:
        """See :meth:`store.vectors.port.Vectors.hybrid`."""
        mine = np.flatnonzero(self._agencies == query.agency) if self._payloads else np.zeros(0, dtype=np.int64)
        if not len(mine):
            return []
        vector = np.asarray(query.vector, dtype=np.float32)
        # Qdrant keeps the vectors of a cosine collection at length 1.
        near = vector / (float(np.linalg.norm(vector)) or 1.0)
        with one_blas_thread():
            cosines = (self._vectors if len(mine) == len(self._payloads) else self._vectors[mine]) @ near
        overlaps = np.zeros(len(self._payloads), dtype=np.float32)
        for term, weight in query.terms.items():
            if term in self._holders:
                rows, values = self._holders[term]
                overlaps[rows] += values * np.float32(weight)
        overlaps = overlaps[mine]
        best = {int(one) for one in _top(cosines, query.limit)}
        best |= {int(one) for one in _top(overlaps, query.limit) if overlaps[one] > 0}
        return [
            Found(dict(self._payloads[mine[one]]), float(cosines[one]), float(overlaps[one])) for one in sorted(best)
        ]


def _holders(terms: Sequence[int], points: Sequence[int], values: Sequence[float]) -> dict[int, Holders]:
    """For each term the points that hold it, with its weight in each."""
    order = np.argsort(np.asarray(terms, dtype=np.int64), kind="stable")
    numbers, firsts = np.unique(np.asarray(terms, dtype=np.int64)[order], return_index=True)
    who = np.split(np.asarray(points, dtype=np.int64)[order], firsts[1:])
    weights = np.split(np.asarray(values, dtype=np.float32)[order], firsts[1:])
    return {int(number): (rows, held) for number, rows, held in zip(numbers, who, weights, strict=False)}


def _top(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    if len(scores) <= limit:
        return np.arange(len(scores))
    return np.argpartition(-scores, limit - 1)[:limit]
