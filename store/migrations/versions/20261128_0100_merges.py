"""Leads that a person has told apart, the way from a lead to those merged into it, and the wish not to be called on the lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006merges"
down_revision = "0005knowledge"
branch_labels = None
depends_on = None

# A lead row is the fold of its events, so the wishes that decisions hold are written into the events first.
_WISHES = """
WITH wishes AS (
    SELECT DISTINCT lead_id FROM decision WHERE specialist = 'extractor' AND body -> 'value' ->> 'do_not_call' = 'true'
), told AS (
    UPDATE lead_event SET data = data || '{"do_not_call": true}'
    WHERE kind = 'qualified' AND lead_id IN (SELECT lead_id FROM wishes)
    RETURNING lead_id
)
UPDATE lead SET do_not_call = true WHERE id IN (SELECT lead_id FROM told)
"""


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("lead", sa.Column("apart", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}"))
    op.add_column("lead", sa.Column("do_not_call", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_WISHES)
    op.create_index(
        op.f("ix_lead_duplicate_of"), "lead", ["duplicate_of"], postgresql_where=sa.text("duplicate_of IS NOT NULL")
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_index(op.f("ix_lead_duplicate_of"), table_name="lead")
    op.drop_column("lead", "do_not_call")
    op.drop_column("lead", "apart")
