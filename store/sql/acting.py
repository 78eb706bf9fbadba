"""The driver's connection, which says for whom a transaction acts in the same message that begins it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg


class ActingConnection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """A transaction's agency is what row security compares with. It is set for one transaction only (``is_local``), so what
    the pool hands on acts for nobody. A statement of its own for it would cost every transaction a round trip.
    """

    _agency: UUID | None = None

    def act_for(self, agency_id: UUID | None) -> None:
        """The next transaction to begin acts for this agency; with None it acts for nobody."""
        self._agency = agency_id

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the driver's
        """As the driver does; a BEGIN carries the agency with it. Were it ever spelled otherwise, nothing would be visible."""
        agency = self._agency
        if agency is None or not query.startswith("BEGIN"):
            done: str = await super().execute(query, *args, timeout=timeout)
            return done
        self._agency = None
        try:
            done = await super().execute(
                f"{query} SELECT set_config('leadwright.agency', '{agency.hex}'::uuid::text, true)", timeout=timeout
            )
        except asyncpg.PostgresError:
            self.terminate()  # the transaction may be open, and nobody holds it
            raise
        return done
