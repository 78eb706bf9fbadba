"""Documents and their fields, under row security; and the function that says which document is to be read next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004documents"
down_revision = "0003llmcalls"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("document", "document_field")
CLAIM = """
CREATE FUNCTION claim_document(lease interval)
RETURNS TABLE (document_id uuid, agency_id uuid, attempts bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE document d SET lease_until = clock_timestamp() + lease, attempts = d.attempts + 1
  FROM (SELECT id FROM document WHERE status = 'waiting' AND lease_until < clock_timestamp()
        ORDER BY lease_until, id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE d.id = due.id
  RETURNING d.id, d.agency_id, d.attempts
$$;
"""


def upgrade() -> None:
    """Create the tables and close them to rows of another agency."""
    _document()
    _document_field()
    op.execute(CLAIM)
    op.execute("REVOKE ALL ON FUNCTION claim_document(interval) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claim_document(interval) TO {APP}")
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop the function and the tables."""
    op.execute("DROP FUNCTION claim_document(interval)")
    op.drop_table("document_field")
    op.drop_table("document")


def _document() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=True)
    op.create_table(
        "document",
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, text, nullable=False) for name in ("name", "format", "media_type")),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *(sa.Column(name, text, nullable=False) for name in ("sha256", "scan", "status")),
        sa.Column("kind", text, nullable=True),
        sa.Column("kind_reason", text, nullable=True),
        sa.Column("kind_confidence", sa.Double(), nullable=True),
        sa.Column("pages", sa.BigInteger(), nullable=True),
        sa.Column("notes", postgresql.JSONB(astext_type=text), nullable=False),
        sa.Column("uploaded_by", text, nullable=False),
        sa.Column("uploaded_at", moment, nullable=False),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_document_agency_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_document_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["document.id"], name=op.f("fk_document_parent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "agency_id", "lead_id", "sha256", name=op.f("uq_document_agency_id_lead_id_sha256"),
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_document_lead_id"), "document", ["lead_id"])
    op.create_index(op.f("ix_document_parent_id"), "document", ["parent_id"])
    op.create_index(
        op.f("ix_document_lease_until"), "document", ["lease_until"], postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index(
        op.f("ix_document_agency_id_lead_id_uploaded_at"), "document", ["agency_id", "lead_id", "uploaded_at"]
    )


def _document_field() -> None:
    text = sa.Text()
    op.create_table(
        "document_field",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=True),
        sa.Column("value", postgresql.JSONB(astext_type=text), nullable=False),
        sa.Column("page", sa.BigInteger(), nullable=False),
        sa.Column("quote", text, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("label", text, nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_document_field_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_field_document_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", "position", name=op.f("pk_document_field")),
    )
