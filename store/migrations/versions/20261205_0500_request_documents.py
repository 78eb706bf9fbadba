"""Requests about policies may name documents of the policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053clerk"
down_revision = "0052search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was asked before names none."""
    none = sa.text("'{}'")
    column: sa.Column[object] = sa.Column("documents", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=none)
    op.add_column("policy_request", column)
    op.alter_column("policy_request", "documents", server_default=None)


def downgrade() -> None:
    """Back to requests of words alone."""
    op.drop_column("policy_request", "documents")
