"""The contact verdict: wishes, comparisons with do-not-call lists, answers. Rows are added and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015contact"
down_revision = "0014experiments"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("contact_salt", "contact_revocation", "contact_scrub", "contact_verdict")


def upgrade() -> None:
    """Create the tables under row security."""
    _evidence()
    _answers()
    for table in TABLES:
        # Neither UPDATE nor DELETE: evidence is only ever added to.
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_agency ON {table} TO {APP} "
            "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
        )


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _tenant_table(name: str, *columns: sa.Column | sa.UniqueConstraint) -> None:  # type: ignore[type-arg]
    op.create_table(
        name,
        *columns,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{name}_agency_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column:  # type: ignore[type-arg]
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _evidence() -> None:
    op.create_table(
        "contact_salt",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_contact_salt_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_contact_salt")),
    )
    _tenant_table(
        "contact_revocation",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("people", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("said_on", sa.Text(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        _instant("at"),
        _instant("recorded_at"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        _instant("confirm_until", nullable=True),
        sa.Column("tables_version", sa.Text(), nullable=False),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_contact_revocation_agency_id_key")),
    )
    op.create_index(op.f("ix_contact_revocation_people"), "contact_revocation", ["people"], postgresql_using="gin")
    op.create_index(op.f("ix_contact_revocation_agency_id_lead_id"), "contact_revocation", ["agency_id", "lead_id"])
    _tenant_table(
        "contact_scrub",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        _instant("at"),
        _instant("recorded_at"),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "agency_id", "person", "list", "at", name=op.f("uq_contact_scrub_agency_id_person_list_at")
        ),
    )


def _answers() -> None:
    _tenant_table(
        "contact_verdict",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("seller_hash", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        _instant("at"),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        _instant("next_at", nullable=True),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("tables_version", sa.Text(), nullable=False),
        sa.Column("facts_hash", sa.Text(), nullable=False),
        _instant("asked_at"),
        sa.Column("asked_by", sa.Text(), nullable=False),
    )
    op.create_index(op.f("ix_contact_verdict_agency_id_lead_id_id"), "contact_verdict", ["agency_id", "lead_id", "id"])
