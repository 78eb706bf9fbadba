"""Counting an agency's books: do rows, events, runs, assignments and receipts agree with each other?"""

from __future__ import annotations

from pydantic import BaseModel

from domain.actor import Actor, Scope
from store.uow import Database


class Books(BaseModel):
    """Counts of one agency. Equal pairs and zeros are what a healthy agency shows."""

    leads: int
    leads_assigned: int
    leads_held_twice: int
    leads_with_receipt: int
    assignments: int
    receipts: int
    days_over_capacity: int
    runs_open: int
    broken_histories: int
    events: int
    messages: int


class BookService:
    """Read-only; needs ``agency:admin``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor) -> Books:
        """Count now, in one transaction."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return Books.model_validate(await uow.books.counts())
