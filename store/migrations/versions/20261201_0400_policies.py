"""Insurance policies: terms, and beside them events, changes, postings, endorsements, notices, payments, timers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028policies"
down_revision = "0027network"
branch_labels = None
depends_on = None

APP = "leadwright_app"
# What only grows may not be altered by the application, whatever it is told.
GROWING = ("policy_event", "policy_change", "policy_posting")
ALTERED = ("policy", "policy_endorsement", "policy_payment", "policy_timer")
TABLES = ("policy", "policy_change", "policy_event", "policy_posting", "policy_endorsement", "policy_notice", "policy_payment",
          "policy_timer")  # fmt: skip

Items = list[sa.schema.SchemaItem]


def _text(*names: str, nullable: bool = False) -> Items:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _moment(*names: str, nullable: bool = False) -> Items:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _day(*names: str, nullable: bool = False) -> Items:
    return [sa.Column(name, sa.Date(), nullable=nullable) for name in names]


def _count(*names: str) -> Items:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _json(*names: str) -> Items:
    return [sa.Column(name, postgresql.JSONB(), nullable=False) for name in names]


def _ids(*names: str, nullable: bool = False) -> Items:
    return [sa.Column(name, sa.Uuid(), nullable=nullable) for name in names]


def _keyed(table: str) -> Items:
    return [
        *_ids("id", "agency_id"), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _to(table, "agency_id", "agency", "CASCADE"),
    ]  # fmt: skip


def _to(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _of_policy(table: str) -> Items:
    return [*_ids("policy_id"), *_keyed(table), _to(table, "policy_id", "policy", "CASCADE")]


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _policy() -> None:
    name = "policy"
    op.create_table(
        name,
        *_count("version"), *_text("status"), *_text("happened", "number", "number_key", nullable=True),
        *_text("carrier", "line", "type", "state", "currency"), *_count("term_number"),
        *_ids("renews_id", "lead_id", "producer_id", nullable=True), *_json("producers"), *_text("insured", nullable=True),
        *_day("first_started_on", "starts_on", "ends_on"), *_moment("starts_at", "ends_at"), *_day("ended_on", nullable=True),
        *_moment("ended_at", nullable=True), *_text("ended_by", "ended_reason", nullable=True), *_ids("notice_id", nullable=True),
        *_json("contract", "terms", "plan", "contents", "schedule"),
        *_count("price_minor", "written_minor", "taxes_minor", "fees_minor", "paid_minor"),
        *_moment("created_at"), *_text("created_by"), *_moment("updated_at"), *_keyed(name),
        _to(name, "renews_id", "policy"), _to(name, "lead_id", "lead", "SET NULL"),
        _to(name, "producer_id", "producer", "SET NULL"), _unique(name, "agency_id", "carrier", "number_key", "term_number"),
        _check(name, "term", "starts_on < ends_on AND starts_at < ends_at"),
        _check(name, "numbered", "status IN ('draft', 'pending_payment', 'not_taken') OR number_key IS NOT NULL"),
        _check(name, "counted", "version >= 1 AND term_number >= 1"),
        _check(name, "ended", "(ended_on IS NULL) = (ended_at IS NULL)"),
    )  # fmt: skip
    op.create_index(op.f("ix_policy_agency_id_created_at_id"), name, ["agency_id", "created_at", "id"])
    op.create_index(op.f("ix_policy_agency_id_status_ends_on"), name, ["agency_id", "status", "ends_on"])
    for column in ("lead_id", "producer_id"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(op.f(f"ix_policy_{column}"), name, [column], postgresql_where=where)
    op.create_index(
        op.f("ix_policy_renews_id"), name, ["renews_id"], unique=True,
        postgresql_where=sa.text("renews_id IS NOT NULL AND status <> 'not_taken'"),
    )  # fmt: skip


def _growing() -> None:
    op.create_table(
        "policy_change",
        *_count("number"), *_text("kind"), *_day("effective_on"), *_moment("recorded_at"), *_json("body"),
        *_of_policy("policy_change"), _unique("policy_change", "policy_id", "number"),
    )  # fmt: skip
    op.create_table(
        "policy_event",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False), *_count("version"),
        *_text("key", "kind"), *_moment("recorded_at", "effective_at"), *_text("actor"), *_json("data"),
        *_of_policy("policy_event"), _unique("policy_event", "policy_id", "version"),
        _unique("policy_event", "policy_id", "key"), _unique("policy_event", "seq"),
    )  # fmt: skip
    op.create_table(
        "policy_posting",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False), *_ids("change_id", "cause_id"),
        *_day("effective_on"), *_count("premium_minor", "tax_minor", "fee_minor"), *_moment("recorded_at"),
        *_of_policy("policy_posting"), _to("policy_posting", "change_id", "policy_change"),
        _to("policy_posting", "cause_id", "policy_change"), _unique("policy_posting", "policy_id", "change_id", "cause_id"),
    )  # fmt: skip


def _around() -> None:
    op.create_table(
        "policy_endorsement",
        *_text("key"), *_count("version"), *_text("state"), *_day("effective_on"), *_json("operations", "quoted"),
        *_text("why", "decided_by", nullable=True), *_ids("change_id", nullable=True), *_moment("created_at", "updated_at"),
        *_text("created_by"), *_of_policy("policy_endorsement"), _to("policy_endorsement", "change_id", "policy_change"),
        _unique("policy_endorsement", "policy_id", "key"),
        _check("policy_endorsement", "state", "state IN ('quoted', 'approved', 'applied', 'withdrawn', 'invalidated')"),
    )  # fmt: skip
    name = "policy_notice"
    op.create_table(
        name,
        *_text("key", "action", "reason", "sent"), *_day("mailed_on", "effective_on"), *_count("days_required"),
        *_text("rule", "citation", "tables_version"), *_text("proof", "withdrawn_why", nullable=True),
        *_moment("recorded_at"), *_text("recorded_by"), *_moment("withdrawn_at", nullable=True), *_of_policy(name),
        _unique(name, "policy_id", "key"),
        _check(name, "long_enough", "effective_on - mailed_on >= days_required AND days_required > 0"),
        _check(name, "cited", "length(citation) > 0 AND length(rule) > 0"),
        _check(name, "action", "action IN ('cancellation', 'non_renewal', 'lapse')"),
        _check(name, "insurers_reason", "reason NOT IN ('request', 'replaced')"),
    )  # fmt: skip
    op.create_table(
        "policy_payment",
        *_text("key"), *_count("amount_minor"), *_text("method", "state"), *_text("reference", "why", nullable=True),
        *_moment("received_at", "recorded_at"), *_moment("reversed_at", nullable=True), *_text("recorded_by"),
        *_of_policy("policy_payment"), _unique("policy_payment", "policy_id", "key"),
        _check("policy_payment", "amount", "amount_minor <> 0"),
        _check("policy_payment", "state", "state IN ('pending', 'settled', 'failed', 'reversed')"),
        _check("policy_payment", "reversed", "(state = 'reversed') = (reversed_at IS NOT NULL)"),
    )  # fmt: skip
    op.create_table(
        "policy_timer",
        *_text("kind", "state"), *_moment("due_at"), *_text("outcome", nullable=True),
        *_moment("lease_until", "done_at", nullable=True), *_count("attempts"), *_of_policy("policy_timer"),
        _unique("policy_timer", "policy_id", "kind", "due_at"),
        _check("policy_timer", "state", "state IN ('waiting', 'done', 'cancelled')"),
    )  # fmt: skip
    op.create_index("ix_policy_timer_due", "policy_timer", ["due_at"], postgresql_where=sa.text("state = 'waiting'"))


def upgrade() -> None:
    """Create the tables under row security; what grows may only be added to, and of a notice only its withdrawal is written."""
    _policy()
    _growing()
    _around()
    for table in TABLES:
        verbs = "SELECT, INSERT, UPDATE" if table in ALTERED else "SELECT, INSERT"
        op.execute(f"GRANT {verbs} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(f"GRANT UPDATE (withdrawn_at, withdrawn_why) ON policy_notice TO {APP}")


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)
