"""A team may pool what its members earn: whether it does is kept by day, and who was in it on a day is found by their changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048pooling"
down_revision = "0047notices"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLE = "broker_team_pooling"
CHANGES = "ix_producer_change_team"


def upgrade() -> None:
    """No team pools until a manager says so."""
    op.create_table(
        TABLE,
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("pools", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_broker_team_pooling_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["broker_team.id"], name=op.f("fk_broker_team_pooling_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "since", name=op.f("pk_broker_team_pooling")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {APP}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {TABLE} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
    op.create_index(
        CHANGES, "producer_change", ["agency_id", "producer_id", "at"], postgresql_where=sa.text("changed ? 'team_id'")
    )


def downgrade() -> None:
    """Forget who pooled; what was earned keeps its frozen shares."""
    op.drop_index(CHANGES, "producer_change")
    op.drop_table(TABLE)
