"""Vectors in Qdrant, by either link."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from qdrant_client import models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from kernel.errors import Invalid, Unavailable
from kernel.ids import derived_id
from kernel.settings import VectorSettings
from store.vectors.links import FolderLink, Link, Request, ServerLink
from store.vectors.port import Hit, Point

_BATCH = 256
_AGENCY, _ID = "agency_id", "id"
_CONFLICT = 409


async def open_vectors(settings: VectorSettings, folder: Path) -> QdrantVectors:
    """The server that the settings name, or else ``folder``, which then belongs to this process until closed.

    Raises Unavailable when another process has the folder.
    """
    if settings.url is not None:
        api_key = settings.api_key.get_secret_value() if settings.api_key is not None else None
        return QdrantVectors(ServerLink(settings.url, api_key))
    return QdrantVectors(await FolderLink.open(folder))


class QdrantVectors:
    """See :class:`store.vectors.port.Vectors`.

    A point's key in Qdrant is derived from agency and id, so that no agency can overwrite another's point by naming its
    id; the id itself travels in the payload, with the agency.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._dimensions: dict[str, int] = {}

    async def ensure(self, collection: str, dimensions: int, *, indexed: Sequence[str] = ()) -> None:
        """See the port."""
        if not await self._ask(lambda client: client.collection_exists(collection)):
            await self._create(collection, dimensions)
        about = await self._ask(lambda client: client.get_collection(collection))
        present = about.config.params.vectors.size
        if present != dimensions:
            raise Invalid(
                f"collection {collection} holds vectors of {present} numbers, not {dimensions}; "
                "give each embedder a collection of its own"
            )
        if self._link.indexes:
            for name in (_AGENCY, *indexed):
                if name not in about.payload_schema:
                    await self._index(collection, name)
        self._dimensions[collection] = dimensions
        self._link.note_size(collection, await self._size(collection))

    async def upsert(self, collection: str, points: Sequence[Point], *, agency_id: UUID) -> None:
        """See the port."""
        for point in points:
            self._fits(collection, point.vector)
            if not {_AGENCY, _ID}.isdisjoint(point.payload):
                raise Invalid(f"payload keys {_AGENCY} and {_ID} are taken; name the field otherwise")
        structs = [
            models.PointStruct(
                id=_key(agency_id, point.id),
                vector=[float(number) for number in point.vector],
                payload={**point.payload, _AGENCY: str(agency_id), _ID: str(point.id)},
            )
            for point in points
        ]
        for start in range(0, len(structs), _BATCH):
            await self._write(collection, structs[start : start + _BATCH])
        if structs:
            self._link.note_size(collection, await self._size(collection))

    async def search(
        self, collection: str, vector: Sequence[float], *, agency_id: UUID, limit: int = 10,
        exclude: Sequence[UUID] = (), filters: Mapping[str, str | int | bool] | None = None,
    ) -> list[Hit]:  # fmt: skip
        """See the port."""
        if limit < 1:
            raise Invalid(f"limit {limit} is not possible; ask for at least 1")
        self._fits(collection, vector)
        numbers = [float(number) for number in vector]
        wanted = models.Filter(
            must=[_equals(_AGENCY, str(agency_id)), *(_equals(key, value) for key, value in (filters or {}).items())],
            must_not=[models.HasIdCondition(has_id=[_key(agency_id, one) for one in exclude])] if exclude else None,
        )
        answer = await self._ask(
            lambda client: client.query_points(
                collection, query=numbers, query_filter=wanted, limit=limit, with_payload=True, with_vectors=False
            )
        )
        return [_hit(point) for point in answer.points]

    async def delete(self, collection: str, ids: Sequence[UUID], *, agency_id: UUID) -> None:
        """See the port."""
        if ids:
            keys: list[models.ExtendedPointId] = [_key(agency_id, one) for one in ids]
            chosen = models.PointIdsList(points=keys)
            await self._ask(lambda client: client.delete(collection, points_selector=chosen, wait=True))

    async def count(self, collection: str, *, agency_id: UUID) -> int:
        """See the port."""
        return await self._size(collection, models.Filter(must=[_equals(_AGENCY, str(agency_id))]))

    async def ping(self) -> None:
        """See the port."""
        await self._ask(lambda client: client.get_collections())

    async def close(self) -> None:
        """See the port."""
        await self._link.close()

    async def _create(self, collection: str, dimensions: int) -> None:
        how = models.VectorParams(size=dimensions, distance=models.Distance.COSINE)
        try:
            await self._ask(lambda client: client.create_collection(collection, vectors_config=how))
        except Unavailable as problem:
            # Another process created it between our question and now.
            if getattr(problem.__cause__, "status_code", None) != _CONFLICT:
                raise

    async def _write(self, collection: str, batch: list[models.PointStruct]) -> None:
        await self._ask(lambda client: client.upsert(collection, points=batch, wait=True))

    async def _index(self, collection: str, name: str) -> None:
        kind = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=name == _AGENCY)
        await self._ask(
            lambda client: client.create_payload_index(collection, field_name=name, field_schema=kind, wait=True)
        )

    async def _size(self, collection: str, which: models.Filter | None = None) -> int:
        answer = await self._ask(lambda client: client.count(collection, count_filter=which, exact=True))
        return int(answer.count)

    async def _ask(self, request: Request) -> Any:
        try:
            return await self._link(request)
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


def _key(agency_id: UUID, point_id: UUID) -> str:
    return str(derived_id("vector", agency_id, point_id))


def _equals(key: str, value: str | int | bool) -> models.FieldCondition:  # noqa: FBT001 - a value, not a switch
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def _hit(point: models.ScoredPoint) -> Hit:
    payload = dict(point.payload or {})
    payload.pop(_AGENCY)
    return Hit(UUID(payload.pop(_ID)), float(point.score), payload)
