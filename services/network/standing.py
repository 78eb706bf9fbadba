"""Scores, tiers, places, value and comparison of producers in the network."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from domain.actor import Actor
from domain.network.leaderboard import Place, percentile, places
from domain.network.tiers import APPLIED, Benefit, Tier, benefits_of, has, level_of, next_level, shown
from domain.network.value import Near, value
from domain.network.web import Web
from kernel.clock import now
from kernel.errors import NotFound
from services.network.acting import require_own, require_reads
from services.network.counting import current
from services.network.ports import Passing
from services.network.schemas import (
    BenefitView,
    Compared,
    Comparison,
    CounterpartView,
    Leaderboard,
    NetworkValue,
    PlaceView,
    ScoreView,
    TierCard,
    ValueView,
)
from services.network.webs import Webs
from store.sql.models import NetworkEffectRow, ProducerRow
from store.sql.repositories.standing import Beside
from store.uow import Database, UnitOfWork

_YEAR = timedelta(days=365)
_FEATURED = 10
_FOUR = Decimal("0.0001")


class Standing:
    """A producer sees the own figures and everybody's place; people of the agency see all."""

    def __init__(self, database: Database, webs: Webs, passing: Passing) -> None:
        self._database = database
        self._webs = webs
        self._passing = passing

    async def score(self, actor: Actor, producer_id: UUID) -> ScoreView:
        """The score and what it consists of."""
        require_own(actor, producer_id)
        async with self._database.begin(actor) as uow:
            producer, row = await effect_of(uow, producer_id)
        parts = row.parts
        return ScoreView(
            producer_id=producer_id, external_id=producer.external_id, score=row.score, shown=shown(row.score),
            tier=Tier(row.tier), connected=row.connected, for_connections=Decimal(parts["for_connections"]),
            counterparts=[CounterpartView.model_validate(one) for one in parts["counterparts"]], groups=parts["groups"],
            left_out=parts["left_out"], counted_at=row.counted_at,
        )  # fmt: skip

    async def tier(self, actor: Actor, producer_id: UUID) -> TierCard:
        """The tier, its benefits, and what is missing to the next; compared exactly, shown in two places (DOMAIN T28)."""
        require_own(actor, producer_id)
        async with self._database.begin(actor) as uow:
            _, row = await effect_of(uow, producer_id)
            level = level_of(row.score)
            promotions = await self._passing.promotions(uow, level.tier.value)
            applied = await self._applied(uow, level.tier) | ({Benefit.PROMOTIONS} if promotions else set())
        above = next_level(level.tier)
        return TierCard(
            producer_id=producer_id, tier=level.tier, score=row.score, shown=shown(row.score), floor=level.floor,
            multiplier=level.multiplier, next_tier=None if above is None else above.tier,
            missing=None if above is None else above.floor - row.score,
            benefits=[BenefitView(benefit=one, applied=one in applied) for one in benefits_of(level.tier)],
            promotions=promotions,
        )  # fmt: skip

    async def _applied(self, uow: UnitOfWork, tier: Tier) -> frozenset[Benefit]:
        """What the program applies for everybody, and what it does since this agency says so."""
        found = set(APPLIED)
        if has(tier, Benefit.ROUTING_PRIORITY) and tier in await self._passing.preferred_tiers(uow):
            found.add(Benefit.ROUTING_PRIORITY)
        if has(tier, Benefit.REVENUE_SHARING) and await self._passing.shares_revenue(uow):
            found.add(Benefit.REVENUE_SHARING)
        return frozenset(found)

    async def leaderboard(self, actor: Actor, offset: int, limit: int) -> Leaderboard:
        """Everybody whose record is active, by score; equals share a place."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            await current(uow)
            known = await uow.effects.board()
        active = {who: name for who, (name, _) in known.items()}
        scores = {who: score for who, (_, score) in known.items()}
        first = places(scores, 0, _FEATURED)  # who is featured stands above whoever is not
        return Leaderboard(
            of=len(scores), items=[_place(one, active) for one in places(scores, offset, limit)],
            featured=[_place(one, active) for one in first if one.featured],
            next_offset=offset + limit if len(scores) > offset + limit else None,
        )  # fmt: skip

    async def value(self, actor: Actor, producer_id: UUID) -> NetworkValue:
        """What the network was worth in the last year: own converted referrals, and those of people in reach, damped."""
        require_own(actor, producer_id)
        since = now() - _YEAR
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            premiums = await uow.referrals.premiums(since)
            web = await self._webs.current(uow) if premiums else None
        near = {} if web is None else _near(web, producer_id)
        items = []
        for currency, by_pair in sorted(premiums.items()):
            found = value(producer_id, by_pair, near)
            items.append(
                ValueView(
                    currency=currency, direct=found.direct, indirect=found.indirect, by_degree=dict(found.by_degree)
                )
            )
        return NetworkValue(producer_id=producer_id, since=since, items=items)

    async def comparison(self, actor: Actor, producer_id: UUID) -> Comparison:
        """Beside everybody else who is connected or exchanged anything; nobody else's name or figure is told."""
        require_own(actor, producer_id)
        async with self._database.begin(actor) as uow:
            _, row = await effect_of(uow, producer_id)
            rows = await uow.effects.beside()
        alone = Beside(producer_id, row.score, 0, 0, Decimal(0))
        mine = next((one for one in rows if one.producer_id == producer_id), alone)
        others = [one for one in rows if one.producer_id != producer_id]
        items = [
            _compared(name, Decimal(getattr(mine, name)), [Decimal(getattr(one, name)) for one in others])
            for name in ("score", "connected", "counterparts", "converted")
        ]
        return Comparison(producer_id=producer_id, others=len(others), items=items)


def _near(web: Web, producer_id: UUID) -> dict[UUID, Near]:
    ties = web.ties(producer_id)
    return {
        web.person(place): Near(degrees, Decimal(str(strength)).quantize(_FOUR, ROUND_HALF_EVEN))
        for place, degrees, strength in zip(
            ties.places.tolist(), ties.degrees.tolist(), ties.strengths.tolist(), strict=True
        )
    }


async def effect_of(uow: UnitOfWork, producer_id: UUID) -> tuple[ProducerRow, NetworkEffectRow]:
    """The producer with a standing that is up to date; NotFound for who is not of the agency."""
    producer = await uow.agencies.producer(producer_id)
    await current(uow)
    row = await uow.effects.of(producer_id)
    if row is None:
        raise NotFound(f"no standing of producer {producer_id}")
    return producer, row


def _place(one: Place, names: dict[UUID, str]) -> PlaceView:
    return PlaceView(
        place=one.place, shared=one.shared, producer_id=one.who, name=names[one.who], shown=shown(one.score),
        tier=one.tier, featured=one.featured, ambassador=one.ambassador,
    )  # fmt: skip


def _compared(name: str, mine: Decimal, others: list[Decimal]) -> Compared:
    mean = (sum(others, Decimal(0)) / len(others)).quantize(_FOUR, ROUND_HALF_EVEN) if others else None
    return Compared(name=name, value=mine, percentile=percentile(mine, others), mean=mean)
