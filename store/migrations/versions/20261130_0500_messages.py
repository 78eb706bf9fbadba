"""Messages to people: a ledger out of the queue of opt-ins; words, wishes, devices, suppressions and notices beside it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018messages"
down_revision = "0017offers"
branch_labels = None
depends_on = None

APP = "leadwright_app"
NEW = ("message_template", "message_preference", "push_subscription", "message_suppression", "message_notice")
OPEN = "state IN ('queued', 'held', 'sending')"
# of domain.messages.notices; a test compares the two
TOLD_OF = ("offered", "offer_expiring", "assigned", "escalated")

CLAIM_BEFORE = """
CREATE FUNCTION claim_message(lease interval)
RETURNS TABLE (message_id uuid, agency_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE outgoing_message m SET due_at = clock_timestamp() + lease, attempts = m.attempts + 1
  FROM (SELECT id FROM outgoing_message WHERE status = 'waiting' AND due_at <= clock_timestamp()
        ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE m.id = due.id RETURNING m.id, m.agency_id
$$
"""
# One after another for each recipient: what was queued before and is not held keeps its place, also while it waits to be retried.
CLAIM = """
CREATE FUNCTION claim_message(lease interval)
RETURNS TABLE (message_id uuid, agency_id uuid, token bigint, attempts bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE outgoing_message m
  SET state = 'sending', due_at = clock_timestamp() + lease, attempts = m.attempts + 1, token = m.token + 1
  FROM (SELECT o.id FROM outgoing_message o
        WHERE o.state IN ('queued', 'held', 'sending') AND o.due_at <= clock_timestamp()
          AND NOT EXISTS (
            SELECT 1 FROM outgoing_message e
            WHERE e.agency_id = o.agency_id AND e.recipient = o.recipient AND e.channel = o.channel AND e.seq < o.seq
              AND e.state IN ('queued', 'sending'))
        ORDER BY o.due_at LIMIT 1 FOR UPDATE OF o SKIP LOCKED) due
  WHERE m.id = due.id RETURNING m.id, m.agency_id, m.token, m.attempts
$$
"""
NOTICES = """
CREATE FUNCTION claim_notices(at_most integer, lease interval)
RETURNS TABLE (event_id uuid, agency_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE message_notice n SET due_at = clock_timestamp() + lease
  FROM (SELECT event_id FROM message_notice WHERE due_at <= clock_timestamp()
        ORDER BY due_at LIMIT at_most FOR UPDATE SKIP LOCKED) due
  WHERE n.event_id = due.event_id RETURNING n.event_id, n.agency_id
$$;
CREATE FUNCTION notice_event() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
  INSERT INTO message_notice (event_id, agency_id, due_at) VALUES (NEW.id, NEW.agency_id, clock_timestamp());
  RETURN NULL;
END
$$;
"""
STATES = {
    "waiting": "queued", "sent": "sent", "refused": "bounced", "failed": "failed", "not_sent": "suppressed",
    "obsolete": "suppressed",
}  # fmt: skip


def upgrade() -> None:
    """Widen the table and create the others under row security."""
    _ledger()
    _others()
    for table in NEW:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute("DROP FUNCTION claim_message(interval)")
    op.execute(CLAIM)
    op.execute(NOTICES)
    for function in ("claim_message(interval)", "claim_notices(integer, interval)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")
    kinds = ", ".join(f"'{kind}'" for kind in TOLD_OF)
    op.execute(
        f"CREATE TRIGGER tell_producers AFTER INSERT ON lead_event FOR EACH ROW WHEN (NEW.kind IN ({kinds})) "
        "EXECUTE FUNCTION notice_event()"
    )


def downgrade() -> None:
    """Back to the queue of opt-ins; messages of other kinds go."""
    op.execute("DROP TRIGGER tell_producers ON lead_event")
    op.execute("DROP FUNCTION notice_event()")
    op.execute("DROP FUNCTION claim_notices(integer, interval)")
    op.execute("DROP FUNCTION claim_message(interval)")
    for table in reversed(NEW):
        op.drop_table(table)
    op.execute("DELETE FROM outgoing_message WHERE template <> 'opt_in' OR lead_id IS NULL OR about_id IS NULL")
    op.add_column("outgoing_message", sa.Column("status", sa.Text(), nullable=True))
    op.execute(
        "UPDATE outgoing_message SET status = CASE WHEN state IN ('queued', 'held', 'sending') THEN 'waiting' "
        "WHEN state IN ('sent', 'delivered') THEN 'sent' WHEN state = 'bounced' THEN 'refused' WHEN state = 'failed' "
        "THEN 'failed' WHEN code = 'no_vendor' THEN 'not_sent' ELSE 'obsolete' END"
    )
    op.drop_constraint(op.f("uq_outgoing_message_agency_id_key"), "outgoing_message")
    op.drop_index("ix_outgoing_message_due", table_name="outgoing_message")
    op.drop_index("ix_outgoing_message_turn", table_name="outgoing_message")
    for column in _columns():
        op.drop_column("outgoing_message", column.name)
    for name in ("status", "lead_id", "about_id"):
        op.alter_column("outgoing_message", name, nullable=False)
    op.create_index(
        op.f("ix_outgoing_message_due_at"),
        "outgoing_message",
        ["due_at"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.execute(CLAIM_BEFORE)
    op.execute("REVOKE ALL ON FUNCTION claim_message(interval) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claim_message(interval) TO {APP}")


def _columns() -> list[sa.Column[Any]]:
    text, number = sa.Text(), sa.BigInteger()
    return [
        sa.Column("seq", number, sa.Identity(always=True), nullable=False), sa.Column("key", text, nullable=True),
        sa.Column("producer_id", sa.Uuid(), nullable=True), sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("push_id", sa.Uuid(), nullable=True), sa.Column("recipient", text, nullable=True),
        sa.Column("template_version", number, nullable=True), sa.Column("language", text, nullable=True),
        sa.Column("channel", text, nullable=True), sa.Column("purpose", text, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True), sa.Column("state", text, nullable=True),
        sa.Column("code", text, nullable=True), sa.Column("steps", postgresql.JSONB(), nullable=True),
        sa.Column("token", number, nullable=True), sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", text, nullable=True), sa.Column("provider_id", text, nullable=True),
        sa.Column("price", sa.Numeric(), nullable=True), sa.Column("currency", text, nullable=True),
        sa.Column("segments", number, nullable=True),
    ]  # fmt: skip


def _ledger() -> None:
    table = "outgoing_message"
    for column in _columns():
        op.add_column(table, column)
    states = " ".join(f"WHEN '{before}' THEN '{state}'" for before, state in STATES.items())
    op.execute(
        f"UPDATE {table} SET key = 'opt_in:' || id, recipient = 'lead:' || lead_id, channel = 'email', token = 0, "  # noqa: S608 - our own names
        f"purpose = 'transactional', state = CASE status {states} END, steps = '[]', "
        "code = CASE status WHEN 'not_sent' THEN 'no_vendor' WHEN 'obsolete' THEN 'obsolete' END"
    )
    for name in ("key", "recipient", "channel", "purpose", "state", "steps", "token"):
        op.alter_column(table, name, nullable=False)
    for name in ("lead_id", "about_id"):
        op.alter_column(table, name, nullable=True)
    op.drop_index(op.f("ix_outgoing_message_due_at"), table_name=table)
    op.drop_column(table, "status")
    for name, other in (("producer_id", "producer"), ("person_id", "person")):
        op.create_foreign_key(op.f(f"fk_{table}_{name}"), table, other, [name], ["id"], ondelete="CASCADE")
    op.create_unique_constraint(op.f("uq_outgoing_message_seq"), table, ["seq"])
    op.create_unique_constraint(op.f("uq_outgoing_message_agency_id_key"), table, ["agency_id", "key"])
    op.create_index("ix_outgoing_message_due", table, ["due_at"], postgresql_where=sa.text(OPEN))
    op.create_index(
        "ix_outgoing_message_turn", table, ["agency_id", "recipient", "channel", "seq"],
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )  # fmt: skip
    op.create_index(op.f("ix_outgoing_message_agency_id_seq"), table, ["agency_id", "seq"])
    op.create_index(op.f("ix_outgoing_message_producer_id"), table, ["producer_id"])


def _others() -> None:
    text, number, moment = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True)
    op.create_table(
        "message_template", *_given(text, "name", "language"), *_given(number, "version"),
        *_given(text, "subject", "text", "short"), sa.Column("html", text, nullable=True), *_given(text, "created_by"),
        *_given(moment, "created_at"), *_given(sa.Uuid(), "id"), *_of_agency("message_template"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint(
            "agency_id", "name", "language", "version", name=op.f("uq_message_template_agency_id_name_language_version")
        ),
    )  # fmt: skip
    op.create_table(
        "message_preference", *_given(sa.Uuid(), "producer_id"), *_given(postgresql.JSONB(), "wishes"),
        *_given(number, "version"), *_given(moment, "updated_at"), *_of_agency("message_preference"),
        _of("message_preference", "producer_id", "producer"),
        sa.PrimaryKeyConstraint("producer_id", name=op.f("pk_message_preference")),
    )  # fmt: skip
    op.create_table(
        "push_subscription", *_given(sa.Uuid(), "producer_id", "id"), *_given(text, "endpoint_hash"),
        *_given(sa.LargeBinary(), "sealed"), sa.Column("device", text, nullable=True), *_given(moment, "created_at"),
        *_of_agency("push_subscription"), _of("push_subscription", "producer_id", "producer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("agency_id", "endpoint_hash", name=op.f("uq_push_subscription_agency_id_endpoint_hash")),
    )  # fmt: skip
    op.create_index(op.f("ix_push_subscription_producer_id"), "push_subscription", ["producer_id"])
    op.create_table(
        "message_suppression", *_given(text, "channel", "address_hash", "reason"), *_given(moment, "at"),
        *_of_agency("message_suppression"),
        sa.PrimaryKeyConstraint("agency_id", "channel", "address_hash", name=op.f("pk_message_suppression")),
    )  # fmt: skip
    op.create_table(
        "message_notice", *_given(sa.Uuid(), "event_id"), *_given(moment, "due_at"), *_of_agency("message_notice"),
        _of("message_notice", "event_id", "lead_event"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_message_notice")),
    )  # fmt: skip
    op.create_index(op.f("ix_message_notice_due_at"), "message_notice", ["due_at"])


def _given(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _of_agency(table: str) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    return sa.Column("agency_id", sa.Uuid(), nullable=False), _of(table, "agency_id", "agency")
