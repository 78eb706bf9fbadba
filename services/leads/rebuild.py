"""Lead rows made anew from their events: the proof that the row is only a projection."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from domain.actor import Actor, Scope
from domain.leads.history import LeadEvent, fold
from domain.leads.lifecycle import Happening
from store.sql.models import LeadEventRow
from store.uow import Database

_SLICE = 200


class Rebuilt(BaseModel):
    """How many leads were folded, and how many rows differed from their history before."""

    leads: int
    differed: int


class LeadRebuild:
    """Rebuilds one agency's lead rows, a slice a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rebuild(self, actor: Actor) -> Rebuilt:
        """Fold every history and write what it adds up to where the row says otherwise."""
        actor.require(Scope.AGENCY_ADMIN)
        leads = differed = 0
        after: UUID | None = None
        while True:
            async with self._database.begin(actor) as uow:
                ids = await uow.history.lead_ids(after, _SLICE)
                for lead_id in ids:
                    await uow.history.locked(lead_id)
                    state = fold(event_of(row) for row in await uow.history.of(lead_id))
                    differed += await uow.history.replace(lead_id, state)
            leads += len(ids)
            if len(ids) < _SLICE:
                return Rebuilt(leads=leads, differed=differed)
            after = ids[-1]


def event_of(row: LeadEventRow) -> LeadEvent:
    """A stored event as the domain folds it."""
    return LeadEvent(Happening(row.kind), row.at, row.data, row.personal)
