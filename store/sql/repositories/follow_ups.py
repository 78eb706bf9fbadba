"""Follow-ups: a person's own reminders of leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import FollowUpRow
from store.sql.repositories.base import Repository


class FollowUps(Repository):
    """Rows of ``follow_up`` of the actor; the platform's own actors see every one of the agency."""

    async def add(self, row: dict[str, Any]) -> FollowUpRow:
        """Keep one; the same ``key`` again finds the first."""
        query = insert(FollowUpRow).values(agency_id=self.actor.agency_id, subject=self.actor.subject, **row)
        await self.session.execute(query.on_conflict_do_nothing(index_elements=["agency_id", "key"]))
        found = await self.session.scalar(
            select(FollowUpRow).where(FollowUpRow.agency_id == self.actor.agency_id, FollowUpRow.key == row["key"])
        )
        assert found is not None, "it was there or has just been added"
        return found

    async def one(self, follow_up_id: UUID, *, anyone: bool = False) -> FollowUpRow:
        """One of the actor's own, held until the transaction ends; ``anyone``'s for the worker that tells them."""
        query = select(FollowUpRow).where(FollowUpRow.agency_id == self.actor.agency_id, FollowUpRow.id == follow_up_id)
        if not anyone:
            query = query.where(FollowUpRow.subject == self.actor.subject)
        row = await self.session.scalar(query.with_for_update())
        if row is None:
            raise NotFound(f"no follow-up {follow_up_id} of yours")
        return row

    async def mine(self, states: Sequence[str], until: datetime | None, at_most: int) -> list[FollowUpRow]:
        """The actor's own, soonest first."""
        query = select(FollowUpRow).where(
            FollowUpRow.agency_id == self.actor.agency_id, FollowUpRow.subject == self.actor.subject,
            FollowUpRow.state.in_(states),
        )  # fmt: skip
        if until is not None:
            query = query.where(FollowUpRow.at < until)
        return list(await self.session.scalars(query.order_by(FollowUpRow.at, FollowUpRow.id).limit(at_most)))
