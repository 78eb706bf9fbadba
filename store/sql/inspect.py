"""What an operator wants to know of the database, asked as the application role."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kernel.clock import now

_ROLE = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_OWNED = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
WHERE n.nspname = 'public' AND c.relkind = 'r' AND r.rolname = current_user
"""
_UNGUARDED = """
SELECT c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'agency_id' AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind = 'r'
  AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """``clock_behind`` is how far Postgres' clock is behind this machine's, half the way there and back taken off.

    ``unguarded`` names tables of agencies without row security, ``seen_without_agency`` tells whether any lead is visible to
    nobody in particular, ``may_too_much`` whether the application role is a superuser, passes row security, makes roles or owns
    tables. ``unsafe`` names settings that lose acknowledged writes.
    """

    version: int
    clock_behind: timedelta
    may_too_much: bool
    unguarded: tuple[str, ...]
    seen_without_agency: bool
    unsafe: tuple[str, ...]
    connections: int
    most_connections: int


async def database_facts(engine: AsyncEngine) -> DatabaseFacts:
    """Ask now. Raises what SQLAlchemy raises when the database does not answer or is not migrated."""
    async with engine.connect() as connection:
        ask = connection.scalar
        version = int(await ask(text("SELECT current_setting('server_version_num')::int")) or 0)
        begun = time.perf_counter()
        there = await ask(text("SELECT clock_timestamp()"))
        behind = now() - timedelta(seconds=(time.perf_counter() - begun) / 2) - there
        too_much = bool(await ask(text(_ROLE))) or bool(await ask(text(_OWNED)))
        unguarded = tuple((await connection.scalars(text(_UNGUARDED))).all())
        seen = bool(await ask(text("SELECT EXISTS (SELECT 1 FROM lead)")))
        used = int(await ask(text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")) or 0)
        most = int(await ask(text("SELECT current_setting('max_connections')::int")) or 0)
        return DatabaseFacts(version, behind, too_much, unguarded, seen, await _unsafe(connection), used, most)


async def _unsafe(connection: AsyncConnection) -> tuple[str, ...]:
    found = await connection.scalars(
        text("SELECT name FROM pg_settings WHERE name = ANY (:names) AND setting = 'off' ORDER BY name"),
        {"names": ["fsync", "full_page_writes", "synchronous_commit"]},
    )
    return tuple(found.all())
