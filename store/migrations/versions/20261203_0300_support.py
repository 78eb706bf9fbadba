"""Requests of producers for help, whose steps the database refuses where the table of transitions does not have them."""

from __future__ import annotations

from alembic import op

revision = "0037support"
down_revision = "0036polreq"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLE = "support_request"
CREATE = """
CREATE TABLE support_request (
  producer_id uuid NOT NULL, key text NOT NULL, subject text NOT NULL, words text NOT NULL, lead_id uuid, policy_id uuid,
  accrual_id uuid, tier text NOT NULL, dedicated boolean NOT NULL, state text NOT NULL, version bigint NOT NULL,
  created_at timestamptz NOT NULL, created_by text NOT NULL, taken_at timestamptz, taken_by text, answer text,
  answered_at timestamptz, answered_by text, ended_at timestamptz, ended_by text, id uuid NOT NULL, agency_id uuid NOT NULL,
  CONSTRAINT pk_support_request PRIMARY KEY (id),
  CONSTRAINT uq_support_request_agency_id_key UNIQUE (agency_id, key),
  CONSTRAINT ck_support_request_known_state CHECK (state IN ('open', 'taken', 'answered', 'closed', 'withdrawn')),
  CONSTRAINT ck_support_request_known_tier CHECK (tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')),
  CONSTRAINT ck_support_request_short_subject CHECK (length(subject) BETWEEN 1 AND 200),
  CONSTRAINT ck_support_request_short_words CHECK (length(words) BETWEEN 1 AND 4000),
  CONSTRAINT ck_support_request_short_answer CHECK (length(answer) BETWEEN 1 AND 4000),
  CONSTRAINT ck_support_request_about_one CHECK (num_nonnulls(lead_id, policy_id, accrual_id) <= 1),
  CONSTRAINT ck_support_request_taken_by_somebody CHECK (num_nonnulls(taken_by, taken_at) IN (0, 2)),
  CONSTRAINT ck_support_request_answered_by_somebody CHECK (num_nonnulls(answer, answered_by, answered_at) IN (0, 3)),
  CONSTRAINT ck_support_request_ended_by_somebody CHECK (num_nonnulls(ended_by, ended_at) IN (0, 2)),
  CONSTRAINT ck_support_request_open_is_nobodys CHECK (state <> 'open' OR taken_at IS NULL),
  CONSTRAINT ck_support_request_taken CHECK (state NOT IN ('taken', 'answered', 'closed') OR taken_at IS NOT NULL),
  CONSTRAINT ck_support_request_answered CHECK ((state IN ('answered', 'closed')) = (answered_at IS NOT NULL)),
  CONSTRAINT ck_support_request_ended CHECK ((state IN ('closed', 'withdrawn')) = (ended_at IS NOT NULL)),
  CONSTRAINT fk_support_request_producer_id FOREIGN KEY(producer_id) REFERENCES producer (id) ON DELETE CASCADE,
  CONSTRAINT fk_support_request_lead_id FOREIGN KEY(lead_id) REFERENCES lead (id) ON DELETE CASCADE,
  CONSTRAINT fk_support_request_policy_id FOREIGN KEY(policy_id) REFERENCES policy (id) ON DELETE CASCADE,
  CONSTRAINT fk_support_request_accrual_id FOREIGN KEY(accrual_id) REFERENCES commission_accrual (id) ON DELETE CASCADE,
  CONSTRAINT fk_support_request_agency_id FOREIGN KEY(agency_id) REFERENCES agency (id) ON DELETE CASCADE
);
CREATE INDEX ix_support_request_order ON support_request (agency_id, (NOT dedicated), created_at, id);
CREATE INDEX ix_support_request_producer_id ON support_request (producer_id);
CREATE INDEX ix_support_request_lead_id ON support_request (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX ix_support_request_policy_id ON support_request (policy_id) WHERE policy_id IS NOT NULL;
CREATE INDEX ix_support_request_accrual_id ON support_request (accrual_id) WHERE accrual_id IS NOT NULL;
"""
# Every update is a step of domain.network.support.TRANSITIONS; what was asked and what an earlier step wrote stays.
MOVES = """
CREATE FUNCTION support_request_moves() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' OR NEW.version <> 1 THEN
      RAISE EXCEPTION 'a support request begins open' USING ERRCODE = 'check_violation', CONSTRAINT = 'support_request_begins';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.state, NEW.state) NOT IN (
    ('open', 'taken'), ('taken', 'answered'), ('answered', 'closed'), ('open', 'withdrawn'), ('taken', 'withdrawn')
  ) OR NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'a support request that is % does not become % at version %', OLD.state, NEW.state, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'support_request_moves';
  END IF;
  IF (OLD.id, OLD.agency_id, OLD.producer_id, OLD.key, OLD.subject, OLD.words, OLD.lead_id, OLD.policy_id, OLD.accrual_id,
      OLD.tier, OLD.dedicated, OLD.created_at, OLD.created_by)
     IS DISTINCT FROM
     (NEW.id, NEW.agency_id, NEW.producer_id, NEW.key, NEW.subject, NEW.words, NEW.lead_id, NEW.policy_id, NEW.accrual_id,
      NEW.tier, NEW.dedicated, NEW.created_at, NEW.created_by)
     OR (OLD.taken_at IS NOT NULL AND (OLD.taken_at, OLD.taken_by) IS DISTINCT FROM (NEW.taken_at, NEW.taken_by))
     OR (OLD.answered_at IS NOT NULL
         AND (OLD.answer, OLD.answered_at, OLD.answered_by) IS DISTINCT FROM (NEW.answer, NEW.answered_at, NEW.answered_by))
  THEN
    RAISE EXCEPTION 'what was asked and answered stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'support_request_stays';
  END IF;
  RETURN NEW;
END
$$;
"""


def upgrade() -> None:
    """Create the table under row security, with its trigger."""
    for statement in CREATE.strip().split(";\n"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {TABLE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(MOVES)
    op.execute(
        f"CREATE TRIGGER support_request_moves BEFORE INSERT OR UPDATE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION support_request_moves()"
    )


def downgrade() -> None:
    """Requests are forgotten."""
    op.drop_table(TABLE)
    op.execute("DROP FUNCTION support_request_moves()")
