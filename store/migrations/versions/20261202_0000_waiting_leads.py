"""Leads that wait for the hour at which their person may be called stand in the index of waiting leads, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030waiting"
down_revision = "0029policyrules"
branch_labels = None
depends_on = None

INDEX = "ix_lead_waiting_for_producer"
BEFORE = "'nobody_available', 'all_claims_refused'"
REASONS = f"{BEFORE}, 'not_callable_yet'"


def _index(reasons: str) -> None:
    op.drop_index(INDEX, table_name="lead")
    op.create_index(
        INDEX, "lead", ["agency_id", "received_at", "id"],
        postgresql_where=sa.text(f"status = 'queued' AND reason IN ({reasons})"),
    )  # fmt: skip


def upgrade() -> None:
    """All three reasons that the queue asks for."""
    _index(REASONS)


def downgrade() -> None:
    """Those of before."""
    _index(BEFORE)
