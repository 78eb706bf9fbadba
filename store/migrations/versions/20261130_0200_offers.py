"""Assignments that wait for an answer, their timers, and who turned a lead down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017offers"
down_revision = "0016rules"
branch_labels = None
depends_on = None

APP = "leadwright_app"
# The caller says what time it is: the timers were reckoned by its clock.
FUNCTIONS = """
CREATE FUNCTION claim_due_offer(moment timestamptz, lease interval)
RETURNS TABLE (offer_id uuid, agency_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE assignment a SET lease_until = moment + lease
  FROM (SELECT id FROM assignment WHERE due_at <= moment AND (lease_until IS NULL OR lease_until <= moment)
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE a.id = due.id RETURNING a.id, a.agency_id
$$;

CREATE FUNCTION agencies_waiting_for_producers() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM lead WHERE status = 'queued' AND reason IN ('nobody_available', 'all_claims_refused')
$$;
"""
PRIVATE = ("claim_due_offer(timestamptz, interval)", "agencies_waiting_for_producers()")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("version", sa.BigInteger(), nullable=False, server_default="1"),
        sa.Column("state", sa.Text(), nullable=False, server_default="accepted"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    """Add the columns; what was assigned before counts as accepted, and follows what became of its lead."""
    for column in _columns():
        op.add_column("assignment", column)
    op.execute("ALTER TABLE assignment DISABLE TRIGGER note_load")  # nobody's load changes
    op.execute(
        "UPDATE assignment a SET state = CASE WHEN a.released_at IS NOT NULL THEN 'withdrawn' "
        "WHEN l.status = 'contacted' THEN 'worked' WHEN l.status IN ('won', 'lost') THEN l.status ELSE a.state END "
        "FROM lead l WHERE l.id = a.lead_id AND (a.released_at IS NOT NULL OR l.status IN ('contacted', 'won', 'lost'))"
    )
    op.execute("ALTER TABLE assignment ENABLE TRIGGER note_load")
    op.create_index(
        op.f("ix_assignment_due_at"), "assignment", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.add_column(
        "lead", sa.Column("declined_by", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'"))
    )
    op.create_index(
        "ix_lead_waiting_for_producer", "lead", ["agency_id", "received_at", "id"],
        postgresql_where=sa.text("status = 'queued' AND reason IN ('nobody_available', 'all_claims_refused')"),
    )  # fmt: skip
    op.execute(FUNCTIONS)
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Drop them; an offer that is open becomes an assignment like any other."""
    op.execute("UPDATE lead SET status = 'assigned' WHERE status = 'offered'")
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("ix_lead_waiting_for_producer", table_name="lead")
    op.drop_column("lead", "declined_by")
    op.drop_index(op.f("ix_assignment_due_at"), table_name="assignment")
    for column in reversed(_columns()):
        op.drop_column("assignment", column.name)
