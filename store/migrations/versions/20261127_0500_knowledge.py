"""Documents, passages and term counts of what an agency knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005knowledge"
down_revision = "0004documents"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("knowledge_document", "knowledge_passage", "knowledge_term")


def upgrade() -> None:
    """Create the tables, closed to rows of another agency."""
    op.create_table(
        "knowledge_document",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_knowledge_document_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_document")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_knowledge_document_agency_id_name")),
    )
    op.create_index(
        op.f("ix_knowledge_document_agency_id_collection"), "knowledge_document", ["agency_id", "collection"]
    )
    op.create_table(
        "knowledge_passage",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_knowledge_passage_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["knowledge_document.id"],
            name=op.f("fk_knowledge_passage_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_passage")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_knowledge_passage_document_id_number")),
    )
    op.create_table(
        "knowledge_term",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_knowledge_term_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", "term", name=op.f("pk_knowledge_term")),
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop the tables; the documents have to be loaded again."""
    for table in reversed(TABLES):
        op.drop_table(table)
