"""Passages from Postgres into the vector collection of the present embedder, whatever came between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

import numpy as np

from domain.actor import Actor, Scope
from domain.knowledge.passages import Passage
from domain.knowledge.terms import passage_terms
from integrations.llm.calls import booked
from integrations.local.embedder import Embedder
from store.sql.models import KnowledgeDocumentRow, KnowledgePassageRow
from store.uow import Database
from store.vectors.passages import PassageVector, PassageVectors

logger = logging.getLogger("leadwright.services.knowledge")

_SLICE = 50
Notice = Callable[[str], None]
Progress = Callable[[int], None]


class KnowledgeProjection:
    """Keeps the collection in step. Only one embedder's vectors are ever compared: a change of it moves everything."""

    def __init__(self, database: Database, vectors: PassageVectors, embedder: Embedder) -> None:
        self._database = database
        self._vectors = vectors
        self._embedder = embedder

    @booked("embedder")
    async def catch_up(self, actor: Actor, notice: Notice = logger.warning, progress: Progress = lambda _: None) -> int:
        """Project every document that the present collection does not hold yet; how many there were.

        That is what a crash left behind, or everything when the embedder has changed, which ``notice`` is told. ``progress``
        is told of documents as they are done.
        """
        actor.require(Scope.KNOWLEDGE_WRITE)
        async with self._database.begin(actor) as uow:
            placed = await uow.knowledge.placed()
        former = [name for name in placed if name not in {None, self._vectors.collection}]
        for name in former:
            notice(
                f"the embedder is now {self._embedder.name}: the passages of {placed[name]} documents in {name} are read anew"
            )
        done = 0
        while True:
            async with self._database.begin(actor) as uow:
                documents = await uow.knowledge.elsewhere(self._vectors.collection, _SLICE)
                rows = await uow.knowledge.passages_in([one.id for one in documents])
            if not documents:
                break
            await self._project(actor, documents, rows)
            done += len(documents)
            progress(len(documents))
        for name in former:
            await self._vectors.leave(actor.agency_id, str(name))
        if former:
            for name in await self._vectors.drop_empty():
                notice(f"collection {name} held nothing any more and was removed")
        return done

    @booked("embedder")
    async def rebuild(self, actor: Actor, progress: Progress = lambda _: None) -> int:
        """Empty the agency's part of the collection and project everything anew; how many passages it then holds."""
        actor.require(Scope.AGENCY_ADMIN)
        await self._vectors.clear(actor.agency_id)
        async with self._database.begin(actor) as uow:
            placed = await uow.knowledge.placed()
            await uow.knowledge.displace()
        await self.catch_up(actor, progress=progress)
        for name in placed:
            if name not in {None, self._vectors.collection}:
                await self._vectors.leave(actor.agency_id, str(name))
        await self._vectors.drop_empty()
        return await self._vectors.count(actor.agency_id)

    @booked("embedder")
    async def reconcile(self, actor: Actor) -> bool:
        """Project the agency's passages anew where the collection lacks one or holds one too many; whether it did."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            passages = await uow.knowledge.passages_placed(self._vectors.collection)
        held = await self._vectors.ids(actor.agency_id)
        wanted = {row.id for row in passages}
        lacking = [row for row in passages if row.id not in held and _terms(row)]
        if not lacking and held <= wanted:
            return False
        await self.rebuild(actor)
        return True

    async def size(self) -> int:
        """How many passages of all agencies the collection holds."""
        return await self._vectors.size()

    async def remove(self, actor: Actor, document_ids: Sequence[UUID]) -> None:
        """Take documents that Postgres no longer has out of the collection."""
        actor.require(Scope.KNOWLEDGE_WRITE)
        await self._vectors.replace(actor.agency_id, document_ids, [])

    async def _project(
        self, actor: Actor, documents: Sequence[KnowledgeDocumentRow], rows: Sequence[KnowledgePassageRow]
    ) -> None:
        fresh = await self._read_anew(actor, rows)
        points = await asyncio.to_thread(_points, rows, fresh)
        await self._vectors.replace(actor.agency_id, [one.id for one in documents], points)
        async with self._database.begin(actor) as uow:
            await uow.knowledge.place({one.id: one.digest for one in documents}, self._vectors.collection)

    async def _read_anew(self, actor: Actor, rows: Sequence[KnowledgePassageRow]) -> dict[UUID, bytes]:
        """Vectors of the passages that another embedder has read, stored in place of its own."""
        foreign = [row for row in rows if row.embedder != self._embedder.name]
        if not foreign:
            return {}
        texts = [as_passage(row).embedded for row in foreign]
        vectors = await self._embedder.embed_async(texts, kind="passage")
        fresh = {row.id: packed(vector) for row, vector in zip(foreign, vectors, strict=True)}
        async with self._database.begin(actor) as uow:
            await uow.knowledge.reembedded(fresh, self._embedder.name)
        return fresh


def as_passage(row: KnowledgePassageRow) -> Passage:
    """The domain's passage of a row."""
    return Passage(row.number, row.heading, row.text)


def packed(vector: np.ndarray) -> bytes:
    """A vector as stored: little-endian float32."""
    return vector.astype("<f4").tobytes()


def _points(rows: Sequence[KnowledgePassageRow], fresh: dict[UUID, bytes]) -> list[PassageVector]:
    points = []
    for row in rows:
        vector = np.frombuffer(fresh.get(row.id, row.vector), dtype="<f4").tolist()
        points.append(PassageVector(row.id, row.document_id, vector, _terms(row)))
    return points


def _terms(row: KnowledgePassageRow) -> dict[int, float]:
    passage = as_passage(row)
    return passage_terms(passage.text, passage.lead)
