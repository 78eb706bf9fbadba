"""Bring a database to the newest version: the application role, the tables, the checkpointer's tables, the grants, the
legal rows that ship with the release.

Of several processes one migrates, `leadwright migrate`; the others only compare versions and refuse to start on another.
"""

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
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from kernel.errors import Conflict, Invalid, Unavailable
from store.legal import publish, published

APP_ROLE = "leadwright_app"
_CHECKPOINT_TABLES = ("checkpoint_blobs", "checkpoint_migrations", "checkpoint_writes", "checkpoints")
_LOCK = 6_108_221  # one migration at a time, whoever starts it
_NO_PRIVILEGE = "42501"
_REFUSED = ("28", "3D")  # classes of state codes: no such login, no such database
_ROLE_MISSING = (
    f"the role {APP_ROLE} is missing and the owner may not create it; as an administrator run: "
    f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '...'"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head_revision() -> str:
    """The newest revision this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def upgrade(owner_url: str, app_password: str | None, *, role_is_ours: bool = True) -> str:
    """Migrate as the owning role; returns the revision reached.

    ``owner_url`` is a SQLAlchemy URL of any Postgres driver. ``app_password`` is that of the application role: set at every
    start where the role is ours (embedded profile), else only given to a role that is missing; with None the role must exist.
    Raises Unavailable when the database does not answer or a table is in use, Conflict when the role cannot be made.
    """
    url = make_url(owner_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    try:
        with engine.connect() as lock:
            lock.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            lock.commit()
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            _ensure_role(plain, app_password, role_is_ours=role_is_ours)
            with engine.begin() as connection:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            with PostgresSaver.from_conn_string(plain) as saver:
                saver.setup()
            with engine.begin() as connection:
                connection.execute(text(f"GRANT SELECT ON alembic_version TO {APP_ROLE}"))
                publish(connection)
                for table in _CHECKPOINT_TABLES:
                    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}"))
    except OperationalError as problem:
        words = str(problem.orig).strip().splitlines()[0]
        raise Unavailable(f"the database cannot be migrated now: {words}") from problem
    finally:
        engine.dispose()
    return head_revision()


async def upgrade_async(owner_url: str, app_password: str | None, *, role_is_ours: bool = True) -> str:
    """:func:`upgrade` in a thread, for callers with a running loop."""
    return await asyncio.to_thread(upgrade, owner_url, app_password, role_is_ours=role_is_ours)


def app_password_of(app_url: str) -> str | None:
    """The password in the application's URL. Raises Invalid when the URL names another role than the grants do."""
    url = make_url(app_url)
    if url.username != APP_ROLE:
        raise Invalid(
            f"LEADWRIGHT_POSTGRES__APP_URL names the role {url.username!r}; use {APP_ROLE}, which row security binds"
        )
    return url.password


async def present_revision(engine: AsyncEngine) -> str | None:
    """The revision that the database is at, asked as the application role; None when it was never migrated.

    Raises Unavailable when the database does not answer, Conflict when it refuses the login.
    """
    try:
        async with engine.connect() as connection:
            there = await connection.scalar(text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
            if not there:
                return None
            found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except DBAPIError as problem:
        state = getattr(problem.orig, "sqlstate", None) or ""
        if state == _NO_PRIVILEGE:  # migrated before processes asked for the version
            return None
        if state.startswith(_REFUSED):
            raise Conflict(
                f"the database refuses {engine.url.username}; if it is new, run `leadwright migrate`, else correct "
                "LEADWRIGHT_POSTGRES__APP_URL",
                code="database_login",
            ) from problem
        raise Unavailable(
            f"the database does not answer ({type(problem.orig).__name__}); try again shortly"
        ) from problem
    except OSError as problem:
        raise Unavailable(f"the database does not answer ({type(problem).__name__}); try again shortly") from problem


async def require_schema(engine: AsyncEngine) -> None:
    """Raises Conflict unless the tables and the legal rows are exactly those of this release, Unavailable when the database does
    not answer.
    """
    present, wanted = await present_revision(engine), head_revision()
    if present == wanted:
        async with engine.connect() as connection:
            if await published(connection):
                return
        raise Conflict(
            "the database judges notices by the legal rows of another release; run `leadwright migrate` of this one",
            code="schema_version",
        )
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if present is None or present in known:
        state = "holds no tables of ours yet" if present is None else f"is at {present}, which is older"
        remedy = "run `leadwright migrate` of this release once, with LEADWRIGHT_POSTGRES__OWNER_URL, and start again"
    else:
        state = f"is at {present}, which this release does not know"
        remedy = "start the newer release that migrated it, or restore the backup from before the upgrade"
    raise Conflict(f"the database {state} (this release needs {wanted}); {remedy}", code="schema_version")


def _ensure_role(conninfo: str, password: str | None, *, role_is_ours: bool) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APP_ROLE,)).fetchone()
        if known and not role_is_ours:
            return
        if password is None:
            if known:
                return
            raise Conflict(_ROLE_MISSING)
        verb = "ALTER" if known else "CREATE"
        try:
            connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.Identifier(APP_ROLE), sql.Literal(password)
                )
            )
        except psycopg.errors.InsufficientPrivilege as problem:
            raise Conflict(_ROLE_MISSING) from problem
