"""A payout goes into one file for the bank, and a file stays as it was written; what is due is released by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044payouts"
down_revision = "0042pollists"
branch_labels = None
depends_on = None

APP = "leadwright_app"
FILE, PAYOUT = "commission_payout_file", "commission_payout"

RELEASES = """
CREATE FUNCTION agencies_with_releases(p_until date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM commission_accrual WHERE released_at IS NULL AND hold_until <= p_until
$$;
"""


def upgrade() -> None:
    """Files that were written before are not known: their payouts are processed, and no new file takes those."""
    _files()
    op.execute(RELEASES)
    op.execute("REVOKE ALL ON FUNCTION agencies_with_releases(date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION agencies_with_releases(date) TO {APP}")


def downgrade() -> None:
    """Forget files and which payouts they held."""
    op.execute("DROP FUNCTION agencies_with_releases(date)")
    op.drop_constraint("fk_commission_payout_file", PAYOUT)
    op.drop_column(PAYOUT, "file_number")
    op.drop_table(FILE)


def _files() -> None:
    op.create_table(
        FILE,
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_commission_payout_file_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", "number", name=op.f("pk_commission_payout_file")),
    )
    _close(FILE, "SELECT, INSERT")
    op.add_column(PAYOUT, sa.Column("file_number", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_commission_payout_file", PAYOUT, FILE, ["agency_id", "file_number"], ["agency_id", "number"]
    )


def _close(table: str, verbs: str) -> None:
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {table} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
