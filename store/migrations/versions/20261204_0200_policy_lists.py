"""Which terms span an instant is answered by indexes alone: listed newest first, and counted without looking at a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042pollists"
down_revision = "0041polwords"
branch_labels = None
depends_on = None

LISTED, SPAN = "ix_policy_agency_id_created_at_id", "ix_policy_span"
COUNTED = ["id", "line", "producer_id"]


def upgrade() -> None:
    """The list's own index knows the days of each term, that of spans how each stands."""
    op.create_index(
        op.f("ix_policy_agency_id_created_at_id_starts_at_ends_at"), "policy",
        ["agency_id", "created_at", "id", "starts_at", "ends_at"],
    )  # fmt: skip
    op.drop_index(LISTED, "policy")
    _span([*COUNTED, "status", "ended_at"])


def downgrade() -> None:
    """Neither knows them."""
    op.create_index(LISTED, "policy", ["agency_id", "created_at", "id"])
    op.drop_index("ix_policy_agency_id_created_at_id_starts_at_ends_at", "policy")
    _span(COUNTED)


def _span(beside: list[str]) -> None:
    op.drop_index(SPAN, "policy")
    op.create_index(
        SPAN, "policy", ["agency_id", "ends_at", "starts_at"], postgresql_include=beside,
        postgresql_where=sa.text("number_key IS NOT NULL"),
    )  # fmt: skip
