"""Who read a document at what cost, whether a person should look, and the second opinion that it waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006opinions"
down_revision = "0006merges"
branch_labels = None
depends_on = None

APP = "leadwright_app"
CLAIM = """
CREATE FUNCTION claim_opinion(lease interval)
RETURNS TABLE (document_id uuid, agency_id uuid, attempts bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE document d SET opinion_until = clock_timestamp() + lease, opinion_attempts = d.opinion_attempts + 1
  FROM (SELECT id FROM document WHERE opinion = 'wanted' AND opinion_until < clock_timestamp()
        ORDER BY opinion_until, id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE d.id = due.id
  RETURNING d.id, d.agency_id, d.opinion_attempts
$$;
"""
COLUMNS = (
    "read_source", "read_version", "read_cost", "needs_review", "opinion", "opinion_pages", "opinion_until",
    "opinion_attempts",
)  # fmt: skip


def upgrade() -> None:
    """Add the columns; what was read so far was read by rules, and asks for nothing."""
    op.add_column("document", sa.Column("read_source", sa.Text(), nullable=True))
    op.add_column("document", sa.Column("read_version", sa.Text(), nullable=True))
    op.add_column("document", sa.Column("read_cost", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("document", sa.Column("needs_review", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("document", sa.Column("opinion", sa.Text(), nullable=False, server_default="none"))
    op.add_column("document", sa.Column("opinion_pages", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("document", sa.Column("opinion_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("opinion_attempts", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("document_field", sa.Column("read_by", sa.Text(), nullable=False, server_default="rules"))
    for table, columns in {
        "document": ("read_cost", "needs_review", "opinion", "opinion_attempts"), "document_field": ("read_by",),
    }.items():  # fmt: skip
        for column in columns:
            op.alter_column(table, column, server_default=None)
    op.execute("UPDATE document SET read_source = 'rules', read_version = 'document-rules/1' WHERE read_at IS NOT NULL")
    op.create_index(
        op.f("ix_document_opinion_until"), "document", ["opinion_until"], postgresql_where=sa.text("opinion = 'wanted'")
    )
    op.execute(CLAIM)
    op.execute("REVOKE ALL ON FUNCTION claim_opinion(interval) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claim_opinion(interval) TO {APP}")


def downgrade() -> None:
    """Drop the function and the columns."""
    op.execute("DROP FUNCTION claim_opinion(interval)")
    op.drop_index(op.f("ix_document_opinion_until"), table_name="document")
    op.drop_column("document_field", "read_by")
    for column in COLUMNS:
        op.drop_column("document", column)
