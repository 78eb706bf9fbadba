"""Leads that several producers are asked for at once, and leads that wait until their person may be called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022routing"
down_revision = "0022pace"
branch_labels = None
depends_on = None

INDEX = "uq_assignment_active_lead"
WAITING = """
CREATE OR REPLACE FUNCTION agencies_waiting_for_producers() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT DISTINCT agency_id FROM lead WHERE status = 'queued' AND reason IN ({reasons})
$$;
"""
BEFORE = "'nobody_available', 'all_claims_refused'"
COUNTS = """
CREATE FUNCTION sweep_cap_counts(before date, at_most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  WITH old AS (
    SELECT ctid FROM routing_cap_count WHERE since < before LIMIT at_most FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM routing_cap_count c USING old WHERE c.ctid = old.ctid RETURNING 1
  )
  SELECT count(*) FROM gone
$$;
"""


def _active(condition: str) -> None:
    op.drop_index(INDEX, table_name="assignment")
    op.create_index(INDEX, "assignment", ["lead_id"], unique=True, postgresql_where=sa.text(condition))


def upgrade() -> None:
    """Nobody stood beside a holder before."""
    op.add_column("assignment", sa.Column("beside", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("assignment", sa.Column("asked", sa.BigInteger(), nullable=False, server_default="1"))
    _active("released_at IS NULL AND NOT beside")
    op.execute(WAITING.format(reasons=f"{BEFORE}, 'not_callable_yet'"))
    op.execute(COUNTS)
    op.execute("REVOKE ALL ON FUNCTION sweep_cap_counts(date, integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION sweep_cap_counts(date, integer) TO leadwright_app")


def downgrade() -> None:
    """Of several who are asked the holder alone is left."""
    op.execute("DROP FUNCTION sweep_cap_counts(date, integer)")
    op.execute(WAITING.format(reasons=BEFORE))
    op.execute(
        "UPDATE assignment SET released_at = now(), state = 'withdrawn', due_at = NULL WHERE beside AND released_at IS NULL"
    )
    op.execute("DELETE FROM assignment WHERE beside")
    _active("released_at IS NULL")
    op.drop_column("assignment", "asked")
    op.drop_column("assignment", "beside")
