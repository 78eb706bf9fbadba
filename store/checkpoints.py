"""LangGraph's Postgres saver: the one place where the store touches LangGraph."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url

# A server that vanished without a word is given up after about half a minute instead of the system's two hours.
_GONE = {
    "connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000,
}  # fmt: skip


class Checkpoints:
    """A pool of connections for savers. Each run gets a saver of its own: a shared one serialises its runs."""

    def __init__(self, url: str, size: int) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._pool: AsyncConnectionPool[AsyncConnection[dict[str, Any]]] = AsyncConnectionPool(
            plain,
            min_size=1,
            max_size=size,
            open=False,
            kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0, **_GONE},
            name="checkpoints",
        )

    async def open(self) -> None:
        """Connect; raises psycopg's PoolTimeout when the database does not answer."""
        await self._pool.open(wait=True, timeout=20)

    def saver(self) -> AsyncPostgresSaver:
        """A saver for one run; call inside a running loop."""
        return AsyncPostgresSaver(self._pool)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()
