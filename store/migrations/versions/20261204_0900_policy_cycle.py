"""A renewal may fall with the term that it renews, and another may take its place; what the database refuses besides, whoever
asks: cover that nothing was paid for, cover taken up again without papers, too late or unpaid, and money that is altered.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046cycle"
down_revision = "0048referrer"
branch_labels = None
depends_on = None

STANDS = "status <> 'not_taken' AND NOT (status = 'cancelled' AND ended_on = starts_on)"
NUMBER = "uq_policy_agency_id_carrier_number_key_term_number"
NUMBERED = ["agency_id", "carrier", "number_key", "term_number"]
RENEWS, RENEWED = "ix_policy_renews_id", "uq_policy_renews_id"
# A next term that falls needs no notice of its own; whether one fell is looked at when the transaction ends, since both ends may
# be one statement.
FELL = """  IF term.status = 'cancelled' AND term.renews_id IS NOT NULL AND term.notice_id IS NULL
     AND term.ended_on = term.starts_on AND term.ended_by = 'insurer' THEN
    RETURN;
  END IF;
"""
NOTICE = """
CREATE OR REPLACE FUNCTION policy_notice_needed(term policy) RETURNS void LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  wanted text := CASE term.status WHEN 'cancelled' THEN 'cancellation' WHEN 'lapsed' THEN 'lapse' ELSE 'non_renewal' END;
BEGIN
  IF term.status <> 'non_renewing'
     AND (term.ended_on IS NULL OR term.ended_on < term.starts_on OR term.ended_on > term.ends_on) THEN
    RAISE EXCEPTION 'an end within the term is needed' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_ended';
  END IF;
  IF term.status = 'cancelled' AND term.ended_by = 'insured' AND term.ended_reason IN ('request', 'replaced') THEN
    RETURN;
  END IF;
:fell  IF NOT EXISTS (
    SELECT 1 FROM policy_notice n
    WHERE n.id = term.notice_id AND n.policy_id = term.id AND n.action = wanted AND n.withdrawn_at IS NULL
      AND n.reason = term.ended_reason
      AND n.effective_on <= CASE term.status WHEN 'non_renewing' THEN term.ends_on ELSE term.ended_on END
  ) THEN
    RAISE EXCEPTION 'no valid notice of % stands for policy %', wanted, term.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_needed';
  END IF;
END
$$;
"""
FALLEN = """
CREATE FUNCTION policy_fallen() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
  IF NEW.notice_id IS NULL AND NEW.ended_by = 'insurer' AND NOT EXISTS (
    SELECT 1 FROM policy b
    WHERE b.id = NEW.renews_id AND b.status IN ('cancelled', 'lapsed', 'rescinded', 'non_renewed') AND b.ended_by = 'insurer'
      AND NEW.updated_at < NEW.starts_at
  ) THEN
    RAISE EXCEPTION 'no valid notice of cancellation stands for policy %, and the term before it has not ended', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_fallen';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER policy_fallen AFTER UPDATE ON policy DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.status = 'cancelled' AND OLD.status <> 'cancelled') EXECUTE FUNCTION policy_fallen();
"""
# As domain/policies/data/types.json had them on 2026-11-27; a test compares, and other windows are another migration.
WINDOWS = """
CREATE FUNCTION policy_window(type text) RETURNS interval LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT CASE WHEN type LIKE 'life.%' THEN interval '36 months' WHEN type = 'other.long_term_care' THEN interval '150 days'
      ELSE interval '30 days' END $$;
CREATE FUNCTION policy_needs_evidence(type text) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT type LIKE 'life.%' OR type IN ('other.disability', 'other.long_term_care') $$;
"""
# Policy days begin in the policy's zone, which is a day off at most: what is compared with a day leaves one.
COVER = """
CREATE FUNCTION policy_cover() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  again policy_change%ROWTYPE;
  paid bigint;
  due bigint;
  today date := (NEW.updated_at AT TIME ZONE 'UTC')::date;
  resumes timestamptz;
BEGIN
  SELECT coalesce(sum(amount_minor), 0) INTO paid FROM policy_payment WHERE policy_id = NEW.id AND state = 'settled';
  IF OLD.status = 'pending_payment' THEN
    IF NEW.written_minor <> NEW.price_minor OR NOT EXISTS (
      SELECT 1 FROM policy_change c WHERE c.policy_id = NEW.id AND c.kind = 'inception' AND c.effective_on = NEW.starts_on
    ) THEN
      RAISE EXCEPTION 'policy % begins with an inception at its price' , NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_inception';
    END IF;
    IF jsonb_array_length(NEW.schedule) = 0 OR paid < (NEW.schedule -> 0 ->> 'amount_minor')::bigint THEN
      RAISE EXCEPTION 'the first instalment of policy % is not paid', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_paid';
    END IF;
    RETURN NULL;
  END IF;
  SELECT * INTO again FROM policy_change c
  WHERE c.policy_id = NEW.id AND c.kind = 'reinstatement' AND c.recorded_at = NEW.updated_at ORDER BY c.number DESC LIMIT 1;
  resumes := (again.body ->> 'resumes_at')::timestamptz;
  IF NOT FOUND OR (NEW.happened = 'resumed') <> (resumes IS NOT NULL) THEN
    RAISE EXCEPTION 'nothing says how policy % is taken up again', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_reinstatement';
  END IF;
  IF (coalesce(resumes, NEW.updated_at) AT TIME ZONE 'UTC')::date > (OLD.ended_on + policy_window(NEW.type))::date + 1 THEN
    RAISE EXCEPTION 'policy % ended on % and cannot be taken up again any more', NEW.id, OLD.ended_on
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_window';
  END IF;
  IF (policy_needs_evidence(NEW.type) AND NOT coalesce((again.body ->> 'evidence')::boolean, false)) OR (
    resumes IS NULL AND NOT coalesce((again.body ->> 'no_loss_stated_on')::date BETWEEN OLD.ended_on AND today + 1, false)
  ) THEN
    RAISE EXCEPTION 'papers to take policy % up again are missing', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_papers';
  END IF;
  SELECT coalesce(sum((one ->> 'amount_minor')::bigint), 0) INTO due FROM jsonb_array_elements(NEW.schedule) one
  WHERE (one ->> 'due_on')::date < today - 1;
  IF paid < due OR (resumes IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM policy_payment p WHERE p.policy_id = NEW.id AND p.state = 'settled' AND p.amount_minor > 0
      AND p.received_at = resumes AND p.received_at >= OLD.ended_at)) THEN
    RAISE EXCEPTION 'what is due for policy % is not paid', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_paid';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER policy_cover AFTER UPDATE ON policy DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.status = 'active' AND OLD.status IN ('pending_payment', 'cancelled', 'lapsed'))
  EXECUTE FUNCTION policy_cover();
"""
MONEY = """
CREATE FUNCTION policy_money() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  told text[] := CASE WHEN OLD.state = 'pending' AND NEW.state = 'settled' THEN ARRAY['state', 'why', 'received_at']
                      WHEN OLD.state = 'pending' AND NEW.state = 'failed' THEN ARRAY['state', 'why']
                      WHEN OLD.state = 'settled' AND NEW.state = 'reversed' AND OLD.amount_minor > 0
                        THEN ARRAY['state', 'why', 'reversed_at']
                      ELSE ARRAY[]::text[] END;
BEGIN
  IF to_jsonb(NEW) - told <> to_jsonb(OLD) - told THEN
    RAISE EXCEPTION 'a payment that is % does not change so', OLD.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_money';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER policy_money BEFORE UPDATE ON policy_payment FOR EACH ROW EXECUTE FUNCTION policy_money();
"""


def upgrade() -> None:
    """Let go of what falls, keep its place for another, and refuse what nothing was given for."""
    op.execute(NOTICE.replace(":fell", FELL))
    for part in (FALLEN, WINDOWS, COVER, MONEY):
        op.execute(part)
    op.drop_constraint(NUMBER, "policy")
    # terms that fell keep their number, so the index that holds numbers apart finds only some of them
    op.create_index(
        op.f("ix_policy_agency_id_number_key_created_at_id"), "policy", ["agency_id", "number_key", "created_at", "id"]
    )
    _place(NUMBER, NUMBERED, f"renews_id IS NULL OR ({STANDS})")
    _place(RENEWED, ["renews_id"], f"renews_id IS NOT NULL AND {STANDS}")
    _renews(unique=False)
    op.create_index(
        "ix_policy_shared", "policy", ["producers"], postgresql_using="gin", postgresql_ops={"producers": "jsonb_path_ops"},
        postgresql_where=sa.text("jsonb_array_length(producers) > 1"),
    )  # fmt: skip


def downgrade() -> None:
    """A renewal that fell keeps its place, and only services look at papers and money."""
    op.execute("DROP TRIGGER policy_money ON policy_payment")
    op.execute("DROP TRIGGER policy_cover ON policy")
    op.execute("DROP FUNCTION policy_money(), policy_cover(), policy_needs_evidence(text), policy_window(text)")
    op.drop_index("ix_policy_shared", "policy")
    _renews(unique=True)
    op.drop_index(RENEWED, "policy")
    op.drop_index("ix_policy_agency_id_number_key_created_at_id", "policy")
    op.drop_index(NUMBER, "policy")
    op.create_unique_constraint(NUMBER, "policy", NUMBERED)
    op.execute("DROP TRIGGER policy_fallen ON policy")
    op.execute("DROP FUNCTION policy_fallen()")
    op.execute(NOTICE.replace(":fell", ""))


def _place(name: str, columns: list[str], where: str) -> None:
    op.create_index(op.f(name), "policy", columns, unique=True, postgresql_where=sa.text(where))


def _renews(*, unique: bool) -> None:
    """Reports find every term that was to follow another in it, those that fell as well."""
    op.drop_index(RENEWS, "policy")
    op.create_index(
        RENEWS, "policy", ["renews_id"], unique=unique, postgresql_include=["agency_id", "id", "starts_on", "ends_on"],
        postgresql_where=sa.text("renews_id IS NOT NULL AND status <> 'not_taken'"),
    )  # fmt: skip
