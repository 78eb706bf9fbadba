"""What an agency gives of its income to its network: shares of a month, bonuses of promotions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class RevenueTermsRow(OfAgency, Row):
    """One version of what share of its income the agency shares, in force from ``effective_on``. Rows are only ever added."""

    __tablename__ = "revenue_terms"
    __table_args__ = (CheckConstraint("basis_points BETWEEN 0 AND 10000", name="is_share"),)

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_on: Mapped[date]
    basis_points: Mapped[int]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class PromotionRow(Identified, OfAgency, Row):
    """A bonus of ``minor`` units for new business in [begins_on, ends_on); empty ``lines`` or ``states`` are all of them.

    ``cap_each`` and ``cap_all`` are what it may cost for a producer and in all. Only ``ends_on`` ever changes, to an earlier day.
    """

    __tablename__ = "commission_promotion"
    __table_args__ = (
        CheckConstraint("ends_on >= begins_on", name="ends_later"),
        CheckConstraint("minor > 0", name="gives_something"),
        Index(None, "agency_id", "ends_on"),
    )

    name: Mapped[str]
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    lines: Mapped[list[str]]
    states: Mapped[list[str]]
    least_tier: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[str]
    cap_each: Mapped[int | None]
    cap_all: Mapped[int | None]
    holding_days: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
