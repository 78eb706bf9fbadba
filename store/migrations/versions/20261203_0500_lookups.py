"""What changes a few rows reads a few, however long the tables are.

Terms of one contract are held apart by a range of a hash, which GiST orders; ranges of text it does not, so that each change of
a term read a large part of the index. Pages of policies keep room, so that a change that no index knows of stays on its page.
Timers of one instant are in the order in which they are taken, and what is claimed is looked up row by row.
"""

from __future__ import annotations

from alembic import op

revision = "0039lookups"
down_revision = "0038sharing"
branch_labels = None
depends_on = None

ROOM = 75
"""Of 100 parts of a page, those that a new row may fill."""
_APART = """
ALTER TABLE policy DROP CONSTRAINT policy_terms_apart;
ALTER TABLE policy ADD CONSTRAINT policy_terms_apart EXCLUDE USING gist (
  {}(agency_id, carrier, number_key) WITH &&, tstzrange(starts_at, coalesce(ended_at, ends_at)) WITH &&
) WHERE (number_key IS NOT NULL AND status IN ('active', 'non_renewing', 'cancelled', 'lapsed', 'expired', 'non_renewed'));
"""
# Two contracts of one hash could not have terms at one time. It has 63 bits, for a range ends one behind its last: among a
# million contracts the chance of any such pair is 5 in 100 million.
_BY_HASH = """
CREATE FUNCTION policy_contract(agency uuid, carrier text, number_key text) RETURNS int8range
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog
AS $$ SELECT int8range(one, one, '[]')
  FROM (SELECT hashtextextended(agency::text || '/' || carrier || '/' || number_key, 0) >> 1) AS of (one) $$;
"""
_BY_TEXT = """
CREATE TYPE policy_contract_range AS RANGE (subtype = text);
CREATE FUNCTION policy_contract_key(agency uuid, carrier text, number_key text) RETURNS policy_contract_range
LANGUAGE sql IMMUTABLE SET search_path = public
AS $$ SELECT policy_contract_range(
  agency::text || '/' || carrier || '/' || number_key, agency::text || '/' || carrier || '/' || number_key, '[]') $$;
"""
# Rows become documents, which costs more than the rest of the guard, only where an erasure may be seen: it makes no version.
_GUARD = ("IF to_jsonb(NEW)", "IF NEW.version = OLD.version AND to_jsonb(NEW)")
# How many are wanted is not known when a function is planned, and a tenth of all that wait is guessed; reading the whole table
# then looks cheaper than looking up each. The ids in a list are looked up.
_CLAIMS = {
    "claim_due_policy_timers": ("FROM (SELECT x.id", ") due\n  WHERE t.id = due.id", "t.id"),
    "claim_runs": ("FROM (SELECT id", ") due\n  WHERE r.id = due.id", "r.id"),
    "claim_notices": ("FROM (SELECT event_id", ") due\n  WHERE n.event_id = due.event_id", "n.event_id"),
}
_WAITING = "CREATE INDEX ix_policy_timer_due ON policy_timer ({}) WHERE state = 'waiting'"


def upgrade() -> None:
    """Terms that are there move to roomier pages as they change."""
    op.execute(_BY_HASH)
    op.execute(_APART.format("policy_contract"))
    op.execute("DROP FUNCTION policy_contract_key(uuid, text, text)")
    op.execute("DROP TYPE policy_contract_range")
    op.execute(f"ALTER TABLE policy SET (fillfactor = {ROOM})")
    op.drop_index("ix_policy_timer_due", table_name="policy_timer")
    op.execute(_WAITING.format("due_at, id"))
    _rewrite("policy_guard", _GUARD)
    for name, (begin, end, key) in _CLAIMS.items():
        _rewrite(name, (begin, f"WHERE {key} = ANY (ARRAY({begin.removeprefix('FROM (')}"), (end, "))"))


def downgrade() -> None:
    """As it was."""
    for name, (begin, end, key) in _CLAIMS.items():
        _rewrite(
            name,
            (f"WHERE {key} = ANY (ARRAY({begin.removeprefix('FROM (')}", begin),
            ("SKIP LOCKED))", f"SKIP LOCKED{end}"),
        )
    _rewrite("policy_guard", _GUARD[::-1])
    op.drop_index("ix_policy_timer_due", table_name="policy_timer")
    op.execute(_WAITING.format("due_at"))
    op.execute("ALTER TABLE policy RESET (fillfactor)")
    op.execute(_BY_TEXT)
    op.execute(_APART.format("policy_contract_key"))
    op.execute("DROP FUNCTION policy_contract(uuid, text, text)")


def _rewrite(function: str, *parts: tuple[str, str]) -> None:
    """Put other words into a function; raises where it has not the words that are to go."""
    body = f"pg_get_functiondef('{function}'::regproc)"
    for before, _ in parts:
        op.execute(
            f"DO $do$ BEGIN IF position($in${before}$in$ IN {body}) = 0 THEN "
            f"RAISE EXCEPTION '{function} is not as this migration knows it'; END IF; END $do$"
        )
    for before, after in parts:
        body = f"replace({body}, $in${before}$in$, $in${after}$in$)"
    op.execute(f"DO $do$ BEGIN EXECUTE {body}; END $do$")
