"""Promotions: announced by the agency, earned with a policy's commission by whoever wrote it and has the tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.actor import Actor
from domain.commissions.promoting import Caps, Promised, promotion_line
from domain.commissions.terms import Terms
from domain.network.tiers import Benefit, Tier, at_least, has
from kernel.clock import now
from kernel.ids import new_id
from services.commissions.moments import own_of, require_admin, today
from services.commissions.promotion_schemas import PromotionIn, PromotionList, PromotionView
from services.commissions.schemas import AccrualIn
from store.sql.models import PromotionRow
from store.uow import Database, UnitOfWork

_WRITING = "writing"
_DAY = timedelta(days=1)


class Promotions:
    """``agency:admin`` announces and ends them; managers read all, a producer those open to the own tier."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, actor: Actor, given: PromotionIn) -> PromotionView:
        """Announce one. What was earned before it was announced is not looked at again."""
        require_admin(actor)
        promotion_id = new_id()
        async with self._database.begin(actor) as uow:
            await uow.promotions.add({
                "id": promotion_id, "name": given.name, "begins_on": given.begins_on, "ends_on": given.ends_on,
                "lines": [one.value for one in given.lines], "states": given.states, "least_tier": given.least_tier.value,
                "minor": given.bonus_minor, "currency": given.currency, "cap_each": given.cap_each_minor,
                "cap_all": given.cap_minor, "holding_days": given.holding_days, "at": now(),
            })  # fmt: skip
            await uow.audit.note("commission.promotion", "promotion", promotion_id)
            return _view(await uow.promotions.one(promotion_id), await today(uow), 0)

    async def all(self, actor: Actor) -> PromotionList:
        """All of them for managers; for a producer those that are open today to whoever has their tier."""
        only = own_of(actor)
        async with self._database.begin(actor) as uow:
            day = await today(uow)
            if only is not None:
                tier = (await uow.effects.tiers([only])).get(only)
                return PromotionList(items=[_view(row, day, None) for row in await open_to(uow, tier)])
            rows = await uow.promotions.all()
            given = await uow.promotions.given([row.id for row in rows])
            return PromotionList(items=[_view(row, day, given.get((_line(row), ""), 0)) for row in rows])

    async def end(self, actor: Actor, promotion_id: UUID) -> PromotionView:
        """Let it end with yesterday; what was earned keeps its bonus. One that is over stays as it is."""
        require_admin(actor)
        async with self._database.begin(actor) as uow:
            row, day = await uow.promotions.one(promotion_id), await today(uow)
            if row.ends_on > day and row.ended_at is None:
                await uow.promotions.end(row, max(day, row.begins_on), now())
                await uow.audit.note("commission.promotion.end", "promotion", promotion_id)
            given = await uow.promotions.given([row.id])
            return _view(row, day, given.get((_line(row), ""), 0))


async def open_to(uow: UnitOfWork, tier: str | None) -> list[PromotionRow]:
    """Promotions whose period has today and that a tier may earn."""
    return [row for row in await uow.promotions.on(await today(uow)) if _may_earn(tier, row)]


async def promoted(uow: UnitOfWork, given: AccrualIn, terms: Terms) -> Terms:
    """The terms with the bonuses of promotions that the sale earns: frozen for whoever wrote it, where they may be paid.

    Each promotion stays locked until the transaction ends, so that two sales at once do not go over its cap.
    """
    place = next((n for n, one in enumerate(terms.sharers) if one.role == _WRITING and one.pool is None), None)
    if place is None or not terms.sharers[place].licence.permits:
        return terms
    at, writer = given.earned_at or given.policy.effective_at, terms.sharers[place]
    rows = [row for row in await uow.promotions.on(at.date(), lock=True) if _is_for(row, given)]
    if not rows:
        return terms
    payee = UUID(writer.payee)
    tier = (await uow.effects.tiers_at([payee], at)).get(payee)
    spent = await uow.promotions.given([row.id for row in rows], payee)
    promised = tuple(
        _promised(row, at)
        for row in rows
        if _may_earn(tier, row)
        and Caps(row.cap_each, row.cap_all).allow(
            row.minor, given_them=spent.get((_line(row), writer.payee), 0), given_all=spent.get((_line(row), ""), 0)
        )
    )
    sharers = (*terms.sharers[:place], replace(writer, promised=promised), *terms.sharers[place + 1 :])
    return replace(terms, sharers=sharers)


def _is_for(row: PromotionRow, given: AccrualIn) -> bool:
    policy = given.policy
    fits = (not row.lines or policy.line.value in row.lines) and (not row.states or policy.state in row.states)
    return fits and row.currency == given.currency


def _may_earn(tier: str | None, row: PromotionRow) -> bool:
    return tier is not None and has(Tier(tier), Benefit.PROMOTIONS) and at_least(Tier(tier), Tier(row.least_tier))


def _promised(row: PromotionRow, at: datetime) -> Promised:
    return Promised(str(row.id), row.name, row.minor, at.date() + row.holding_days * _DAY)


def _line(row: PromotionRow) -> str:
    return promotion_line(str(row.id))


def _view(row: PromotionRow, day: date, given: int | None) -> PromotionView:
    return PromotionView(
        id=row.id, name=row.name, begins_on=row.begins_on, ends_on=row.ends_on, lines=row.lines, states=row.states,
        least_tier=Tier(row.least_tier), bonus_minor=row.minor, currency=row.currency, cap_each_minor=row.cap_each,
        cap_minor=row.cap_all, holding_days=row.holding_days, open=row.begins_on <= day < row.ends_on, given_minor=given,
        ended_at=row.ended_at,
    )  # fmt: skip
