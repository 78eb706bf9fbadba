"""Being told by Postgres instead of asking: LISTEN on a connection of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import structlog
from sqlalchemy import make_url

_log = structlog.get_logger("leadwright.store.listener")
_AGAIN_SECONDS = 1.0
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Listener:
    """Turns notifications on a channel into an event being set. Missing one costs a poll interval, nothing more."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def forward(self, channel: str, to: asyncio.Event) -> None:
        """Set ``to`` at every notification, until cancelled; connects again when the connection is lost."""
        while True:
            try:
                connection = await asyncpg.connect(self._url)
            except _LOST:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            lost = asyncio.Event()
            try:
                connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
                await connection.add_listener(channel, lambda *_notification: to.set())
                to.set()
                await lost.wait()
                _log.warning("listening connection lost")
            except _LOST:
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                if not connection.is_closed():
                    with suppress(*_LOST):
                        await connection.close(timeout=1)
