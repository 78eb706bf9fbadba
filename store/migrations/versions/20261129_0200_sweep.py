"""What nobody asks for any more goes: settled deliveries, published messages, checkpoints of ended runs, expired answers."""

from __future__ import annotations

from alembic import op

revision = "0012sweep"
down_revision = "0011loadchanges"
branch_labels = None
depends_on = None

APP = "leadwright_app"
SIGNATURE = "sweep(timestamptz, timestamptz, timestamptz, int)"
# Checkpoints are looked at from their own side: few are left of the many runs there ever were.
SWEEP = """
CREATE FUNCTION sweep(deliveries timestamptz, messages timestamptz, checkpoints_of timestamptz, at_most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  gone bigint := 0;
  part bigint;
  threads text[];
BEGIN
  DELETE FROM webhook_delivery WHERE id IN (
    SELECT d.id FROM webhook_delivery d WHERE d.settled_at < deliveries ORDER BY d.seq LIMIT at_most);
  GET DIAGNOSTICS part = ROW_COUNT;
  gone := gone + part;
  DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM outbox o WHERE o.published_at < messages ORDER BY o.seq LIMIT at_most);
  GET DIAGNOSTICS part = ROW_COUNT;
  gone := gone + part;
  DELETE FROM idempotency_key k WHERE (k.agency_id, k.key, k.operation) IN (
    SELECT i.agency_id, i.key, i.operation FROM idempotency_key i WHERE i.expires_at < now() LIMIT at_most);
  GET DIAGNOSTICS part = ROW_COUNT;
  gone := gone + part;
  SELECT array_agg(t.thread_id) INTO threads FROM (
    SELECT DISTINCT c.thread_id FROM checkpoints c JOIN graph_run r ON r.thread_id = c.thread_id
    WHERE r.finished_at < checkpoints_of LIMIT at_most) t;
  IF threads IS NOT NULL THEN
    DELETE FROM checkpoint_writes w WHERE w.thread_id = ANY (threads);
    DELETE FROM checkpoint_blobs b WHERE b.thread_id = ANY (threads);
    DELETE FROM checkpoints c WHERE c.thread_id = ANY (threads);
    gone := gone + cardinality(threads);
  END IF;
  RETURN gone;
END
$$;
"""

NEXT_RUN_DUE = """
CREATE FUNCTION next_run_due() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT min(due_at) FROM graph_run WHERE status = 'queued' $$;
"""


def upgrade() -> None:
    """Create the function, for the application role alone."""
    op.execute("DROP FUNCTION next_run_due()")  # nobody asks it
    op.execute(SWEEP)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


def downgrade() -> None:
    """Drop it."""
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute(NEXT_RUN_DUE)
    op.execute(f"REVOKE ALL ON FUNCTION next_run_due() FROM PUBLIC; GRANT EXECUTE ON FUNCTION next_run_due() TO {APP}")
