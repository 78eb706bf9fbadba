"""Who fits a lead that is passed on: people near in the network whom every gate and the person's consent let through."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.actor import Actor
from domain.network.exchange import Flow, month_of
from domain.network.matching import Match, Option, by_score, early, matched
from domain.network.records import Ids, Records, ids_of, raw_ids
from domain.network.tiers import Benefit, Tier, has
from domain.network.web import Ties, Web
from kernel.clock import now
from services.network.counting import current
from services.network.ports import Passing
from services.network.webs import Webs
from store.sql.models import LeadRow
from store.uow import Database, UnitOfWork

_LOOKED_AT = 25
"""Of how many of the best the consent rules are asked: each answer is kept, and nobody is asked to contact hundreds."""
_AT_ONCE = 100
"""Of how many the gates are asked first."""
_ROUNDED = 0.0002
"""More than rounding makes a score differ from the likely one."""
_AGENCIES = 64


@dataclass(frozen=True, slots=True)
class Nearby:
    """Everybody within three steps of a sender, and what everybody was sent; read before a transaction that locks anything."""

    web: Web
    ties: Ties
    records: Records


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, best first; the order in which an open referral asks; who of those looked at was refused, by code; how many steps
    away each match is.
    """

    matches: list[Match]
    order: list[Match]
    refused: Counter[str]
    degrees: dict[UUID, int]


class Matching:
    """Matches over the agency's web in memory, the likeliest looked at first: gates and consent are asked of few."""

    def __init__(self, database: Database, webs: Webs, passing: Passing) -> None:
        self._database = database
        self._webs = webs
        self._passing = passing
        self._kept = KeptRecords()

    async def near(self, actor: Actor, sender: UUID) -> Nearby:
        """Everybody within three steps, and what counts of everybody's past."""
        async with self._database.begin(actor) as uow:
            await current(uow)
        async with self._database.begin(actor) as uow:
            web = await self._webs.current(uow)
            records = await self._kept.current(uow, month_of(now()))
        return Nearby(web, web.ties(sender), records)

    async def find(
        self, uow: UnitOfWork, lead: LeadRow, sender: UUID, near: Nearby, at: datetime, but: Collection[UUID] = ()
    ) -> Found:
        """Matches for the lead without those in ``but``. Where nobody near may have it, the whole agency is asked."""
        ids, degrees = near.web.ids(near.ties.places), near.ties.degrees
        strengths = near.ties.strengths.round(6)
        refused: Counter[str] = Counter()
        search = _Search(uow, lead, at, near.records, self._passing, refused, frozenset({sender, *but}))
        best = await search.best(ids, degrees, strengths)
        if not best:
            refused.clear()
            everybody = ids_of(await uow.agencies.producer_ids())
            best = await search.best(everybody, np.zeros(len(everybody), dtype=np.int64), np.zeros(len(everybody)))
        tiers = {who: Tier(tier) for who, tier in (await uow.effects.tiers([one.who for one in best])).items()}
        codes = await self._passing.may_share(uow, lead, [one.who for one in best], at)
        refused.update(code for code in codes.values() if code is not None)
        kept = [one for one in best if codes[one.who] is None]
        return Found(kept, early(kept, tiers), refused, search.degrees)


@dataclass(slots=True)
class _Search:
    """Asks the gates of some at a time, the likeliest first, until nobody further back can be among the best."""

    uow: UnitOfWork
    lead: LeadRow
    at: datetime
    records: Records
    passing: Passing
    refused: Counter[str]
    but: frozenset[UUID]
    degrees: dict[UUID, int] = field(default_factory=dict)

    async def best(self, ids: Ids, degrees: NDArray[np.int64], strengths: NDArray[np.float64]) -> list[Match]:
        """The best by their exact scores; ``degrees`` of 0 are those of people without a tie."""
        halved = strengths / 2.0 ** np.maximum(degrees - 1, 0)
        likely = self.records.likely(ids, halved)
        order = np.argsort(-likely, kind="stable")
        found: list[Match] = []
        start = 0
        while start < len(order) and (len(found) < _LOOKED_AT or found[-1].score <= likely[order[start]] + _ROUNDED):
            size = max(_AT_ONCE, start)  # twice as many as before, so that a long search is a few questions
            part = order[start : start + size]
            start += size
            found = sorted([*found, *await self._open(ids[part], degrees[part], strengths[part])], key=by_score)
            found = found[:_LOOKED_AT]
        return found

    async def _open(self, ids: Ids, degrees: NDArray[np.int64], strengths: NDArray[np.float64]) -> list[Match]:
        people = [UUID(bytes=raw) for raw in raw_ids(ids)]
        ties = {
            who: (step or None, Decimal(str(strength)))
            for who, step, strength in zip(people, degrees.tolist(), strengths.tolist(), strict=True)
            if who not in self.but
        }
        answers = await self.passing.refused(self.uow, self.lead, list(ties), self.at)
        self.refused.update(code for code in answers.values() if code is not None)
        open_to = [who for who, code in answers.items() if code is None]
        tiers = await self.uow.effects.tiers(open_to)
        self.degrees.update((who, step) for who in open_to if (step := ties[who][0]) is not None)
        return matched(
            Option(who, *ties[who], self.records.had.get(who, Flow()), Tier(tiers.get(who, Tier.BRONZE)))
            for who in open_to
        )


class KeptRecords:
    """Records by agency, until an exchange, a standing or the month is another."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, tuple[object, Records]] = OrderedDict()

    async def current(self, uow: UnitOfWork, month: int) -> Records:
        """The agency's records; ask in a transaction that has changed nothing."""
        agency, state = uow.actor.agency_id, await uow.effects.state()
        basis = (state.version, state.counted_at, month)
        kept = self._kept.get(agency)
        if kept is None or kept[0] != basis:
            preferred = await uow.effects.in_tiers([tier for tier in Tier if has(tier, Benefit.MATCHING_PRIORITY)])
            had = await uow.referrals.received(month)
            kept = self._kept[agency] = (basis, await asyncio.to_thread(Records, had, preferred))
        self._kept.move_to_end(agency)
        while len(self._kept) > _AGENCIES:
            self._kept.popitem(last=False)
        return kept[1]
