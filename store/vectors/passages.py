"""Passages of documents as vectors and weighted words: what answers a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from store.vectors.collection import EmbedderCollection
from store.vectors.port import Point

_DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class PassageVector:
    """A passage's embedding and terms; its text stays in Postgres."""

    passage_id: UUID
    document_id: UUID
    vector: Sequence[float]
    terms: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class PassageFound:
    """A passage that meaning or words found; ``overlap`` is the dot product of its terms with the question's."""

    passage_id: UUID
    document_id: UUID
    cosine: float
    overlap: float


class PassageVectors(EmbedderCollection):
    """The passages that one embedder has read."""

    prefix = "knowledge-"
    indexed = (_DOCUMENT,)
    with_terms = True

    async def replace(self, agency_id: UUID, document_ids: Sequence[UUID], passages: Sequence[PassageVector]) -> None:
        """Make these the only passages of the documents; one without passages is removed. Repeating it changes nothing."""
        await self._prepare()
        names = [str(one) for one in document_ids]
        await self._vectors.delete_matching(self.collection, {_DOCUMENT: names}, agency_id=agency_id)
        points = [
            Point(one.passage_id, one.vector, {_DOCUMENT: str(one.document_id)}, one.terms)
            for one in passages
            if one.terms
        ]
        await self._vectors.upsert(self.collection, points, agency_id=agency_id)

    async def search(
        self, agency_id: UUID, vector: Sequence[float], terms: Mapping[int, float], *, limit: int
    ) -> list[PassageFound]:
        """The agency's ``limit`` nearest passages by meaning and by words, each once with both scores, in no order."""
        await self._prepare()
        hits = await self._vectors.hybrid(self.collection, vector, terms, agency_id=agency_id, limit=limit)
        return [PassageFound(hit.id, UUID(hit.payload[_DOCUMENT]), hit.cosine, hit.overlap) for hit in hits]

    async def size(self) -> int:
        """How many passages of all agencies are here."""
        await self._prepare()
        return await self._vectors.size(self.collection)

    async def clear(self, agency_id: UUID) -> None:
        """Remove every passage of the agency."""
        await self._prepare()
        await self._vectors.delete_matching(self.collection, {}, agency_id=agency_id)

    async def leave(self, agency_id: UUID, collection: str) -> None:
        """Remove the agency's passages from the collection of an earlier embedder; one that is gone is no error."""
        if collection in await self._vectors.collections():
            await self._vectors.delete_matching(collection, {}, agency_id=agency_id)
