"""Requests of producers for help, in the order in which they are worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, not_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from domain.actor import ActorKind
from domain.network.support import SupportState
from kernel.errors import NotFound
from store.sql.models import SupportRequestRow
from store.sql.repositories.base import Repository

_R = SupportRequestRow
_PLACE = (not_(_R.dedicated), _R.created_at, _R.id)
"""Dedicated support first, then who has waited longest."""


class Support(Repository):
    """Rows of ``support_request``: a producer's own, a partner's none, else all of the agency."""

    async def add(self, row: Mapping[str, Any]) -> SupportRequestRow:
        """Keep one; the same ``key`` again finds the first."""
        query = insert(_R).values(agency_id=self.actor.agency_id, created_by=self.actor.subject, **row)
        await self.session.execute(query.on_conflict_do_nothing(index_elements=["agency_id", "key"]))
        found = await self.session.scalar(select(_R).where(_R.key == row["key"], self._seen()))
        if found is None:
            raise NotFound("this key was used by somebody else; use a key of your own")
        return found

    async def one(self, request_id: UUID, *, held: bool = False) -> SupportRequestRow:
        """A request; NotFound for others'. ``held``: locked until the transaction ends, and as it is by then."""
        query = select(_R).where(_R.id == request_id, self._seen())
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no support request {request_id} in this agency")
        return row

    async def page(
        self, states: Sequence[str], producer_id: UUID | None, after: UUID | None, at_most: int
    ) -> list[SupportRequestRow]:
        """In the order of the queue, from behind ``after``; NotFound where the actor does not see that one."""
        query = select(_R).where(self._seen(), _R.state.in_(states))
        if producer_id is not None:
            query = query.where(_R.producer_id == producer_id)
        if after is not None:
            last = await self.one(after)
            query = query.where(tuple_(*_PLACE) > (not last.dedicated, last.created_at, last.id))
        return list(await self.session.scalars(query.order_by(*_PLACE).limit(at_most)))

    async def next_open(self) -> SupportRequestRow | None:
        """The open request whose turn it is, held until the transaction ends; those that others hold are passed over, so
        that two who ask at once get two. None where nobody waits.
        """
        query = select(_R).where(self._seen(), _R.state == SupportState.OPEN.value).order_by(*_PLACE).limit(1)
        row: SupportRequestRow | None = await self.session.scalar(query.with_for_update(skip_locked=True))
        return row

    async def change(self, row: SupportRequestRow, **values: Any) -> None:
        """Set columns of a held request; its version grows."""
        for name, value in {**values, "version": row.version + 1}.items():
            setattr(row, name, value)
        await self.session.flush()

    def _seen(self) -> ColumnElement[bool]:
        mine = _R.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, _R.producer_id == self.actor.producer_id)
        return false()
