"""Requests of producers for help."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class SupportRequestRow(Identified, OfAgency, Row):
    """A producer's request for help (domain.network.support). ``tier`` is the producer's when they asked, and ``dedicated``
    whether it brought dedicated support then; both stay, whatever the tier becomes. ``subject`` and ``words`` may be about
    people and are in no log. It is about at most one record, and goes with it.

    The trigger ``support_request_moves`` refuses steps that the table does not have, and changes of what was asked.
    """

    __tablename__ = "support_request"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        CheckConstraint("state IN ('open', 'taken', 'answered', 'closed', 'withdrawn')", name="known_state"),
        CheckConstraint("tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')", name="known_tier"),
        CheckConstraint("length(subject) BETWEEN 1 AND 200", name="short_subject"),
        CheckConstraint("length(words) BETWEEN 1 AND 4000", name="short_words"),
        CheckConstraint("length(answer) BETWEEN 1 AND 4000", name="short_answer"),
        CheckConstraint("num_nonnulls(lead_id, policy_id, accrual_id) <= 1", name="about_one"),
        CheckConstraint("num_nonnulls(taken_by, taken_at) IN (0, 2)", name="taken_by_somebody"),
        CheckConstraint("num_nonnulls(answer, answered_by, answered_at) IN (0, 3)", name="answered_by_somebody"),
        CheckConstraint("num_nonnulls(ended_by, ended_at) IN (0, 2)", name="ended_by_somebody"),
        CheckConstraint("state <> 'open' OR taken_at IS NULL", name="open_is_nobodys"),
        CheckConstraint("state NOT IN ('taken', 'answered', 'closed') OR taken_at IS NOT NULL", name="taken"),
        CheckConstraint("(state IN ('answered', 'closed')) = (answered_at IS NOT NULL)", name="answered"),
        CheckConstraint("(state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_support_request_order", "agency_id", text("(NOT dedicated)"), "created_at", "id"),
        Index(None, "producer_id"),
        Index("ix_support_request_lead_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index("ix_support_request_policy_id", "policy_id", postgresql_where=text("policy_id IS NOT NULL")),
        Index("ix_support_request_accrual_id", "accrual_id", postgresql_where=text("accrual_id IS NOT NULL")),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    key: Mapped[str]
    subject: Mapped[str]
    words: Mapped[str]
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    accrual_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission_accrual.id", ondelete="CASCADE"))
    tier: Mapped[str]
    dedicated: Mapped[bool]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
