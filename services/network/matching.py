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
from domain.network.exchange import month_of
from domain.network.matching import Match, by_score, early, matched
from domain.network.records import Ids, Records, ids_of, likely, raw_ids
from domain.network.tiers import Benefit, Tier, has
from domain.network.web import Web
from kernel.clock import now
from services.network.counting import current
from services.network.ports import Passing
from services.network.webs import Webs, walked
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
    """Everybody within three steps of a sender, in ids, steps and strengths of the way there; near what each one's score will
    be, and what they were sent. Read before a transaction that locks anything.
    """

    ids: Ids
    degrees: NDArray[np.int64]
    strengths: NDArray[np.float64]
    likely: NDArray[np.float64]
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
        read = None
        async with self._database.begin(actor) as uow:
            if not await current(uow):
                read = await self._read(uow)
        if read is None:  # what is kept for others is read in a transaction that has changed nothing
            async with self._database.begin(actor) as uow:
                read = await self._read(uow)
        web, records, standing = read
        return await walked(web, _near, sender, records, standing)

    async def _read(self, uow: UnitOfWork) -> tuple[Web, Records, NDArray[np.float64]]:
        web = await self._webs.current(uow)
        return web, *await self._kept.current(uow, month_of(now()), web)

    async def find(
        self, uow: UnitOfWork, lead: LeadRow, sender: UUID, near: Nearby, at: datetime, but: Collection[UUID] = ()
    ) -> Found:
        """Matches for the lead without those in ``but``. Where nobody near may have it, the whole agency is asked."""
        refused: Counter[str] = Counter()
        search = _Search(uow, lead, at, near.records, self._passing, refused, frozenset({sender, *but}))
        best = await search.best(near.ids, near.degrees, near.strengths, near.likely)
        if not best:
            refused.clear()
            everybody = ids_of(await uow.agencies.producer_ids())
            apart, nothing = np.zeros(len(everybody), dtype=np.int64), np.zeros(len(everybody))
            best = await search.best(everybody, apart, nothing, near.records.standing(everybody))
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

    async def best(
        self, ids: Ids, degrees: NDArray[np.int64], strengths: NDArray[np.float64], likely: NDArray[np.float64]
    ) -> list[Match]:
        """The best by their exact scores; ``degrees`` of 0 are those of people without a tie."""
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
            who: (step or None, strength)
            for who, step, strength in zip(people, degrees.tolist(), strengths.tolist(), strict=True)
            if who not in self.but
        }
        answers = await self.passing.refused(self.uow, self.lead, list(ties), self.at)
        self.refused.update(code for code in answers.values() if code is not None)
        open_to = {who: ties[who] for who, code in answers.items() if code is None}
        self.degrees.update((who, step) for who, (step, _) in open_to.items() if step is not None)
        return matched(
            self.records.option(who, step, Decimal(str(strength))) for who, (step, strength) in open_to.items()
        )


def _near(web: Web, sender: UUID, records: Records, standing: NDArray[np.float64]) -> Nearby:
    ties = web.ties(sender)
    strengths = ties.strengths.round(6)
    chances = likely(standing[ties.places], ties.degrees, strengths)
    return Nearby(web.everybody[ties.places], ties.degrees, strengths, chances, records)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Records with what they rest on, and everybody's standing by their place in a web."""

    month: int
    version: int
    counted_at: datetime | None
    records: Records
    web: Web
    standing: NDArray[np.float64]


class KeptRecords:
    """Records by agency, until an exchange, a standing or the month is another."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    async def current(self, uow: UnitOfWork, month: int, web: Web) -> tuple[Records, NDArray[np.float64]]:
        """The agency's records, and what each of the web's people has of a score by them; ask in a transaction that has changed
        nothing.
        """
        agency, state = uow.actor.agency_id, await uow.effects.state()
        kept = self._kept.get(agency)
        tiers = (
            kept.records.tiers if kept is not None and kept.counted_at == state.counted_at else await _preferred(uow)
        )
        if kept is None or kept.month != month or kept.version < state.anew_at:
            records = await asyncio.to_thread(Records, await uow.referrals.received(month), tiers)
        else:
            tiers = kept.records.tiers if tiers == kept.records.tiers else tiers
            records, since = kept.records, kept.version
            had = await uow.referrals.received(month, since=since) if since != state.version else {}
            if had or tiers is not records.tiers:
                records = await asyncio.to_thread(records.changed, had, tiers)
        if kept is not None and kept.records is records and kept.web is web:
            standing = kept.standing
        else:
            standing = await asyncio.to_thread(records.standing, web.everybody)
        self._kept[agency] = _Kept(month, state.version, state.counted_at, records, web, standing)
        self._kept.move_to_end(agency)
        while len(self._kept) > _AGENCIES:
            self._kept.popitem(last=False)
        return records, standing


async def _preferred(uow: UnitOfWork) -> dict[UUID, Tier]:
    """Whom their tier gives priority in matching, with the tier."""
    found = await uow.effects.in_tiers([tier for tier in Tier if has(tier, Benefit.MATCHING_PRIORITY)])
    return {who: Tier(tier) for who, tier in found.items()}
