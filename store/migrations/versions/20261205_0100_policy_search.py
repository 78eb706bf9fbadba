"""Policies are found by the insured's name, by what is overdue, by who shares them and by how they renew, without reading the
book: triggers keep what is asked for in a table beside it. Reports read narrow indexes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052search"
down_revision = "0047notices"
branch_labels = None
depends_on = None

APP = "leadwright_app"
KEY = "policy_key"
# As domain/policies/names.py.
WORDS = r"""
CREATE FUNCTION policy_name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT SET search_path = public
AS $$
  WITH bare AS (
    SELECT replace(replace(replace(replace(
      translate(lower(regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g')), 'øłđðıς', 'olddiσ'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') AS said
  )
  SELECT coalesce(array_agg(DISTINCT word COLLATE "C"), '{}')
  FROM bare, unnest(ARRAY[said, regexp_replace(said, '[''\u2019\u2018\u02bc]', '', 'g')]) AS spelled,
    regexp_split_to_table(spelled, '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+') AS word
  WHERE word <> ''
$$;
"""
# As domain/policies/calendar.py: in summer standard time is an hour behind the wall, whose offsets of the year tell which is which.
BEGINS = """
CREATE FUNCTION policy_day_opens(day date, zone text, clock text) RETURNS timestamptz LANGUAGE sql STABLE STRICT
SET search_path = public
AS $$
  SELECT CASE clock WHEN 'standard' THEN (day + time '00:01' - (
    SELECT min((moment AT TIME ZONE 'UTC' AT TIME ZONE zone) - moment)
    FROM unnest(ARRAY[date_trunc('year', day::timestamp), date_trunc('year', day::timestamp) + interval '6 months']) AS moment
  )) AT TIME ZONE 'UTC' ELSE (day + time '00:01') AT TIME ZONE zone END
$$;
"""
# As domain/policies/billing.py: payments settle the oldest instalment first, and it may be paid until the end of its day.
OVERDUE = """
CREATE FUNCTION policy_overdue_since(schedule jsonb, paid bigint, contract jsonb) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = public
AS $$
  SELECT policy_day_opens(min(due.due_on) + 1, contract->>'zone', contract->>'clock') FROM (
    SELECT (one->>'due_on')::date AS due_on,
           sum((one->>'amount_minor')::bigint) OVER (ORDER BY (one->>'due_on')::date, (one->>'number')::int) AS running
    FROM jsonb_array_elements(schedule) AS one) AS due
  WHERE due.running > paid
$$;
"""
KEYS = """
CREATE FUNCTION policy_keys_of(term policy) RETURNS TABLE (kind text, word text, since timestamptz) LANGUAGE sql STABLE
SET search_path = public
AS $$
  SELECT 'insured', unnest(policy_name_words(term.insured)), NULL::timestamptz
  UNION SELECT 'shared', one->>'producer_id', NULL FROM jsonb_array_elements(term.producers) AS one
        WHERE one->>'producer_id' IS DISTINCT FROM term.producer_id::text
  UNION SELECT 'by_hand', '', NULL WHERE (term.plan->>'auto_renew')::boolean IS NOT TRUE
  UNION SELECT 'overdue', '', due.since
        FROM policy_overdue_since(term.schedule, term.paid_minor, term.contract) AS due (since) WHERE due.since IS NOT NULL
$$;
CREATE FUNCTION policy_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.insured, NEW.producers, NEW.producer_id, NEW.plan->>'auto_renew', NEW.schedule, NEW.paid_minor, NEW.contract)
       IS NOT DISTINCT FROM
       (OLD.insured, OLD.producers, OLD.producer_id, OLD.plan->>'auto_renew', OLD.schedule, OLD.paid_minor, OLD.contract) THEN
      RETURN NULL;
    END IF;
    DELETE FROM policy_key k WHERE k.policy_id = NEW.id
      AND NOT EXISTS (SELECT FROM policy_keys_of(NEW) n WHERE (n.kind, n.word) = (k.kind, k.word));
  END IF;
  INSERT INTO policy_key (agency_id, policy_id, kind, word, since)
  SELECT NEW.agency_id, NEW.id, n.kind, n.word, n.since FROM policy_keys_of(NEW) n
  ON CONFLICT (policy_id, kind, word) DO UPDATE SET since = EXCLUDED.since WHERE policy_key.since IS DISTINCT FROM EXCLUDED.since;
  RETURN NULL;
END
$$;
CREATE TRIGGER policy_keys AFTER INSERT OR UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_keys();
"""
FILLED = """
INSERT INTO policy_key (agency_id, policy_id, kind, word, since)
SELECT p.agency_id, p.id, k.kind, k.word, k.since FROM policy p, policy_keys_of(p) k
"""


def upgrade() -> None:
    """Policies that are there are found as well."""
    for part in (WORDS, BEGINS, OVERDUE):
        op.execute(part)
    text = sa.Text()
    op.create_table(
        KEY,
        sa.Column("policy_id", sa.Uuid(), nullable=False), sa.Column("kind", text, nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False), sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "kind", "word", name=op.f("pk_policy_key")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_key_policy_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_policy_key_agency_id"), ondelete="CASCADE"),
        sa.CheckConstraint("kind IN ('insured', 'shared', 'by_hand', 'overdue')", name=op.f("ck_policy_key_kind")),
        sa.CheckConstraint("(kind = 'overdue') = (since IS NOT NULL)", name=op.f("ck_policy_key_since")),
    )  # fmt: skip
    op.create_index("ix_policy_key_found", KEY, ["agency_id", "kind", "word", "policy_id"])
    op.create_index(
        "ix_policy_key_since", KEY, ["agency_id", "since", "policy_id"], postgresql_where=sa.text("kind = 'overdue'")
    )
    op.execute(f"ALTER TABLE {KEY} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {KEY} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(f"GRANT SELECT ON {KEY} TO {APP}")
    op.execute(KEYS)
    op.execute(FILLED)
    op.create_index(op.f("ix_policy_agency_id_starts_on"), "policy", ["agency_id", "starts_on"])
    op.create_index(
        "ix_policy_ended", "policy", ["agency_id", "ended_reason", "created_at", "id"],
        postgresql_where=sa.text("ended_reason IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    """Policies are found by their own columns only."""
    op.drop_index("ix_policy_ended", "policy")
    op.drop_index(op.f("ix_policy_agency_id_starts_on"), "policy")
    op.execute("DROP TRIGGER policy_keys ON policy")
    op.execute("DROP FUNCTION policy_keys(), policy_keys_of(policy)")
    op.drop_table(KEY)
    op.execute("DROP FUNCTION policy_overdue_since(jsonb, bigint, jsonb), policy_day_opens(date, text, text)")
    op.execute("DROP FUNCTION policy_name_words(text)")
