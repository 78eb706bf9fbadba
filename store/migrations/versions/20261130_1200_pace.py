"""Ways to what is asked of for every lead: open runs, closed leads and open offers of an agency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022pace"
down_revision = "0021proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three indexes; what they hold is small beside what it was looked for in."""
    op.create_index(
        "ix_graph_run_open", "graph_run", ["agency_id"], postgresql_where=sa.text("status IN ('queued', 'running')")
    )
    op.create_index(
        "ix_lead_closed",
        "lead",
        ["agency_id", "source", "score", "status", "id"],
        postgresql_where=sa.text("status IN ('won', 'lost') AND test IS false"),
    )
    op.create_index(
        op.f("ix_assignment_agency_id_state_assigned_at"), "assignment", ["agency_id", "state", "assigned_at"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_assignment_agency_id_state_assigned_at"), "assignment")
    op.drop_index("ix_lead_closed", "lead")
    op.drop_index("ix_graph_run_open", "graph_run")
