"""Terms of sharing the house's income, what that income was, and what was shared of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from domain.commissions.ledger import OF_HOUSE, OF_PAYEE, Happening
from store.sql.models import AccrualRow, LedgerAccountRow, LedgerBatchRow, LedgerPostingRow, RevenueTermsRow
from store.sql.repositories.base import Repository


class Income(NamedTuple):
    """What the house earned of a kind of business; ``line`` and ``state`` are "" where it was of no policy."""

    currency: str
    line: str
    state: str
    minor: int


class Sharing(Repository):
    """Rows of ``revenue_terms``, and the ledger as far as it was shared."""

    async def versions(self) -> list[RevenueTermsRow]:
        """Every version of the terms, newest first."""
        found = await self.session.scalars(
            select(RevenueTermsRow)
            .where(RevenueTermsRow.agency_id == self.actor.agency_id)
            .order_by(RevenueTermsRow.version.desc())
        )
        return list(found)

    async def terms_on(self, day: date) -> RevenueTermsRow | None:
        """The version in force on a day: of those that began by then the last to begin, and of these the newest."""
        return await self.session.scalar(
            select(RevenueTermsRow)
            .where(RevenueTermsRow.agency_id == self.actor.agency_id, RevenueTermsRow.effective_on <= day)
            .order_by(RevenueTermsRow.effective_on.desc(), RevenueTermsRow.version.desc())
            .limit(1)
        )

    async def add_terms(self, values: Mapping[str, Any]) -> None:
        """Add a version."""
        await self.session.execute(
            insert(RevenueTermsRow).values(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
        )

    async def income(self, begins: datetime, ends: datetime) -> list[Income]:
        """The house's income of what was posted in [begins, ends), less what it gave of it, by currency, line and state."""
        line, state = func.coalesce(AccrualRow.line, ""), func.coalesce(AccrualRow.state, "")
        found = await self.session.execute(
            select(LedgerAccountRow.currency, line, state, func.sum(-LedgerPostingRow.minor))
            .join(LedgerPostingRow, LedgerPostingRow.account_id == LedgerAccountRow.id)
            .join(LedgerBatchRow, LedgerBatchRow.id == LedgerPostingRow.batch_id)
            .outerjoin(AccrualRow, AccrualRow.id == LedgerPostingRow.accrual_id)
            .where(
                LedgerAccountRow.agency_id == self.actor.agency_id,
                LedgerAccountRow.kind.in_([one.value for one in OF_HOUSE]),
                LedgerBatchRow.at >= begins, LedgerBatchRow.at < ends,
            )
            .group_by(LedgerAccountRow.currency, line, state)
            .order_by(LedgerAccountRow.currency, line, state)
        )  # fmt: skip
        return [Income(currency, line, state, int(minor)) for currency, line, state, minor in found if minor]

    async def shared_in(self, month: str) -> dict[str, LedgerBatchRow]:
        """By currency the batch that shared the month's income (YYYY-MM), where one did."""
        found = await self.session.scalars(
            select(LedgerBatchRow)
            .where(
                LedgerBatchRow.agency_id == self.actor.agency_id, LedgerBatchRow.happening == Happening.SHARED.value,
                LedgerBatchRow.key.startswith(f"sharing:{month}:", autoescape=True),
            )
            .order_by(LedgerBatchRow.currency)
        )  # fmt: skip
        return {row.currency: row for row in found}

    async def shared_by_id(self, batch_id: UUID) -> LedgerBatchRow | None:
        """The batch, where it shared income."""
        return await self.session.scalar(
            select(LedgerBatchRow).where(
                LedgerBatchRow.agency_id == self.actor.agency_id, LedgerBatchRow.happening == Happening.SHARED.value,
                LedgerBatchRow.id == batch_id,
            )
        )  # fmt: skip

    async def credited(self, batch_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
        """What each of these batches gave to each payee, in minor units."""
        if not batch_ids:
            return {}
        rows = await self.session.execute(
            select(LedgerPostingRow.batch_id, LedgerAccountRow.owner, func.sum(-LedgerPostingRow.minor))
            .join(LedgerPostingRow, LedgerPostingRow.account_id == LedgerAccountRow.id)
            .where(
                LedgerPostingRow.agency_id == self.actor.agency_id, LedgerPostingRow.batch_id.in_(batch_ids),
                LedgerAccountRow.kind.in_([one.value for one in OF_PAYEE]),
            )
            .group_by(LedgerPostingRow.batch_id, LedgerAccountRow.owner)
        )  # fmt: skip
        found: dict[UUID, dict[str, int]] = {}
        for batch_id, owner, minor in rows:
            found.setdefault(batch_id, {})[owner] = int(minor)
        return found
