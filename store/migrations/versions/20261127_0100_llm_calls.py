"""The ledger of language model calls, one row an attempt, added to and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003llmcalls"
down_revision = "0002rowsecurity"
branch_labels = None
depends_on = None

APP = "leadwright_app"


def upgrade() -> None:
    """Create the table, closed to rows of another agency."""
    op.create_table(
        "llm_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("writer", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("prompt_hash", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(20, 12), nullable=False),
        sa.Column("priced", sa.Boolean(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("vendor_request_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_llm_call_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_llm_call")),
    )  # fmt: skip
    op.create_index(op.f("ix_llm_call_agency_id_at"), "llm_call", ["agency_id", "at"])
    op.execute(f"GRANT SELECT, INSERT ON llm_call TO {APP}")
    op.execute("ALTER TABLE llm_call ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON llm_call TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )


def downgrade() -> None:
    """Drop the table with its policy."""
    op.drop_table("llm_call")
