"""A payout goes into one file for the bank, and a file stays as it was written. What is due is released by itself, and
commissions of whose licences changed are looked at again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044payouts"
down_revision = "0046cycle"
branch_labels = None
depends_on = None

APP = "leadwright_app"
FILE, PAYOUT, RECHECK = "commission_payout_file", "commission_payout", "commission_recheck"

RELEASES = """
CREATE FUNCTION agencies_with_releases(p_until date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM commission_accrual WHERE released_at IS NULL AND hold_until <= p_until
$$;
"""
# Whoever changes a producer's record writes it down here, whichever way they came. When it was checked last decides nothing.
RECHECKS = """
CREATE FUNCTION licence_facts(p_profile jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
  SELECT jsonb_agg(facts ORDER BY facts) FROM (
    SELECT jsonb_build_array(one -> 'state', one -> 'status', one -> 'authorities', one -> 'effective', one -> 'expires') AS facts
    FROM jsonb_array_elements(coalesce(nullif(p_profile -> 'licences', 'null'), '[]')) one
  ) listed
$$;

CREATE FUNCTION licences_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
  IF licence_facts(OLD.profile) IS DISTINCT FROM licence_facts(NEW.profile) THEN
    INSERT INTO commission_recheck (producer_id, agency_id, asked_at) VALUES (NEW.id, NEW.agency_id, now())
    ON CONFLICT (producer_id) DO UPDATE SET asked_at = now(), after_id = NULL;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER licences_changed AFTER UPDATE OF profile ON producer FOR EACH ROW
  WHEN (OLD.profile -> 'licences' IS DISTINCT FROM NEW.profile -> 'licences') EXECUTE FUNCTION licences_changed();

CREATE FUNCTION agencies_with_rechecks() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM commission_recheck
$$;
"""
LENT = ("agencies_with_releases(date)", "agencies_with_rechecks()")


def upgrade() -> None:
    """Files that were written before are not known: their payouts are processed, and no new file takes those."""
    _files()
    op.create_table(
        RECHECK,
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_commission_recheck_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_commission_recheck_producer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("producer_id", name=op.f("pk_commission_recheck")),
    )
    _close(RECHECK, "SELECT, UPDATE, DELETE")
    op.execute(RELEASES)
    op.execute(RECHECKS)
    for function in LENT:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Forget files and which payouts they held, and what waits to be looked at again."""
    op.execute("DROP TRIGGER licences_changed ON producer")
    for function in ("licences_changed()", "licence_facts(jsonb)", *LENT):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table(RECHECK)
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
