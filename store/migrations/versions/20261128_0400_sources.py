"""Sources of leads with secrets, counts, refusals, accounts and pings; consent texts and certificates; messages to people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009sources"
down_revision = "0007imports"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = (
    "lead_source", "source_secret", "source_count", "source_refusal", "source_entry", "ping", "consent_text",
    "consent_certificate", "opt_in", "outgoing_message",
)  # fmt: skip
FUNCTIONS = """
CREATE FUNCTION claim_certificate(lease interval)
RETURNS TABLE (certificate_id uuid, agency_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE consent_certificate c SET due_at = clock_timestamp() + lease, attempts = c.attempts + 1
  FROM (SELECT id FROM consent_certificate WHERE outcome = 'waiting' AND due_at <= clock_timestamp()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE c.id = due.id RETURNING c.id, c.agency_id
$$;

CREATE FUNCTION claim_message(lease interval)
RETURNS TABLE (message_id uuid, agency_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE outgoing_message m SET due_at = clock_timestamp() + lease, attempts = m.attempts + 1
  FROM (SELECT id FROM outgoing_message WHERE status = 'waiting' AND due_at <= clock_timestamp()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE m.id = due.id RETURNING m.id, m.agency_id
$$;
"""
PRIVATE = ("claim_certificate(interval)", "claim_message(interval)")


def upgrade() -> None:
    """Create the tables, closed to rows of another agency, and let leads name their source."""
    _source_tables()
    op.add_column("lead", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.add_column("lead", sa.Column("test", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_foreign_key(
        op.f("fk_lead_source_id"), "lead", "lead_source", ["source_id"], ["id"], deferrable=True, initially="DEFERRED"
    )
    op.create_index(op.f("ix_lead_source_id"), "lead", ["source_id"])
    _lead_tables()
    op.execute(FUNCTIONS)
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop the tables; leads keep their source's name."""
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index(op.f("ix_lead_source_id"), "lead")
    op.drop_constraint(op.f("fk_lead_source_id"), "lead")
    op.drop_column("lead", "test")
    op.drop_column("lead", "source_id")
    for table in reversed(TABLES):
        op.drop_table(table)


def _column(name: str, kind: sa.types.TypeEngine[Any], *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _text(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, sa.Text(), null=null) for name in names]


def _moments(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, sa.DateTime(timezone=True), null=null) for name in names]


def _numbers(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, sa.BigInteger(), null=null) for name in names]


def _ids(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, sa.Uuid(), null=null) for name in names]


def _json(name: str) -> sa.Column[Any]:
    return _column(name, postgresql.JSONB(astext_type=sa.Text()))


def _of(table: str, column: str = "agency_id", target: str = "agency") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _indexed(table: str, *columns: str, where: str | None = None) -> None:
    name = op.f(f"ix_{table}_{'_'.join(columns)}")
    op.create_index(name, table, list(columns), postgresql_where=sa.text(where) if where else None)


def _source_tables() -> None:
    op.create_table(
        "lead_source", *_ids("id", "agency_id"), *_text("slug", "form_token"), _json("settings"), *_numbers("version"),
        *_moments("created_at", "updated_at"), _of("lead_source"), _key("lead_source"), _once("lead_source", "agency_id", "slug"),
    )  # fmt: skip
    op.create_table(
        "source_secret", *_ids("id", "agency_id", "source_id"), _column("sealed", sa.LargeBinary()), *_moments("created_at"),
        *_moments("revoked_at", null=True), _of("source_secret"), _of("source_secret", "source_id", "lead_source"),
        _key("source_secret"),
    )  # fmt: skip
    _indexed("source_secret", "source_id")
    op.create_table(
        "source_count", *_ids("agency_id", "source_id"), *_text("window"), *_moments("starts_at"), *_numbers("count"),
        _of("source_count"), _of("source_count", "source_id", "lead_source"),
        _key("source_count", "source_id", "window", "starts_at"),
    )  # fmt: skip
    op.create_table(
        "source_refusal", *_ids("agency_id", "source_id"), _column("day", sa.Date()), *_text("door", "code"),
        *_numbers("count"), _of("source_refusal"), _of("source_refusal", "source_id", "lead_source"),
        _key("source_refusal", "source_id", "day", "door", "code"),
    )  # fmt: skip
    op.create_table(
        "ping", *_ids("id", "agency_id", "source_id"), *_text("token_hash"), _json("facts"), *_numbers("minor", null=True),
        *_text("currency", null=True), *_moments("created_at", "expires_at"), *_ids("used_by", null=True), _of("ping"),
        _of("ping", "source_id", "lead_source"), _key("ping"), _once("ping", "agency_id", "token_hash"),
    )  # fmt: skip
    _indexed("ping", "source_id")
    op.create_table(
        "consent_text", *_ids("agency_id"), *_text("hash", "text"), *_moments("first_seen_at"), _of("consent_text"),
        _key("consent_text", "agency_id", "hash"),
    )  # fmt: skip


def _lead_tables() -> None:
    op.create_table(
        "source_entry", *_ids("agency_id", "lead_id", "source_id"), *_text("kind", "currency"), *_numbers("minor"),
        *_text("reason", null=True), *_moments("at"), _of("source_entry"), _of("source_entry", "lead_id", "lead"),
        _of("source_entry", "source_id", "lead_source"), _key("source_entry", "lead_id", "kind"),
    )  # fmt: skip
    _indexed("source_entry", "source_id")
    _indexed("source_entry", "agency_id", "source_id", "at")
    op.create_table(
        "consent_certificate", *_ids("id", "agency_id", "lead_id"), *_text("vendor", "url", "outcome"), *_numbers("attempts"),
        *_moments("due_at", "claim_until"), _of("consent_certificate"), _of("consent_certificate", "lead_id", "lead"),
        _key("consent_certificate"), _once("consent_certificate", "lead_id", "url"),
    )  # fmt: skip
    _indexed("consent_certificate", "due_at", where="outcome = 'waiting'")
    op.create_table(
        "opt_in", *_ids("id", "agency_id", "lead_id", "source_id"), *_numbers("minor", null=True),
        *_text("currency", null=True), *_moments("created_at", "expires_at"), *_moments("confirmed_at", null=True),
        _of("opt_in"), _of("opt_in", "lead_id", "lead"), _of("opt_in", "source_id", "lead_source"), _key("opt_in"),
        _once("opt_in", "lead_id"),
    )  # fmt: skip
    _indexed("opt_in", "source_id")
    op.create_table(
        "outgoing_message", *_ids("id", "agency_id", "lead_id", "about_id"), *_text("template", "status"),
        *_numbers("attempts"), *_moments("due_at", "created_at"), *_moments("sent_at", null=True), _of("outgoing_message"),
        _of("outgoing_message", "lead_id", "lead"), _key("outgoing_message"),
    )  # fmt: skip
    _indexed("outgoing_message", "lead_id")
    _indexed("outgoing_message", "due_at", where="status = 'waiting'")
