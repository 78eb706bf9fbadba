"""The one engine of a process."""

from __future__ import annotations

from sqlalchemy import AdaptedConnection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kernel.settings import PostgresSettings
from store.sql.acting import ActingConnection

_GRACE_SECONDS = 15.0


def open_engine(url: str, settings: PostgresSettings) -> AsyncEngine:
    """An engine on asyncpg for the application role; close it with ``await engine.dispose()``."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=30,
        connect_args={
            "connection_class": ActingConnection,
            # a server that vanished without a word answers never; one that is alive ends the statement itself before this
            "command_timeout": settings.statement_timeout_ms / 1000 + _GRACE_SECONDS
            if settings.statement_timeout_ms
            else None,
            "server_settings": {
                "application_name": "leadwright",
                "statement_timeout": str(settings.statement_timeout_ms),
                "timezone": "UTC",
            },
        },
    )
    event.listen(engine.sync_engine, "checkin", _act_for_nobody)
    return engine


def _act_for_nobody(connection: AdaptedConnection | None, _: object) -> None:
    """A unit of work that said nothing has begun no transaction; whoever gets its connection next must not act for it."""
    if connection is not None:
        connection.driver_connection.act_for(None)
