"""A collection of vectors that one embedder has read; what the collections of leads and of passages share."""

from __future__ import annotations

import asyncio
from typing import ClassVar
from uuid import UUID

from store.vectors.port import Vectors


class EmbedderCollection:
    """A collection named after its embedder, made when first used: vectors of two embedders never mix."""

    prefix: ClassVar[str]
    indexed: ClassVar[tuple[str, ...]]
    with_terms: ClassVar[bool] = False

    def __init__(self, vectors: Vectors, embedder_name: str, dimensions: int) -> None:
        self._vectors = vectors
        self._dimensions = dimensions
        self.collection = f"{self.prefix}{embedder_name}"
        self._ready = False
        self._preparing = asyncio.Lock()

    async def count(self, agency_id: UUID) -> int:
        """How many points of the agency are here."""
        await self._prepare()
        return await self._vectors.count(self.collection, agency_id=agency_id)

    async def ids(self, agency_id: UUID) -> set[UUID]:
        """The ids of the agency's points here."""
        await self._prepare()
        return await self._vectors.ids(self.collection, agency_id=agency_id)

    async def drop_empty(self) -> list[str]:
        """Remove the collections of other embedders that hold nothing of anybody any more; their names."""
        emptied = []
        for name in await self._others():
            if not await self._vectors.size(name):
                await self._vectors.drop(name)
                emptied.append(name)
        return emptied

    async def _others(self) -> list[str]:
        """The collections that other embedders have read for the same purpose."""
        names = await self._vectors.collections()
        return [name for name in names if name.startswith(self.prefix) and name != self.collection]

    async def _prepare(self) -> None:
        async with self._preparing:
            if not self._ready:
                await self._vectors.ensure(
                    self.collection, self._dimensions, indexed=self.indexed, with_terms=self.with_terms
                )
                await self._made()
                self._ready = True

    async def _made(self) -> None:
        """What there is to do once, after the collection is there."""
