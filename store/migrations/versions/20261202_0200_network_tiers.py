"""Tiers by the instant from which somebody had them: a commission is multiplied by the tier of when it was earned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032tiers"
down_revision = "0031earning"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLE = "network_tier"


def upgrade() -> None:
    """What is known of the past is the tier of today, from when it was counted; nobody had one before."""
    op.create_table(
        TABLE,
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')", name=op.f("ck_network_tier_known_tier")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_network_tier_producer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_network_tier_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("producer_id", "since", name=op.f("pk_network_tier")),
    )
    op.execute(
        f"INSERT INTO {TABLE} (producer_id, since, tier, agency_id) "  # noqa: S608 - a name of ours
        "SELECT producer_id, counted_at, tier, agency_id FROM network_effect"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {TABLE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )


def downgrade() -> None:
    """Forget which tiers there were; what was earned keeps its multipliers."""
    op.drop_table(TABLE)
