"""The database judges notices, lapses and rescissions by legal rows of its own, which the application reads and cannot write."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047notices"
down_revision = "0045credits"
branch_labels = None
depends_on = None

APP = "leadwright_app"
RULES = ("policy_notice_rule", "policy_grace_rule")
# A wall clock that is read on standard time is an hour off in summer.
DAYS = """
CREATE FUNCTION policy_day_begins(day date, contract jsonb) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = public
AS $$ SELECT (day + time '00:01') AT TIME ZONE (contract->>'zone') $$;
"""
# As domain/policies/unpaid.py: payments settle the oldest instalment first.
UNPAID = """
CREATE FUNCTION policy_unpaid_since(term policy, moment timestamptz) RETURNS date LANGUAGE sql STABLE SET search_path = public
AS $$
  SELECT min(due.due_on) FROM (
    SELECT (one->>'due_on')::date AS due_on,
           sum((one->>'amount_minor')::bigint) OVER (ORDER BY (one->>'due_on')::date, (one->>'number')::int) AS running
    FROM jsonb_array_elements(term.schedule) AS one) AS due
  WHERE due.running > (
    SELECT coalesce(sum(p.amount_minor), 0) FROM policy_payment p
    WHERE p.policy_id = term.id AND p.received_at <= moment
      AND (p.state = 'settled' OR (p.state = 'reversed' AND p.reversed_at > moment)))
$$;
"""
NOTICE = """
CREATE FUNCTION policy_notice_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  term policy%ROWTYPE;
  law policy_notice_rule%ROWTYPE;
  age integer;
  wanted integer;
BEGIN
  SELECT * INTO term FROM policy WHERE id = NEW.policy_id;
  SELECT * INTO law FROM policy_notice_rule WHERE id = NEW.rule_id;
  age := NEW.mailed_on - term.first_started_on;
  IF law.id IS NULL OR NOT law.shipped OR (law.action, law.state, law.line) <> (NEW.action, term.state, term.line)
     OR law.reason NOT IN ('any', NEW.reason) OR age < law.from_day OR age > law.to_day
     OR NEW.mailed_on < law.effective OR NEW.mailed_on >= law.until
     OR (law.reason = 'any' AND EXISTS (
       SELECT 1 FROM policy_notice_rule r
       WHERE r.shipped AND (r.action, r.state, r.line, r.reason) = (NEW.action, term.state, term.line, NEW.reason)
         AND age >= r.from_day AND (r.to_day IS NULL OR age <= r.to_day)
         AND NEW.mailed_on >= r.effective AND (r.until IS NULL OR NEW.mailed_on < r.until))) THEN
    RAISE EXCEPTION 'no legal row allows this notice' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_rule';
  END IF;
  wanted := law.days + CASE NEW.sent WHEN 'delivery' THEN 0 ELSE law.mail_days END;
  IF (NEW.days_required, NEW.citation, NEW.rule, NEW.recipients)
     IS DISTINCT FROM (wanted::bigint, law.citation, law.rule, law.recipients) THEN
    RAISE EXCEPTION 'the notice does not say what its legal row says'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_quoted';
  END IF;
  IF NEW.effective_on - NEW.mailed_on < wanted OR NEW.effective_on - NEW.mailed_on > law.most_days
     OR NEW.effective_on < term.starts_on OR NEW.effective_on > term.ends_on
     OR (NEW.action = 'non_renewal' AND NEW.effective_on <> term.ends_on)
     OR policy_day_begins(NEW.mailed_on, term.contract) > NEW.recorded_at + interval '1 hour' THEN
    RAISE EXCEPTION 'the days of the notice do not fit its legal row and the term'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_days';
  END IF;
  IF NOT NEW.sent = ANY (law.methods) THEN
    RAISE EXCEPTION 'a notice of this kind does not go by %', NEW.sent
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_method';
  END IF;
  IF NEW.sent = 'mail_with_proof' AND btrim(coalesce(NEW.proof, '')) = '' THEN
    RAISE EXCEPTION 'the proof of its mailing is missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_proof';
  END IF;
  IF (NEW.reason = 'nonpayment') <> (NEW.due_on IS NOT NULL) OR (NEW.due_on IS NOT NULL AND (
       NEW.mailed_on <= NEW.due_on OR NEW.mailed_on - NEW.due_on > law.after_due_days
       OR (NEW.due_on < policy_unpaid_since(term, NEW.recorded_at)) IS NOT FALSE
       OR (NEW.due_on < policy_unpaid_since(
            term, least(NEW.recorded_at, policy_day_begins(NEW.mailed_on + 1, term.contract)))) IS NOT FALSE
       OR NOT ((term.plan->>'reversal_restarts')::boolean IS TRUE
               OR term.schedule @> jsonb_build_array(jsonb_build_object('due_on', NEW.due_on::text))))) THEN
    RAISE EXCEPTION 'a notice for non-payment is mailed behind the due date of what is unpaid'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_notice_due';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER policy_notice_guard BEFORE INSERT ON policy_notice FOR EACH ROW EXECUTE FUNCTION policy_notice_guard();
"""
# What may be known only from the term before the step (its schedule) is asked of that one.
ENDING = """
CREATE FUNCTION policy_law_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  unpaid date;
  given date;
  law policy_grace_rule%ROWTYPE;
  ending text[] := ARRAY['cancelled', 'lapsed', 'rescinded'];
BEGIN
  IF NEW.status = OLD.status THEN
    IF (NEW.ended_on, NEW.ended_at, NEW.ended_by, NEW.ended_reason, NEW.notice_id)
       IS DISTINCT FROM (OLD.ended_on, OLD.ended_at, OLD.ended_by, OLD.ended_reason, OLD.notice_id) THEN
      RAISE EXCEPTION 'how a policy ended changes only with its status'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_end_kept';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.status = ANY (ending)) <> (NEW.ended_on IS NOT NULL)
     OR NEW.ended_at NOT BETWEEN policy_day_begins(NEW.ended_on, NEW.contract) - interval '1 hour'
                         AND policy_day_begins(NEW.ended_on, NEW.contract) + interval '1 hour' THEN
    RAISE EXCEPTION 'the end does not fit what happened' USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_end_fits';
  END IF;
  IF NEW.status = 'rescinded' AND (
       NEW.ended_on <> NEW.starts_on OR NEW.ended_by IS DISTINCT FROM 'insurer'
       OR coalesce(NEW.ended_reason, '') NOT IN ('misrepresentation', 'fraud')) THEN
    RAISE EXCEPTION 'only misrepresentation or fraud makes a policy void, from its first day'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_rescission';
  END IF;
  IF NEW.status <> 'lapsed' AND NOT (NEW.status = 'cancelled' AND NEW.ended_reason = 'nonpayment') THEN
    RETURN NEW;
  END IF;
  -- A next term that falls from its first day owes nothing itself: policy_fallen looks at the term that did.
  IF NEW.status = 'cancelled' AND NEW.renews_id IS NOT NULL AND NEW.notice_id IS NULL AND NEW.ended_on = NEW.starts_on
     AND NEW.ended_by = 'insurer' THEN
    RETURN NEW;
  END IF;
  unpaid := policy_unpaid_since(OLD, NEW.updated_at);
  IF unpaid IS NULL OR NEW.updated_at < policy_day_begins(unpaid + 1, NEW.contract) THEN
    RAISE EXCEPTION 'nothing of policy % is overdue', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_overdue';
  END IF;
  IF NEW.status = 'lapsed' THEN
    SELECT greatest(unpaid, n.due_on) INTO given FROM policy_notice n WHERE n.id = NEW.notice_id;
    SELECT * INTO law FROM policy_grace_rule g
    WHERE g.shipped AND g.state IN (NEW.state, 'US') AND g.line = NEW.line AND g.effective <= NEW.updated_at::date
      AND (g.until IS NULL OR NEW.updated_at::date < g.until)
      AND g.kind = CASE WHEN jsonb_path_exists(OLD.contents, '$.object.*.data.subsidised ? (@ == true)')
                        THEN 'subsidised' ELSE 'any' END
    ORDER BY g.state = 'US' LIMIT 1;
    given := coalesce(given, unpaid);
    IF law.id IS NULL
       OR NEW.updated_at < policy_day_begins(policy_grace_end(given, law), NEW.contract)
       OR NEW.ended_on < least(NEW.ends_on, CASE WHEN law.ends_after_months IS NULL THEN policy_grace_end(given, law)
                               ELSE (given + make_interval(months => law.ends_after_months::int))::date END) THEN
      RAISE EXCEPTION 'grace of policy % is not known, or not over', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_grace';
    END IF;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER policy_law_guard BEFORE UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_law_guard();
"""
GRACE = """
CREATE FUNCTION policy_grace_end(clock_on date, law policy_grace_rule) RETURNS date LANGUAGE sql IMMUTABLE
SET search_path = public
AS $$ SELECT (clock_on + make_interval(months => law.months::int))::date
        + CASE WHEN law.ends_after_months IS NULL THEN law.days::int + 1 ELSE 0 END $$;
"""
# By the schedule as it is now; where that says nothing was due, a person decides about the notice on its day.
KNOWN = """
UPDATE policy_notice n SET due_on = policy_unpaid_since(p, n.recorded_at)
FROM policy p WHERE p.id = n.policy_id AND n.reason = 'nonpayment'
  AND policy_unpaid_since(p, n.recorded_at) < n.mailed_on
"""
_TAKE = """
  UPDATE policy_timer t SET lease_until = moment + lease, attempts = t.attempts + 1
  WHERE t.id = ANY (ARRAY(SELECT x.id FROM policy_timer x
        WHERE x.state = 'waiting' AND x.due_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment)
        ORDER BY x.due_at, x.id LIMIT at_most FOR UPDATE SKIP LOCKED)) RETURNING t.id, t.agency_id, t.policy_id
"""
_CLAIM = """
CREATE OR REPLACE FUNCTION claim_due_policy_timers(moment timestamptz, lease interval, at_most integer)
RETURNS TABLE (id uuid, agency_id uuid, policy_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$ :body $$
"""
# Several instalments of one policy may come due together: who works them one by one works them in their order.
_SORT = "WITH taken AS (:take, t.due_at) SELECT k.id, k.agency_id, k.policy_id FROM taken k ORDER BY k.due_at, k.id"
ORDERED = _CLAIM.replace(":body", _SORT.replace(":take", _TAKE))
UNORDERED = _CLAIM.replace(":body", _TAKE)


def upgrade() -> None:
    """The tables stay empty here: `leadwright migrate` fills them from the files that ship with the release."""
    text, whole, day = sa.Text(), sa.BigInteger(), sa.Date()
    op.create_table(
        "policy_notice_rule",
        *_columns(text, "id"), sa.Column("shipped", sa.Boolean(), nullable=False),
        *_columns(text, "rule", "action", "state", "line", "reason"), *_columns(whole, "from_day"),
        *_columns(whole, "to_day", nullable=True), *_columns(whole, "days"), *_columns(whole, "most_days", nullable=True),
        *_columns(whole, "mail_days"), *_columns(whole, "after_due_days", nullable=True),
        *_columns(postgresql.ARRAY(text), "methods", "recipients"), *_columns(day, "effective"),
        *_columns(day, "until", nullable=True), *_columns(text, "source", "citation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_notice_rule")),
    )  # fmt: skip
    op.create_table(
        "policy_grace_rule",
        *_columns(text, "id"), sa.Column("shipped", sa.Boolean(), nullable=False),
        *_columns(text, "state", "line", "kind"), *_columns(whole, "days", "months"),
        *_columns(whole, "ends_after_months", nullable=True), *_columns(day, "effective"),
        *_columns(day, "until", nullable=True), *_columns(text, "source", "citation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_grace_rule")),
    )  # fmt: skip
    for table in RULES:
        op.execute(f"GRANT SELECT ON {table} TO {APP}")
    op.add_column("policy_notice", sa.Column("rule_id", text))
    op.create_foreign_key(op.f("fk_policy_notice_rule_id"), "policy_notice", "policy_notice_rule", ["rule_id"], ["id"])
    op.add_column("policy_notice", sa.Column("recipients", postgresql.ARRAY(text)))
    op.add_column("policy_notice", sa.Column("due_on", day))
    for name in ("past_due_minor", "to_pay_minor"):
        op.add_column("policy_notice", sa.Column(name, whole))
    for part in (DAYS, UNPAID, KNOWN, GRACE, NOTICE, ENDING, ORDERED):
        op.execute(part)


def downgrade() -> None:
    """Notices are judged by what they say themselves."""
    op.execute(UNORDERED)
    op.execute("DROP TRIGGER policy_law_guard ON policy")
    op.execute("DROP TRIGGER policy_notice_guard ON policy_notice")
    op.execute("DROP FUNCTION policy_law_guard(), policy_notice_guard(), policy_grace_end(date, policy_grace_rule)")
    op.execute("DROP FUNCTION policy_unpaid_since(policy, timestamptz), policy_day_begins(date, jsonb)")
    for name in ("to_pay_minor", "past_due_minor", "due_on", "recipients", "rule_id"):
        op.drop_column("policy_notice", name)
    for table in RULES:
        op.drop_table(table)


def _columns(kind: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]
