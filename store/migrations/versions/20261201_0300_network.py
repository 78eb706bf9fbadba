"""The broker network: what was known of connections when, referrals, credits, exchanges, standing, teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027network"
down_revision = "0026ledger"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = (
    "connection_period", "broker_referral", "referral_credit", "referral_credit_person", "broker_exchange", "broker_network",
    "network_effect", "broker_team", "broker_team_member", "broker_team_invitation",
)  # fmt: skip
CREATE = """
CREATE TABLE connection_period (
  connection_id uuid NOT NULL, valid_from timestamptz NOT NULL, valid_until timestamptz, recorded_from timestamptz NOT NULL,
  recorded_until timestamptz, recorded_by text NOT NULL, id uuid NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_connection_period PRIMARY KEY (id),
  CONSTRAINT ck_connection_period_stands_for_a_time CHECK (valid_until IS NULL OR valid_until > valid_from),
  CONSTRAINT ck_connection_period_recorded_for_a_time CHECK (recorded_until IS NULL OR recorded_until > recorded_from),
  CONSTRAINT fk_connection_period_connection_id
    FOREIGN KEY(connection_id) REFERENCES producer_connection (id) ON DELETE CASCADE,
  CONSTRAINT fk_connection_period_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_connection_period_agency_id_valid_from ON connection_period (agency_id, valid_from);
CREATE INDEX ix_connection_period_connection_id ON connection_period (connection_id);
CREATE UNIQUE INDEX uq_connection_period_standing ON connection_period (connection_id)
  WHERE valid_until IS NULL AND recorded_until IS NULL;
CREATE TABLE broker_referral (
  lead_id uuid NOT NULL, from_id uuid NOT NULL, to_id uuid NOT NULL, key text NOT NULL, version bigint NOT NULL,
  state text NOT NULL, searching boolean NOT NULL, previous_id uuid, matched jsonb NOT NULL, from_people text[] NOT NULL,
  to_people text[] NOT NULL, referred_people text[] NOT NULL, test boolean NOT NULL, repeated boolean NOT NULL, note text,
  created_at timestamptz NOT NULL, created_by text NOT NULL, expires_at timestamptz NOT NULL, lease_until timestamptz,
  answered_at timestamptz, answered_by text, reason text, ended_at timestamptz, premium_minor bigint, currency text,
  id uuid NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_broker_referral PRIMARY KEY (id),
  CONSTRAINT uq_broker_referral_agency_id_key UNIQUE (agency_id, key),
  CONSTRAINT ck_broker_referral_not_self CHECK (from_id <> to_id),
  CONSTRAINT ck_broker_referral_not_to_own_double CHECK (NOT (from_people && to_people)),
  CONSTRAINT ck_broker_referral_not_of_oneself CHECK (NOT (from_people && referred_people)),
  CONSTRAINT ck_broker_referral_not_of_the_receiver CHECK (NOT (to_people && referred_people)),
  CONSTRAINT ck_broker_referral_expires_later CHECK (expires_at > created_at),
  CONSTRAINT ck_broker_referral_known_state
    CHECK (state IN ('pending', 'accepted', 'declined', 'expired', 'converted', 'lost', 'withdrawn', 'reversed')),
  CONSTRAINT fk_broker_referral_lead_id FOREIGN KEY(lead_id) REFERENCES lead (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_referral_from_id FOREIGN KEY(from_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_referral_to_id FOREIGN KEY(to_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_referral_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_broker_referral_agency_id_created_at_id ON broker_referral (agency_id, created_at, id);
CREATE INDEX ix_broker_referral_due ON broker_referral (expires_at) WHERE state = 'pending';
CREATE INDEX ix_broker_referral_from_id_created_at ON broker_referral (from_id, created_at);
CREATE INDEX ix_broker_referral_lead ON broker_referral (lead_id) WHERE state IN ('accepted', 'converted', 'lost');
CREATE INDEX ix_broker_referral_to_id_created_at ON broker_referral (to_id, created_at);
CREATE UNIQUE INDEX uq_broker_referral_converted ON broker_referral (lead_id) WHERE state = 'converted';
CREATE UNIQUE INDEX uq_broker_referral_open ON broker_referral (lead_id) WHERE state = 'pending';
CREATE TABLE referral_credit (
  referral_id uuid NOT NULL, lead_id uuid NOT NULL, producer_id uuid NOT NULL, event text NOT NULL, line text NOT NULL,
  at timestamptz NOT NULL, state text, licensed boolean, allowed boolean NOT NULL, code text NOT NULL, citation text,
  law_version text NOT NULL, reversed_at timestamptz, id uuid NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_referral_credit PRIMARY KEY (id),
  CONSTRAINT uq_referral_credit_referral_id_event UNIQUE (referral_id, event),
  CONSTRAINT ck_referral_credit_known_event CHECK (event IN ('referred', 'converted')),
  CONSTRAINT fk_referral_credit_referral_id FOREIGN KEY(referral_id) REFERENCES broker_referral (id) ON DELETE CASCADE,
  CONSTRAINT fk_referral_credit_lead_id FOREIGN KEY(lead_id) REFERENCES lead (id) ON DELETE CASCADE,
  CONSTRAINT fk_referral_credit_producer_id FOREIGN KEY(producer_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_referral_credit_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_referral_credit_agency_id_producer_id_at ON referral_credit (agency_id, producer_id, at);
CREATE UNIQUE INDEX uq_referral_credit_lead ON referral_credit (agency_id, lead_id, event) WHERE reversed_at IS NULL;
CREATE TABLE referral_credit_person (
  agency_id uuid NOT NULL, event text NOT NULL, line text NOT NULL, person text NOT NULL, credit_id uuid NOT NULL,
  CONSTRAINT pk_referral_credit_person PRIMARY KEY (agency_id, event, line, person),
  CONSTRAINT fk_referral_credit_person_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE,
  CONSTRAINT fk_referral_credit_person_credit_id FOREIGN KEY(credit_id) REFERENCES referral_credit (id) ON DELETE CASCADE
);
CREATE INDEX ix_referral_credit_person_credit_id ON referral_credit_person (credit_id);
CREATE TABLE broker_exchange (
  agency_id uuid NOT NULL, from_id uuid NOT NULL, to_id uuid NOT NULL, month bigint NOT NULL, what text NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT pk_broker_exchange PRIMARY KEY (agency_id, from_id, to_id, month, what),
  CONSTRAINT ck_broker_exchange_counts_up CHECK (count >= 0),
  CONSTRAINT fk_broker_exchange_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_exchange_from_id FOREIGN KEY(from_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_exchange_to_id FOREIGN KEY(to_id) REFERENCES producer (id) ON DELETE CASCADE
);
CREATE TABLE broker_network (
  agency_id uuid NOT NULL, version bigint NOT NULL, counted jsonb, counted_at timestamptz,
  CONSTRAINT pk_broker_network PRIMARY KEY (agency_id),
  CONSTRAINT fk_broker_network_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE TABLE network_effect (
  producer_id uuid NOT NULL, score numeric NOT NULL, tier text NOT NULL, connected bigint NOT NULL, parts jsonb NOT NULL,
  counted_at timestamptz NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_network_effect PRIMARY KEY (producer_id),
  CONSTRAINT ck_network_effect_not_negative CHECK (score >= 0),
  CONSTRAINT ck_network_effect_known_tier CHECK (tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')),
  CONSTRAINT fk_network_effect_producer_id FOREIGN KEY(producer_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_network_effect_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_network_effect_agency_id_score ON network_effect (agency_id, score);
CREATE TABLE broker_team (
  name text NOT NULL, version bigint NOT NULL, created_at timestamptz NOT NULL, created_by text NOT NULL, id uuid NOT NULL,
  agency_id uuid NOT NULL,
  CONSTRAINT pk_broker_team PRIMARY KEY (id),
  CONSTRAINT uq_broker_team_agency_id_name UNIQUE (agency_id, name),
  CONSTRAINT fk_broker_team_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE TABLE broker_team_member (
  producer_id uuid NOT NULL, team_id uuid NOT NULL, role text NOT NULL, since timestamptz NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_broker_team_member PRIMARY KEY (producer_id),
  CONSTRAINT ck_broker_team_member_known_role CHECK (role IN ('leader', 'assistant', 'member')),
  CONSTRAINT fk_broker_team_member_producer_id FOREIGN KEY(producer_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_team_member_team_id FOREIGN KEY(team_id) REFERENCES broker_team (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_team_member_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_broker_team_member_team_id ON broker_team_member (team_id);
CREATE UNIQUE INDEX uq_broker_team_member_leader ON broker_team_member (team_id) WHERE role = 'leader';
CREATE TABLE broker_team_invitation (
  team_id uuid NOT NULL, producer_id uuid NOT NULL, role text NOT NULL, state text NOT NULL, created_at timestamptz NOT NULL,
  created_by text NOT NULL, expires_at timestamptz NOT NULL, answered_at timestamptz, id uuid NOT NULL,
  agency_id uuid NOT NULL,
  CONSTRAINT pk_broker_team_invitation PRIMARY KEY (id),
  CONSTRAINT ck_broker_team_invitation_expires_later CHECK (expires_at > created_at),
  CONSTRAINT fk_broker_team_invitation_team_id FOREIGN KEY(team_id) REFERENCES broker_team (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_team_invitation_producer_id FOREIGN KEY(producer_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_broker_team_invitation_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_broker_team_invitation_producer_id_created_at ON broker_team_invitation (producer_id, created_at);
CREATE UNIQUE INDEX uq_broker_team_invitation_open ON broker_team_invitation (team_id, producer_id) WHERE state = 'open';
"""
# What became of leads is looked for at an interval: their own transactions know nothing of referrals.
FUNCTIONS = """
CREATE FUNCTION claim_due_referral(moment timestamptz, lease interval) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE broker_referral r SET lease_until = moment + lease
  FROM (SELECT x.id FROM broker_referral x
        WHERE x.state = 'pending' AND x.expires_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.expires_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE r.id = due.id RETURNING r.id, r.agency_id
$$;

CREATE FUNCTION referrals_to_settle(ended_since timestamptz, at_most int) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT r.id, r.agency_id FROM broker_referral r JOIN lead l ON l.id = r.lead_id
  WHERE CASE WHEN ended_since IS NULL
    THEN r.state IN ('pending', 'accepted')
         AND (l.status IN ('won', 'lost', 'rejected', 'returned', 'merged', 'duplicate')
              OR r.state = 'accepted' AND l.producer_id IS DISTINCT FROM r.to_id)
    ELSE r.ended_at >= ended_since
         AND (r.state = 'converted' AND l.status <> 'won'
              OR r.state = 'lost' AND l.status = 'won' AND l.producer_id = r.to_id) END
  ORDER BY r.created_at, r.id LIMIT at_most
$$;

CREATE FUNCTION networks_to_count(this_month bigint, at_most int) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT a.id FROM agency a LEFT JOIN broker_network n ON n.agency_id = a.id
  WHERE (n.counted IS NULL OR (n.counted ->> 'network')::bigint <> n.version
         OR (n.counted ->> 'roster')::bigint <> a.roster_version OR (n.counted ->> 'month')::bigint <> this_month)
    AND (EXISTS (SELECT 1 FROM producer_connection c WHERE c.agency_id = a.id)
         OR EXISTS (SELECT 1 FROM broker_exchange e WHERE e.agency_id = a.id))
  ORDER BY n.counted_at NULLS FIRST, a.id LIMIT at_most
$$;
"""
PRIVATE = (
    "claim_due_referral(timestamptz, interval)", "referrals_to_settle(timestamptz, int)", "networks_to_count(bigint, int)",
)  # fmt: skip
CONNECTION = (
    sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'active'")),
    sa.Column("stated", sa.Numeric(6, 4), nullable=True),
    sa.Column("origin", sa.Text(), nullable=False, server_default=sa.text("'file'")),
    sa.Column("asked_by", sa.Uuid(), nullable=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=True),
    sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
)


def _connections() -> None:
    """What stands was stated by files; since when nobody said, so the record begins now."""
    for column in CONNECTION:
        op.add_column("producer_connection", column)
    op.execute(
        "UPDATE producer_connection SET stated = strength, state = CASE WHEN active THEN 'active' ELSE 'ended' END"
    )
    op.create_check_constraint(
        op.f("ck_producer_connection_active_is_a_state"), "producer_connection", "active = (state = 'active')"
    )
    op.create_check_constraint(
        op.f("ck_producer_connection_known_state"), "producer_connection",
        "state IN ('requested', 'active', 'declined', 'ended')",
    )  # fmt: skip
    op.execute(
        "CREATE UNIQUE INDEX uq_producer_connection_pair ON producer_connection "
        "(agency_id, least(from_id, to_id), greatest(from_id, to_id), kind) "
        "WHERE origin = 'person' AND kind <> 'mentorship'"
    )


def upgrade() -> None:
    """Create the tables under row security, and the functions for the application role alone."""
    _connections()
    for statement in CREATE.strip().split(";\n"):
        op.execute(statement)
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
    op.execute(
        "INSERT INTO connection_period (id, agency_id, connection_id, valid_from, recorded_from, recorded_by) "
        "SELECT gen_random_uuid(), agency_id, id, now(), now(), 'system:migration' FROM producer_connection WHERE active"
    )
    op.execute(FUNCTIONS)
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Drop it all; connections stay with what a file says of them."""
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("uq_producer_connection_pair", "producer_connection")
    for constraint in ("active_is_a_state", "known_state"):
        op.drop_constraint(op.f(f"ck_producer_connection_{constraint}"), "producer_connection", type_="check")
    for column in reversed(CONNECTION):
        op.drop_column("producer_connection", column.name)
