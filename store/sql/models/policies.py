"""Insurance policies: one row a term, and beside it what only grows: events, changes, postings, notices.

Everything that grows says when it counts (``effective_on``) and when it was recorded, so that any day can be seen as it was
known at any instant. Triggers refuse what the life cycle and the law refuse (migration ``policy_rules``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row

STANDS = "status <> 'not_taken' AND NOT (status = 'cancelled' AND ended_on = starts_on)"
"""Of a renewal: whether it renews anything, which one that was not taken or was cancelled from its first day does not."""


class InsurancePolicyRow(Identified, OfAgency, Row):
    """One term of an insurance policy. Money is minor units of ``currency``; ``contract``, ``terms`` and ``plan`` are as
    domain.policies writes them; ``contents`` is what is insured, personal data among it. ``prefill`` says where a draft of a lead
    has its values from, by their places and without them. ``renewal_quote`` is what the carrier asks for the next term, ``offer``
    what this term was offered at to whom had the one before.
    """

    __tablename__ = "policy"
    __table_args__ = (
        # A renewal that fell leaves its place and its number to another.
        Index(
            "uq_policy_agency_id_carrier_number_key_term_number",
            "agency_id",
            "carrier",
            "number_key",
            "term_number",
            unique=True,
            postgresql_where=text(f"renews_id IS NULL OR ({STANDS})"),
        ),
        Index(None, "agency_id", "created_at", "id", "starts_at", "ends_at"),
        Index(None, "agency_id", "status", "ends_on"),
        Index(
            "ix_policy_book",
            "agency_id",
            "starts_on",
            "ends_on",
            postgresql_include=[
                "id",
                "line",
                "state",
                "carrier",
                "type",
                "currency",
                "producer_id",
                "lead_id",
                "term_number",
                "first_started_on",
            ],
        ),
        Index(
            "ix_policy_ended",
            "agency_id",
            "ended_reason",
            "created_at",
            "id",
            postgresql_where=text("ended_reason IS NOT NULL"),
        ),
        Index(None, "agency_id", "number_key", "created_at", "id"),
        Index(None, "agency_id", "status", "created_at", "id"),
        Index("ix_policy_state", "agency_id", "state", "created_at", "id", "starts_at", "ends_at", "status"),
        Index(
            "ix_policy_span",
            "agency_id",
            "ends_at",
            "starts_at",
            postgresql_include=["id", "line", "producer_id", "status", "ended_at"],
            postgresql_where=text("number_key IS NOT NULL"),
        ),
        Index(None, "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index(None, "producer_id", postgresql_where=text("producer_id IS NOT NULL")),
        Index(
            "ix_policy_shared",
            "producers",
            postgresql_using="gin",
            postgresql_ops={"producers": "jsonb_path_ops"},
            postgresql_where=text("jsonb_array_length(producers) > 1"),
        ),
        Index(
            None,
            "renews_id",
            postgresql_include=["agency_id", "id", "starts_on", "ends_on"],
            postgresql_where=text("renews_id IS NOT NULL AND status <> 'not_taken'"),
        ),
        Index(
            "uq_policy_renews_id",
            "renews_id",
            unique=True,
            postgresql_where=text(f"renews_id IS NOT NULL AND {STANDS}"),
        ),
        CheckConstraint("starts_on < ends_on AND starts_at < ends_at", name="term"),
        CheckConstraint(
            "status IN ('draft', 'pending_payment', 'not_taken') OR number_key IS NOT NULL", name="numbered"
        ),
        CheckConstraint("version >= 1 AND term_number >= 1", name="counted"),
        CheckConstraint("(ended_on IS NULL) = (ended_at IS NULL)", name="ended"),
    )

    version: Mapped[int]
    status: Mapped[str]
    happened: Mapped[str | None]
    number: Mapped[str | None]
    number_key: Mapped[str | None]
    carrier: Mapped[str]
    line: Mapped[str]
    type: Mapped[str]
    state: Mapped[str]
    currency: Mapped[str]
    term_number: Mapped[int]
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy.id"))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("lead.id", ondelete="SET NULL"))
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="SET NULL"))
    producers: Mapped[list[dict[str, Any]]]
    insured: Mapped[str | None]
    first_started_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]
    notice_id: Mapped[UUID | None]
    contract: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]]
    contents: Mapped[dict[str, Any]]
    prefill: Mapped[dict[str, Any] | None]
    schedule: Mapped[list[dict[str, Any]]]
    renewal_quote: Mapped[dict[str, Any] | None]
    offer: Mapped[dict[str, Any] | None]
    price_minor: Mapped[int]
    written_minor: Mapped[int]
    taxes_minor: Mapped[int]
    fees_minor: Mapped[int]
    paid_minor: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]


class PolicyEventRow(Identified, OfAgency, Row):
    """What happened to a term: its audit trail and what the bus is told. ``data`` holds codes, ids, amounts and dates only."""

    __tablename__ = "policy_event"
    __table_args__ = (UniqueConstraint("policy_id", "version"), UniqueConstraint("policy_id", "key"))

    seq: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    version: Mapped[int]
    key: Mapped[str]
    kind: Mapped[str]
    recorded_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    actor: Mapped[str]
    data: Mapped[dict[str, Any]]


class PolicyChangeRow(Identified, OfAgency, Row):
    """An agreed change of a term (domain.policies.changes)."""

    __tablename__ = "policy_change"
    __table_args__ = (
        UniqueConstraint("policy_id", "number"),
        Index("ix_policy_change_known", "agency_id", "kind", "recorded_at", postgresql_include=["policy_id"]),
        Index(
            "ix_policy_change_resumed",
            "agency_id",
            "policy_id",
            postgresql_where=text("kind = 'reinstatement' AND (body ->> 'resumes_at') IS NOT NULL"),
        ),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    body: Mapped[dict[str, Any]]


class PolicyPostingRow(Identified, OfAgency, Row):
    """A written transaction: what ``cause_id``, a change, made of the premium that ``change_id`` writes."""

    __tablename__ = "policy_posting"
    __table_args__ = (UniqueConstraint("policy_id", "change_id", "cause_id"),)

    seq: Mapped[int] = mapped_column(Identity(always=True))
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    change_id: Mapped[UUID] = mapped_column(ForeignKey("policy_change.id"))
    cause_id: Mapped[UUID] = mapped_column(ForeignKey("policy_change.id"))
    effective_on: Mapped[date]
    premium_minor: Mapped[int]
    tax_minor: Mapped[int]
    fee_minor: Mapped[int]
    recorded_at: Mapped[datetime]


class EndorsementRow(Identified, OfAgency, Row):
    """A change that is quoted, approved, applied or ended. ``quoted`` is what it was said to cost, ``price`` where the carrier's
    price came from, if a person entered one; its operations are the last of ``operations``.
    """

    __tablename__ = "policy_endorsement"
    __table_args__ = (
        UniqueConstraint("policy_id", "key"),
        CheckConstraint("state IN ('quoted', 'approved', 'applied', 'withdrawn', 'invalidated')", name="state"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    key: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    effective_on: Mapped[date]
    operations: Mapped[list[dict[str, Any]]]
    quoted: Mapped[dict[str, Any]]
    price: Mapped[dict[str, Any] | None]
    why: Mapped[str | None]
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("policy_change.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    decided_by: Mapped[str | None]
    updated_at: Mapped[datetime]


class PolicyNoticeRow(Identified, OfAgency, Row):
    """A statutory notice as it was sent, and the rule by which it is valid. One that is not valid is never stored: a trigger
    holds it against the rule. Without ``rule_id``, ``recipients``, ``due_on`` and amounts (minor units) are notices from before
    these were kept.
    """

    __tablename__ = "policy_notice"
    __table_args__ = (
        UniqueConstraint("policy_id", "key"),
        CheckConstraint("effective_on - mailed_on >= days_required AND days_required > 0", name="long_enough"),
        CheckConstraint("length(citation) > 0 AND length(rule) > 0", name="cited"),
        CheckConstraint("action IN ('cancellation', 'non_renewal', 'lapse')", name="action"),
        CheckConstraint("reason NOT IN ('request', 'replaced')", name="insurers_reason"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    key: Mapped[str]
    action: Mapped[str]
    reason: Mapped[str]
    sent: Mapped[str]
    mailed_on: Mapped[date]
    effective_on: Mapped[date]
    days_required: Mapped[int]
    rule: Mapped[str]
    rule_id: Mapped[str | None] = mapped_column(ForeignKey("policy_notice_rule.id"))
    citation: Mapped[str]
    tables_version: Mapped[str]
    proof: Mapped[str | None]
    recipients: Mapped[list[str] | None]
    due_on: Mapped[date | None]
    past_due_minor: Mapped[int | None]
    to_pay_minor: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None]


class PolicyPaymentRow(Identified, OfAgency, Row):
    """Money received (positive) or given back (negative), minor units. ``pending`` and ``failed`` ones never count; one that is
    ``reversed`` does until ``reversed_at``: a payment that the bank took back, or a refund that came back.
    """

    __tablename__ = "policy_payment"
    __table_args__ = (
        UniqueConstraint("policy_id", "key"),
        # The last instant at which it moved: as known at any instant behind it, it counts as it does now.
        Index("ix_policy_payment_moved", "agency_id", text("greatest(recorded_at, received_at, reversed_at)")),
        CheckConstraint("amount_minor <> 0", name="amount"),
        CheckConstraint("state IN ('pending', 'settled', 'failed', 'reversed')", name="state"),
        CheckConstraint("(state = 'reversed') = (reversed_at IS NOT NULL)", name="reversed"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    key: Mapped[str]
    amount_minor: Mapped[int]
    method: Mapped[str]
    reference: Mapped[str | None]
    state: Mapped[str]
    received_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    why: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PolicyNoteRow(Identified, OfAgency, Row):
    """Words that a person wrote down about a policy; None once they are forgotten. Its event tells that there is one."""

    __tablename__ = "policy_note"
    __table_args__ = (
        UniqueConstraint("policy_id", "key"),
        CheckConstraint("num_nonnulls(words, forgotten_at) = 1", name="words"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    key: Mapped[str]
    words: Mapped[str | None]
    written_at: Mapped[datetime]
    written_by: Mapped[str]
    forgotten_at: Mapped[datetime | None]


class PolicyTimerRow(Identified, OfAgency, Row):
    """Something to be done to a term at an instant, once, by whichever worker comes first."""

    __tablename__ = "policy_timer"
    __table_args__ = (
        UniqueConstraint("policy_id", "kind", "due_at"),
        Index("ix_policy_timer_due", "due_at", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("state IN ('waiting', 'done', 'cancelled')", name="state"),
    )

    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    kind: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[str]
    outcome: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    done_at: Mapped[datetime | None]
