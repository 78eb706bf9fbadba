"""What a producer's file said last, changes and consumers' marks of producers, and ways to a lead's referrer and employer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020producers"
down_revision = "0019live"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("producer_change", "producer_mark")


def upgrade() -> None:
    """Create the tables under row security; rows are only ever added. What stands in a profile so far came from a file."""
    op.add_column("producer", sa.Column("loaded", postgresql.JSONB(), nullable=True))
    op.execute("UPDATE producer SET loaded = profile")
    op.create_table(
        "producer_change",
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("changed", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        *_belongs("producer_change", "producer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer_change")),
    )
    op.create_index(op.f("ix_producer_change_producer_id"), "producer_change", ["producer_id", "id"])
    op.create_table(
        "producer_mark",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        *_belongs("producer_mark", "producer", "lead"),
        sa.CheckConstraint("mark BETWEEN 1 AND 5", name=op.f("ck_producer_mark_scale")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer_mark")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_producer_mark_lead_id")),
    )
    op.create_index(op.f("ix_producer_mark_producer_id"), "producer_mark", ["producer_id"])
    for name, key in (
        ("referrer", "btrim(extras ->> 'referred_by')"),
        ("company", "lower(btrim(extras ->> 'company'))"),
    ):
        op.create_index(
            f"ix_lead_{name}",
            "lead",
            ["agency_id", sa.text(f"({key})")],
            postgresql_where=sa.text(f"{key} IS NOT NULL"),
        )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop it all."""
    for name in ("referrer", "company"):
        op.drop_index(f"ix_lead_{name}", table_name="lead")
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("producer", "loaded")


def _belongs(table: str, *owners: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [f"{owner}_id"], [f"{owner}.id"], name=op.f(f"fk_{table}_{owner}_id"), ondelete="CASCADE"
        )
        for owner in ("agency", *owners)
    ]
