"""Whose load changed, and in which transaction, so that nobody counts every producer's leads for each lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011loadchanges"
down_revision = "0009servers"
branch_labels = None
depends_on = None

APP = "leadwright_app"
# A lead that changes hands is noted by its assignments; only what it becomes in the same hands needs the second trigger.
NOTES = """
CREATE FUNCTION note_assignment() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO load_change (agency_id, producer_id) VALUES (OLD.agency_id, OLD.producer_id);
  ELSE
    INSERT INTO load_change (agency_id, producer_id) VALUES (NEW.agency_id, NEW.producer_id);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION note_held_lead() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  INSERT INTO load_change (agency_id, producer_id) VALUES (NEW.agency_id, NEW.producer_id);
  RETURN NULL;
END
$$;

CREATE TRIGGER note_load AFTER INSERT OR UPDATE OR DELETE ON assignment
  FOR EACH ROW EXECUTE FUNCTION note_assignment();

CREATE TRIGGER note_load AFTER UPDATE OF status, test ON lead
  FOR EACH ROW WHEN (OLD.producer_id = NEW.producer_id AND (OLD.status, OLD.test) IS DISTINCT FROM (NEW.status, NEW.test))
  EXECUTE FUNCTION note_held_lead();
"""


def upgrade() -> None:
    """Create the table, close it to other agencies, and let the database itself write it."""
    op.create_table(
        "load_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "transaction", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_change")),
    )
    op.create_index(op.f("ix_load_change_agency_id_transaction"), "load_change", ["agency_id", "transaction"])
    op.execute(f"GRANT SELECT, INSERT, DELETE ON load_change TO {APP}")
    op.execute("ALTER TABLE load_change ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON load_change TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(NOTES)


def downgrade() -> None:
    """Drop the triggers, their functions and the table."""
    for table in ("lead", "assignment"):
        op.execute(f"DROP TRIGGER note_load ON {table}")
    for function in ("note_held_lead()", "note_assignment()"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("load_change")
