"""Words of requests about policies go in time, and at once with the lead they came of; what nobody ever insured goes with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041polwords"
down_revision = "0040exchanges"
branch_labels = None
depends_on = None

APP = "leadwright_app"
# Of the reading stay intents, the day, numbers and codes; of the proposal the step with its money. An answer repeats the words.
# A request that nobody read yet reads as not understood; one that waits for a word is over, and a worker ends it.
# The quote of a request is found by its key, as services/policies/changing.py files it; an applied one is the contract.
WORDS = """
CREATE FUNCTION forget_policy_words(ids uuid[], moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  gone bigint;
BEGIN
  UPDATE policy_request r SET
    words = NULL, answer = NULL, forgotten_at = coalesce(r.forgotten_at, moment), version = r.version + 1,
    expires_at = CASE r.state WHEN 'waiting' THEN least(r.expires_at, moment) ELSE r.expires_at END,
    read_by = coalesce(r.read_by, 'nobody'),
    reading = CASE WHEN jsonb_typeof(r.reading) = 'object' THEN r.reading || jsonb_build_object(
        'said', NULL, 'named', NULL, 'slots', (
          SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') FROM jsonb_each(r.reading -> 'slots') s
          WHERE jsonb_typeof(s.value) IN ('number', 'boolean') OR s.key IN ('reason', 'no_loss_on')))
      ELSE '{"asks": ["unknown"], "slots": {}, "day": null, "said": null, "several": false, "named": null, "forbidden": null}'
      END,
    proposal = CASE WHEN jsonb_typeof(r.proposal) = 'object' THEN r.proposal || jsonb_build_object(
        'summary', '', 'arguments', (r.proposal -> 'arguments') - 'operations') ELSE r.proposal END
  WHERE r.id = ANY (ids) AND num_nonnulls(r.words, r.answer) > 0;
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE policy_endorsement e SET operations = '[]' FROM policy_request r
  WHERE r.id = ANY (ids) AND e.policy_id = r.policy_id AND e.key = 'endorse:' || (r.asker ->> 'subject') || ':request:' || r.id
    AND e.state IN ('withdrawn', 'invalidated') AND e.operations <> '[]';
  RETURN gone;
END
$$;
"""
SWEEP = """
CREATE FUNCTION sweep_policy_words(before timestamptz, moment timestamptz, at_most int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
  SELECT forget_policy_words(ARRAY(
    SELECT r.id FROM policy_request r
    WHERE r.forgotten_at IS NULL AND r.state NOT IN ('working', 'waiting') AND r.updated_at < before
    ORDER BY r.updated_at LIMIT at_most FOR UPDATE SKIP LOCKED), moment)
$$;
"""
# What never came into force was no insurance: nobody needs whom it would have insured. A renewal's draft belongs to its contract.
ERASE = """
CREATE FUNCTION policy_bared(before policy, bare policy) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = public
AS $$
  SELECT before.status IN ('draft', 'not_taken') AND before.renews_id IS NULL
    AND bare.contents = before.contents || '{"object": {}, "party": {}}' AND bare.insured IS NULL
    AND bare.plan = before.plan - 'papers_until'
    AND to_jsonb(bare) - ARRAY['contents', 'insured', 'plan'] = to_jsonb(before) - ARRAY['contents', 'insured', 'plan']
$$;
CREATE FUNCTION forget_policies(ids uuid[], moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
  nothing uuid[] := ARRAY(
    SELECT p.id FROM policy p WHERE p.id = ANY (ids) AND p.status IN ('draft', 'not_taken') AND p.renews_id IS NULL);
BEGIN
  DELETE FROM document d WHERE d.policy_id = ANY (nothing);
  UPDATE policy p SET contents = p.contents || '{"object": {}, "party": {}}', insured = NULL, plan = p.plan - 'papers_until'
  WHERE p.id = ANY (nothing);
  RETURN forget_policy_words(ARRAY(SELECT r.id FROM policy_request r WHERE r.policy_id = ANY (ids)), moment);
END
$$;
CREATE FUNCTION forget_policies_of_lead() RETURNS trigger
LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
  PERFORM forget_policies(
    ARRAY(SELECT p.id FROM policy p WHERE p.lead_id = OLD.id AND p.agency_id = OLD.agency_id), clock_timestamp());
  RETURN OLD;
END
$$;
CREATE TRIGGER policies_of_lead BEFORE DELETE ON lead FOR EACH ROW EXECUTE FUNCTION forget_policies_of_lead();
"""
GUARDED = """
DROP TRIGGER policy_guard ON policy;
CREATE TRIGGER policy_guard BEFORE INSERT ON policy FOR EACH ROW EXECUTE FUNCTION policy_guard();
CREATE TRIGGER policy_guard_changes BEFORE UPDATE ON policy FOR EACH ROW WHEN (NOT policy_bared(OLD, NEW))
  EXECUTE FUNCTION policy_guard();
"""
UNGUARDED = """
DROP TRIGGER policy_guard_changes ON policy;
DROP TRIGGER policy_guard ON policy;
CREATE TRIGGER policy_guard BEFORE INSERT OR UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_guard();
"""
SWEEPS = "sweep_policy_words(timestamptz, timestamptz, int)"


def upgrade() -> None:
    """Words may be gone, and then it is said since when."""
    op.alter_column("policy_request", "words", nullable=True)
    op.add_column("policy_request", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_policy_request_words"), "policy_request", "num_nonnulls(words, forgotten_at) = 1"
    )
    op.create_index(
        "ix_policy_request_worded", "policy_request", ["updated_at"],
        postgresql_where=sa.text("forgotten_at IS NULL AND state NOT IN ('working', 'waiting')"),
    )  # fmt: skip
    for part in (WORDS, SWEEP, ERASE, GUARDED):
        op.execute(part)
    op.execute(f"REVOKE ALL ON FUNCTION {SWEEPS} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SWEEPS} TO {APP}")


def downgrade() -> None:
    """Words are kept for ever again; those that are gone stay gone, as empty ones."""
    op.execute("DROP TRIGGER policies_of_lead ON lead")
    op.execute(UNGUARDED)
    op.execute(f"DROP FUNCTION {SWEEPS}, forget_policies_of_lead(), forget_policies(uuid[], timestamptz)")
    op.execute("DROP FUNCTION policy_bared(policy, policy), forget_policy_words(uuid[], timestamptz)")
    op.drop_index("ix_policy_request_worded", "policy_request")
    op.drop_constraint(op.f("ck_policy_request_words"), "policy_request")
    op.execute("UPDATE policy_request SET words = '' WHERE words IS NULL")
    op.drop_column("policy_request", "forgotten_at")
    op.alter_column("policy_request", "words", nullable=False)
