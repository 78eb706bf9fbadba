"""Where a draft has its values from; words that people note about a policy; refunds that come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050drafting"
down_revision = "0048pooling"
branch_labels = None
depends_on = None

APP = "leadwright_app"
NOTE = "policy_note"
MONEY = """
CREATE OR REPLACE FUNCTION policy_money() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  told text[] := CASE WHEN OLD.state = 'pending' AND NEW.state = 'settled' THEN ARRAY['state', 'why', 'received_at']
                      WHEN OLD.state = 'pending' AND NEW.state = 'failed' THEN ARRAY['state', 'why']
                      WHEN OLD.state = 'settled' AND NEW.state = 'reversed'{only}
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
"""
# Notes are words like those of requests: they go with a request to forget, whatever became of the policy.
FORGET = """
CREATE OR REPLACE FUNCTION forget_policies(ids uuid[], moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  nothing uuid[] := ARRAY(
    SELECT p.id FROM policy p WHERE p.id = ANY (ids) AND p.status IN ('draft', 'not_taken') AND p.renews_id IS NULL);
BEGIN
  DELETE FROM document d WHERE d.policy_id = ANY (nothing);
  UPDATE policy p SET contents = p.contents || '{{"object": {{}}, "party": {{}}}}', insured = NULL, plan = p.plan - 'papers_until'
  WHERE p.id = ANY (nothing);{notes}
  RETURN forget_policy_words(ARRAY(SELECT r.id FROM policy_request r WHERE r.policy_id = ANY (ids)), moment);
END
$$;
"""
_NOTES = """
  UPDATE policy_note n SET words = NULL, forgotten_at = moment WHERE n.policy_id = ANY (ids) AND n.words IS NOT NULL;"""


def upgrade() -> None:
    """Drafts that are there say nothing of their sources."""
    op.add_column("policy", sa.Column("prefill", postgresql.JSONB(), nullable=True))
    moment, text = sa.DateTime(timezone=True), sa.Text()
    op.create_table(
        NOTE,
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("words", text, nullable=True),
        sa.Column("written_at", moment, nullable=False),
        sa.Column("written_by", text, nullable=False),
        sa.Column("forgotten_at", moment, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("num_nonnulls(words, forgotten_at) = 1", name=op.f("ck_policy_note_words")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_note_policy_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_policy_note_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_note")),
        sa.UniqueConstraint("policy_id", "key", name=op.f("uq_policy_note_policy_id_key")),
    )
    op.execute(f"GRANT SELECT, INSERT ON {NOTE} TO {APP}")
    op.execute(f"GRANT UPDATE (words, forgotten_at) ON {NOTE} TO {APP}")
    op.execute(f"ALTER TABLE {NOTE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {NOTE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.execute(MONEY.format(only=""))
    op.execute(FORGET.format(notes=_NOTES))


def downgrade() -> None:
    """Notes and origins are lost; a refund that came back stays so."""
    op.execute(FORGET.format(notes=""))
    op.execute(MONEY.format(only=" AND OLD.amount_minor > 0"))
    op.drop_table(NOTE)
    op.drop_column("policy", "prefill")
