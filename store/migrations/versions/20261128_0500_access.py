"""People, sessions, API keys, the audit log and counts of failed sign-ins."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008access"
down_revision = "0009sources"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("person", "refresh_token", "api_key", "audit_entry")
APPEND_ONLY = ("audit_entry",)

# Whoever signs in or sends a key does so before their agency is known; these two say which it is, and nothing else.
FUNCTIONS = """
CREATE FUNCTION agency_of_api_key(wanted text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT agency_id FROM api_key WHERE public_id = wanted $$;

CREATE FUNCTION agency_of_refresh_token(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT agency_id FROM refresh_token WHERE public_id = wanted $$;
"""
PRIVATE = ("agency_of_api_key(text)", "agency_of_refresh_token(text)")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _of_agency(table: str) -> tuple[sa.Column[Any] | sa.Constraint, ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Create the tables, closed to rows of another agency; the audit log can only be added to."""
    _people()
    _programs()
    op.execute(FUNCTIONS)
    for table in TABLES:
        verbs = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {verbs} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON login_attempt TO {APP}")
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def _people() -> None:
    op.create_table(
        "person",
        _text("email"), _text("name"), _text("role"), sa.Column("producer_id", sa.Uuid(), nullable=True),
        _text("password_hash", nullable=True), sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("token_version", sa.BigInteger(), nullable=False), _text("once_hash", nullable=True),
        _moment("once_expires_at"), _moment("created_at", nullable=False), *_of_agency("person"),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_person_producer_id"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint("agency_id", "email", name=op.f("uq_person_agency_id_email")),
        sa.CheckConstraint("role IN ('admin', 'manager', 'producer')", name=op.f("ck_person_role_of_people")),
    )  # fmt: skip
    op.create_index(op.f("ix_person_producer_id"), "person", ["producer_id"])
    op.create_table(
        "refresh_token",
        sa.Column("person_id", sa.Uuid(), nullable=False), _text("public_id"), _text("hash"),
        sa.Column("family", sa.Uuid(), nullable=False), _moment("issued_at", nullable=False),
        _moment("expires_at", nullable=False), _moment("rotated_at"), _moment("revoked_at"), *_of_agency("refresh_token"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_refresh_token_person_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_refresh_token_public_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_refresh_token_person_id"), "refresh_token", ["person_id"])
    op.create_index(op.f("ix_refresh_token_family"), "refresh_token", ["family"])
    op.create_table(
        "login_attempt",
        _text("key"), sa.Column("failures", sa.BigInteger(), nullable=False), _moment("last_at", nullable=False),
        _moment("succeeded_at"), sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempt")),
    )  # fmt: skip
    op.create_index(op.f("ix_login_attempt_last_at"), "login_attempt", ["last_at"])


def _programs() -> None:
    op.create_table(
        "api_key",
        _text("public_id"), _text("hash"), _text("name"), _text("role"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False), _text("source", nullable=True),
        _text("created_by"), _moment("created_at", nullable=False), _moment("last_used_at"), _moment("expires_at"),
        _moment("revoked_at"), *_of_agency("api_key"),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_key_public_id")),
        sa.CheckConstraint("role IN ('partner', 'system')", name=op.f("ck_api_key_role_of_programs")),
        sa.CheckConstraint("role <> 'partner' OR source IS NOT NULL", name=op.f("ck_api_key_partner_has_source")),
    )  # fmt: skip
    op.create_index(op.f("ix_api_key_agency_id_id"), "api_key", ["agency_id", "id"])
    op.create_table(
        "audit_entry",
        _moment("at", nullable=False), _text("actor"), _text("action"), _text("subject_kind"),
        _text("subject_id", nullable=True), _text("outcome"), sa.Column("detail", postgresql.JSONB(), nullable=False),
        _text("address", nullable=True), _text("request_id", nullable=True), *_of_agency("audit_entry"),
    )  # fmt: skip
    op.create_index(op.f("ix_audit_entry_agency_id_id"), "audit_entry", ["agency_id", "id"])


def downgrade() -> None:
    """Drop it all; nobody can sign in then."""
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    for table in ("audit_entry", "api_key", "login_attempt", "refresh_token", "person"):
        op.drop_table(table)
