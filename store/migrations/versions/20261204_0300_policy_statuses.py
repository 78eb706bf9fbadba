"""A page of one status, or of a state, reads its own terms: those of a rare status would be found behind most of the book."""

from __future__ import annotations

from alembic import op

revision = "0043polstatus"
down_revision = "0042pollists"
branch_labels = None
depends_on = None

BY_STATUS, BY_STATE = "ix_policy_agency_id_status_created_at_id", "ix_policy_state"
STATE_ALONE = "ix_policy_agency_id_state_created_at_id"
IN_STATE = ["agency_id", "state", "created_at", "id"]


def upgrade() -> None:
    """Each status is in the list's order; the states' index knows the days of each term and how it stands."""
    op.create_index(BY_STATUS, "policy", ["agency_id", "status", "created_at", "id"])
    op.create_index(BY_STATE, "policy", [*IN_STATE, "starts_at", "ends_at", "status"])
    op.drop_index(STATE_ALONE, "policy")


def downgrade() -> None:
    """Neither."""
    op.create_index(STATE_ALONE, "policy", IN_STATE)
    op.drop_index(BY_STATE, "policy")
    op.drop_index(BY_STATUS, "policy")
