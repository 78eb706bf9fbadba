"""Row security under the application role, append-only history, and the few functions that may look across agencies."""

from __future__ import annotations

from alembic import op

revision = "0002rowsecurity"
down_revision = "0001firsttables"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TENANT_TABLES = (
    "assignment", "decision", "graph_run", "idempotency_key", "lead", "lead_event", "lead_import", "lead_import_row",
    "outbox", "producer", "producer_connection", "producer_profile", "receipt",
)  # fmt: skip
APPEND_ONLY = ("lead_event", "producer_profile")

FUNCTIONS = """
CREATE FUNCTION current_agency() RETURNS uuid LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('leadwright.agency', true), '')::uuid $$;

CREATE FUNCTION agency_of_slug(wanted text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT id FROM agency WHERE slug = wanted $$;

CREATE FUNCTION found_agency(new_id uuid, new_slug text, new_name text) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  INSERT INTO agency (id, slug, name, settings, roster_version, created_at)
  VALUES (new_id, new_slug, new_name, '{}', 0, clock_timestamp())
  ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug
  RETURNING id
$$;

CREATE FUNCTION claim_runs(by_worker text, at_most int, lease interval)
RETURNS TABLE (run_id uuid, agency_id uuid, lead_id uuid, graph text, thread_id text, token bigint, attempts bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE graph_run r SET status = 'running', worker = by_worker, lease_until = clock_timestamp() + lease,
         token = r.token + 1, attempts = r.attempts + 1
  FROM (SELECT id FROM graph_run WHERE status = 'queued' AND due_at <= clock_timestamp()
        ORDER BY due_at, queued_at, id LIMIT at_most FOR UPDATE SKIP LOCKED) due
  WHERE r.id = due.id
  RETURNING r.id, r.agency_id, r.lead_id, r.graph, r.thread_id, r.token, r.attempts
$$;

CREATE FUNCTION renew_runs(by_worker text, lease interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  WITH renewed AS (
    UPDATE graph_run SET lease_until = clock_timestamp() + lease WHERE worker = by_worker AND status = 'running' RETURNING 1
  ) SELECT count(*) FROM renewed
$$;

CREATE FUNCTION requeue_silent_runs(everyone boolean) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  WITH freed AS (
    UPDATE graph_run SET status = 'queued', worker = NULL, lease_until = NULL, due_at = clock_timestamp()
    WHERE status = 'running' AND (everyone OR lease_until < clock_timestamp()) RETURNING 1
  ) SELECT count(*) FROM freed
$$;

CREATE FUNCTION next_run_due() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT min(due_at) FROM graph_run WHERE status = 'queued' $$;

CREATE FUNCTION take_outbox(at_most int)
RETURNS TABLE (id uuid, agency_id uuid, subject text, payload jsonb)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  SELECT o.id, o.agency_id, o.subject, o.payload FROM outbox o WHERE o.published_at IS NULL
  ORDER BY o.seq LIMIT at_most FOR UPDATE SKIP LOCKED
$$;

CREATE FUNCTION mark_published(ids uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$ UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY (ids) $$;

CREATE FUNCTION roster_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$ BEGIN
  UPDATE agency SET roster_version = roster_version + 1 WHERE id IN (SELECT DISTINCT agency_id FROM changed);
  RETURN NULL;
END $$;

CREATE FUNCTION run_queued() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN
  PERFORM pg_notify('leadwright_runs', '');
  RETURN NULL;
END $$;
CREATE TRIGGER run_queued AFTER INSERT ON graph_run FOR EACH STATEMENT EXECUTE FUNCTION run_queued();
"""

PRIVATE = (
    "agency_of_slug(text)", "found_agency(uuid, text, text)", "claim_runs(text, int, interval)",
    "renew_runs(text, interval)", "requeue_silent_runs(boolean)", "next_run_due()", "take_outbox(int)",
    "mark_published(uuid[])",
)  # fmt: skip


def upgrade() -> None:
    """Create the functions, then close every tenant table to rows of another agency."""
    op.execute(FUNCTIONS)
    for table in ("producer", "producer_connection"):
        for verb, transition in (
            ("INSERT", "NEW TABLE AS changed"), ("UPDATE", "NEW TABLE AS changed"), ("DELETE", "OLD TABLE AS changed"),
        ):  # fmt: skip
            op.execute(
                f"CREATE TRIGGER roster_{verb.lower()} AFTER {verb} ON {table} REFERENCING {transition} "
                "FOR EACH STATEMENT EXECUTE FUNCTION roster_changed()"
            )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    for table in TENANT_TABLES:
        verbs = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {verbs} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(f"GRANT SELECT, UPDATE ON agency TO {APP}")
    op.execute("ALTER TABLE agency ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_agency ON agency TO {APP} USING (id = (SELECT current_agency()))")
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Open the tables again and drop the functions."""
    for table in (*TENANT_TABLES, "agency"):
        op.execute(f"DROP POLICY own_agency ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION roster_changed(), run_queued() CASCADE")
    for function in (*PRIVATE, "current_agency()"):
        op.execute(f"DROP FUNCTION {function}")
