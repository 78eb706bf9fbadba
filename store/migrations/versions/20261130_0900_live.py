"""Live updates: lead events numbered in the order in which they became visible, tickets, and what is swept of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019live"
down_revision = "0018messages"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = {
    "live_event": "SELECT, INSERT", "live_head": "SELECT", "live_watch": "SELECT, INSERT, UPDATE",
    "live_ticket": "SELECT, INSERT",
}  # fmt: skip
# A notification makes commits wait for each other, so it is sent only where somebody listens.
NOTE = """
CREATE FUNCTION note_live() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
  PERFORM pg_notify('leadwright_live', '') FROM live_watch w
  WHERE w.agency_id = (SELECT current_agency()) AND w.until > clock_timestamp();
  RETURN NULL;
END
$$;
"""
# Numbers are given to what is committed, under the lock of the agency's head, which is let go when they are visible:
# whoever has seen a number has seen every smaller one. Each statement sees what was committed before it began.
NUMBER = """
CREATE FUNCTION number_live(agencies uuid[], at_most int)
RETURNS TABLE (agency uuid, last_seq bigint, floor_seq bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  one uuid;
  head bigint;
  part bigint;
BEGIN
  FOR one IN
    SELECT a FROM unnest(agencies) a
    WHERE EXISTS (SELECT 1 FROM live_event e WHERE e.agency_id = a AND e.seq IS NULL) ORDER BY a
  LOOP
    INSERT INTO live_head (agency_id, last, floor) VALUES (one, 0, 0) ON CONFLICT DO NOTHING;
    SELECT h.last INTO head FROM live_head h WHERE h.agency_id = one FOR UPDATE;
    UPDATE live_event e SET seq = head + n.place FROM (
      SELECT w.id, row_number() OVER (ORDER BY w.made) AS place FROM (
        SELECT x.id, x.made FROM live_event x WHERE x.agency_id = one AND x.seq IS NULL ORDER BY x.made LIMIT at_most
      ) w
    ) n WHERE e.id = n.id;
    GET DIAGNOSTICS part = ROW_COUNT;
    UPDATE live_head h SET last = head + part WHERE h.agency_id = one AND part > 0;
  END LOOP;
  RETURN QUERY SELECT h.agency_id, h.last, h.floor FROM live_head h WHERE h.agency_id = ANY (agencies);
END
$$;
"""
TAKE = """
CREATE FUNCTION take_live_ticket(of_hash text) RETURNS SETOF live_ticket
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$ DELETE FROM live_ticket t WHERE t.hash = of_hash RETURNING t.* $$;
"""
SWEEP = """
CREATE FUNCTION sweep_live(before timestamptz, moment timestamptz, at_most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  gone bigint := 0;
  part bigint;
  newest bigint;
  one record;
BEGIN
  DELETE FROM live_ticket t WHERE t.hash IN (SELECT x.hash FROM live_ticket x WHERE x.expires_at < moment LIMIT at_most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM number_live(ARRAY(
    SELECT DISTINCT e.agency_id FROM live_event e WHERE e.seq IS NULL AND e.at < before), at_most);
  FOR one IN SELECT h.agency_id FROM live_head h ORDER BY h.agency_id LOOP
    SELECT h.floor INTO newest FROM live_head h WHERE h.agency_id = one.agency_id FOR UPDATE;
    WITH removed AS (
      DELETE FROM live_event e
      WHERE e.agency_id = one.agency_id AND e.seq > newest AND e.seq <= newest + at_most AND e.at < before
      RETURNING e.seq
    ) SELECT count(*), max(seq) INTO part, newest FROM removed;
    IF part > 0 THEN
      -- one that came out of order of its time goes with those around it
      DELETE FROM live_event e WHERE e.agency_id = one.agency_id AND e.seq <= newest;
      UPDATE live_head h SET floor = newest WHERE h.agency_id = one.agency_id;
      gone := gone + part;
    END IF;
  END LOOP;
  RETURN gone;
END
$$;
"""
FUNCTIONS = {
    "number_live(uuid[], int)": NUMBER, "take_live_ticket(text)": TAKE,
    "sweep_live(timestamptz, timestamptz, int)": SWEEP,
}  # fmt: skip


def upgrade() -> None:
    """Create the tables under row security, and the functions for the application role alone."""
    _create_tables()
    for table, may in TABLES.items():
        op.execute(f"GRANT {may} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(NOTE)
    op.execute(
        "CREATE TRIGGER live_event_noted AFTER INSERT ON live_event FOR EACH STATEMENT EXECUTE FUNCTION note_live()"
    )
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP}")


def downgrade() -> None:
    """Drop all of it."""
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION note_live()")


def _create_tables() -> None:
    op.create_table(
        "live_event",
        sa.Column("made", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("was", sa.Uuid(), nullable=True),
        sa.Column("named", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("offer", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _agency("live_event"),
        _foreign("live_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_event")),
        sa.UniqueConstraint("agency_id", "seq", name=op.f("uq_live_event_agency_id_seq")),
    )
    op.create_index(
        "ix_live_event_waiting", "live_event", ["agency_id", "made"], postgresql_where=sa.text("seq IS NULL")
    )
    op.create_table(
        "live_head", _agency("live_head"), sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False), _foreign("live_head"),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_live_head")),
    )  # fmt: skip
    op.create_table(
        "live_watch", _agency("live_watch"), sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        _foreign("live_watch"), sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_live_watch")),
    )  # fmt: skip
    op.create_table(
        "live_ticket",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("family", sa.Uuid(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _agency("live_ticket"),
        _foreign("live_ticket"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_live_ticket")),
    )
    op.create_index(op.f("ix_live_ticket_expires_at"), "live_ticket", ["expires_at"])


def _agency(_: str) -> sa.Column[object]:
    return sa.Column("agency_id", sa.Uuid(), nullable=False)


def _foreign(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id"), ondelete="CASCADE")
