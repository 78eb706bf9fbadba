"""What the database refuses of policies, whoever asks: steps that the life cycle has not, ends without notice, overlapping terms,
changes without an event, and books that do not balance; and the function that says which timer is next.
"""

from __future__ import annotations

from alembic import op

revision = "0029policyrules"
down_revision = "0028policies"
branch_labels = None
depends_on = None

APP = "leadwright_app"
# As domain/policies/lifecycle.py had it on 2026-11-26; a test compares, and another table is another migration.
STEPS = (
    ("draft", "submitted", "pending_payment"), ("draft", "not_taken", "not_taken"),
    ("pending_payment", "reopened", "draft"), ("pending_payment", "activated", "active"),
    ("pending_payment", "not_taken", "not_taken"), ("active", "cancelled", "cancelled"), ("active", "lapsed", "lapsed"),
    ("active", "non_renewal_decided", "non_renewing"), ("active", "expired", "expired"), ("active", "rescinded", "rescinded"),
    ("non_renewing", "non_renewal_withdrawn", "active"), ("non_renewing", "non_renewed", "non_renewed"),
    ("non_renewing", "cancelled", "cancelled"), ("non_renewing", "lapsed", "lapsed"),
    ("non_renewing", "rescinded", "rescinded"), ("cancelled", "reinstated", "active"), ("cancelled", "resumed", "active"),
    ("cancelled", "rescinded", "rescinded"), ("lapsed", "reinstated", "active"), ("lapsed", "resumed", "active"),
    ("lapsed", "rescinded", "rescinded"), ("expired", "rescinded", "rescinded"),
)  # fmt: skip
_VALUES = ", ".join(f"('{before}', '{happened}', '{after}')" for before, happened, after in STEPS)

GUARD = """
CREATE FUNCTION policy_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  erased text[] := ARRAY['lead_id', 'producer_id'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'draft' OR NEW.version <> 1 THEN
      RAISE EXCEPTION 'a policy begins as a draft of version 1' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_begins';
    END IF;
    RETURN NEW;
  END IF;
  -- An erased lead or producer takes its reference along and nothing else.
  IF to_jsonb(NEW) - erased = to_jsonb(OLD) - erased
     AND (NEW.lead_id IS NULL OR NEW.lead_id = OLD.lead_id)
     AND (NEW.producer_id IS NULL OR NEW.producer_id = OLD.producer_id) THEN
    RETURN NEW;
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'policy % is at version %, not %', OLD.id, OLD.version, NEW.version - 1
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_version';
  END IF;
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT 1 FROM (VALUES :steps) AS step (before, happened, after)
    WHERE step.before = OLD.status AND step.happened = NEW.happened AND step.after = NEW.status) THEN
    RAISE EXCEPTION 'a policy that is % cannot be % and become %', OLD.status, NEW.happened, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_step';
  END IF;
  IF NEW.agency_id <> OLD.agency_id OR (OLD.status <> 'draft' AND (
       NEW.starts_on <> OLD.starts_on OR NEW.ends_on <> OLD.ends_on OR NEW.starts_at <> OLD.starts_at
       OR NEW.ends_at <> OLD.ends_at OR NEW.contract <> OLD.contract OR NEW.carrier <> OLD.carrier OR NEW.line <> OLD.line
       OR NEW.type <> OLD.type OR NEW.state <> OLD.state OR NEW.currency <> OLD.currency
       OR NEW.term_number <> OLD.term_number OR NEW.first_started_on <> OLD.first_started_on
       OR (OLD.number_key IS NOT NULL AND NEW.number_key IS DISTINCT FROM OLD.number_key))) THEN
    RAISE EXCEPTION 'what a policy was agreed on does not change within its term'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_contract';
  END IF;
  IF NEW.status <> OLD.status AND NEW.status IN ('cancelled', 'lapsed', 'non_renewing') THEN
    PERFORM policy_notice_needed(NEW);
  END IF;
  IF NEW.status <> OLD.status AND NEW.status IN ('expired', 'non_renewed') AND NEW.updated_at < NEW.ends_at THEN
    RAISE EXCEPTION 'policy % ends at %', NEW.id, NEW.ends_at USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_end';
  END IF;
  RETURN NEW;
END
$$;
"""
NOTICE = """
CREATE FUNCTION policy_notice_needed(term policy) RETURNS void LANGUAGE plpgsql SET search_path = public
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
  IF NOT EXISTS (
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
BOOKS = """
CREATE FUNCTION policy_books() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  term policy%ROWTYPE;
  posted record;
BEGIN
  SELECT * INTO term FROM policy WHERE id = NEW.id;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM policy_event e WHERE e.policy_id = NEW.id AND e.version = NEW.version) THEN
    RAISE EXCEPTION 'version % of policy % has no event', NEW.version, NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_event_needed';
  END IF;
  SELECT coalesce(sum(premium_minor), 0) AS premium, coalesce(sum(tax_minor), 0) AS tax, coalesce(sum(fee_minor), 0) AS fee
  INTO posted FROM policy_posting WHERE policy_id = NEW.id;
  IF term.written_minor <> posted.premium OR term.taxes_minor <> posted.tax OR term.fees_minor <> posted.fee THEN
    RAISE EXCEPTION 'the postings of policy % do not add up to what is written', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_books';
  END IF;
  RETURN NULL;
END
$$;
"""
# Core Postgres has no equality of text in a GiST index; a range from the text to itself has, and needs no extension.
OVERLAP = """
CREATE TYPE policy_contract_range AS RANGE (subtype = text);
CREATE FUNCTION policy_contract_key(agency uuid, carrier text, number_key text) RETURNS policy_contract_range
LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT policy_contract_range(
  agency::text || '/' || carrier || '/' || number_key, agency::text || '/' || carrier || '/' || number_key, '[]') $$;
ALTER TABLE policy ADD CONSTRAINT policy_terms_apart EXCLUDE USING gist (
  policy_contract_key(agency_id, carrier, number_key) WITH &&, tstzrange(starts_at, coalesce(ended_at, ends_at)) WITH &&
) WHERE (number_key IS NOT NULL AND status IN ('active', 'non_renewing', 'cancelled', 'lapsed', 'expired', 'non_renewed'));
"""
TRIGGERS = """
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_guard();
CREATE CONSTRAINT TRIGGER policy_books AFTER INSERT OR UPDATE ON policy DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION policy_books();
"""
CLAIM = """
CREATE FUNCTION claim_due_policy_timer(moment timestamptz, lease interval) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  UPDATE policy_timer t SET lease_until = moment + lease, attempts = t.attempts + 1
  FROM (SELECT x.id FROM policy_timer x
        WHERE x.state = 'waiting' AND x.due_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.due_at, x.id LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE t.id = due.id RETURNING t.id, t.agency_id
$$;
"""
_CLAIM = "claim_due_policy_timer(timestamptz, interval)"


def upgrade() -> None:
    """Create the functions, the triggers and the constraint."""
    for part in (NOTICE, GUARD.replace(":steps", _VALUES), BOOKS, OVERLAP, TRIGGERS, CLAIM):
        op.execute(part)
    op.execute(f"REVOKE ALL ON FUNCTION {_CLAIM} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_CLAIM} TO {APP}")


def downgrade() -> None:
    """Drop them."""
    op.execute(f"DROP FUNCTION {_CLAIM}")
    op.execute("DROP TRIGGER policy_books ON policy")
    op.execute("DROP TRIGGER policy_guard ON policy")
    op.execute("ALTER TABLE policy DROP CONSTRAINT policy_terms_apart")
    op.execute("DROP FUNCTION policy_contract_key(uuid, text, text)")
    op.execute("DROP TYPE policy_contract_range")
    op.execute("DROP FUNCTION policy_books(), policy_guard(), policy_notice_needed(policy)")
