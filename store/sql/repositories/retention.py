"""Policies in force with what speaks against their staying."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, Date, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from domain.policies.retention import WINDOW_DAYS, Signs
from store.sql.models import AccrualRow, InsurancePolicyRow, PolicyNoticeRow, PolicyPaymentRow
from store.sql.repositories.base import stands
from store.sql.repositories.policies import Policies

_P = InsurancePolicyRow
_FAILED_SINCE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Watched:
    """A policy and its signs."""

    row: InsurancePolicyRow
    signs: Signs


class Retention(Policies):
    """Reads across a book; the rows are those of ``policy`` that the actor may see."""

    async def watched(self, on: date, at: datetime, at_most: int) -> list[Watched]:
        """Policies in force that any sign speaks against, those that end first coming first."""
        part = func.jsonb_array_elements(_P.schedule, type_=JSONB).column_valued("part")
        due = (
            select(func.coalesce(func.sum(cast(part["amount_minor"].astext, BigInteger)), 0))
            .where(cast(part["due_on"].astext, Date) < on)
            .correlate(_P)
            .scalar_subquery()
        )
        failed = (
            select(func.count())
            .select_from(PolicyPaymentRow)
            .where(
                PolicyPaymentRow.policy_id == _P.id, PolicyPaymentRow.state.in_(["failed", "reversed"]),
                PolicyPaymentRow.amount_minor > 0,
                PolicyPaymentRow.recorded_at >= at - _FAILED_SINCE,
            )
            .scalar_subquery()
        )  # fmt: skip
        notice = (
            select(func.min(PolicyNoticeRow.effective_on))
            .where(
                PolicyNoticeRow.policy_id == _P.id, PolicyNoticeRow.withdrawn_at.is_(None),
                PolicyNoticeRow.effective_on >= on,
            )
            .scalar_subquery()
        )  # fmt: skip
        other = aliased(_P)
        renewal = select(other.price_minor).where(other.renews_id == _P.id, stands(other)).scalar_subquery()
        expiring = (
            select(other.offer["basis"].astext == "as_expiring")
            .where(other.renews_id == _P.id, stands(other))
            .scalar_subquery()
        )
        asked = _P.plan["asked_end"]["on"].astext
        found = await self.session.execute(
            select(_P, due - _P.paid_minor, failed, notice, asked, renewal, expiring)
            .where(
                self.sees_policy(), _P.status.in_(["active", "non_renewing"]), _P.ends_on > on,
                or_(
                    due > _P.paid_minor, failed > 0, notice.is_not(None), asked.is_not(None), _P.status == "non_renewing",
                    _P.ends_on <= on + timedelta(days=WINDOW_DAYS),
                ),
            )
            .order_by(_P.ends_on, _P.id)
            .limit(at_most)
        )  # fmt: skip
        return [
            Watched(
                row,
                Signs(
                    on, row.ends_on, row.price_minor, max(int(late), 0), int(failures), ends, day and date.fromisoformat(day),
                    row.status == "non_renewing", next_price, row.term_number == 1, bool(same),
                ),
            )
            for row, late, failures, ends, day, next_price, same in found
        ]  # fmt: skip

    async def earned(self, keys: Iterable[tuple[str, str, date]]) -> dict[tuple[str, str, date], Sequence[AccrualRow]]:
        """Commissions of these terms (carrier, policy, effective date), as they stand."""
        rows = await self.session.scalars(
            select(AccrualRow).where(
                AccrualRow.agency_id == self.actor.agency_id,
                tuple_(AccrualRow.carrier_key, AccrualRow.policy_key, AccrualRow.effective_on).in_(sorted(set(keys))),
            )
        )
        together: dict[tuple[str, str, date], list[AccrualRow]] = {}
        for row in rows:
            together.setdefault((row.carrier_key, row.policy_key, row.effective_on), []).append(row)
        return dict(together)
