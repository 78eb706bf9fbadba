"""Subscribers, their secrets and deliveries, under row security; and the function that says which delivery is next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010subscriptions"
down_revision = "0008access"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("webhook_subscription", "webhook_secret", "webhook_delivery")
# NO KEY UPDATE: recording an event holds a key share on each subscription it is for, and must not hide one from its workers.
CLAIM = """
CREATE FUNCTION claim_delivery(lease interval)
RETURNS TABLE (delivery_id uuid, subscription_id uuid, agency_id uuid, token bigint, attempts bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
#variable_conflict use_column
DECLARE
  subscriber uuid;
  head uuid;
BEGIN
  SELECT s.id INTO subscriber FROM webhook_subscription s
  WHERE s.paused_reason IS NULL AND s.next_at <= clock_timestamp()
    AND (s.lease_until IS NULL OR s.lease_until < clock_timestamp())
    AND EXISTS (SELECT 1 FROM webhook_delivery d
                WHERE d.subscription_id = s.id AND d.state IN ('pending', 'sending', 'failed'))
  ORDER BY s.next_at, s.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  IF subscriber IS NULL THEN RETURN; END IF;
  SELECT d.id INTO head FROM webhook_delivery d
  WHERE d.subscription_id = subscriber AND d.state IN ('pending', 'sending', 'failed')
  ORDER BY d.seq LIMIT 1;
  IF head IS NULL THEN RETURN; END IF;
  UPDATE webhook_subscription s SET lease_until = clock_timestamp() + lease, token = s.token + 1 WHERE s.id = subscriber;
  UPDATE webhook_delivery d SET state = 'sending', attempts = d.attempts + 1 WHERE d.id = head;
  RETURN QUERY SELECT d.id, s.id, s.agency_id, s.token, d.attempts
  FROM webhook_delivery d JOIN webhook_subscription s ON s.id = d.subscription_id WHERE d.id = head;
END
$$;
"""


def upgrade() -> None:
    """Create the tables and close them to rows of another agency."""
    _subscription()
    _secret()
    _delivery()
    op.execute(CLAIM)
    op.execute("REVOKE ALL ON FUNCTION claim_delivery(interval) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION claim_delivery(interval) TO {APP}")
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop the function and the tables."""
    op.execute("DROP FUNCTION claim_delivery(interval)")
    for table in reversed(TABLES):
        op.drop_table(table)


def _of_agency(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    reference = sa.ForeignKeyConstraint(
        ["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id"), ondelete="CASCADE"
    )
    return sa.Column("agency_id", sa.Uuid(), nullable=False), reference


def _of_subscription(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subscription_id"], ["webhook_subscription.id"], name=op.f(f"fk_{table}_subscription_id"), ondelete="CASCADE"
    )


def _subscription() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=True)
    op.create_table(
        "webhook_subscription",
        sa.Column("url", text, nullable=False),
        sa.Column("description", text, nullable=True),
        sa.Column("kinds", postgresql.ARRAY(text), nullable=False),
        sa.Column("include_lead", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", text, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_by", text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("dead_in_row", sa.BigInteger(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_of_agency("webhook_subscription"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscription")),
    )
    op.create_index(op.f("ix_webhook_subscription_agency_id"), "webhook_subscription", ["agency_id"])
    op.create_index(op.f("ix_webhook_subscription_next_at"), "webhook_subscription", ["next_at"])


def _secret() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "webhook_secret",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_of_agency("webhook_secret"),
        _of_subscription("webhook_secret"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_secret")),
    )
    op.create_index(op.f("ix_webhook_secret_subscription_id"), "webhook_secret", ["subscription_id"])


def _delivery() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=True)
    op.create_table(
        "webhook_delivery",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_sha256", text, nullable=True),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_error", text, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("first_sent_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_of_agency("webhook_delivery"),
        _of_subscription("webhook_delivery"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["lead_event.id"], name=op.f("fk_webhook_delivery_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("seq", name=op.f("uq_webhook_delivery_seq")),
        sa.UniqueConstraint(
            "subscription_id", "event_id", "turn", name=op.f("uq_webhook_delivery_subscription_id_event_id_turn")
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_webhook_delivery_event_id"), "webhook_delivery", ["event_id"])
    op.create_index(
        "ix_webhook_delivery_open", "webhook_delivery", ["subscription_id", "seq"],
        postgresql_where=sa.text("state IN ('pending', 'sending', 'failed')"),
    )  # fmt: skip
    op.create_index(
        op.f("ix_webhook_delivery_subscription_id_state_seq"), "webhook_delivery", ["subscription_id", "state", "seq"]
    )
