"""Events of policies that wait for their commission: each is worked once, what cannot be decided is kept with the reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031earning"
down_revision = "0030waiting"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLE = "policy_earning"
AGENCIES = """
CREATE FUNCTION agencies_with_earnings() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM policy_earning WHERE state = 'waiting'
$$;
"""


def upgrade() -> None:
    """Events that were written before are left to who recorded their sales by hand."""
    op.create_table(
        TABLE,
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'posted', 'nothing', 'held', 'dismissed')",
            name=op.f("ck_policy_earning_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_policy_earning_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_earning_policy_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_earning")),
        sa.UniqueConstraint("policy_id", "version", name=op.f("uq_policy_earning_policy_id_version")),
    )
    op.create_index(
        "ix_policy_earning_waiting", TABLE, ["agency_id", "seq"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("ix_policy_earning_held", TABLE, ["agency_id", "seq"], postgresql_where=sa.text("state = 'held'"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {TABLE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(AGENCIES)
    op.execute("REVOKE ALL ON FUNCTION agencies_with_earnings() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION agencies_with_earnings() TO {APP}")


def downgrade() -> None:
    """Forget what waits; what was posted stays in the ledger."""
    op.execute("DROP FUNCTION agencies_with_earnings()")
    op.drop_table(TABLE)
