"""Policies are found by the insured's name, by what is overdue, by who shares them and by how they renew, without reading the
book: a trigger keeps what is asked for in tables beside it, instalments among them. Reports read a narrow index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052search"
down_revision = "0049renewals"
branch_labels = None
depends_on = None

APP = "leadwright_app"
KEY, BILL = "policy_key", "policy_bill"
# As domain/policies/names.py.
WORDS = r"""
CREATE FUNCTION policy_name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
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
"""  # noqa: RUF001 - the sigma of Greek names
# As domain/policies/calendar.py: in summer standard time is an hour behind the wall; the year's offsets tell which is which.
BEGINS = """
CREATE FUNCTION policy_day_opens(day date, zone text, clock text) RETURNS timestamptz LANGUAGE sql STABLE STRICT
AS $$
  SELECT CASE clock WHEN 'standard' THEN (day + time '00:01' - (
    SELECT min((moment AT TIME ZONE 'UTC' AT TIME ZONE zone) - moment)
    FROM unnest(ARRAY[date_trunc('year', day::timestamp), date_trunc('year', day::timestamp) + interval '6 months']) AS moment
  )) AT TIME ZONE 'UTC' ELSE (day + time '00:01') AT TIME ZONE zone END
$$;
"""
# As domain/policies/billing.py: payments settle the oldest instalment first, and it may be paid until the end of its day.
BILLS = """
CREATE FUNCTION policy_bills(schedule jsonb) RETURNS TABLE (number bigint, due_on date, amount_minor bigint, before_minor bigint)
LANGUAGE sql STABLE
AS $$
  SELECT row_number() OVER in_order, one.due_on, one.amount_minor,
         (sum(one.amount_minor) OVER in_order - one.amount_minor)::bigint
  FROM jsonb_to_recordset(schedule) AS one (number bigint, due_on date, amount_minor bigint)
  WINDOW in_order AS (ORDER BY one.due_on, one.number ROWS UNBOUNDED PRECEDING)
$$;
CREATE FUNCTION policy_overdue_since(term uuid, paid bigint, contract jsonb) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = public
AS $$
  SELECT policy_day_opens(min(b.due_on) + 1, contract->>'zone', contract->>'clock') FROM policy_bill b
  WHERE b.policy_id = term AND b.before_minor + b.amount_minor > paid
$$;
"""
KEYS = """
CREATE FUNCTION policy_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  fresh boolean := TG_OP = 'INSERT';
  unpaid timestamptz;
BEGIN
  IF fresh OR NEW.insured IS DISTINCT FROM OLD.insured THEN
    DELETE FROM policy_key WHERE policy_id = NEW.id AND kind = 'insured' AND NOT fresh;
    INSERT INTO policy_key (agency_id, policy_id, kind, word)
    SELECT NEW.agency_id, NEW.id, 'insured', unnest(policy_name_words(NEW.insured));
  END IF;
  IF fresh OR (NEW.producers, NEW.producer_id) IS DISTINCT FROM (OLD.producers, OLD.producer_id) THEN
    DELETE FROM policy_key WHERE policy_id = NEW.id AND kind = 'shared' AND NOT fresh;
    INSERT INTO policy_key (agency_id, policy_id, kind, word)
    SELECT DISTINCT NEW.agency_id, NEW.id, 'shared', one->>'producer_id' FROM jsonb_array_elements(NEW.producers) AS one
    WHERE one->>'producer_id' IS DISTINCT FROM NEW.producer_id::text;
  END IF;
  IF fresh OR NEW.plan->>'auto_renew' IS DISTINCT FROM OLD.plan->>'auto_renew' THEN
    DELETE FROM policy_key WHERE policy_id = NEW.id AND kind = 'by_hand' AND NOT fresh;
    INSERT INTO policy_key (agency_id, policy_id, kind, word)
    SELECT NEW.agency_id, NEW.id, 'by_hand', '' WHERE (NEW.plan->>'auto_renew')::boolean IS NOT TRUE;
  END IF;
  IF fresh OR NEW.contract->>'count' IS DISTINCT FROM OLD.contract->>'count' THEN
    DELETE FROM policy_key WHERE policy_id = NEW.id AND kind = 'thirty' AND NOT fresh;
    INSERT INTO policy_key (agency_id, policy_id, kind, word)
    SELECT NEW.agency_id, NEW.id, 'thirty', '' WHERE NEW.contract->>'count' = '30e/360';
  END IF;
  IF fresh OR NEW.schedule IS DISTINCT FROM OLD.schedule THEN
    DELETE FROM policy_bill WHERE policy_id = NEW.id AND NOT fresh;
    INSERT INTO policy_bill (agency_id, policy_id, number, due_on, amount_minor, before_minor, settled_minor)
    SELECT NEW.agency_id, NEW.id, b.*, greatest(0, least(b.amount_minor, NEW.paid_minor - b.before_minor))
    FROM policy_bills(NEW.schedule) b;
  END IF;
  IF fresh OR (NEW.schedule, NEW.paid_minor, NEW.contract) IS DISTINCT FROM (OLD.schedule, OLD.paid_minor, OLD.contract) THEN
    UPDATE policy_bill b SET settled_minor = greatest(0, least(b.amount_minor, NEW.paid_minor - b.before_minor))
    WHERE b.policy_id = NEW.id
      AND b.settled_minor <> greatest(0, least(b.amount_minor, NEW.paid_minor - b.before_minor));
    unpaid := policy_overdue_since(NEW.id, NEW.paid_minor, NEW.contract);
    IF unpaid IS NULL THEN
      DELETE FROM policy_key WHERE policy_id = NEW.id AND kind = 'overdue' AND NOT fresh;
    ELSE
      INSERT INTO policy_key (agency_id, policy_id, kind, word, since) VALUES (NEW.agency_id, NEW.id, 'overdue', '', unpaid)
      ON CONFLICT (policy_id, kind, word) DO UPDATE SET since = EXCLUDED.since
      WHERE policy_key.since IS DISTINCT FROM EXCLUDED.since;
    END IF;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER policy_keys AFTER INSERT OR UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_keys();
"""
FILLED = (
    """
INSERT INTO policy_bill (agency_id, policy_id, number, due_on, amount_minor, before_minor, settled_minor)
SELECT p.agency_id, p.id, b.*, greatest(0, least(b.amount_minor, p.paid_minor - b.before_minor))
FROM policy p, policy_bills(p.schedule) b
""",
    """
INSERT INTO policy_key (agency_id, policy_id, kind, word)
WITH names AS MATERIALIZED (
  SELECT one.insured, policy_name_words(one.insured) AS words FROM (SELECT DISTINCT insured FROM policy) one)
SELECT p.agency_id, p.id, 'insured', unnest(n.words) FROM policy p JOIN names n ON n.insured = p.insured
UNION ALL SELECT p.agency_id, p.id, 'shared', one->>'producer_id' FROM policy p, jsonb_array_elements(p.producers) AS one
  WHERE one->>'producer_id' IS DISTINCT FROM p.producer_id::text GROUP BY p.id, one->>'producer_id'
UNION ALL SELECT p.agency_id, p.id, 'by_hand', '' FROM policy p WHERE (p.plan->>'auto_renew')::boolean IS NOT TRUE
UNION ALL SELECT p.agency_id, p.id, 'thirty', '' FROM policy p WHERE p.contract->>'count' = '30e/360'
""",
    """
INSERT INTO policy_key (agency_id, policy_id, kind, word, since)
SELECT p.agency_id, p.id, 'overdue', '', policy_day_opens(min(b.due_on) + 1, p.contract->>'zone', p.contract->>'clock')
FROM policy p JOIN policy_bill b ON b.policy_id = p.id AND b.before_minor + b.amount_minor > p.paid_minor GROUP BY p.id
""",
)
MOVED = "greatest(recorded_at, received_at, reversed_at)"
BOOK = [
    "id",
    "line",
    "state",
    "carrier",
    "type",
    "currency",
    "producer_id",
    "lead_id",
    "term_number",
    "first_started_on",
]


def upgrade() -> None:
    """Policies that are there are found as well."""
    text = sa.Text()
    op.create_table(
        KEY,
        sa.Column("kind", text, nullable=False), sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)), *_of_policy(KEY),
        sa.PrimaryKeyConstraint("policy_id", "kind", "word", name=op.f("pk_policy_key")),
        sa.CheckConstraint("kind IN ('insured', 'shared', 'by_hand', 'thirty', 'overdue')", name=op.f("ck_policy_key_kind")),
        sa.CheckConstraint("(kind = 'overdue') = (since IS NOT NULL)", name=op.f("ck_policy_key_since")),
    )  # fmt: skip
    minor = [
        sa.Column(name, sa.BigInteger(), nullable=False)
        for name in ("number", "amount_minor", "before_minor", "settled_minor")
    ]
    op.create_table(
        BILL, *minor, sa.Column("due_on", sa.Date(), nullable=False), *_of_policy(BILL),
        sa.PrimaryKeyConstraint("policy_id", "number", name=op.f("pk_policy_bill")),
    )  # fmt: skip
    for part in (WORDS, BEGINS, BILLS, *FILLED, KEYS):
        op.execute(part)
    op.create_index("ix_policy_key_found", KEY, ["agency_id", "kind", "word", "policy_id"])
    op.create_index(
        "ix_policy_key_since", KEY, ["agency_id", "since", "policy_id"], postgresql_where=sa.text("kind = 'overdue'")
    )
    op.create_index("ix_policy_bill_due", BILL, ["agency_id", "due_on"])
    op.create_index("ix_policy_payment_moved", "policy_payment", ["agency_id", sa.text(MOVED)])
    for table in (KEY, BILL):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )
        op.execute(f"GRANT SELECT ON {table} TO {APP}")
    op.create_index("ix_policy_book", "policy", ["agency_id", "starts_on", "ends_on"], postgresql_include=BOOK)
    op.create_index(
        "ix_policy_ended", "policy", ["agency_id", "ended_reason", "created_at", "id"],
        postgresql_where=sa.text("ended_reason IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    """Policies are found by their own columns only."""
    op.drop_index("ix_policy_payment_moved", "policy_payment")
    op.drop_index("ix_policy_ended", "policy")
    op.drop_index("ix_policy_book", "policy")
    op.execute("DROP TRIGGER policy_keys ON policy")
    op.execute("DROP FUNCTION policy_keys(), policy_overdue_since(uuid, bigint, jsonb), policy_bills(jsonb)")
    op.execute("DROP FUNCTION policy_day_opens(date, text, text), policy_name_words(text)")
    op.drop_table(BILL)
    op.drop_table(KEY)


def _of_policy(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("policy_id", sa.Uuid(), nullable=False), sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f(f"fk_{table}_policy_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id"), ondelete="CASCADE"),
    ]  # fmt: skip
