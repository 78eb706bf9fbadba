"""Files taken in, and what became of each of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import ImportRow, ImportRowRow, LeadRow
from store.sql.repositories.base import Repository


class Imports(Repository):
    """Rows of ``lead_import`` and ``lead_import_row``."""

    async def by_key(self, key: str, *, lock: bool = False) -> ImportRow | None:
        """The import of exactly these bytes with exactly these options."""
        query = select(ImportRow).where(ImportRow.agency_id == self.actor.agency_id, ImportRow.key == key)
        return await self.session.scalar(query.with_for_update() if lock else query)

    async def one(self, import_id: UUID, *, lock: bool = False) -> ImportRow:
        """An import; NotFound for another agency's."""
        query = select(ImportRow).where(ImportRow.agency_id == self.actor.agency_id, ImportRow.id == import_id)
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"no import {import_id} in this agency")
        return row

    async def page(self, *, after: tuple[datetime, UUID] | None, at_most: int) -> list[ImportRow]:
        """Newest first, starting behind the cursor ``after``."""
        query = select(ImportRow).where(ImportRow.agency_id == self.actor.agency_id)
        if after is not None:
            query = query.where(tuple_(ImportRow.created_at, ImportRow.id) < after)
        query = query.order_by(ImportRow.created_at.desc(), ImportRow.id.desc()).limit(at_most)
        return list(await self.session.scalars(query))

    async def start(self, values: dict[str, Any]) -> ImportRow | None:
        """Open an import; its rows follow in later transactions of their own. None where another call has just opened it."""
        made = await self.session.scalar(
            insert(ImportRow)
            .values(agency_id=self.actor.agency_id, **values)
            .on_conflict_do_nothing(index_elements=["agency_id", "key"])
            .returning(ImportRow.id)
        )
        return await self.one(made) if made else None

    async def change(self, import_id: UUID, **values: Any) -> None:
        """Set columns of an import."""
        await self.session.execute(
            update(ImportRow)
            .where(ImportRow.id == import_id, ImportRow.agency_id == self.actor.agency_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    async def add_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Record a slice of rows, in one statement."""
        if rows:
            await self.session.execute(
                insert(ImportRowRow), [{"agency_id": self.actor.agency_id, **row} for row in rows]
            )

    async def rows(self, import_id: UUID, *, after: int = 0, at_most: int | None = None) -> list[ImportRowRow]:
        """Rows that the actor may see by number, those behind ``after``."""
        query = (
            select(ImportRowRow)
            .where(
                self.of_seen_lead(ImportRowRow.agency_id, ImportRowRow.lead_id),
                ImportRowRow.import_id == import_id,
                ImportRowRow.number > after,
            )
            .order_by(ImportRowRow.number)
        )
        return list(await self.session.scalars(query.limit(at_most) if at_most else query))

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
