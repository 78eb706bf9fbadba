"""Sources, their secrets and counts, what they were refused and what they are owed; each query within the actor's agency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from domain.sources.admission import CapUse
from domain.sources.windows import WindowKind
from kernel.errors import NotFound
from store.sql.models import LeadRow, SourceCountRow, SourceEntryRow, SourceRefusalRow, SourceRow, SourceSecretRow
from store.sql.repositories.base import Repository

_BY_SLUGS = select(SourceRow).where(
    SourceRow.agency_id == bindparam("agency", type_=Uuid()),
    SourceRow.slug == any_(bindparam("slugs", type_=ARRAY(Text()))),
)


class Sources(Repository):
    """Rows of ``lead_source`` and the tables around it."""

    async def one(self, source_id: UUID, *, lock: bool = False) -> SourceRow:
        """A source; NotFound for another agency's."""
        query = select(SourceRow).where(SourceRow.agency_id == self.actor.agency_id, SourceRow.id == source_id)
        row = await self.session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise NotFound(f"no source {source_id} in this agency")
        return row

    async def by_slugs(self, slugs: Iterable[str]) -> dict[str, SourceRow]:
        """Sources by slug; those that do not exist are left out."""
        found = await self.session.scalars(_BY_SLUGS, {"agency": self.actor.agency_id, "slugs": sorted(set(slugs))})
        return {row.slug: row for row in found}

    async def all(self) -> list[SourceRow]:
        """Every source of the agency, by slug."""
        found = await self.session.scalars(
            select(SourceRow).where(SourceRow.agency_id == self.actor.agency_id).order_by(SourceRow.slug)
        )
        return list(found)

    async def add(self, row: dict[str, Any]) -> bool:
        """Write a new source; False where the slug is taken."""
        made = await self.session.scalar(
            insert(SourceRow)
            .values(agency_id=self.actor.agency_id, **row)
            .on_conflict_do_nothing(index_elements=["agency_id", "slug"])
            .returning(SourceRow.id)
        )
        return made is not None

    async def change(self, source_id: UUID, settings: dict[str, Any], slug: str, version: int, at: datetime) -> None:
        """Write new settings under the next version."""
        await self.session.execute(
            update(SourceRow)
            .where(SourceRow.agency_id == self.actor.agency_id, SourceRow.id == source_id)
            .values(settings=settings, slug=slug, version=version, updated_at=at)
        )

    async def remove(self, source_id: UUID) -> None:
        """Delete a source with its secrets, counts and pings; the database refuses one that leads name."""
        await self.session.execute(
            delete(SourceRow).where(SourceRow.agency_id == self.actor.agency_id, SourceRow.id == source_id)
        )

    async def has_leads(self, source_id: UUID) -> bool:
        """Whether a lead ever came from the source."""
        found = await self.session.scalar(
            select(LeadRow.id).where(LeadRow.agency_id == self.actor.agency_id, LeadRow.source_id == source_id).limit(1)
        )
        return found is not None

    async def secrets(self, source_id: UUID) -> list[SourceSecretRow]:
        """Secrets that are not revoked, oldest first."""
        found = await self.session.scalars(
            select(SourceSecretRow)
            .where(
                SourceSecretRow.agency_id == self.actor.agency_id,
                SourceSecretRow.source_id == source_id,
                SourceSecretRow.revoked_at.is_(None),
            )
            .order_by(SourceSecretRow.created_at, SourceSecretRow.id)
        )
        return list(found)

    async def add_secret(self, row: dict[str, Any]) -> None:
        """Write a sealed secret."""
        await self.session.execute(insert(SourceSecretRow).values(agency_id=self.actor.agency_id, **row))

    async def revoke_secret(self, source_id: UUID, secret_id: UUID, at: datetime) -> None:
        """End a secret now and forget it. Raises NotFound for one that is not there or was revoked before."""
        done = await self.session.scalar(
            update(SourceSecretRow)
            .where(
                SourceSecretRow.agency_id == self.actor.agency_id,
                SourceSecretRow.source_id == source_id,
                SourceSecretRow.id == secret_id,
                SourceSecretRow.revoked_at.is_(None),
            )
            .values(revoked_at=at, sealed=b"")
            .returning(SourceSecretRow.id)
        )
        if done is None:
            raise NotFound(f"the source has no secret {secret_id} that is in force")

    async def counted(
        self, source_id: UUID, windows: Sequence[tuple[WindowKind, datetime]]
    ) -> dict[tuple[WindowKind, datetime], int]:
        """Leads counted in these windows; a window without any is left out."""
        if not windows:
            return {}
        found = await self.session.execute(
            select(SourceCountRow.window, SourceCountRow.starts_at, SourceCountRow.count).where(
                SourceCountRow.agency_id == self.actor.agency_id,
                SourceCountRow.source_id == source_id,
                SourceCountRow.starts_at.in_({starts for _, starts in windows}),
            )
        )
        counts = {(WindowKind(kind), starts): count for kind, starts, count in found}
        return {window: counts[window] for window in windows if window in counts}

    async def claim(self, source_id: UUID, use: CapUse) -> bool:
        """Take one lead's place under the cap; False where none is left. The row stays locked until the transaction ends,
        so of many at once exactly as many succeed as there are places.
        """
        if use.limit < 1:
            return False
        row = insert(SourceCountRow).values(
            agency_id=self.actor.agency_id, source_id=source_id, window=use.kind.value, starts_at=use.starts_at, count=1
        )
        claimed = await self.session.scalar(
            row.on_conflict_do_update(
                index_elements=["source_id", "window", "starts_at"],
                set_={"count": SourceCountRow.count + 1},
                where=SourceCountRow.count < use.limit,
            ).returning(SourceCountRow.count)
        )
        return claimed is not None

    async def refused(self, source_id: UUID, day: date, door: str, code: str) -> None:
        """Count a refusal."""
        row = insert(SourceRefusalRow).values(
            agency_id=self.actor.agency_id, source_id=source_id, day=day, door=door, code=code, count=1
        )
        await self.session.execute(
            row.on_conflict_do_update(
                index_elements=["source_id", "day", "door", "code"], set_={"count": SourceRefusalRow.count + 1}
            )
        )

    async def refusals(self, source_id: UUID, since: date, until: date) -> list[SourceRefusalRow]:
        """Refusals of the days from ``since`` to ``until``, both included."""
        found = await self.session.scalars(
            select(SourceRefusalRow).where(
                SourceRefusalRow.agency_id == self.actor.agency_id,
                SourceRefusalRow.source_id == source_id,
                SourceRefusalRow.day.between(since, until),
            )
        )
        return list(found)

    async def book(self, rows: Sequence[dict[str, Any]]) -> None:
        """Book charges or credits, each once for its lead."""
        if rows:
            await self.session.execute(
                insert(SourceEntryRow)
                .values([{"agency_id": self.actor.agency_id, "reason": None, **row} for row in rows])
                .on_conflict_do_nothing(index_elements=["lead_id", "kind"])
            )

    async def entry(self, lead_id: UUID, kind: str) -> SourceEntryRow | None:
        """A lead's charge or credit."""
        return await self.session.scalar(
            select(SourceEntryRow).where(
                SourceEntryRow.agency_id == self.actor.agency_id,
                SourceEntryRow.lead_id == lead_id,
                SourceEntryRow.kind == kind,
            )
        )

    async def sums(
        self, source_id: UUID, zone: str, since: datetime, until: datetime
    ) -> list[tuple[date, str, str, int, int]]:
        """(day in ``zone``, kind, currency, entries, minor units) from ``since`` to before ``until``."""
        day = func.date(func.timezone(zone, SourceEntryRow.at)).label("day")
        found = await self.session.execute(
            select(day, SourceEntryRow.kind, SourceEntryRow.currency, func.count(), func.sum(SourceEntryRow.minor))
            .where(self._entries(source_id), SourceEntryRow.at >= since, SourceEntryRow.at < until)
            .group_by(day, SourceEntryRow.kind, SourceEntryRow.currency)
            .order_by(day, SourceEntryRow.kind, SourceEntryRow.currency)
        )
        return [(when, kind, currency, int(n), int(minor)) for when, kind, currency, n, minor in found]

    def _entries(self, source_id: UUID) -> ColumnElement[bool]:
        return (SourceEntryRow.agency_id == self.actor.agency_id) & (SourceEntryRow.source_id == source_id)
