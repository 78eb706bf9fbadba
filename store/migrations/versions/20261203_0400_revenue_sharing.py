"""What share of the house's income an agency shares with its network, by versions that are only added to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038sharing"
down_revision = "0036polclock"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TERMS = "revenue_terms"


def upgrade() -> None:
    """Nobody shares until they say so."""
    op.create_table(
        TERMS,
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("basis_points", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 10000", name=op.f("ck_revenue_terms_is_share")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_revenue_terms_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", "version", name=op.f("pk_revenue_terms")),
    )
    _close(TERMS, "SELECT, INSERT")


def downgrade() -> None:
    """Forget the terms; what was shared stays in the ledger with its own."""
    op.drop_table(TERMS)


def _close(table: str, verbs: str) -> None:
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {table} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
