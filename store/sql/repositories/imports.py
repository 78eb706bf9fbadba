"""Files taken in, and what became of each of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from kernel.clock import now
from kernel.ids import new_id
from store.sql.models import ImportRow, ImportRowRow, LeadRow
from store.sql.repositories.base import Repository


class Imports(Repository):
    """Rows of ``lead_import`` and ``lead_import_row``."""

    async def by_key(self, key: str, *, lock: bool = False) -> ImportRow | None:
        """The import of exactly these bytes under exactly this mapping."""
        query = select(ImportRow).where(ImportRow.agency_id == self.actor.agency_id, ImportRow.key == key)
        return await self.session.scalar(query.with_for_update() if lock else query)

    async def start(self, key: str, filename: str, mapping: list[dict[str, Any]], rows: int) -> ImportRow:
        """Open an import; its rows follow in later transactions of their own."""
        row = ImportRow(
            id=new_id(), agency_id=self.actor.agency_id, key=key, filename=filename, mapping=mapping, rows=rows,
            created_at=now(), accepted_at=None,
        )  # fmt: skip
        self.session.add(row)
        await self.session.flush()
        return row

    async def done_up_to(self, import_id: UUID) -> int:
        """How many rows are in; rows go in by order of their number."""
        found = await self.session.scalar(
            select(func.count())
            .select_from(ImportRowRow)
            .where(ImportRowRow.agency_id == self.actor.agency_id, ImportRowRow.import_id == import_id)
        )
        return int(found or 0)

    async def add_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Record a slice of rows, in one statement."""
        if rows:
            await self.session.execute(
                insert(ImportRowRow), [{"agency_id": self.actor.agency_id, **row} for row in rows]
            )

    async def close(self, import_id: UUID) -> None:
        """Mark that every row is in."""
        await self.session.execute(
            update(ImportRow)
            .where(ImportRow.id == import_id, ImportRow.agency_id == self.actor.agency_id)
            .values(accepted_at=now())
        )

    async def rows(self, import_id: UUID) -> list[ImportRowRow]:
        """Every row that the actor may see, by number."""
        found = await self.session.scalars(
            select(ImportRowRow)
            .where(self.of_seen_lead(ImportRowRow.agency_id, ImportRowRow.lead_id), ImportRowRow.import_id == import_id)
            .order_by(ImportRowRow.number)
        )
        return list(found)

    async def open_rows(self, import_id: UUID) -> int:
        """How many of its leads are still on their way."""
        found = await self.session.scalar(
            select(func.count())
            .select_from(ImportRowRow)
            .join(LeadRow, LeadRow.id == ImportRowRow.lead_id)
            .where(
                ImportRowRow.agency_id == self.actor.agency_id,
                ImportRowRow.import_id == import_id,
                LeadRow.status.in_(("received", "qualified")),
            )
        )
        return int(found or 0)
