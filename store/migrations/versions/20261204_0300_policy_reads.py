"""What a page or a report does not show is not read: a page of one status, or of a state, finds its own terms, where those of a
rare status lay behind most of the book; which term renews which is answered by an index alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043polreads"
down_revision = "0042pollists"
branch_labels = None
depends_on = None

BY_STATUS, BY_STATE = "ix_policy_agency_id_status_created_at_id", "ix_policy_state"
STATE_ALONE, RENEWS = "ix_policy_agency_id_state_created_at_id", "ix_policy_renews_id"
IN_STATE = ["agency_id", "state", "created_at", "id"]


def upgrade() -> None:
    """Each status is in the list's order; the states' index knows how a term stands, and its days, as that of renewals does."""
    op.create_index(BY_STATUS, "policy", ["agency_id", "status", "created_at", "id"])
    op.create_index(BY_STATE, "policy", [*IN_STATE, "starts_at", "ends_at", "status"])
    op.drop_index(STATE_ALONE, "policy")
    _renews(["agency_id", "id", "starts_on", "ends_on"])


def downgrade() -> None:
    """A state's index has the list's order only, no status has it, and a renewal's days are in its row."""
    op.create_index(STATE_ALONE, "policy", IN_STATE)
    op.drop_index(BY_STATE, "policy")
    op.drop_index(BY_STATUS, "policy")
    _renews([])


def _renews(beside: list[str]) -> None:
    op.drop_index(RENEWS, "policy")
    op.create_index(
        RENEWS, "policy", ["renews_id"], unique=True, postgresql_include=beside,
        postgresql_where=sa.text("renews_id IS NOT NULL AND status <> 'not_taken'"),
    )  # fmt: skip
