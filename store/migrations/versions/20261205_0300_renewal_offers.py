"""The carrier's price of an endorsement, its quote for the next term, and what a renewal was offered at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0049renewals"
down_revision = "0051law"
branch_labels = None
depends_on = None

_COLUMNS = (("policy_endorsement", "price"), ("policy", "renewal_quote"), ("policy", "offer"))


def upgrade() -> None:
    """Add the columns; what was priced, quoted or offered before has none."""
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Forget them: what is priced keeps its operations, what is offered its contents."""
    for table, column in reversed(_COLUMNS):
        op.drop_column(table, column)
