"""What is in force is counted from two indexes: terms by their span, changes by kind and the instant at which they were known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033polcounts"
down_revision = "0032tiers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both indexes."""
    op.create_index(
        "ix_policy_span", "policy", ["agency_id", "ends_at", "starts_at"],
        postgresql_include=["id", "line", "producer_id"], postgresql_where=sa.text("number_key IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_policy_change_known", "policy_change", ["agency_id", "kind", "recorded_at"],
        postgresql_include=["policy_id"],
    )  # fmt: skip


def downgrade() -> None:
    """Neither."""
    op.drop_index("ix_policy_change_known", table_name="policy_change")
    op.drop_index("ix_policy_span", table_name="policy")
