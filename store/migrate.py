"""Bring a database to the newest version: the application role, the tables, the checkpointer's tables, the grants."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import sql
from sqlalchemy import create_engine, make_url, text

APP_ROLE = "leadwright_app"
_CHECKPOINT_TABLES = ("checkpoint_blobs", "checkpoint_migrations", "checkpoint_writes", "checkpoints")
_LOCK = 6_108_221  # one migration at a time, whoever starts it


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head_revision() -> str:
    """The newest revision this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def upgrade(owner_url: str, app_password: str | None) -> str:
    """Migrate as the owning role; returns the revision reached.

    ``owner_url`` is a SQLAlchemy URL of any Postgres driver. ``app_password`` sets the application role's password when
    that role is ours to manage (embedded profile); with None the role must exist.
    """
    url = make_url(owner_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    try:
        with engine.connect() as lock:
            lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            lock.commit()
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            if app_password is not None:
                _ensure_role(plain, app_password)
            with engine.begin() as connection:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            with PostgresSaver.from_conn_string(plain) as saver:
                saver.setup()
            with engine.begin() as connection:
                for table in _CHECKPOINT_TABLES:
                    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}"))
    finally:
        engine.dispose()
    return head_revision()


async def upgrade_async(owner_url: str, app_password: str | None) -> str:
    """:func:`upgrade` in a thread, for callers with a running loop."""
    return await asyncio.to_thread(upgrade, owner_url, app_password)


def _ensure_role(conninfo: str, password: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APP_ROLE,)).fetchone()
        verb = "ALTER" if known else "CREATE"
        connection.execute(
            sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                sql.Identifier(APP_ROLE), sql.Literal(password)
            )
        )
