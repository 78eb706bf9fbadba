"""Leads are found by their house and by their street too: the two columns, filled for the leads that are there, and indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from domain.leads.lookup import house_key, street_key

revision = "0013housekeys"
down_revision = "0012sweep"
branch_labels = None
depends_on = None

_COLUMNS = ("house_key", "street_key")
_SLICE = 2000
_NEXT = sa.text("SELECT id, street, zip FROM lead WHERE id > :after AND street IS NOT NULL ORDER BY id LIMIT :at_most")
_FILL = sa.text(
    "UPDATE lead SET house_key = f.house, street_key = f.street "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:houses AS text[]), CAST(:streets AS text[])) AS f (id, house, street) "
    "WHERE lead.id = f.id"
)


def upgrade() -> None:
    """Add the columns, read the streets by the domain's own rule, and index them: the fold of the events says the same."""
    for name in _COLUMNS:
        op.add_column("lead", sa.Column(name, sa.Text(), nullable=True))
    connection = op.get_bind()
    after = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(_NEXT, {"after": after, "at_most": _SLICE}).all():
        keys = {
            "ids": [row.id for row in rows],
            "houses": [house_key(row.street) for row in rows],
            "streets": [street_key(row.street, row.zip) for row in rows],
        }
        connection.execute(_FILL, keys)
        after = rows[-1].id
    for name in _COLUMNS:
        op.create_index(
            op.f(f"ix_lead_agency_id_{name}"),
            "lead",
            ["agency_id", name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )


def downgrade() -> None:
    """Take them away."""
    for name in _COLUMNS:
        op.drop_index(op.f(f"ix_lead_agency_id_{name}"), table_name="lead")
        op.drop_column("lead", name)
