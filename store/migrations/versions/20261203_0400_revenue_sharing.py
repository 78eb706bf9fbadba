"""What an agency gives of its income to its network: shares of a month by versions of terms, and bonuses of promotions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038sharing"
down_revision = "0037support"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TERMS = "revenue_terms"
PROMOTION = "commission_promotion"


def upgrade() -> None:
    """Nobody shares until they say so."""
    op.create_table(
        TERMS,
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("basis_points", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 10000", name=op.f("ck_revenue_terms_is_share")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_revenue_terms_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agency_id", "version", name=op.f("pk_revenue_terms")),
    )
    _close(TERMS, "SELECT, INSERT")
    _promotions()
    _close(PROMOTION, "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    """Forget terms and promotions; what was given stays in the ledger with its own."""
    op.drop_table(PROMOTION)
    op.drop_table(TERMS)


def _promotions() -> None:
    text, number, day, moment = sa.Text(), sa.BigInteger(), sa.Date(), sa.DateTime(timezone=True)
    op.create_table(
        PROMOTION,
        sa.Column("name", text, nullable=False),
        sa.Column("begins_on", day, nullable=False),
        sa.Column("ends_on", day, nullable=False),
        sa.Column("lines", postgresql.ARRAY(text), nullable=False),
        sa.Column("states", postgresql.ARRAY(text), nullable=False),
        sa.Column("least_tier", text, nullable=False),
        sa.Column("minor", number, nullable=False),
        sa.Column("currency", text, nullable=False),
        sa.Column("cap_each", number, nullable=True),
        sa.Column("cap_all", number, nullable=True),
        sa.Column("holding_days", number, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", text, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", text, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_commission_promotion_ends_later")),
        sa.CheckConstraint("minor > 0", name=op.f("ck_commission_promotion_gives_something")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_commission_promotion_agency_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_promotion")),
    )
    op.create_index(op.f("ix_commission_promotion_agency_id_ends_on"), PROMOTION, ["agency_id", "ends_on"])


def _close(table: str, verbs: str) -> None:
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {table} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
