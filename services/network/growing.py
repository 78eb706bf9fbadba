"""How networks grow, what would help them, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from domain.actor import Actor
from domain.network.advice import Stranger, advice
from domain.network.exchange import Counted, around, month_of
from domain.network.growth import change, forecast
from domain.network.rings import LEAST
from domain.network.tiers import Benefit, Tier, has
from kernel.clock import now
from kernel.errors import Forbidden, Unavailable
from services.network.acting import own_of, require_own
from services.network.counting import Counting, current
from services.network.reaching import Fresh
from services.network.schemas import (
    Advices,
    AdviceView,
    ForecastView,
    Growth,
    MonthView,
    RingView,
    Suspicions,
)
from store.graph.network import Network
from store.graph.referrals import ReferralGraph
from store.uow import Database, UnitOfWork

_MOST_MONTHS = 24
_MEASURES = ("sent", "accepted", "converted", "connected")


class Growing:
    """Advice and forecasts are Silver's and above, a manager's for everybody; months are everybody's own."""

    def __init__(
        self, database: Database, network: Network, referrals: ReferralGraph, fresh: Fresh, counting: Counting
    ) -> None:
        self._database = database
        self._network = network
        self._referrals = referrals
        self._fresh = fresh
        self._counting = counting

    async def growth(self, actor: Actor, producer_id: UUID | None) -> Growth:
        """Month by month, full months first and the present one last, of a producer or of the whole agency.

        What is expected of the next three months is told to people of the agency and to Silver and above: enhanced analytics.
        """
        if producer_id is None:
            actor.require_whole_agency()
        else:
            require_own(actor, producer_id)
        month = month_of(now())
        async with self._database.begin(actor) as uow:
            if producer_id is not None:
                await uow.agencies.producer(producer_id)
            exchanges = await uow.effects.exchanged(producer_id, month - _MOST_MONTHS)
            begun = await uow.connections.begun_by_month(producer_id)
            told = own_of(actor) is None or await self._has_analytics(uow, producer_id)
        months = _months(exchanges, begun, month)
        full = months[:-1]
        converted = [one.converted for one in full]
        ahead = {name: _ahead([getattr(one, name) for one in full], month) if told else None for name in _MEASURES}
        return Growth(producer_id=producer_id, months=months, rate=change(converted).rate, forecast=ahead)

    async def advise(self, actor: Actor, producer_id: UUID, at_most: int) -> Advices:
        """With whom, of those who are active, to do what, and what it may bring. Raises Forbidden for a producer below Silver."""
        require_own(actor, producer_id)
        strangers: list[tuple[UUID, int]] = []
        try:
            await self._fresh(actor)
            strangers = await self._network.strangers(actor.agency_id, producer_id)
        except Unavailable:
            strangers = []  # advice about those who are known stands without them
        month = month_of(now())
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            if own_of(actor) is not None and not await self._has_analytics(uow, producer_id):
                raise Forbidden(
                    "recommendations come with the tier silver; your score and what is missing are in the card"
                )
            ties = around(await uow.referrals.flows(month, of=producer_id)).get(producer_id, {})
            named = await uow.agencies.producers_of([*ties, *(who for who, _ in strangers)])
            active = {row.id for row in named if row.active}
            known = [Stranger(who, shared) for who, shared in strangers if who in active]
            there = {who: tie for who, tie in ties.items() if who in active}
            found = advice(there, known, await uow.effects.mean_way(month), month, at_most)
            names = await uow.agencies.names([one.who for one in found])
        items = [
            AdviceView(
                producer_id=one.who, name=names[one.who], reason=one.reason, effect=one.effect, low=one.low, high=one.high,
                of=one.of,
            )
            for one in found
        ]  # fmt: skip
        return Advices(producer_id=producer_id, items=items)

    async def suspicions(self, actor: Actor) -> Suspicions:
        """Rings, circles of three and shared addresses, for people of the agency. Nothing follows by itself but the caps."""
        actor.require_whole_agency()
        whole = await self._counting.whole(actor)
        await self._fresh(actor)
        circles = await self._referrals.circles(actor.agency_id, LEAST)
        return Suspicions(
            rings=[
                RingView(
                    members=sorted(one.members), inside=one.inside, outside=one.outside, converted=one.converted,
                    closed=one.closed.quantize(Decimal("0.0001")),
                )
                for one in whole.rings
            ],
            circles=[list(one) for one in circles],
            households=[sorted(group) for group in whole.households],
        )  # fmt: skip

    @staticmethod
    async def _has_analytics(uow: UnitOfWork, producer_id: UUID | None) -> bool:
        if producer_id is None:
            return False
        await current(uow)
        row = await uow.effects.of(producer_id)
        return row is not None and has(Tier(row.tier), Benefit.ENHANCED_ANALYTICS)


def _months(counted: Mapping[tuple[int, str], int], begun: Mapping[int, int], this_month: int) -> list[MonthView]:
    first = min([this_month, *begun, *(month for month, _ in counted)])
    return [
        MonthView(
            month=_said(month), sent=counted.get((month, Counted.SENT), 0),
            accepted=counted.get((month, Counted.ACCEPTED), 0), converted=counted.get((month, Counted.CONVERTED), 0),
            connected=begun.get(month, 0),
        )
        for month in range(max(first, this_month - _MOST_MONTHS), this_month + 1)
    ]  # fmt: skip


def _ahead(series: list[int], this_month: int) -> list[ForecastView] | None:
    """The forecast of full months: the first month ahead is the present one, which has begun."""
    found = forecast(series)
    if found is None:
        return None
    return [
        ForecastView(
            month=_said(this_month - 1 + one.ahead), expected=round(one.expected, 2), low=round(one.low, 2),
            high=round(one.high, 2),
        )
        for one in found
    ]  # fmt: skip


def _said(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
