"""Commissions: plans and arrangements by date, what was earned and came back, carriers' statements, payouts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class CommissionPlanRow(OfAgency, Row):
    """One version of the agency's plan, in force from ``effective_on``. Rows are only ever added."""

    __tablename__ = "commission_plan"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    effective_on: Mapped[date]
    body: Mapped[dict[str, Any]]
    digest: Mapped[str]
    by: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class CommissionPoolRow(OfAgency, Row):
    """A producer's weight in a pool from ``since`` on, until their next row; 0 is out of it."""

    __tablename__ = "commission_pool"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    pool: Mapped[str] = mapped_column(primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    weight: Mapped[Decimal] = mapped_column(Numeric(12, 4))


class CommissionUplineRow(OfAgency, Row):
    """Who stands above a producer from ``since`` on, until their next row; None is nobody."""

    __tablename__ = "commission_upline"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    upline_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"))


class RecordChangeRow(Identified, OfAgency, Row):
    """A policy goes from one producer of record to another; domain.commissions.record says what follows."""

    __tablename__ = "commission_record_change"
    __table_args__ = (
        UniqueConstraint(
            "agency_id", "carrier_key", "policy_key", "before_id", "effective_on", name="uq_commission_record"
        ),
        CheckConstraint("before_id <> after_id", name="not_self"),
    )

    carrier_key: Mapped[str]
    policy_key: Mapped[str]
    policy_number: Mapped[str]
    before_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"))
    after_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"))
    effective_on: Mapped[date]
    received_on: Mapped[date]
    chargebacks: Mapped[str]
    rescinded_at: Mapped[datetime | None]
    at: Mapped[datetime]
    by: Mapped[str]


class AccrualRow(Identified, OfAgency, Row):
    """A commission. ``terms`` and ``contract`` are frozen at earning; the ledger holds the money, this row where it stands.

    ``source`` and ``number`` name the statement line or the policy event it came from; ``digest`` is of the whole command.
    ``retained`` is a fraction of which ``returned`` minor units of premium may be the reason; amounts are in minor units.
    """

    __tablename__ = "commission_accrual"
    __table_args__ = (
        UniqueConstraint("agency_id", "source", "number"),
        Index("ix_commission_accrual_policy", "agency_id", "carrier_key", "policy_key", "effective_on"),
        Index(None, "agency_id", "seq"),
        Index("ix_commission_accrual_referral", "referral_id", postgresql_where=text("referral_id IS NOT NULL")),
        Index("ix_commission_accrual_pending", "agency_id", "hold_until", postgresql_where=text("released_at IS NULL")),
        CheckConstraint("retained_of > 0 AND retained >= 0 AND retained <= retained_of", name="retained_is_share"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True))
    source: Mapped[str]
    number: Mapped[int]
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("broker_referral.id", ondelete="SET NULL"))
    digest: Mapped[str]
    rule_version: Mapped[int]
    policy_number: Mapped[str]
    policy_key: Mapped[str]
    carrier: Mapped[str]
    carrier_key: Mapped[str]
    line: Mapped[str]
    state: Mapped[str]
    term: Mapped[str]
    effective_at: Mapped[datetime]
    effective_on: Mapped[date]
    earned_on: Mapped[date]
    as_earned: Mapped[bool]
    currency: Mapped[str]
    premium: Mapped[int]
    gross: Mapped[int]
    terms: Mapped[dict[str, Any]]
    contract: Mapped[dict[str, Any]]
    hold_until: Mapped[date]
    released_at: Mapped[datetime | None]
    retained: Mapped[int] = mapped_column(default=1)
    retained_of: Mapped[int] = mapped_column(default=1)
    returned: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ReversalRow(Identified, OfAgency, Row):
    """What made commissions of a policy's term come back, or stand again; the same ``source`` and ``number`` does so once."""

    __tablename__ = "commission_reversal"
    __table_args__ = (UniqueConstraint("agency_id", "source", "number"),)

    source: Mapped[str]
    number: Mapped[int]
    digest: Mapped[str]
    carrier_key: Mapped[str]
    policy_key: Mapped[str]
    effective_on: Mapped[date]
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by: Mapped[str]


class CommissionHoldRow(Identified, OfAgency, Row):
    """Nothing of a payee, or of a commission, goes out while its hold is not lifted."""

    __tablename__ = "commission_hold"
    __table_args__ = (
        CheckConstraint("(payee_id IS NULL) <> (accrual_id IS NULL)", name="of_one"),
        Index(
            "ix_commission_hold_open", "agency_id", "payee_id", "accrual_id", postgresql_where=text("lifted_at IS NULL")
        ),
    )

    payee_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"))
    accrual_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission_accrual.id", ondelete="RESTRICT"))
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class CarrierStatementRow(Identified, OfAgency, Row):
    """A carrier's commission statement. ``digest`` is of its lines: the same number with others is another statement."""

    __tablename__ = "carrier_statement"
    __table_args__ = (UniqueConstraint("agency_id", "carrier_key", "number"),)

    carrier: Mapped[str]
    carrier_key: Mapped[str]
    number: Mapped[str]
    digest: Mapped[str]
    currency: Mapped[str]
    received_on: Mapped[date]
    stated_total: Mapped[int | None]
    at: Mapped[datetime]
    by: Mapped[str]


class CarrierLineRow(Identified, OfAgency, Row):
    """A line as it came (``raw``) and what became of it. Whatever it pays for is in ``pays``: accruals and minor units."""

    __tablename__ = "carrier_statement_line"
    __table_args__ = (
        UniqueConstraint("statement_id", "number"),
        Index("ix_carrier_statement_line_open", "agency_id", "outcome", postgresql_where=text("outcome <> 'matched'")),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_statement.id", ondelete="CASCADE"))
    number: Mapped[int]
    raw: Mapped[dict[str, Any]]
    policy_number: Mapped[str]
    policy_key: Mapped[str]
    effective_on: Mapped[date | None]
    minor: Mapped[int | None]
    outcome: Mapped[str]
    reason: Mapped[str]
    pays: Mapped[list[dict[str, Any]]]
    variance: Mapped[int]
    matched_at: Mapped[datetime | None]


class PayoutRow(Identified, OfAgency, Row):
    """A payment to a payee, one for each run and currency; domain.commissions.payouts says what may follow on what."""

    __tablename__ = "commission_payout"
    __table_args__ = (
        UniqueConstraint("agency_id", "run", "payee_id", "currency"),
        Index(None, "agency_id", "seq"),
        ForeignKeyConstraint(
            ["agency_id", "file_number"],
            ["commission_payout_file.agency_id", "commission_payout_file.number"],
            name="fk_commission_payout_file",
        ),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True))
    run: Mapped[str]
    payee_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"), index=True)
    currency: Mapped[str]
    minor: Mapped[int]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    processed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    file_number: Mapped[int | None]


class PayoutFileRow(OfAgency, Row):
    """A file for the bank as it was written, sealed, for it holds account numbers. Rows are only ever added."""

    __tablename__ = "commission_payout_file"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run: Mapped[str]
    currency: Mapped[str]
    payments: Mapped[int]
    total: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary())
    at: Mapped[datetime]
    by: Mapped[str]


class CommissionPayeeRow(OfAgency, Row):
    """Where a producer is paid; bank details are sealed and only their last digits can be read."""

    __tablename__ = "commission_payee"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary())
    ends_with: Mapped[str]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class CommissionRecheckRow(OfAgency, Row):
    """A producer whose licences changed: a trigger asks, and their commissions are looked at again, up to ``after_id`` by now."""

    __tablename__ = "commission_recheck"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime]
    after_id: Mapped[UUID | None]


class PolicyEarningRow(Identified, OfAgency, Row):
    """An event of a policy, under the event's id, on its way into the ledger. It is written with the event and settled once:
    ``posted``, ``nothing``, or ``held`` with the reason until somebody mends it or lays it aside (``dismissed``).
    """

    __tablename__ = "policy_earning"
    __table_args__ = (
        UniqueConstraint("policy_id", "version"),
        CheckConstraint("state IN ('waiting', 'posted', 'nothing', 'held', 'dismissed')", name="state_known"),
        Index("ix_policy_earning_waiting", "agency_id", "seq", postgresql_where=text("state = 'waiting'")),
        Index("ix_policy_earning_held", "agency_id", "seq", postgresql_where=text("state = 'held'")),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True))
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    version: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    code: Mapped[str | None]
    words: Mapped[str | None]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
