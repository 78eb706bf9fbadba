"""What happened to producers' records, and what consumers say of producers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class ProducerChangeRow(Identified, OfAgency, Row):
    """A change of a producer's record: ``changed`` holds before and after by field, contact details without their values."""

    __tablename__ = "producer_change"
    __table_args__ = (
        Index("ix_producer_change_producer_id", "producer_id", "id"),
        Index(
            "ix_producer_change_team", "agency_id", "producer_id", "at", postgresql_where=text("changed ? 'team_id'")
        ),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    version: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
    did: Mapped[str]
    changed: Mapped[dict[str, Any]]


class ProducerMarkRow(Identified, OfAgency, Row):
    """A consumer's mark, 1 to 5, for the producer who had the lead when it was given; one for a lead."""

    __tablename__ = "producer_mark"
    __table_args__ = (CheckConstraint("mark BETWEEN 1 AND 5", name="scale"),)

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), unique=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), index=True)
    mark: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str]
