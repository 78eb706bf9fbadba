"""Proposals of routing weights, and receipts by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021proposals"
down_revision = "0020producers"
branch_labels = None
depends_on = None

APP = "leadwright_app"


def upgrade() -> None:
    """Create the table under row security, and the index."""
    op.create_table(
        "weight_proposal",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("present", postgresql.JSONB(), nullable=False),
        sa.Column("weights", postgresql.JSONB(), nullable=False),
        sa.Column("worked", sa.BigInteger(), nullable=False),
        sa.Column("data_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("estimate", postgresql.JSONB(), nullable=False),
        sa.Column("diagnostics", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_weight_proposal_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_proposal")),
        sa.UniqueConstraint("agency_id", "digest", name=op.f("uq_weight_proposal_agency_id_digest")),
    )
    op.create_index("ix_receipt_agency_id_at", "receipt", ["agency_id", "at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON weight_proposal TO {APP}")
    op.execute("ALTER TABLE weight_proposal ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON weight_proposal TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_receipt_agency_id_at", table_name="receipt")
    op.drop_table("weight_proposal")
