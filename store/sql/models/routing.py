"""Assignments, receipts, and the producer profiles that receipts were made from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class AssignmentRow(Identified, OfAgency, Row):
    """A lead offered or given to a producer. The partial unique index is what makes a second holder impossible: of several who
    are ``asked`` at once, all but one stand ``beside`` the holder until one accepts.

    ``state`` is one of domain.routing.offers. ``due_at`` is the timer that runs: the answer's while the offer is open, the first
    contact's once it is accepted. Whoever set ``lease_until`` works it when it is due. ``words`` are the decliner's own.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_active_lead",
            "lead_id",
            unique=True,
            postgresql_where=text("released_at IS NULL AND NOT beside"),
        ),
        UniqueConstraint("lead_id", "key"),
        Index(None, "producer_id", "assigned_at"),
        Index(None, "agency_id", "state", "assigned_at"),
        Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    key: Mapped[str]
    receipt_id: Mapped[UUID | None]
    assigned_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="accepted")
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    reason: Mapped[str | None]
    words: Mapped[str | None]
    beside: Mapped[bool] = mapped_column(default=False)
    asked: Mapped[int] = mapped_column(default=1)


class LoadChangeRow(Row):
    """A producer's load changed in a transaction. Written by triggers; readers remember the last transaction that was over."""

    __tablename__ = "load_change"
    __table_args__ = (Index(None, "agency_id", "transaction"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    # No foreign keys: rows of an agency or a producer that is being deleted are written in that very statement.
    agency_id: Mapped[UUID]
    producer_id: Mapped[UUID]
    transaction: Mapped[int] = mapped_column(server_default=text("pg_current_xact_id()::text::bigint"))
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ReceiptRow(Identified, OfAgency, Row):
    """A routing decision as it was made (domain.routing.receipt); ``digest`` covers ``body``."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("run_id"), Index(None, "agency_id", "at"))

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[UUID]
    producer_id: Mapped[UUID | None]
    outcome: Mapped[str | None]
    body: Mapped[dict[str, Any]]
    digest: Mapped[str]
    at: Mapped[datetime]


class ProfileRow(OfAgency, Row):
    """A producer's profile as it once was, kept once per distinct content."""

    __tablename__ = "producer_profile"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
