"""Producers whose licences changed, and the commissions in which they have a part."""

from __future__ import annotations

from sqlalchemy import or_, select

from store.sql.models import AccrualRow, CommissionRecheckRow
from store.sql.repositories.base import Repository


class Rechecks(Repository):
    """Rows of ``commission_recheck``; a trigger on ``producer`` adds them."""

    async def next(self) -> CommissionRecheckRow | None:
        """The producer who has waited longest, held; None where none waits, or others hold all."""
        return await self.session.scalar(
            select(CommissionRecheckRow)
            .where(CommissionRecheckRow.agency_id == self.actor.agency_id)
            .order_by(CommissionRecheckRow.asked_at, CommissionRecheckRow.producer_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    async def commissions(self, row: CommissionRecheckRow, at_most: int) -> list[AccrualRow]:
        """The next commissions in whose terms the producer is, as a sharer or above one, held, oldest first."""
        who = str(row.producer_id)
        terms = AccrualRow.terms
        query = select(AccrualRow).where(
            AccrualRow.agency_id == self.actor.agency_id,
            or_(
                terms.contains({"sharers": [{"payee": who}]}), terms.contains({"sharers": [{"above": [{"payee": who}]}]})
            ),
        )  # fmt: skip
        if row.after_id is not None:
            query = query.where(AccrualRow.id > row.after_id)
        found = await self.session.scalars(
            query.order_by(AccrualRow.id)
            .limit(at_most)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        return list(found)

    async def done(self, row: CommissionRecheckRow) -> None:
        """All of theirs were looked at."""
        await self.session.delete(row)
        await self.session.flush()
