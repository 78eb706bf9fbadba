"""A document belongs to a lead or to a policy; one of a policy has a type, a person's verdict, versions and a last good day.
Events of policies go to subscribers and to who listens, as those of leads do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034poldocs"
down_revision = "0033polcounts"
branch_labels = None
depends_on = None

TYPES = (
    "application", "declarations", "notice", "proof_of_mailing", "cancellation_request", "endorsement_request", "id_card",
    "claim", "receipt", "confirmation", "renewal_offer", "other",
)  # fmt: skip
_TYPES = ", ".join(f"'{one}'" for one in TYPES)
CHECKS = {
    "one_owner": "num_nonnulls(lead_id, policy_id) = 1",
    "of_policy": "(policy_id IS NULL) = (type IS NULL) AND (policy_id IS NULL) = (verdict IS NULL)",
    "for_policy": "policy_id IS NOT NULL OR num_nonnulls(expires_on, replaces_id, letter_key) = 0",
    "type": f"type IN ({_TYPES})",
    "verdict": "verdict IN ('open', 'verified', 'rejected', 'made')",
    "decided": "(coalesce(verdict, 'open') IN ('verified', 'rejected')) = (num_nonnulls(decided_by, decided_at) = 2)",
    "rejected_why": "verdict <> 'rejected' OR length(decided_why) > 0",
    "letter": "(letter_key IS NULL) = (policy_version IS NULL) AND (coalesce(verdict, '') = 'made') = (letter_key IS NOT NULL)",
    "replaces": "replaces_id <> id",
}


def upgrade() -> None:
    """The table is there, with its row security; documents of leads stay as they are."""
    text = sa.Text()
    for column in (
        sa.Column("policy_id", sa.Uuid(), nullable=True), sa.Column("type", text, nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True), sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("verdict", text, nullable=True), sa.Column("decided_by", text, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True), sa.Column("decided_why", text, nullable=True),
        sa.Column("letter_key", text, nullable=True), sa.Column("policy_version", sa.BigInteger(), nullable=True),
    ):  # fmt: skip
        op.add_column("document", column)
    op.create_foreign_key(
        op.f("fk_document_policy_id"), "document", "policy", ["policy_id"], ["id"], ondelete="CASCADE"
    )
    op.create_foreign_key(op.f("fk_document_replaces_id"), "document", "document", ["replaces_id"], ["id"])
    op.drop_constraint(op.f("uq_document_agency_id_lead_id_sha256"), "document")
    op.create_unique_constraint(
        op.f("uq_document_agency_id_lead_id_policy_id_sha256"), "document", ["agency_id", "lead_id", "policy_id", "sha256"],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    op.create_unique_constraint(op.f("uq_document_policy_id_letter_key"), "document", ["policy_id", "letter_key"])
    op.create_unique_constraint(op.f("uq_document_replaces_id"), "document", ["replaces_id"])
    op.create_index(
        op.f("ix_document_policy_id_uploaded_at"), "document", ["policy_id", "uploaded_at"],
        postgresql_where=sa.text("policy_id IS NOT NULL"),
    )  # fmt: skip
    for name, check in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_document_{name}"), "document", check)

    op.alter_column("webhook_delivery", "event_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("webhook_delivery", sa.Column("policy_event_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_webhook_delivery_policy_event_id"), "webhook_delivery", "policy_event", ["policy_event_id"], ["id"],
        ondelete="CASCADE",
    )  # fmt: skip
    op.create_unique_constraint(
        op.f("uq_webhook_delivery_subscription_id_policy_event_id_turn"), "webhook_delivery",
        ["subscription_id", "policy_event_id", "turn"],
    )  # fmt: skip
    op.create_index(op.f("ix_webhook_delivery_policy_event_id"), "webhook_delivery", ["policy_event_id"])
    op.create_check_constraint(
        op.f("ck_webhook_delivery_one_event"), "webhook_delivery", "num_nonnulls(event_id, policy_event_id) = 1"
    )
    op.alter_column("live_event", "lead_id", existing_type=sa.Uuid(), nullable=True)
    op.add_column("live_event", sa.Column("policy_id", sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f("ck_live_event_one_subject"), "live_event", "num_nonnulls(lead_id, policy_id) = 1")


def downgrade() -> None:
    """Documents of policies are forgotten, and their events that are on their way. Listeners load anew."""
    op.drop_constraint(op.f("ck_live_event_one_subject"), "live_event")
    op.execute("UPDATE live_head SET floor = last")
    op.execute("DELETE FROM live_event")
    op.drop_column("live_event", "policy_id")
    op.alter_column("live_event", "lead_id", existing_type=sa.Uuid(), nullable=False)
    op.execute("DELETE FROM webhook_delivery WHERE policy_event_id IS NOT NULL")
    op.drop_constraint(op.f("ck_webhook_delivery_one_event"), "webhook_delivery")
    op.drop_index(op.f("ix_webhook_delivery_policy_event_id"), table_name="webhook_delivery")
    op.drop_constraint(op.f("uq_webhook_delivery_subscription_id_policy_event_id_turn"), "webhook_delivery")
    op.drop_constraint(op.f("fk_webhook_delivery_policy_event_id"), "webhook_delivery")
    op.drop_column("webhook_delivery", "policy_event_id")
    op.alter_column("webhook_delivery", "event_id", existing_type=sa.Uuid(), nullable=False)
    op.execute("DELETE FROM document WHERE policy_id IS NOT NULL")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_document_{name}"), "document")
    op.drop_index(op.f("ix_document_policy_id_uploaded_at"), table_name="document")
    for name in ("replaces_id", "policy_id_letter_key", "agency_id_lead_id_policy_id_sha256"):
        op.drop_constraint(op.f(f"uq_document_{name}"), "document")
    op.create_unique_constraint(
        op.f("uq_document_agency_id_lead_id_sha256"), "document", ["agency_id", "lead_id", "sha256"],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    for name in ("policy_id", "replaces_id"):
        op.drop_constraint(op.f(f"fk_document_{name}"), "document")
    for name in (
        "policy_version", "letter_key", "decided_why", "decided_at", "decided_by", "verdict", "replaces_id", "expires_on",
        "type", "policy_id",
    ):  # fmt: skip
        op.drop_column("document", name)
