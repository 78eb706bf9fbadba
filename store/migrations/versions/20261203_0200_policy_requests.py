"""Requests about policies in plain words: what was asked, proposed and decided, and who works on it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036polreq"
down_revision = "0035polclock"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLE = "policy_request"
CLAIM = "claim_policy_request(timestamptz, interval)"
FUNCTION = """
CREATE FUNCTION claim_policy_request(moment timestamptz, lease interval) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE policy_request r SET lease_until = moment + lease, attempts = r.attempts + 1,
    decision = CASE WHEN r.state = 'waiting' THEN 'expired' ELSE r.decision END, state = 'working'
  FROM (SELECT x.id FROM policy_request x
        WHERE (x.state = 'working' AND x.lease_until <= moment) OR (x.state = 'waiting' AND x.expires_at <= moment)
        ORDER BY coalesce(x.lease_until, x.expires_at), x.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE r.id = due.id RETURNING r.id, r.agency_id
$$;
"""


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _json(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=nullable)


def upgrade() -> None:
    """The table under row security, and the function that gives out what lies."""
    op.create_table(
        TABLE,
        sa.Column("policy_id", sa.Uuid(), nullable=False), sa.Column("follows_id", sa.Uuid(), nullable=True),
        _text("key"), _text("body"), sa.Column("version", sa.BigInteger(), nullable=False), _text("state"), _text("words"),
        _json("asker", nullable=False), _json("reading"), _text("read_by", nullable=True), _json("proposal"),
        _text("digest", nullable=True), _moment("expires_at", nullable=True), _text("decision", nullable=True),
        _json("decider"), _moment("decided_at", nullable=True), _text("code", nullable=True), _text("answer", nullable=True),
        _json("result"), sa.Column("attempts", sa.BigInteger(), nullable=False), _moment("lease_until", nullable=True),
        _moment("created_at"), _moment("updated_at"),
        sa.Column("id", sa.Uuid(), nullable=False), sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_request")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{table}.id"], name=op.f(f"fk_policy_request_{name}_id"), ondelete="CASCADE"
            )
            for name, table in (("agency", "agency"), ("policy", "policy"), ("follows", TABLE))
        ),
        sa.UniqueConstraint("policy_id", "key", name=op.f("uq_policy_request_policy_id_key")),
    )  # fmt: skip
    op.create_index(
        op.f("ix_policy_request_agency_id_policy_id_created_at"), TABLE, ["agency_id", "policy_id", "created_at"]
    )
    op.create_index("ix_policy_request_working", TABLE, ["lease_until"], postgresql_where=sa.text("state = 'working'"))
    op.create_index("ix_policy_request_waiting", TABLE, ["expires_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {TABLE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {CLAIM} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {CLAIM} TO {APP}")


def downgrade() -> None:
    """Neither."""
    op.execute(f"DROP FUNCTION {CLAIM}")
    op.drop_table(TABLE)
