"""Documents of the agency and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql

from kernel.errors import NotFound
from store.sql.models import DocumentFieldRow, DocumentRow
from store.sql.repositories.base import Repository


class Documents(Repository):
    """Rows of ``document`` and ``document_field``."""

    async def one(self, document_id: UUID, lead_id: UUID | None = None) -> DocumentRow:
        """A document, of this lead when one is named; NotFound for one that the actor may not see."""
        query = select(DocumentRow).where(
            DocumentRow.id == document_id, self.of_seen_lead(DocumentRow.agency_id, DocumentRow.lead_id)
        )
        if lead_id is not None:
            query = query.where(DocumentRow.lead_id == lead_id)
        row = await self.session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound(f"no document {document_id} here")
        return row

    async def locked(self, document_id: UUID) -> DocumentRow:
        """The document's row, held until the transaction ends."""
        await self.session.execute(
            select(DocumentRow.id)
            .where(DocumentRow.id == document_id, DocumentRow.agency_id == self.actor.agency_id)
            .with_for_update(key_share=True)
        )
        return await self.one(document_id)

    async def same(self, lead_id: UUID | None, sha256: str) -> DocumentRow | None:
        """The document of exactly these bytes for this lead."""
        return await self.session.scalar(
            select(DocumentRow).where(
                self.of_seen_lead(DocumentRow.agency_id, DocumentRow.lead_id),
                DocumentRow.lead_id.is_not_distinct_from(lead_id),
                DocumentRow.sha256 == sha256,
            )
        )

    async def add(self, row: dict[str, Any]) -> bool:
        """Write the document; False when another call wrote the same bytes for the same lead just before."""
        query = postgresql.insert(DocumentRow).values(agency_id=self.actor.agency_id, **row)
        done = await self.session.execute(
            query.on_conflict_do_nothing(index_elements=["agency_id", "lead_id", "sha256"]).returning(DocumentRow.id)
        )
        return done.scalar_one_or_none() is not None

    async def of_lead(self, lead_id: UUID) -> list[DocumentRow]:
        """Every document of a lead, oldest first."""
        found = await self.session.scalars(
            select(DocumentRow)
            .where(self.of_seen_lead(DocumentRow.agency_id, DocumentRow.lead_id), DocumentRow.lead_id == lead_id)
            .order_by(DocumentRow.uploaded_at, DocumentRow.id)
        )
        return list(found)

    async def change(self, document_id: UUID, **values: Any) -> None:
        """Set columns of a document."""
        await self.session.execute(
            update(DocumentRow)
            .where(DocumentRow.id == document_id, DocumentRow.agency_id == self.actor.agency_id)
            .values(**values)
        )

    async def replace_fields(self, document_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
        """The fields of a document anew."""
        mine = DocumentFieldRow.agency_id == self.actor.agency_id
        await self.session.execute(delete(DocumentFieldRow).where(mine, DocumentFieldRow.document_id == document_id))
        if rows:
            given = [
                {"agency_id": self.actor.agency_id, "document_id": document_id, "position": position, **row}
                for position, row in enumerate(rows)
            ]
            await self.session.execute(insert(DocumentFieldRow), given)

    async def fields(self, document_ids: Sequence[UUID]) -> list[DocumentFieldRow]:
        """Fields of these documents, in the order of their documents and positions."""
        found = await self.session.scalars(
            select(DocumentFieldRow)
            .where(DocumentFieldRow.agency_id == self.actor.agency_id, DocumentFieldRow.document_id.in_(document_ids))
            .order_by(DocumentFieldRow.document_id, DocumentFieldRow.position)
        )
        return list(found)
