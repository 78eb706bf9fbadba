"""What would raise a producer's network score, on what was exchanged until now."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from domain.actor import Actor
from domain.network.exchange import around, month_of
from domain.network.raising import raises
from domain.network.score import Counterpart, Score
from kernel.clock import now
from services.network.acting import require_own
from services.network.schemas import RaiseView, RaiseViews
from services.network.standing import effect_of
from store.sql.models import NetworkEffectRow
from store.uow import Database


class Raising:
    """A producer asks for themselves, people of the agency for anybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ways(self, actor: Actor, producer_id: UUID, at_most: int) -> RaiseViews:
        """Steps with what each adds to the score as it was counted, the greatest first. NotFound for another producer's."""
        require_own(actor, producer_id)
        async with self._database.begin(actor) as uow:
            _, row = await effect_of(uow, producer_id)
            ties = around(await uow.referrals.flows(month_of(now()), of=producer_id)).get(producer_id, {})
            found = raises(_score(row), ties)[:at_most]
            names = await uow.agencies.names([one.who for one in found if one.who is not None])
        items = [
            RaiseView(
                way=one.way, producer_id=one.who, name=None if one.who is None else names[one.who], by=one.by, left=one.left
            )
            for one in found
        ]  # fmt: skip
        return RaiseViews(producer_id=producer_id, items=items)


def _score(row: NetworkEffectRow) -> Score:
    """The standing as it was counted."""
    parts = row.parts
    counterparts = tuple(
        Counterpart(
            UUID(one["producer_id"]), Decimal(one["accepted"]), Decimal(one["converted"]), Decimal(one["reciprocity"]),
            Decimal(one["gives"]), UUID(one["group"]), one["alike"],
        )
        for one in parts["counterparts"]
    )  # fmt: skip
    groups = {UUID(group): Decimal(gives) for group, gives in parts["groups"].items()}
    left_out = {UUID(who): why for who, why in parts["left_out"].items()}
    return Score(row.score, row.connected, Decimal(parts["for_connections"]), counterparts, groups, left_out)
