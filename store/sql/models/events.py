"""The history: lead events, the outbox beside them, and remembered answers to keyed requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class LeadEventRow(Identified, OfAgency, Row):
    """One thing that happened to a lead. Rows are only ever added; ``personal`` holds what an erasure would blank."""

    __tablename__ = "lead_event"
    __table_args__ = (UniqueConstraint("lead_id", "version"), UniqueConstraint("lead_id", "key"))

    seq: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    lead_id: Mapped[UUID] = mapped_column(
        ForeignKey("lead.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
    )
    version: Mapped[int]
    key: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    data: Mapped[dict[str, Any]]
    personal: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OutboxRow(Identified, OfAgency, Row):
    """A message for the bus, written with its event; ``id`` is the event's, so a second publish is recognised."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "seq", postgresql_where=text("published_at IS NULL")),)

    seq: Mapped[int] = mapped_column(Identity(always=True))
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class IdempotencyRow(OfAgency, Row):
    """The stored answer to a request that carried an Idempotency-Key; ``status`` is null while it runs."""

    __tablename__ = "idempotency_key"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
