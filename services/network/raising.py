"""What would raise a producer's network score, on what was exchanged until now."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from domain.network.exchange import around, month_of
from domain.network.raising import raises
from domain.network.reach import neighbours
from kernel.clock import now
from services.network.acting import require_own
from services.network.counting import known_of
from services.network.schemas import RaiseView, RaiseViews
from store.uow import Database


class Raising:
    """A producer asks for themselves, people of the agency for anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ways(self, actor: Actor, producer_id: UUID, at_most: int) -> RaiseViews:
        """Steps with what each adds, the greatest first. Raises NotFound for another producer's."""
        require_own(actor, producer_id)
        month = month_of(now())
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            producers, connections = await uow.agencies.reachable(), await uow.connections.standing()
            ways = await uow.referrals.flows(month)
            near = neighbours((row.from_id, row.to_id) for row in connections)
            ties = around(ways).get(producer_id, {})
            known = known_of(producers, ways, ties.keys()).known
            found = raises(producer_id, ties, near.get(producer_id, set()), known)[:at_most]
            names = await uow.agencies.names([one.who for one in found if one.who is not None])
        items = [
            RaiseView(
                way=one.way, producer_id=one.who, name=None if one.who is None else names[one.who], by=one.by, left=one.left
            )
            for one in found
        ]  # fmt: skip
        return RaiseViews(producer_id=producer_id, items=items)
