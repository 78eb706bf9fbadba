"""Experiments on live leads, and the way from one to the decisions made under it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014experiments"
down_revision = "0013housekeys"
branch_labels = None
depends_on = None

APP = "leadwright_app"


def upgrade() -> None:
    """Create the table under row security, and the index over decisions."""
    op.create_table(
        "experiment",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        # Text in text: the order of the arms matters, and jsonb would lose it.
        sa.Column("arms", sa.JSON(), nullable=False),
        sa.Column("success", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_experiment_agency_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_experiment_agency_id_name")),
    )
    op.create_index(
        "uq_experiment_running", "experiment", ["agency_id", "agent"], unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )  # fmt: skip
    op.create_index(
        "ix_decision_experiment", "decision", [sa.text("(body ->> 'experiment')")],
        postgresql_where=sa.text("(body ->> 'experiment') IS NOT NULL"),
    )  # fmt: skip
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON experiment TO {APP}")
    op.execute("ALTER TABLE experiment ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON experiment TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_decision_experiment", table_name="decision")
    op.drop_table("experiment")
