"""Subscribers to events, the secrets that sign for them, and what is sent to each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row

OPEN = ("pending", "sending", "failed")
"""States of a delivery that is still to arrive: never sent, being sent, waiting for another attempt."""


class SubscriptionRow(Identified, OfAgency, Row):
    """Somebody's endpoint. No ``kinds`` means every kind. ``version`` counts what people change.

    The rest is how it stands with the subscriber, for every worker alike: ``failures`` in a row, ``dead_in_row`` deliveries
    given up since the last that arrived, ``next_at`` before which nothing is sent, and the lease: who holds ``token`` sends.
    """

    __tablename__ = "webhook_subscription"
    __table_args__ = (Index(None, "agency_id"), Index(None, "next_at"))

    url: Mapped[str]
    description: Mapped[str | None]
    kinds: Mapped[list[str]]
    include_lead: Mapped[bool]
    paused_reason: Mapped[str | None]
    version: Mapped[int]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    failures: Mapped[int]
    dead_in_row: Mapped[int]
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    token: Mapped[int]


class WebhookSecretRow(Identified, OfAgency, Row):
    """A signing secret, sealed by integrations.sealing; the newest has no end, those before it sign along until theirs."""

    __tablename__ = "webhook_secret"

    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscription.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class DeliveryRow(Identified, OfAgency, Row):
    """One event, of a lead or of a policy, for one subscriber. ``turn`` 0 is the event as it happened, later
    turns are replays of it.

    ``body`` is what is sent, byte for byte, from the first attempt on; it goes when the delivery is settled, its hash stays.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("subscription_id", "event_id", "turn"),
        UniqueConstraint("subscription_id", "policy_event_id", "turn"),
        CheckConstraint("num_nonnulls(event_id, policy_event_id) = 1", name="one_event"),
        Index(
            "ix_webhook_delivery_open", "subscription_id", "seq",
            postgresql_where=text("state IN ('pending', 'sending', 'failed')"),
        ),
        Index(None, "subscription_id", "state", "seq"),
    )  # fmt: skip

    seq: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscription.id", ondelete="CASCADE"))
    event_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead_event.id", ondelete="CASCADE"), index=True)
    policy_event_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_event.id", ondelete="CASCADE"), index=True)
    turn: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary())
    body_sha256: Mapped[str | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    first_sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
