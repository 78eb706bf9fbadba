"""At which version of the network each counter of exchanges changed last, so that of a change only what it changed is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040exchanges"
down_revision = "0039lookups"
branch_labels = None
depends_on = None

CELL, NETWORK = "broker_exchange", "broker_network"


def upgrade() -> None:
    """Counters of before are older than any version that somebody knows of; a process that starts reads them all."""
    op.add_column(CELL, sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.create_index(op.f("ix_broker_exchange_agency_id_version"), CELL, ["agency_id", "version"])
    op.create_index(op.f("ix_broker_exchange_agency_id_to_id"), CELL, ["agency_id", "to_id"])
    op.add_column(NETWORK, sa.Column("anew_at", sa.BigInteger(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Forget when counters changed."""
    op.drop_column(NETWORK, "anew_at")
    op.drop_index(op.f("ix_broker_exchange_agency_id_to_id"), CELL)
    op.drop_index(op.f("ix_broker_exchange_agency_id_version"), CELL)
    op.drop_column(CELL, "version")
