"""Imports that wait for a worker: their state, their file, their counts; the function that says which one is next;
and indexes by which leads of one person are found.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007imports"
down_revision = "0006opinions"
branch_labels = None
depends_on = None

APP = "leadwright_app"
CLAIM = """
CREATE FUNCTION claim_import(lease interval)
RETURNS TABLE (import_id uuid, agency_id uuid, attempts bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE lead_import i SET lease_until = clock_timestamp() + lease, attempts = i.attempts + 1
  FROM (SELECT id FROM lead_import WHERE state IN ('waiting', 'reading') AND lease_until < clock_timestamp()
        ORDER BY lease_until, id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE i.id = due.id
  RETURNING i.id, i.agency_id, i.attempts
$$;
"""
_TEXTS = ("format", "sha256", "scan", "sent_by")
_FOUND_BY = ("name_key", "date_of_birth")
_NUMBERS = ("taken", "refused", "warned", "attempts")


def upgrade() -> None:
    """Add the columns. Earlier imports have no stored file: those that did not end can only be sent again."""
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("lead_import", sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'taken'")))
    for name in _TEXTS:
        op.add_column("lead_import", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("lead_import", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("lead_import", sa.Column("options", json, nullable=False, server_default=sa.text("'{}'::jsonb")))
    op.add_column("lead_import", sa.Column("problems", json, nullable=False, server_default=sa.text("'[]'::jsonb")))
    op.add_column("lead_import", sa.Column("failure", json, nullable=True))
    for name in _NUMBERS:
        op.add_column("lead_import", sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("lead_import", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE lead_import i SET taken = r.taken, refused = r.refused, warned = r.warned FROM ("
        "SELECT import_id, count(lead_id) AS taken, count(*) - count(lead_id) AS refused, "
        "count(*) FILTER (WHERE jsonb_array_length(warnings) > 0) AS warned FROM lead_import_row GROUP BY import_id"
        ") r WHERE r.import_id = i.id"
    )
    op.execute("UPDATE lead_import SET state = 'failed' WHERE accepted_at IS NULL")
    op.create_index(
        op.f("ix_lead_import_lease_until"), "lead_import", ["lease_until"],
        postgresql_where=sa.text("state IN ('waiting', 'reading')"),
    )  # fmt: skip
    op.create_index(op.f("ix_lead_import_agency_id_created_at_id"), "lead_import", ["agency_id", "created_at", "id"])
    for name in _FOUND_BY:
        op.create_index(
            op.f(f"ix_lead_agency_id_{name}"),
            "lead",
            ["agency_id", name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    op.execute(CLAIM)
    op.execute("REVOKE ALL ON FUNCTION claim_import(interval) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claim_import(interval) TO {APP}")


def downgrade() -> None:
    """Drop the function, the indexes and the columns."""
    op.execute("DROP FUNCTION claim_import(interval)")
    for name in _FOUND_BY:
        op.drop_index(op.f(f"ix_lead_agency_id_{name}"), "lead")
    op.drop_index(op.f("ix_lead_import_agency_id_created_at_id"), "lead_import")
    op.drop_index(op.f("ix_lead_import_lease_until"), "lead_import")
    for name in ("state", *_TEXTS, "size", "options", "problems", "failure", *_NUMBERS, "lease_until"):
        op.drop_column("lead_import", name)
