"""How an agency distributes, version by version; turns and counts that claims read and write under locks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016rules"
down_revision = "0015contact"
branch_labels = None
depends_on = None

APP = "leadwright_app"
_GRANTS = {
    "routing_policy": "SELECT, INSERT",
    "routing_pool": "SELECT, INSERT, UPDATE",
    "routing_turn": "SELECT, INSERT, UPDATE",
    "routing_cap_count": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    """Create the four tables under row security."""
    op.create_table(
        "routing_policy", _agency(), _key("kind", sa.Text()), _key("version", sa.BigInteger()),
        sa.Column("body", postgresql.JSONB(), nullable=False), sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False), sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False), *_keys("routing_policy", "kind", "version"),
    )  # fmt: skip
    op.create_table(
        "routing_pool", _agency(), _key("pool", sa.Text()), sa.Column("clock", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.BigInteger(), nullable=False), *_keys("routing_pool", "pool"),
    )  # fmt: skip
    op.create_table(
        "routing_turn", _agency(), _key("pool", sa.Text()), _key("producer_id", sa.Uuid()),
        sa.Column("mark", sa.BigInteger(), nullable=False), sa.Column("turn", sa.BigInteger(), nullable=False),
        *_keys("routing_turn", "pool", "producer_id"),
    )  # fmt: skip
    op.create_index(op.f("ix_routing_turn_agency_id_pool_turn"), "routing_turn", ["agency_id", "pool", "turn"])
    op.create_table(
        "routing_cap_count", _agency(), _key("rule", sa.Text()), _key("since", sa.Date()), _key("name", sa.Text()),
        sa.Column("given", sa.BigInteger(), nullable=False), *_keys("routing_cap_count", "rule", "since", "name"),
    )  # fmt: skip
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop them."""
    for table in reversed(_GRANTS):
        op.drop_table(table)


def _agency() -> sa.Column[object]:
    return sa.Column("agency_id", sa.Uuid(), nullable=False)


def _key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)


def _keys(table: str, *names: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agency_id", *names, name=op.f(f"pk_{table}")),
    )
