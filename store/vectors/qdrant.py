"""Vectors in Qdrant, by either link."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Awaitable, Mapping, Sequence
from operator import methodcaller
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from qdrant_client import models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from kernel.errors import Invalid, Unavailable
from kernel.ids import derived_id
from kernel.settings import VectorSettings
from store.vectors.dense import DenseQuery
from store.vectors.hybrid import AGENCY, ID, TERMS, HybridQuery, sparse
from store.vectors.links import FolderLink, LateFolderLink, Link, Request, ServerLink
from store.vectors.port import Hit, HybridHit, Point

T = TypeVar("T")

_BATCH = 256
_PAGE = 5_000
_CONFLICT = 409


async def open_vectors(settings: VectorSettings, folder: Path, *, late: bool = False) -> QdrantVectors:
    """The server that the settings name, or else ``folder``, which then belongs to this process until closed.

    ``late`` takes the folder only when something is first asked of it. Raises Unavailable when another process has the folder.
    """
    if settings.url is not None:
        api_key = settings.api_key.get_secret_value() if settings.api_key is not None else None
        return QdrantVectors(ServerLink(settings.url, api_key))
    return QdrantVectors(LateFolderLink(folder) if late else await FolderLink.open(folder))


class QdrantVectors:
    """See :class:`store.vectors.port.Vectors`.

    A point's key in Qdrant is derived from agency and id, so that no agency can overwrite another's point by naming its
    id; the id itself travels in the payload, with the agency.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._dimensions: dict[str, int] = {}
        self._at_most: dict[str, int] = {}  # points that were counted, and those written since, new or not

    async def ensure(
        self, collection: str, dimensions: int, *, indexed: Sequence[str] = (), with_terms: bool = False
    ) -> None:
        """See the port."""
        if not await self._ask(lambda client: client.collection_exists(collection)):
            await self._create(collection, dimensions, with_terms=with_terms)
        about = await self._ask(lambda client: client.get_collection(collection))
        present = about.config.params.vectors.size
        if present != dimensions:
            raise Invalid(
                f"collection {collection} holds vectors of {present} numbers, not {dimensions}; "
                "give each embedder a collection of its own"
            )
        if self._link.indexes:
            for name in (AGENCY, *indexed):
                if name not in about.payload_schema:
                    await self._index(collection, name)
        self._dimensions[collection] = dimensions
        await self._count(collection)

    async def upsert(self, collection: str, points: Sequence[Point], *, agency_id: UUID) -> None:
        """See the port."""
        for point in points:
            self._fits(collection, point.vector)
            if not {AGENCY, ID}.isdisjoint(point.payload):
                raise Invalid(f"payload keys {AGENCY} and {ID} are taken; name the field otherwise")
        structs = [
            models.PointStruct(
                id=_key(agency_id, point.id),
                vector=_parts(point),
                payload={**point.payload, AGENCY: str(agency_id), ID: str(point.id)},
            )
            for point in points
        ]
        for start in range(0, len(structs), _BATCH):
            await self._write(collection, structs[start : start + _BATCH])
        if collection in self._at_most:
            self._at_most[collection] += len(structs)
            if self._link.outgrown_by(collection, self._at_most[collection]):
                await self._count(collection)

    async def search(
        self, collection: str, vector: Sequence[float], *, agency_id: UUID, limit: int = 10,
        exclude: Sequence[UUID] = (), filters: Mapping[str, str | int | bool] | None = None,
    ) -> list[Hit]:  # fmt: skip
        """See the port."""
        if limit < 1:
            raise Invalid(f"limit {limit} is not possible; ask for at least 1")
        self._fits(collection, vector)
        keys = [_key(agency_id, one) for one in exclude]
        query = DenseQuery([float(number) for number in vector], str(agency_id), limit, keys, filters or {})
        found = await self._guarded(self._link.dense(collection, query))
        return [Hit(UUID(one.payload.pop(ID)), one.cosine, _without_agency(one.payload)) for one in found]

    async def hybrid(
        self, collection: str, vector: Sequence[float], terms: Mapping[int, float], *, agency_id: UUID, limit: int
    ) -> list[HybridHit]:
        """See the port."""
        if limit < 1:
            raise Invalid(f"limit {limit} is not possible; ask for at least 1")
        self._fits(collection, vector)
        query = HybridQuery([float(number) for number in vector], terms, str(agency_id), limit)
        found = await self._guarded(self._link.hybrid(collection, query))
        return [
            HybridHit(UUID(one.payload.pop(ID)), one.cosine, one.overlap, _without_agency(one.payload)) for one in found
        ]

    async def delete(self, collection: str, ids: Sequence[UUID], *, agency_id: UUID) -> None:
        """See the port."""
        if ids:
            keys: list[models.ExtendedPointId] = [_key(agency_id, one) for one in ids]
            chosen = models.PointIdsList(points=keys)
            await self._ask(lambda client: client.delete(collection, points_selector=chosen, wait=True))
            self._link.note_deleted(collection, [str(key) for key in keys])

    async def delete_matching(self, collection: str, filters: Mapping[str, Sequence[str]], *, agency_id: UUID) -> None:
        """See the port."""
        wanted = [_equals(AGENCY, str(agency_id)), *(_among(key, values) for key, values in filters.items())]
        chosen = models.FilterSelector(filter=models.Filter(must=wanted))
        await self._ask(lambda client: client.delete(collection, points_selector=chosen, wait=True))
        self._link.note_deleted(collection, None)

    async def drop(self, collection: str) -> None:
        """See the port."""
        await self._ask(lambda client: client.delete_collection(collection))
        self._dimensions.pop(collection, None)
        self._link.note_deleted(collection, None)

    async def collections(self) -> list[str]:
        """See the port."""
        answer = await self._ask(lambda client: client.get_collections())
        return sorted(one.name for one in answer.collections)

    async def size(self, collection: str) -> int:
        """See the port."""
        return await self._size(collection)

    async def count(self, collection: str, *, agency_id: UUID) -> int:
        """See the port."""
        return await self._size(collection, models.Filter(must=[_equals(AGENCY, str(agency_id))]))

    async def ids(self, collection: str, *, agency_id: UUID) -> set[UUID]:
        """See the port."""
        wanted, found, after = models.Filter(must=[_equals(AGENCY, str(agency_id))]), set[UUID](), None
        while True:
            page = {
                "scroll_filter": wanted,
                "limit": _PAGE,
                "offset": after,
                "with_payload": [ID],
                "with_vectors": False,
            }
            points, after = await self._ask(methodcaller("scroll", collection, **page))
            found |= {UUID(point.payload[ID]) for point in points}
            if after is None:
                return found

    async def ping(self) -> None:
        """See the port."""
        await self._ask(lambda client: client.get_collections())

    async def close(self) -> None:
        """See the port."""
        await self._link.close()

    async def _create(self, collection: str, dimensions: int, *, with_terms: bool) -> None:
        how = models.VectorParams(size=dimensions, distance=models.Distance.COSINE)
        # Rarity is weighed into the question by the caller: Qdrant's own would count other agencies' texts.
        words = {TERMS: models.SparseVectorParams()} if with_terms else None
        try:
            await self._ask(
                lambda client: client.create_collection(collection, vectors_config=how, sparse_vectors_config=words)
            )
        except Unavailable as problem:
            # Another process created it between our question and now.
            if getattr(problem.__cause__, "status_code", None) != _CONFLICT:
                raise

    async def _count(self, collection: str) -> None:
        self._at_most[collection] = size = await self._size(collection)
        self._link.note_size(collection, size)

    async def _write(self, collection: str, batch: list[models.PointStruct]) -> None:
        await self._ask(lambda client: client.upsert(collection, points=batch, wait=True))
        self._link.note_written(collection, batch)

    async def _index(self, collection: str, name: str) -> None:
        kind = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=name == AGENCY)
        await self._ask(
            lambda client: client.create_payload_index(collection, field_name=name, field_schema=kind, wait=True)
        )

    async def _size(self, collection: str, which: models.Filter | None = None) -> int:
        answer = await self._ask(lambda client: client.count(collection, count_filter=which, exact=True))
        return int(answer.count)

    async def _ask(self, request: Request) -> Any:
        return await self._guarded(self._link(request))

    @staticmethod
    async def _guarded(asked: Awaitable[T]) -> T:
        try:
            return await asked
        except (ApiException, QdrantException, httpx.HTTPError, sqlite3.Error, OSError) as problem:
            raise Unavailable(
                f"the vector store does not answer ({type(problem).__name__}); try again shortly"
            ) from problem
        except (ValueError, RuntimeError) as problem:
            # The folder's client says it so, of a collection that is not there and of a client that is closed.
            raise Unavailable(
                f"the vector store cannot do this ({type(problem).__name__}); if the collection is missing, "
                "run `leadwright rebuild vectors`"
            ) from problem

    def _fits(self, collection: str, vector: Sequence[float]) -> None:
        wanted = self._dimensions.get(collection, len(vector))
        if len(vector) != wanted:
            raise Invalid(f"a vector of {len(vector)} numbers does not fit {collection}, which takes {wanted}")
        if not all(map(math.isfinite, vector)):
            raise Invalid(f"a vector for {collection} holds a number that is not finite; embed the text again")


def _parts(point: Point) -> Any:
    dense = [float(number) for number in point.vector]
    return dense if point.terms is None else {"": dense, TERMS: sparse(point.terms)}


def _without_agency(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != AGENCY}


def _key(agency_id: UUID, point_id: UUID) -> str:
    return str(derived_id("vector", agency_id, point_id))


def _equals(key: str, value: str | int | bool) -> models.FieldCondition:  # noqa: FBT001 - a value, not a switch
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _among(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
