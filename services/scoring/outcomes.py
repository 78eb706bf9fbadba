"""What an agency's closed leads say of a score: the chance to win, with interval and sample, and what it is worth."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.leads.probability import WinChance, commission_for, win_chance
from store.uow import Database


class Outcomes:
    """Counts out of Postgres, chances out of the domain; nothing is kept, so nothing is stale."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, actor: Actor, except_lead: UUID | None = None) -> dict[str, Any]:
        """``closed`` as [score, won, lost] and ``commissions`` by line, JSON-ready: what a scorer needs to know."""
        async with self._database.begin(actor) as uow:
            closed = await uow.leads.closed_by_score(except_lead)
            settings = (await uow.agencies.mine()).settings
        return {"closed": [list(row) for row in closed], "commissions": settings.get("commissions") or {}}

    async def chance(self, actor: Actor, score: int, line: str | None = None) -> WinChance:
        """The chance for an open lead of this score; its value where the agency gave a commission for the line."""
        actor.require(Scope.LEADS_READ)
        known = await self.record(actor)
        commission = commission_for(line, known["commissions"]) if line else None
        return win_chance(score, [(row[0], row[1], row[2]) for row in known["closed"]], commission)
