"""Documents, their passages, and how many passages hold each term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import defer

from store.sql.models import KnowledgeDocumentRow, KnowledgePassageRow, KnowledgeTermRow
from store.sql.repositories.base import Repository

_COUNTED = text(
    "INSERT INTO knowledge_term AS held (agency_id, term, passages) "
    "SELECT :agency, term, passages FROM unnest(:terms, :counts) AS t(term, passages) ORDER BY term "
    "ON CONFLICT (agency_id, term) DO UPDATE SET passages = held.passages + excluded.passages"
).bindparams(bindparam("terms", type_=ARRAY(BigInteger())), bindparam("counts", type_=ARRAY(BigInteger())))


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage with what a citation of it needs."""

    passage_id: UUID
    number: int
    heading: str
    text: str
    document_id: UUID
    document: str
    title: str
    source: str


class Knowledge(Repository):
    """Rows of ``knowledge_document``, ``knowledge_passage`` and ``knowledge_term``."""

    async def lock(self) -> None:
        """One writer of an agency's documents at a time, until the transaction ends: the counts of terms are shared."""
        await self.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"knowledge {self.actor.agency_id}"},
        )

    async def digests(self, names: Sequence[str]) -> dict[str, str]:
        """What is known of these names: their digests."""
        found = await self.session.execute(
            select(KnowledgeDocumentRow.name, KnowledgeDocumentRow.digest).where(
                KnowledgeDocumentRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.name.in_(names)
            )
        )
        return {name: digest for name, digest in found}  # noqa: C416 - rows are not tuples to the type checker

    async def passages_of(self, names: Sequence[str]) -> list[KnowledgePassageRow]:
        """The passages of the documents with these names."""
        found = await self.session.scalars(
            select(KnowledgePassageRow)
            .join(KnowledgeDocumentRow, KnowledgeDocumentRow.id == KnowledgePassageRow.document_id)
            .where(KnowledgePassageRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.name.in_(names))
        )
        return list(found)

    async def save_document(self, row: dict[str, Any]) -> UUID:
        """Insert or replace a document by name, without passages and in no collection; its id."""
        query = upsert(KnowledgeDocumentRow).values({**row, "agency_id": self.actor.agency_id, "collection": None})
        fresh = {
            name: getattr(query.excluded, name) for name in ("title", "source", "digest", "collection", "loaded_at")
        }
        document_id: UUID | None = await self.session.scalar(
            query.on_conflict_do_update(index_elements=["agency_id", "name"], set_=fresh).returning(
                KnowledgeDocumentRow.id
            )
        )
        assert document_id is not None
        await self.session.execute(
            delete(KnowledgePassageRow).where(
                KnowledgePassageRow.agency_id == self.actor.agency_id, KnowledgePassageRow.document_id == document_id
            )
        )
        return document_id

    async def add_passages(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert passages, in one statement."""
        if rows:
            await self.session.execute(
                insert(KnowledgePassageRow), [{**row, "agency_id": self.actor.agency_id} for row in rows]
            )

    async def count_terms(self, changes: Mapping[int, int]) -> None:
        """Add to how many passages hold each term, a negative number for those that went."""
        if changes:
            await self.session.execute(
                _COUNTED,
                {"agency": self.actor.agency_id, "terms": list(changes), "counts": list(changes.values())},
            )

    async def holding(self, terms: Sequence[int]) -> dict[int, int]:
        """How many of the agency's passages hold each term; terms in none are left out."""
        found = await self.session.execute(
            select(KnowledgeTermRow.term, KnowledgeTermRow.passages).where(
                KnowledgeTermRow.agency_id == self.actor.agency_id,
                KnowledgeTermRow.term.in_(terms),
                KnowledgeTermRow.passages > 0,
            )
        )
        return {int(term): int(count) for term, count in found}

    async def passage_count(self) -> int:
        """How many passages the agency has."""
        found = await self.session.scalar(
            select(func.count())
            .select_from(KnowledgePassageRow)
            .where(KnowledgePassageRow.agency_id == self.actor.agency_id)
        )
        return int(found or 0)

    async def elsewhere(self, collection: str, limit: int) -> list[KnowledgeDocumentRow]:
        """Documents whose passages are not in ``collection``, in the order of their ids."""
        found = await self.session.scalars(
            select(KnowledgeDocumentRow)
            .where(
                KnowledgeDocumentRow.agency_id == self.actor.agency_id,
                KnowledgeDocumentRow.collection.is_distinct_from(collection),
            )
            .order_by(KnowledgeDocumentRow.id)
            .limit(limit)
        )
        return list(found)

    async def placed(self) -> dict[str | None, int]:
        """How many documents are in each collection; None for those in none yet."""
        found = await self.session.execute(
            select(KnowledgeDocumentRow.collection, func.count())
            .where(KnowledgeDocumentRow.agency_id == self.actor.agency_id)
            .group_by(KnowledgeDocumentRow.collection)
        )
        return {collection: int(count) for collection, count in found}

    async def place(self, documents: Mapping[UUID, str], collection: str) -> None:
        """Record that the passages of these documents are in ``collection``; one that has changed since its ``digest`` (the
        mapping's value) is left out.
        """
        for document_id, digest in documents.items():
            await self.session.execute(
                update(KnowledgeDocumentRow)
                .where(
                    KnowledgeDocumentRow.agency_id == self.actor.agency_id,
                    KnowledgeDocumentRow.id == document_id,
                    KnowledgeDocumentRow.digest == digest,
                )
                .values(collection=collection)
            )

    async def displace(self) -> None:
        """Forget where passages are: all are projected anew."""
        await self.session.execute(
            update(KnowledgeDocumentRow)
            .where(KnowledgeDocumentRow.agency_id == self.actor.agency_id)
            .values(collection=None)
        )

    async def passages_in(self, document_ids: Sequence[UUID]) -> list[KnowledgePassageRow]:
        """The passages of these documents, in order."""
        found = await self.session.scalars(
            select(KnowledgePassageRow)
            .where(
                KnowledgePassageRow.agency_id == self.actor.agency_id, KnowledgePassageRow.document_id.in_(document_ids)
            )
            .order_by(KnowledgePassageRow.document_id, KnowledgePassageRow.number)
        )
        return list(found)

    async def passages_placed(self, collection: str) -> list[KnowledgePassageRow]:
        """The passages of the documents that are said to be in ``collection``."""
        found = await self.session.scalars(
            select(KnowledgePassageRow)
            .join(KnowledgeDocumentRow, KnowledgeDocumentRow.id == KnowledgePassageRow.document_id)
            .where(KnowledgePassageRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.collection == collection)
            .options(defer(KnowledgePassageRow.vector))
        )
        return list(found)

    async def reembedded(self, vectors: Mapping[UUID, bytes], embedder: str) -> None:
        """Put the vectors of another embedder in place of the present ones."""
        if vectors:
            await self.session.execute(
                update(KnowledgePassageRow),
                [{"id": passage_id, "embedder": embedder, "vector": vector} for passage_id, vector in vectors.items()],
            )

    async def quoted(self, passage_ids: Sequence[UUID]) -> dict[UUID, Quoted]:
        """Passages with their documents; ids of other agencies and of replaced passages are left out."""
        passage, document = KnowledgePassageRow, KnowledgeDocumentRow
        found = await self.session.execute(
            select(
                passage.id, passage.number, passage.heading, passage.text,
                document.id, document.name, document.title, document.source,
            )
            .join(document, document.id == passage.document_id)
            .where(passage.agency_id == self.actor.agency_id, passage.id.in_(passage_ids))
        )  # fmt: skip
        return {row[0]: Quoted(*row) for row in found}

    async def names(self, document_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The documents' names."""
        found = await self.session.execute(
            select(KnowledgeDocumentRow.id, KnowledgeDocumentRow.name).where(
                KnowledgeDocumentRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.id.in_(document_ids)
            )
        )
        return {document_id: name for document_id, name in found}  # noqa: C416 - as above

    async def named(self, names: Sequence[str]) -> dict[str, UUID]:
        """The ids of the documents with these names."""
        found = await self.session.execute(
            select(KnowledgeDocumentRow.name, KnowledgeDocumentRow.id).where(
                KnowledgeDocumentRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.name.in_(names)
            )
        )
        return {name: document_id for name, document_id in found}  # noqa: C416 - as above

    async def forget(self, document_ids: Sequence[UUID]) -> None:
        """Remove documents with their passages."""
        await self.session.execute(
            delete(KnowledgeDocumentRow).where(
                KnowledgeDocumentRow.agency_id == self.actor.agency_id, KnowledgeDocumentRow.id.in_(document_ids)
            )
        )
