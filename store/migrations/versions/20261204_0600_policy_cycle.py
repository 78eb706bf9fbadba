"""A renewal may fall with the term that it renews, and another may take its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046cycle"
down_revision = "0042pollists"
branch_labels = None
depends_on = None

STANDS = "status <> 'not_taken' AND NOT (status = 'cancelled' AND ended_on = starts_on)"
NUMBER = "uq_policy_agency_id_carrier_number_key_term_number"
NUMBERED = ["agency_id", "carrier", "number_key", "term_number"]
RENEWS = "ix_policy_renews_id"
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


def upgrade() -> None:
    """Let go of what falls, and keep its place for another."""
    op.execute(NOTICE.replace(":fell", FELL))
    op.execute(FALLEN)
    op.drop_index(RENEWS, "policy")
    op.drop_constraint(NUMBER, "policy")
    _places(f"renews_id IS NOT NULL AND {STANDS}", f"renews_id IS NULL OR ({STANDS})")


def downgrade() -> None:
    """A renewal that fell keeps its place."""
    op.drop_index(NUMBER, "policy")
    op.drop_index(RENEWS, "policy")
    op.create_unique_constraint(NUMBER, "policy", NUMBERED)
    _places("renews_id IS NOT NULL AND status <> 'not_taken'", None)
    op.execute("DROP TRIGGER policy_fallen ON policy")
    op.execute("DROP FUNCTION policy_fallen()")
    op.execute(NOTICE.replace(":fell", ""))


def _places(renews: str, numbered: str | None) -> None:
    op.create_index(op.f(RENEWS), "policy", ["renews_id"], unique=True, postgresql_where=sa.text(renews))
    if numbered is not None:
        op.create_index(op.f(NUMBER), "policy", NUMBERED, unique=True, postgresql_where=sa.text(numbered))
