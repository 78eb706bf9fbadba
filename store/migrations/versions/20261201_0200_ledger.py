"""The double-entry ledger: batches sum to zero when their transaction ends, and nothing in it is changed or removed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026ledger"
down_revision = "0025commissions"
branch_labels = None
depends_on = None

APP = "leadwright_app"
TABLES = ("ledger_account", "ledger_batch", "ledger_posting")
# Checked when the transaction ends, for then all postings of its batches are in. A batch says how many it has, so that none can
# be added to it later either.
CHECKED = """
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  wanted uuid;
  said bigint;
  found bigint;
  total numeric;
BEGIN
  IF TG_TABLE_NAME = 'ledger_batch' THEN wanted := NEW.id; ELSE wanted := NEW.batch_id; END IF;
  SELECT size INTO said FROM ledger_batch WHERE id = wanted;
  SELECT count(*), coalesce(sum(minor), 0) INTO found, total FROM ledger_posting WHERE batch_id = wanted;
  IF found <> said OR total <> 0 THEN
    RAISE EXCEPTION 'ledger batch % has % of % postings that sum to %, not to 0', wanted, found, said, total
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$ BEGIN
  RAISE EXCEPTION 'the ledger is added to only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""


def upgrade() -> None:
    """Create the tables under row security, with their triggers."""
    _tables()
    for table in TABLES:
        close_to_other_agencies(table, "SELECT, INSERT")
    # an account's row is locked while its balance decides about a payment, and a lock needs this
    op.execute(f"GRANT UPDATE ON ledger_account TO {APP}")
    op.execute(CHECKED)
    for table in ("ledger_batch", "ledger_posting"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION ledger_balances()"
        )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_stays()"
        )
        op.execute(
            f"CREATE TRIGGER stays_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()"
        )


def downgrade() -> None:
    """Drop it all."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION ledger_balances()")
    op.execute("DROP FUNCTION ledger_stays()")


def _tables() -> None:
    text, number, moment, key = sa.Text(), sa.BigInteger(), sa.DateTime(timezone=True), sa.Uuid()
    json = postgresql.JSONB()
    op.create_table(
        "ledger_account",
        *_given(text, "kind", "owner"), *_given(key, "payee_id", nullable=True), *_given(text, "currency"),
        *_owned_columns(), _of("ledger_account", "agency_id", "agency", "CASCADE"),
        _of("ledger_account", "payee_id", "producer", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("agency_id", "kind", "owner", "currency",
            name=op.f("uq_ledger_account_agency_id_kind_owner_currency")),
        sa.UniqueConstraint("id", "agency_id", "currency", name=op.f("uq_ledger_account_id_agency_id_currency")),
    )  # fmt: skip
    op.create_index(op.f("ix_ledger_account_payee_id"), "ledger_account", ["payee_id"])
    op.create_table(
        "ledger_batch",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_given(text, "key", "happening", "currency"), *_given(number, "size"), *_given(moment, "at"),
        *_given(text, "by", "why"), *_given(number, "rule_version", nullable=True),
        *_given(key, "accrual_id", "payout_id", nullable=True), *_given(json, "facts"), *_owned_columns(),
        sa.CheckConstraint("size >= 2", name=op.f("ck_ledger_batch_double_entry")),
        _of("ledger_batch", "accrual_id", "commission_accrual", "RESTRICT"),
        _of("ledger_batch", "agency_id", "agency", "CASCADE"),
        _of("ledger_batch", "payout_id", "commission_payout", "RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_batch")),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_ledger_batch_agency_id_key")),
        sa.UniqueConstraint("id", "agency_id", "currency", name=op.f("uq_ledger_batch_id_agency_id_currency")),
        sa.UniqueConstraint("seq", name=op.f("uq_ledger_batch_seq")),
    )  # fmt: skip
    op.create_index(op.f("ix_ledger_batch_accrual_id"), "ledger_batch", ["accrual_id"])
    op.create_index(op.f("ix_ledger_batch_agency_id_at"), "ledger_batch", ["agency_id", "at"])
    op.create_index(op.f("ix_ledger_batch_payout_id"), "ledger_batch", ["payout_id"])
    op.create_table(
        "ledger_posting",
        *_given(key, "batch_id"), *_given(number, "number"), *_given(key, "account_id"),
        *_given(key, "accrual_id", nullable=True), *_given(text, "line"), *_given(number, "minor"),
        *_given(text, "currency"), *_given(key, "agency_id"),
        sa.CheckConstraint("minor <> 0", name=op.f("ck_ledger_posting_moves_something")),
        sa.ForeignKeyConstraint(
            ["account_id", "agency_id", "currency"],
            ["ledger_account.id", "ledger_account.agency_id", "ledger_account.currency"],
            name="fk_ledger_posting_account"
        ),
        _of("ledger_posting", "accrual_id", "commission_accrual", "RESTRICT"),
        _of("ledger_posting", "agency_id", "agency", "CASCADE"),
        sa.ForeignKeyConstraint(
            ["batch_id", "agency_id", "currency"],
            ["ledger_batch.id", "ledger_batch.agency_id", "ledger_batch.currency"],
            name="fk_ledger_posting_batch"
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_ledger_posting")),
        sa.UniqueConstraint("batch_id", "account_id", "line", "accrual_id",
            name="uq_ledger_posting_once", postgresql_nulls_not_distinct=True),
    )  # fmt: skip
    op.create_index(op.f("ix_ledger_posting_account_id_batch_id"), "ledger_posting", ["account_id", "batch_id"])
    op.create_index(op.f("ix_ledger_posting_accrual_id"), "ledger_posting", ["accrual_id"])


def _given(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _owned_columns() -> list[sa.Column[Any]]:
    return _given(sa.Uuid(), "id", "agency_id")


def _of(table: str, column: str, other: str, then: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=then)


def close_to_other_agencies(table: str, verbs: str) -> None:
    """Let the application role do this with rows of its transaction's agency, and see no others."""
    op.execute(f"GRANT {verbs} ON {table} TO {APP}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_agency ON {table} TO {APP} "
        "USING (agency_id = (SELECT current_agency())) WITH CHECK (agency_id = (SELECT current_agency()))"
    )
