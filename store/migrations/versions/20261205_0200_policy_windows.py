"""The database judges by legal rows of its own until when cover may be taken up again, and a policy be made void."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0051law"
down_revision = "0050drafting"
branch_labels = None
depends_on = None

APP = "leadwright_app"
RESUMED = "ix_policy_change_resumed"
RULES = ("policy_reinstatement_rule", "policy_contest_rule")
# As 0046cycle had them, by the type alone.
WINDOWS = """
CREATE FUNCTION policy_window(type text) RETURNS interval LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT CASE WHEN type LIKE 'life.%' THEN interval '36 months' WHEN type = 'other.long_term_care' THEN interval '150 days'
      ELSE interval '30 days' END $$;
CREATE FUNCTION policy_needs_evidence(type text) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT type LIKE 'life.%' OR type IN ('other.disability', 'other.long_term_care') $$;
"""
# As domain/policies/time_limits.py: the row in force when cover ended, the state's before the custom of all.
LAW = """
CREATE FUNCTION policy_reinstatement_law(term policy) RETURNS policy_reinstatement_rule LANGUAGE sql STABLE
SET search_path = public
AS $$
  SELECT r FROM policy_reinstatement_rule r
  WHERE r.shipped AND r.state IN (term.state, 'US') AND r.line = term.line AND r.effective <= term.ended_on
    AND (r.until IS NULL OR term.ended_on < r.until)
  ORDER BY r.state = 'US' LIMIT 1
$$;
CREATE FUNCTION policy_reinstate_until(term policy, law policy_reinstatement_rule) RETURNS date LANGUAGE sql STABLE
SET search_path = public
AS $$
  SELECT CASE WHEN agreed.on_day IS NULL THEN own.on_day WHEN law.basis = 'custom' THEN agreed.on_day
              ELSE greatest(own.on_day, agreed.on_day) END
  FROM (SELECT (CASE law.counts_from WHEN 'default' THEN coalesce(
                  (SELECT n.due_on FROM policy_notice n WHERE n.id = term.notice_id), term.ended_on) ELSE term.ended_on END
                + make_interval(months => law.months::int))::date + law.days::int AS on_day) own,
       (SELECT term.ended_on + (term.plan->>'reinstate_days')::int AS on_day) agreed
$$;
"""
# Policy days begin in the policy's zone, which is a day off at most: what is compared with a day leaves one.
COVER = """
CREATE OR REPLACE FUNCTION policy_cover() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  again policy_change%ROWTYPE;
  paid bigint;
  due bigint;
  today date := (NEW.updated_at AT TIME ZONE 'UTC')::date;
  resumes timestamptz;:law
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
:window
    RAISE EXCEPTION 'policy % ended on % and cannot be taken up again any more', NEW.id, OLD.ended_on
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_window';
  END IF;
  IF (:evidence AND NOT coalesce((again.body ->> 'evidence')::boolean, false)) OR (
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
"""
BY_TYPE = {
    ":law": "",
    ":window": "  IF (coalesce(resumes, NEW.updated_at) AT TIME ZONE 'UTC')::date"
    " > (OLD.ended_on + policy_window(NEW.type))::date + 1 THEN",
    ":evidence": "policy_needs_evidence(NEW.type)",
}
BY_ROW = {
    ":law": "\n  law policy_reinstatement_rule%ROWTYPE;",
    ":window": """  SELECT * INTO law FROM policy_reinstatement_law(OLD);
  IF law.id IS NULL THEN
    RAISE EXCEPTION 'no legal row says until when policy % may be taken up again', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_window_rule';
  END IF;
  IF (coalesce(resumes, NEW.updated_at) AT TIME ZONE 'UTC')::date > policy_reinstate_until(OLD, law) + 1 THEN""",
    ":evidence": "law.evidence",
}
# As ContestRow.until: the row in force on the policy's first day; a renewal begins where its first term ended at the latest.
CONTEST = """
CREATE FUNCTION policy_contest() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  law policy_contest_rule%ROWTYPE;
  first_ends_on date := CASE WHEN NEW.first_started_on = NEW.starts_on THEN NEW.ends_on ELSE NEW.starts_on END;
  until_day date;
BEGIN
  SELECT * INTO law FROM policy_contest_rule r
  WHERE r.shipped AND r.state IN (NEW.state, 'US') AND r.line = NEW.line AND r.reason IN ('any', NEW.ended_reason)
    AND r.effective <= NEW.first_started_on AND (r.until IS NULL OR NEW.first_started_on < r.until)
  ORDER BY r.state = 'US', r.reason = 'any' LIMIT 1;
  IF law.id IS NULL THEN
    RAISE EXCEPTION 'no legal row says until when policy % may be contested', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_contest_rule';
  END IF;
  until_day := (NEW.first_started_on + make_interval(months => law.months::int))::date;
  until_day := CASE WHEN law.or_term THEN least(until_day, first_ends_on) ELSE until_day END;
  IF law.months IS NOT NULL AND NEW.updated_at >= policy_day_begins(until_day, NEW.contract) + interval '1 hour' THEN
    RAISE EXCEPTION 'policy % could be contested until % and cannot any more', NEW.id, until_day - 1
      USING ERRCODE = 'check_violation', CONSTRAINT = 'policy_contest';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER policy_law_guard_of_contest BEFORE UPDATE ON policy FOR EACH ROW
  WHEN (NEW.status = 'rescinded' AND OLD.status <> 'rescinded') EXECUTE FUNCTION policy_contest();
"""
# Where a day's first minute comes twice it begins with the first one, as domain/policies/calendar.py has it.
DAYS = """
CREATE OR REPLACE FUNCTION policy_day_begins(day date, contract jsonb) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = public
AS $$ SELECT :begins $$;
"""
ONCE = "(day + time '00:01') AT TIME ZONE (contract->>'zone')"
TWICE = f"least({ONCE}, (day - 1 + time '23:01') AT TIME ZONE (contract->>'zone') + interval '1 hour')"
# A lease much longer than one is given for was taken by a clock that ran ahead, and holds nobody up.
CLAIM = """
CREATE OR REPLACE FUNCTION claim_due_policy_timers(moment timestamptz, lease interval, at_most integer)
RETURNS TABLE (id uuid, agency_id uuid, policy_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  WITH taken AS (
    UPDATE policy_timer t SET lease_until = moment + lease, attempts = t.attempts + 1
    WHERE t.id = ANY (ARRAY(SELECT x.id FROM policy_timer x
          WHERE x.state = 'waiting' AND x.due_at <= moment AND (x.lease_until IS NULL OR x.lease_until <= moment:ahead)
          ORDER BY x.due_at, x.id LIMIT at_most FOR UPDATE SKIP LOCKED)) RETURNING t.id, t.agency_id, t.policy_id, t.due_at)
  SELECT k.id, k.agency_id, k.policy_id FROM taken k ORDER BY k.due_at, k.id
$$;
"""
AHEAD = " OR x.lease_until > moment + 2 * lease"


def upgrade() -> None:
    """The tables stay empty here: `leadwright migrate` fills them from the files that ship with the release."""
    text, whole, day, yes = sa.Text(), sa.BigInteger(), sa.Date(), sa.Boolean()
    op.create_table(
        "policy_reinstatement_rule",
        *_columns(text, "id"), *_columns(yes, "shipped"), *_columns(text, "state", "line"), *_columns(whole, "months", "days"),
        *_columns(text, "counts_from"), *_columns(yes, "evidence"), *_columns(text, "basis"), *_columns(day, "effective"),
        *_columns(day, "until", nullable=True), *_columns(text, "source", "citation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_reinstatement_rule")),
    )  # fmt: skip
    op.create_table(
        "policy_contest_rule",
        *_columns(text, "id"), *_columns(yes, "shipped"), *_columns(text, "state", "line", "reason"),
        *_columns(whole, "months", nullable=True), *_columns(yes, "or_term"), *_columns(day, "effective"),
        *_columns(day, "until", nullable=True), *_columns(text, "source", "citation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_contest_rule")),
    )  # fmt: skip
    for table in RULES:
        op.execute(f"GRANT SELECT ON {table} TO {APP}")
    days, claim = DAYS.replace(":begins", TWICE), CLAIM.replace(":ahead", AHEAD)
    for part in (LAW, _cover(BY_ROW), CONTEST, days, claim):
        op.execute(part)
    op.execute("DROP FUNCTION policy_needs_evidence(text), policy_window(text)")
    # The list of what is in force leaves out terms in a gap; few have one.
    op.create_index(
        RESUMED, "policy_change", ["agency_id", "policy_id"],
        postgresql_where=sa.text("kind = 'reinstatement' AND (body ->> 'resumes_at') IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    """Windows stand in functions, by the type of policy; a policy may be made void at any time."""
    op.drop_index(RESUMED, "policy_change")
    op.execute(CLAIM.replace(":ahead", ""))
    op.execute(DAYS.replace(":begins", ONCE))
    op.execute("DROP TRIGGER policy_law_guard_of_contest ON policy")
    op.execute("DROP FUNCTION policy_contest()")
    op.execute(WINDOWS)
    op.execute(_cover(BY_TYPE))
    op.execute(
        "DROP FUNCTION policy_reinstate_until(policy, policy_reinstatement_rule), policy_reinstatement_law(policy)"
    )
    for table in RULES:
        op.drop_table(table)


def _cover(parts: dict[str, str]) -> str:
    found = COVER
    for mark, part in parts.items():
        found = found.replace(mark, part)
    return found


def _columns(kind: sa.types.TypeEngine[Any], *names: str, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]
