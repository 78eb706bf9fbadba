"""The double-entry ledger of commissions: accounts, batches, postings. The database holds batches to zero and adds only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class LedgerAccountRow(Identified, OfAgency, Row):
    """An account of the agency in one currency. ``owner`` is a payee's id or a carrier's key, "" for the agency's own."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("agency_id", "kind", "owner", "currency"),
        UniqueConstraint("id", "agency_id", "currency"),
    )

    kind: Mapped[str]
    owner: Mapped[str]
    payee_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id", ondelete="RESTRICT"), index=True)
    currency: Mapped[str]


class LedgerBatchRow(Identified, OfAgency, Row):
    """What happened once (``key``), with so many postings (``size``) that sum to zero; ``facts`` are what it was decided by."""

    __tablename__ = "ledger_batch"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        UniqueConstraint("id", "agency_id", "currency"),
        Index(None, "agency_id", "at"),
        CheckConstraint("size >= 2", name="double_entry"),
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    key: Mapped[str]
    happening: Mapped[str]
    currency: Mapped[str]
    size: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    rule_version: Mapped[int | None]
    accrual_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("commission_accrual.id", ondelete="RESTRICT"), index=True
    )
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("commission_payout.id", ondelete="RESTRICT"), index=True)
    facts: Mapped[dict[str, Any]]


class LedgerPostingRow(OfAgency, Row):
    """Minor units in one account: debits positive, credits negative. ``line`` is a commission's line, "" for money in and out."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["batch_id", "agency_id", "currency"],
            ["ledger_batch.id", "ledger_batch.agency_id", "ledger_batch.currency"],
            name="fk_ledger_posting_batch",
        ),
        ForeignKeyConstraint(
            ["account_id", "agency_id", "currency"],
            ["ledger_account.id", "ledger_account.agency_id", "ledger_account.currency"],
            name="fk_ledger_posting_account",
        ),
        UniqueConstraint(
            "batch_id",
            "account_id",
            "line",
            "accrual_id",
            name="uq_ledger_posting_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "account_id", "batch_id"),
        CheckConstraint("minor <> 0", name="moves_something"),
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    accrual_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("commission_accrual.id", ondelete="RESTRICT"), index=True
    )
    line: Mapped[str]
    minor: Mapped[int]
    currency: Mapped[str]
