"""Conversations with the copilot, what it proposed, and follow-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024copilot"
down_revision = "0023chat"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("follow_up", "copilot_thread", "copilot_turn", "copilot_event", "copilot_action")
FUNCTIONS = """
CREATE FUNCTION claim_due_follow_up(moment timestamptz, lease interval) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE follow_up f SET lease_until = moment + lease
  FROM (SELECT x.id FROM follow_up x
        WHERE x.state = 'open' AND x.at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE f.id = due.id RETURNING f.id, f.agency_id
$$;

CREATE FUNCTION sweep_copilot(before timestamptz, at_most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  gone bigint;
BEGIN
  DELETE FROM copilot_thread t WHERE t.id IN (
    SELECT x.id FROM copilot_thread x WHERE x.updated_at < before LIMIT at_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
"""
PRIVATE = ("claim_due_follow_up(timestamptz, interval)", "sweep_copilot(timestamptz, int)")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _of(table: str, *owners: str) -> list[sa.ForeignKeyConstraint]:
    columns = {owner: f"{owner.removeprefix('copilot_')}_id" for owner in ("agency", *owners)}
    return [
        sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
        for owner, column in columns.items()
    ]


def _keyed(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _follow_ups() -> None:
    op.create_table(
        "follow_up",
        sa.Column("lead_id", sa.Uuid(), nullable=False), sa.Column("producer_id", sa.Uuid(), nullable=True),
        _text("subject"), _text("key"), _moment("at"), _text("note", nullable=True), _text("state"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _moment("created_at"), _moment("told_at", nullable=True), _moment("lease_until", nullable=True),
        *_keyed("follow_up"), *_of("follow_up", "lead", "producer"),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_follow_up_agency_id_key")),
    )  # fmt: skip
    for columns in (["lead_id"], ["producer_id"], ["agency_id", "subject", "at"]):
        op.create_index(op.f(f"ix_follow_up_{'_'.join(columns)}"), "follow_up", columns)
    op.create_index("ix_follow_up_due", "follow_up", ["at"], postgresql_where=sa.text("state = 'open'"))


def _threads_and_turns() -> None:
    op.create_table(
        "copilot_thread",
        _text("subject"), _moment("created_at"), _moment("updated_at"),
        sa.Column("turns", sa.BigInteger(), nullable=False), *_keyed("copilot_thread"), *_of("copilot_thread"),
    )  # fmt: skip
    mine = ["agency_id", "subject", "updated_at"]
    op.create_index(op.f("ix_copilot_thread_agency_id_subject_updated_at"), "copilot_thread", mine)
    op.create_index("ix_copilot_thread_age", "copilot_thread", ["updated_at"])
    op.create_table(
        "copilot_turn",
        sa.Column("thread_id", sa.Uuid(), nullable=False), sa.Column("number", sa.BigInteger(), nullable=False),
        _text("key"), _text("question"), _text("state"), sa.Column("token", sa.Uuid(), nullable=False),
        _moment("lease_until"), sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True), sa.Column("calls", postgresql.JSONB(), nullable=False),
        _text("failure", nullable=True), _text("source", nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=False), _moment("started_at"), _moment("ended_at", nullable=True),
        *_keyed("copilot_turn"), *_of("copilot_turn", "copilot_thread"),
        sa.UniqueConstraint("thread_id", "number", name=op.f("uq_copilot_turn_thread_id_number")),
        sa.UniqueConstraint("thread_id", "key", name=op.f("uq_copilot_turn_thread_id_key")),
    )  # fmt: skip
    op.create_index(
        "uq_copilot_turn_running", "copilot_turn", ["thread_id"], unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )  # fmt: skip


def _events_and_actions() -> None:
    op.create_table(
        "copilot_event",
        sa.Column("turn_id", sa.Uuid(), nullable=False), sa.Column("seq", sa.BigInteger(), nullable=False),
        _text("kind"), sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False), *_of("copilot_event", "copilot_turn"),
        sa.PrimaryKeyConstraint("turn_id", "seq", name=op.f("pk_copilot_event")),
    )  # fmt: skip
    op.create_table(
        "copilot_action",
        sa.Column("thread_id", sa.Uuid(), nullable=False), sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False), _text("subject"), _text("tool"),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("pinned", postgresql.JSONB(), nullable=False), _text("summary"), _text("digest"), _text("state"),
        _moment("expires_at"), _moment("decided_at", nullable=True), _moment("ended_at", nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=True), sa.Column("undo", postgresql.JSONB(), nullable=True),
        *_keyed("copilot_action"), *_of("copilot_action", "copilot_thread", "copilot_turn"),
    )  # fmt: skip
    op.create_index(op.f("ix_copilot_action_thread_id_number"), "copilot_action", ["thread_id", "number"])
    op.create_index(op.f("ix_copilot_action_turn_id"), "copilot_action", ["turn_id"])


def upgrade() -> None:
    """Create the tables under row security, and the two functions for the application role alone."""
    _follow_ups()
    _threads_and_turns()
    _events_and_actions()
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(FUNCTIONS)
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Drop it all."""
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(TABLES):
        op.drop_table(table)
