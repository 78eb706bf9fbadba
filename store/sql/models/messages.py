"""Messages to people: the ledger, agencies' own words, wishes of producers, their devices, and addresses that take nothing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class MessageRow(Identified, OfAgency, Row):
    """One message to one recipient. It says which words, not the words: they are filled anew for each attempt.

    ``steps`` is every state with its time and code, oldest first; ``due_at`` is when it may be tried, or how long a worker
    holds it; ``token`` grows with every claim. ``sealed`` is an address and values that stand in no other row.
    """

    __tablename__ = "outgoing_message"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index("ix_outgoing_message_due", "due_at", postgresql_where=text("state IN ('queued', 'held', 'sending')")),
        Index(
            "ix_outgoing_message_turn", "agency_id", "recipient", "channel", "seq",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(None, "agency_id", "seq"),
        Index(None, "lead_id"),
        Index(None, "producer_id"),
    )  # fmt: skip

    seq: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    key: Mapped[str]
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    push_id: Mapped[UUID | None]
    recipient: Mapped[str]
    template: Mapped[str]
    template_version: Mapped[int | None]
    language: Mapped[str | None]
    channel: Mapped[str]
    purpose: Mapped[str]
    about_id: Mapped[UUID | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary())
    state: Mapped[str]
    code: Mapped[str | None]
    steps: Mapped[list[dict[str, Any]]]
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric())
    currency: Mapped[str | None]
    segments: Mapped[int | None]


class TemplateRow(Identified, OfAgency, Row):
    """An agency's own words of one kind in one language. Rows are only ever added; the highest version is in force."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("agency_id", "name", "language", "version"),)

    name: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    subject: Mapped[str]
    text: Mapped[str]
    short: Mapped[str]
    html: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class PreferenceRow(OfAgency, Row):
    """How a producer wants to be told; ``wishes`` is domain.messages.preferences as JSON."""

    __tablename__ = "message_preference"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    wishes: Mapped[dict[str, Any]]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class PushRow(Identified, OfAgency, Row):
    """A producer's device. The push service's URL lets whoever holds it send, so it is sealed with the keys."""

    __tablename__ = "push_subscription"
    __table_args__ = (UniqueConstraint("agency_id", "endpoint_hash"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), index=True)
    endpoint_hash: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary())
    device: Mapped[str | None]
    created_at: Mapped[datetime]


class SuppressionRow(OfAgency, Row):
    """An address, by its hash, that takes nothing by this channel: it bounced, complained, or does not exist."""

    __tablename__ = "message_suppression"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]


class NoticeRow(OfAgency, Row):
    """An event that producers are still to be told of, written by a trigger with the event itself."""

    __tablename__ = "message_notice"
    __table_args__ = (Index(None, "due_at"),)

    event_id: Mapped[UUID] = mapped_column(ForeignKey("lead_event.id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime]
