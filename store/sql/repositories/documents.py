"""Documents of the agency and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql

from domain.documents.owner import Owner
from kernel.errors import NotFound
from store.sql.models import DocumentFieldRow, DocumentRow, InsurancePolicyRow, LeadRow
from store.sql.repositories.base import Repository


class Documents(Repository):
    """Rows of ``document`` and ``document_field``."""

    def _seen(self) -> ColumnElement[bool]:
        """Documents of the leads and policies that the actor may see."""
        mine = DocumentRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        leads, policies = select(LeadRow.id).where(self.sees_lead()), select(InsurancePolicyRow.id)
        return and_(
            mine,
            or_(DocumentRow.lead_id.in_(leads), DocumentRow.policy_id.in_(policies.where(self.sees_policy()))),
        )

    async def one(self, document_id: UUID, owner: Owner | None = None) -> DocumentRow:
        """A document, of this owner when one is named; NotFound for one that the actor may not see."""
        query = select(DocumentRow).where(DocumentRow.id == document_id, self._seen())
        if owner is not None:
            query = query.where(_of(owner))
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

    async def same(self, owner: Owner, sha256: str) -> DocumentRow | None:
        """The document of exactly these bytes of this owner."""
        return await self.session.scalar(
            select(DocumentRow).where(self._seen(), _of(owner), DocumentRow.sha256 == sha256)
        )

    async def add(self, owner: Owner, row: dict[str, Any]) -> bool:
        """Write the document; False when another call wrote the same bytes for the same owner just before."""
        owned = {"agency_id": self.actor.agency_id, "lead_id": owner.lead_id, "policy_id": owner.policy_id}
        done = await self.session.execute(
            postgresql.insert(DocumentRow)
            .values(**owned, **row)
            .on_conflict_do_nothing(index_elements=["agency_id", "lead_id", "policy_id", "sha256"])
            .returning(DocumentRow.id)
        )
        return done.scalar_one_or_none() is not None

    async def of(self, owner: Owner) -> list[DocumentRow]:
        """Every document of a lead or a policy, oldest first."""
        found = await self.session.scalars(
            select(DocumentRow).where(self._seen(), _of(owner)).order_by(DocumentRow.uploaded_at, DocumentRow.id)
        )
        return list(found)

    async def replacing(self, document_id: UUID) -> UUID | None:
        """The version after this one; None where it is the last."""
        found: UUID | None = await self.session.scalar(
            select(DocumentRow.id).where(self._seen(), DocumentRow.replaces_id == document_id)
        )
        return found

    async def letter(self, policy_id: UUID, key: str) -> DocumentRow | None:
        """The letter that was written under this key for a policy."""
        return await self.session.scalar(
            select(DocumentRow).where(self._seen(), DocumentRow.policy_id == policy_id, DocumentRow.letter_key == key)
        )

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


def _of(owner: Owner) -> ColumnElement[bool]:
    if owner.lead_id is not None:
        return DocumentRow.lead_id == owner.lead_id
    return DocumentRow.policy_id == owner.policy_id
