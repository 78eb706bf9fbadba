"""A credit says which referral's acceptance or sale earned it, once each; referrals of who has the lead no more are settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045credits"
down_revision = "0044payouts"
branch_labels = None
depends_on = None

CREDIT = "referral_credit"
# The event of a credit is that of the referral of the person which was answered, or sold, at that very instant.
EARNED = """
UPDATE referral_credit c SET earned_by = coalesce((
  SELECT r.id FROM broker_referral r JOIN broker_referral first ON first.id = c.referral_id
  WHERE r.agency_id = c.agency_id AND (r.id = first.id OR r.lead_id = first.lead_id OR r.referred_people && first.referred_people)
    AND CASE c.event WHEN 'referred' THEN r.answered_at = c.at
                     ELSE r.ended_at = c.at AND r.state IN ('converted', 'reversed') END
  ORDER BY r.id = first.id DESC, r.id LIMIT 1
), c.referral_id)
"""
# Should one event have been credited twice by the old rule, the earlier credit stands.
ONCE = """
WITH later AS (
  UPDATE referral_credit c SET reversed_at = c.at
  WHERE c.reversed_at IS NULL AND EXISTS (
    SELECT 1 FROM referral_credit o WHERE o.earned_by = c.earned_by AND o.event = c.event AND o.reversed_at IS NULL
      AND (o.at, o.id) < (c.at, c.id))
  RETURNING c.id
) DELETE FROM referral_credit_person p USING later WHERE p.credit_id = later.id
"""
LEAD = """
UPDATE referral_credit c SET lead_id = r.lead_id FROM broker_referral r
WHERE r.id = c.earned_by AND c.lead_id <> r.lead_id AND NOT EXISTS (
  SELECT 1 FROM referral_credit o WHERE o.lead_id = r.lead_id AND o.event = c.event AND o.reversed_at IS NULL)
"""

SETTLE = """
CREATE OR REPLACE FUNCTION referrals_to_settle(ended_since timestamptz, at_most int) RETURNS TABLE (id uuid, agency_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT r.id, r.agency_id FROM broker_referral r JOIN lead l ON l.id = r.lead_id
  WHERE CASE WHEN ended_since IS NULL
    THEN r.state IN ('pending', 'accepted')
         AND (l.status IN ('won', 'lost', 'rejected', 'returned', 'merged', 'duplicate'){left}
              OR r.state = 'accepted' AND l.producer_id IS DISTINCT FROM r.to_id)
    ELSE r.ended_at >= ended_since
         AND (r.state = 'converted' AND l.status <> 'won'
              OR r.state = 'lost' AND l.status = 'won' AND l.producer_id = r.to_id AND NOT EXISTS (
                SELECT 1 FROM broker_referral c WHERE c.lead_id = r.lead_id AND c.state = 'converted')) END
  ORDER BY r.created_at, r.id LIMIT at_most
$$
"""
LEFT = "\n              OR r.state = 'pending' AND l.producer_id IS DISTINCT FROM r.from_id"


def upgrade() -> None:
    """Credits of before are told by their instants."""
    op.add_column(CREDIT, sa.Column("earned_by", sa.Uuid()))
    for statement in (EARNED, ONCE, LEAD):
        op.execute(statement)
    op.alter_column(CREDIT, "earned_by", nullable=False)
    op.create_foreign_key(
        op.f("fk_referral_credit_earned_by"), CREDIT, "broker_referral", ["earned_by"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_referral_credit_earned_by"), CREDIT, ["earned_by"])
    op.create_index(op.f("ix_referral_credit_referral_id"), CREDIT, ["referral_id"])
    op.create_index(
        "uq_referral_credit_earned", CREDIT, ["earned_by", "event"], unique=True,
        postgresql_where=sa.text("reversed_at IS NULL"),
    )  # fmt: skip
    op.drop_constraint("uq_referral_credit_referral_id_event", CREDIT)
    op.execute(SETTLE.format(left=LEFT))
    op.execute("UPDATE broker_network SET counted = NULL")  # the formula of scores is another


def downgrade() -> None:
    """One credit of a referral and event: what was taken back and given again is left out."""
    op.execute(SETTLE.format(left=""))
    op.execute("""
        DELETE FROM referral_credit c USING referral_credit o WHERE o.referral_id = c.referral_id AND o.event = c.event
          AND o.id <> c.id AND (o.reversed_at IS NULL, o.at, o.id) > (c.reversed_at IS NULL, c.at, c.id)
    """)
    op.create_unique_constraint("uq_referral_credit_referral_id_event", CREDIT, ["referral_id", "event"])
    op.drop_index("uq_referral_credit_earned", CREDIT)
    op.drop_index(op.f("ix_referral_credit_referral_id"), CREDIT)
    op.drop_column(CREDIT, "earned_by")
