"""What an agency's closed leads tell: how each score ended, and what a sale brings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from store.sql.repositories.leads import Closed
from store.uow import Database, UnitOfWork


class Outcomes:
    """Counts out of Postgres; the domain makes chances of them. Nothing is kept, so nothing is stale."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, actor: Actor, except_lead: UUID | None = None) -> dict[str, Any]:
        """``closed`` as [score, won, lost] and ``commissions`` by line, JSON-ready: what a scorer needs to know."""
        async with self._database.begin(actor) as uow:
            return await self.told(uow, await uow.leads.closed(except_lead=except_lead))

    async def told(self, uow: UnitOfWork, closed: Closed) -> dict[str, Any]:
        """The same of what was read within a transaction that is open."""
        uow.actor.require(Scope.LEADS_READ)
        settings = (await uow.agencies.mine()).settings
        return {"closed": [list(row) for row in closed.by_score], "commissions": settings.get("commissions") or {}}
