"""Conversations with consumers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023chat"
down_revision = "0022routing"
branch_labels = None
depends_on = None

APP = "leadwright_app"
SIGNATURE = "sweep_chat(timestamptz, timestamptz, int)"
SWEEP = """
CREATE FUNCTION sweep_chat(drafts timestamptz, ended timestamptz, at_most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  gone bigint := 0;
BEGIN
  DELETE FROM chat WHERE id IN (
    SELECT c.id FROM chat c WHERE c.updated_at < CASE WHEN c.stage = 'open' THEN drafts ELSE ended END
    ORDER BY c.updated_at LIMIT at_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
"""


def upgrade() -> None:
    """Create the tables under row security, and the function that sweeps them."""
    _create_tables()
    for table in ("chat", "chat_turn"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(SWEEP)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


def downgrade() -> None:
    """Drop them."""
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_table("chat_turn")
    op.drop_table("chat")


def _create_tables() -> None:
    op.create_table(
        "chat",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_chat_agency_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["lead_source.id"], name=op.f("fk_chat_source_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_chat_lead_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
        sa.UniqueConstraint("agency_id", "token_hash", name=op.f("uq_chat_agency_id_token_hash")),
    )
    op.create_index(op.f("ix_chat_source_id"), "chat", ["source_id"])
    op.create_index(op.f("ix_chat_updated_at"), "chat", ["updated_at"])
    op.create_index("ix_chat_lead_id", "chat", ["lead_id"], postgresql_where=sa.text("lead_id IS NOT NULL"))
    op.create_table(
        "chat_turn",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("note", postgresql.JSONB(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("text_hash", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_chat_turn_agency_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name=op.f("fk_chat_turn_chat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_chat_turn")),
    )
    op.create_index(
        "uq_chat_turn_key", "chat_turn", ["chat_id", "key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
