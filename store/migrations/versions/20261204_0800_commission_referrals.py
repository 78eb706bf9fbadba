"""A commission knows the referral whose sender shares in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048referrer"
down_revision = "0043polreads"
branch_labels = None
depends_on = None

INDEX = "ix_commission_accrual_referral"


def upgrade() -> None:
    """None of those that were earned before has one."""
    op.add_column("commission_accrual", sa.Column("referral_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_commission_accrual_referral_id_broker_referral"), "commission_accrual", "broker_referral", ["referral_id"],
        ["id"], ondelete="SET NULL",
    )  # fmt: skip
    op.create_index(INDEX, "commission_accrual", ["referral_id"], postgresql_where=sa.text("referral_id IS NOT NULL"))


def downgrade() -> None:
    """Nobody knows it."""
    op.drop_column("commission_accrual", "referral_id")
