"""Timers of policies are taken several at once, with the policies they are of; policies of a state are listed by an index."""

from __future__ import annotations

from alembic import op

revision = "0035polclock"
down_revision = "0034poldocs"
branch_labels = None
depends_on = None

APP = "leadwright_app"
CLAIM = """
CREATE FUNCTION claim_due_policy_timers(moment timestamptz, lease interval, at_most integer)
RETURNS TABLE (id uuid, agency_id uuid, policy_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE policy_timer t SET lease_until = moment + lease, attempts = t.attempts + 1
  FROM (SELECT x.id FROM policy_timer x
        WHERE x.state = 'waiting' AND x.due_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.due_at, x.id LIMIT at_most FOR UPDATE SKIP LOCKED) due
  WHERE t.id = due.id RETURNING t.id, t.agency_id, t.policy_id
$$;
"""
BEFORE = """
CREATE FUNCTION claim_due_policy_timer(moment timestamptz, lease interval) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE policy_timer t SET lease_until = moment + lease, attempts = t.attempts + 1
  FROM (SELECT x.id FROM policy_timer x
        WHERE x.state = 'waiting' AND x.due_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.due_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE t.id = due.id RETURNING t.id, t.agency_id
$$;
"""
_CLAIM = "claim_due_policy_timers(timestamptz, interval, integer)"
_BEFORE = "claim_due_policy_timer(timestamptz, interval)"


def upgrade() -> None:
    """Several in place of one, and the index."""
    op.create_index("ix_policy_agency_id_state_created_at_id", "policy", ["agency_id", "state", "created_at", "id"])
    _replace(_BEFORE, CLAIM, _CLAIM)


def downgrade() -> None:
    """One in place of several, without the index."""
    op.drop_index("ix_policy_agency_id_state_created_at_id", table_name="policy")
    _replace(_CLAIM, BEFORE, _BEFORE)


def _replace(before: str, created: str, after: str) -> None:
    op.execute(f"DROP FUNCTION {before}")
    op.execute(created)
    op.execute(f"REVOKE ALL ON FUNCTION {after} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {after} TO {APP}")
