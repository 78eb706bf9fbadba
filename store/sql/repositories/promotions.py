"""Promotions, and what the ledger gave for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.commissions.ledger import Account
from domain.commissions.promoting import promotion_line
from kernel.errors import NotFound
from store.sql.models import LedgerAccountRow, LedgerPostingRow, PromotionRow
from store.sql.repositories.base import Repository


class Promotions(Repository):
    """Rows of ``commission_promotion``."""

    async def all(self) -> list[PromotionRow]:
        """Every promotion, newest first."""
        found = await self.session.scalars(
            select(PromotionRow).where(PromotionRow.agency_id == self.actor.agency_id).order_by(PromotionRow.id.desc())
        )
        return list(found)

    async def on(self, day: date, *, lock: bool = False) -> list[PromotionRow]:
        """Promotions whose period has the day, in the order of their ids; locked until the transaction ends where asked."""
        query = (
            select(PromotionRow)
            .where(
                PromotionRow.agency_id == self.actor.agency_id, PromotionRow.begins_on <= day, PromotionRow.ends_on > day
            )
            .order_by(PromotionRow.id)
        )  # fmt: skip
        return list(await self.session.scalars(query.with_for_update() if lock else query))

    async def add(self, values: Mapping[str, Any]) -> None:
        """Announce one."""
        await self.session.execute(
            insert(PromotionRow).values(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
        )

    async def one(self, promotion_id: UUID) -> PromotionRow:
        """A promotion, locked until the transaction ends. Raises NotFound."""
        row = await self.session.scalar(
            select(PromotionRow)
            .where(PromotionRow.agency_id == self.actor.agency_id, PromotionRow.id == promotion_id)
            .with_for_update()
        )
        if row is None:
            raise NotFound(f"no promotion {promotion_id}")
        return row

    async def end(self, row: PromotionRow, ends_on: date, at: datetime) -> None:
        """Let it end before its time."""
        await self.session.execute(
            update(PromotionRow)
            .where(PromotionRow.id == row.id, PromotionRow.agency_id == self.actor.agency_id)
            .values(ends_on=ends_on, ended_at=at, ended_by=self.actor.subject)
        )
        await self.session.refresh(row)

    async def given(self, promotion_ids: Sequence[UUID], payee_id: UUID | None = None) -> dict[tuple[str, str], int]:
        """Minor units that stand given, by the promotion's line and the payee; under the payee "" what was given in all."""
        lines = [promotion_line(str(one)) for one in promotion_ids]
        house = LedgerAccountRow.kind == Account.PROMOTION.value
        theirs = LedgerAccountRow.kind.in_([Account.PENDING.value, Account.PAYABLE.value])
        accounts = house if payee_id is None else or_(house, (LedgerAccountRow.payee_id == payee_id) & theirs)
        found = await self.session.execute(
            select(LedgerPostingRow.line, LedgerAccountRow.owner, func.sum(LedgerPostingRow.minor))
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(LedgerAccountRow.agency_id == self.actor.agency_id, accounts, LedgerPostingRow.line.in_(lines))
            .group_by(LedgerPostingRow.line, LedgerAccountRow.owner)
        )
        return {(line, owner): abs(int(minor)) for line, owner, minor in found}
