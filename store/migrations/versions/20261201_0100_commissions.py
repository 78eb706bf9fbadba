"""Commissions: plans and arrangements, what was earned and came back, carriers' statements, payouts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025commissions"
down_revision = "0024copilot"
branch_labels = None
depends_on = None

APP = "leadwright_app"
ADDED_TO = ("commission_plan", "commission_reversal")
CHANGED = (
    "commission_pool", "commission_upline", "commission_record_change", "commission_accrual", "commission_hold",
    "carrier_statement", "carrier_statement_line", "commission_payout", "commission_payee",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables under row security. Nothing of them is deleted by the application."""
    _arrangements()
    _accruals()
    _statements()
    _payouts()
    for table in ADDED_TO:
        close_to_other_agencies(table, "SELECT, INSERT")
    for table in CHANGED:
        close_to_other_agencies(table, "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Drop them, the youngest first."""
    for table in (
        "commission_payee", "commission_payout", "carrier_statement_line", "carrier_statement", "commission_hold",
        "commission_reversal", "commission_accrual", "commission_record_change", "commission_upline", "commission_pool",
        "commission_plan",
    ):  # fmt: skip
        op.drop_table(table)


def _arrangements() -> None:
    text, number, moment, day = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True), sa.Date()
    key, json = sa.Uuid(), postgresql.JSONB()
    op.create_table(
        "commission_plan",
        *_given(key, "agency_id"), *_given(number, "version"), *_given(day, "effective_on"), *_given(json, "body"),
        *_given(text, "digest", "by", "why"), *_given(moment, "at"),
        _of("commission_plan", "agency_id", "agency", "CASCADE"),
        sa.PrimaryKeyConstraint("agency_id", "version", name=op.f("pk_commission_plan")),
    )  # fmt: skip
    op.create_table(
        "commission_pool",
        *_given(key, "agency_id"), *_given(text, "pool"), *_given(key, "producer_id"), *_given(day, "since"),
        *_given(sa.Numeric(precision=12, scale=4), "weight"), _of("commission_pool", "agency_id", "agency", "CASCADE"),
        _of("commission_pool", "producer_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("agency_id", "pool", "producer_id", "since", name=op.f("pk_commission_pool")),
    )  # fmt: skip
    op.create_table(
        "commission_upline",
        *_given(key, "agency_id", "producer_id"), *_given(day, "since"), *_given(key, "upline_id", nullable=True),
        _of("commission_upline", "agency_id", "agency", "CASCADE"),
        _of("commission_upline", "producer_id", "producer", "RESTRICT"),
        _of("commission_upline", "upline_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("agency_id", "producer_id", "since", name=op.f("pk_commission_upline")),
    )  # fmt: skip
    op.create_table(
        "commission_record_change",
        *_given(text, "carrier_key", "policy_key", "policy_number"), *_given(key, "before_id", "after_id"),
        *_given(day, "effective_on", "received_on"), *_given(text, "chargebacks"),
        *_given(moment, "rescinded_at", nullable=True), *_given(moment, "at"), *_given(text, "by"), *_owned_columns(),
        sa.CheckConstraint("before_id <> after_id", name=op.f("ck_commission_record_change_not_self")),
        _of("commission_record_change", "after_id", "producer", "RESTRICT"),
        _of("commission_record_change", "agency_id", "agency", "CASCADE"),
        _of("commission_record_change", "before_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_record_change")),
        sa.UniqueConstraint("agency_id", "carrier_key", "policy_key", "before_id", "effective_on",
            name="uq_commission_record"),
    )  # fmt: skip


def _accruals() -> None:
    text, number, moment, day = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True), sa.Date()
    key, flag, json = sa.Uuid(), sa.Boolean(), postgresql.JSONB()
    op.create_table(
        "commission_accrual",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_given(text, "source"), *_given(number, "number"), *_given(text, "digest"), *_given(number, "rule_version"),
        *_given(text, "policy_number", "policy_key", "carrier", "carrier_key", "line", "state", "term"),
        *_given(moment, "effective_at"), *_given(day, "effective_on", "earned_on"), *_given(flag, "as_earned"),
        *_given(text, "currency"), *_given(number, "premium", "gross"), *_given(json, "terms", "contract"),
        *_given(day, "hold_until"), *_given(moment, "released_at", nullable=True),
        *_given(number, "retained", "retained_of", "returned", "version"), *_given(moment, "created_at"),
        *_given(text, "created_by"), *_owned_columns(),
        sa.CheckConstraint("retained_of > 0 AND retained >= 0 AND retained <= retained_of",
            name=op.f("ck_commission_accrual_retained_is_share")),
        _of("commission_accrual", "agency_id", "agency", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_accrual")),
        sa.UniqueConstraint("agency_id", "source", "number", name=op.f("uq_commission_accrual_agency_id_source_number")),
    )  # fmt: skip
    op.create_index(op.f("ix_commission_accrual_agency_id_seq"), "commission_accrual", ["agency_id", "seq"])
    op.create_index(
        op.f("ix_commission_accrual_pending"), "commission_accrual", ["agency_id", "hold_until"],
        postgresql_where=sa.text("released_at IS NULL"),
    )  # fmt: skip
    op.create_index(
        op.f("ix_commission_accrual_policy"), "commission_accrual", ["agency_id", "carrier_key", "policy_key", "effective_on"],
    )  # fmt: skip
    op.create_table(
        "commission_reversal",
        *_given(text, "source"), *_given(number, "number"), *_given(text, "digest", "carrier_key", "policy_key"),
        *_given(day, "effective_on"), *_given(text, "kind"), *_given(json, "detail"), *_given(moment, "at"),
        *_given(text, "by"), *_owned_columns(), _of("commission_reversal", "agency_id", "agency", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_reversal")),
        sa.UniqueConstraint("agency_id", "source", "number", name=op.f("uq_commission_reversal_agency_id_source_number")),
    )  # fmt: skip
    op.create_table(
        "commission_hold",
        *_given(key, "payee_id", "accrual_id", nullable=True), *_given(text, "reason"), *_given(moment, "at"),
        *_given(text, "by"), *_given(moment, "lifted_at", nullable=True), *_given(text, "lifted_by", nullable=True),
        *_owned_columns(),
        sa.CheckConstraint("(payee_id IS NULL) <> (accrual_id IS NULL)", name=op.f("ck_commission_hold_of_one")),
        _of("commission_hold", "accrual_id", "commission_accrual", "RESTRICT"),
        _of("commission_hold", "agency_id", "agency", "CASCADE"),
        _of("commission_hold", "payee_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_hold")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_commission_hold_open"), "commission_hold", ["agency_id", "payee_id", "accrual_id"],
        postgresql_where=sa.text("lifted_at IS NULL"),
    )  # fmt: skip


def _statements() -> None:
    text, number, moment, day = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True), sa.Date()
    key, json = sa.Uuid(), postgresql.JSONB()
    op.create_table(
        "carrier_statement",
        *_given(text, "carrier", "carrier_key", "number", "digest", "currency"), *_given(day, "received_on"),
        *_given(number, "stated_total", nullable=True), *_given(moment, "at"), *_given(text, "by"), *_owned_columns(),
        _of("carrier_statement", "agency_id", "agency", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_statement")),
        sa.UniqueConstraint("agency_id", "carrier_key", "number",
            name=op.f("uq_carrier_statement_agency_id_carrier_key_number")),
    )  # fmt: skip
    op.create_table(
        "carrier_statement_line",
        *_given(key, "statement_id"), *_given(number, "number"), *_given(json, "raw"),
        *_given(text, "policy_number", "policy_key"), *_given(day, "effective_on", nullable=True),
        *_given(number, "minor", nullable=True), *_given(text, "outcome", "reason"), *_given(json, "pays"),
        *_given(number, "variance"), *_given(moment, "matched_at", nullable=True), *_owned_columns(),
        _of("carrier_statement_line", "agency_id", "agency", "CASCADE"),
        _of("carrier_statement_line", "statement_id", "carrier_statement", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_statement_line")),
        sa.UniqueConstraint("statement_id", "number", name=op.f("uq_carrier_statement_line_statement_id_number")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_carrier_statement_line_open"), "carrier_statement_line", ["agency_id", "outcome"],
        postgresql_where=sa.text("outcome <> 'matched'"),
    )  # fmt: skip


def _payouts() -> None:
    text, number, moment, key = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True), sa.Uuid()
    octets = sa.LargeBinary()
    op.create_table(
        "commission_payout",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_given(text, "run"), *_given(key, "payee_id"), *_given(text, "currency"), *_given(number, "minor"),
        *_given(text, "state"), *_given(number, "version"), *_given(moment, "created_at"), *_given(text, "created_by"),
        *_given(moment, "processed_at", "ended_at", nullable=True), *_given(text, "reference", nullable=True),
        *_owned_columns(), _of("commission_payout", "agency_id", "agency", "CASCADE"),
        _of("commission_payout", "payee_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_payout")),
        sa.UniqueConstraint("agency_id", "run", "payee_id", "currency",
            name=op.f("uq_commission_payout_agency_id_run_payee_id_currency")),
    )  # fmt: skip
    op.create_index(op.f("ix_commission_payout_agency_id_seq"), "commission_payout", ["agency_id", "seq"])
    op.create_index(op.f("ix_commission_payout_payee_id"), "commission_payout", ["payee_id"])
    op.create_table(
        "commission_payee",
        *_given(key, "producer_id"), *_given(octets, "sealed"), *_given(text, "ends_with"), *_given(moment, "updated_at"),
        *_given(text, "updated_by"), *_given(key, "agency_id"), _of("commission_payee", "agency_id", "agency", "CASCADE"),
        _of("commission_payee", "producer_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("producer_id", name=op.f("pk_commission_payee")),
    )  # fmt: skip


def _given(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _owned_columns() -> list[sa.Column[Any]]:
    return _given(sa.Uuid(), "id", "agency_id")


def _of(table: str, column: str, other: str, then: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=then)


def close_to_other_agencies(table: str, verbs: str) -> None:
    """Let the application role do this with rows of its transaction's agency, and see no others."""
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {table} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
