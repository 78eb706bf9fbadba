"""What an agency shares of its income with its network."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import OfAgency, Row


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
