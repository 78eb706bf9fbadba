"""Mentors for a producer, looked for among those with the best standing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import numpy as np

from domain.actor import Actor
from domain.network.connections import Kind
from domain.network.mentors import Guide, Pupil, may_guide, mentors
from domain.network.tiers import Tier
from domain.network.web import Web
from services.network.acting import require_own
from services.network.counting import current
from services.network.schemas import Mentors, MentorView
from services.network.webs import Webs, walked
from store.sql.models import ProducerRow
from store.uow import Database

_LOOKED_AT = 200
"""How many of those whose tier permits it are compared, by score: ambassadors, whose tier is the highest, are the first."""


class Guiding:
    """A producer looks for the own mentors, people of the agency for anybody's. Nobody is asked by it."""

    def __init__(self, database: Database, webs: Webs) -> None:
        self._database = database
        self._webs = webs

    async def mentors(self, actor: Actor, producer_id: UUID, at_most: int) -> Mentors:
        """Whose record is active and who is in no mentorship with the producer, ambassadors first; NotFound for others'."""
        require_own(actor, producer_id)
        async with self._database.begin(actor) as uow:
            await current(uow)
        async with self._database.begin(actor) as uow:
            pupil = await uow.agencies.producer(producer_id)
            tier = Tier((await uow.effects.tiers([producer_id])).get(producer_id, Tier.BRONZE))
            known = await uow.connections.joined(producer_id, [Kind.MENTORSHIP.value])
            above = [one.value for one in Tier if may_guide(one, tier)]
            best = dict(await uow.effects.best(above, {producer_id, *known}, _LOOKED_AT))
            rows = {row.id: row for row in await uow.agencies.producers_of(list(best))}
            web = await self._webs.current(uow)
        ways = await walked(web, _ways, producer_id, list(rows))
        guides = [
            Guide(who, Tier(best[who]), *_trade(row), *ways.get(who, (None, Decimal(0)))) for who, row in rows.items()
        ]
        items = [
            MentorView(
                producer_id=one.who, name=rows[one.who].name, tier=Tier(best[one.who]), ambassador=one.ambassador,
                score=one.score, factors=one.factors, reasons=list(one.reasons), degrees=ways.get(one.who, (None,))[0],
            )
            for one in mentors(Pupil(tier, *_trade(pupil)), guides)[:at_most]
        ]  # fmt: skip
        return Mentors(producer_id=producer_id, items=items)


def _trade(row: ProducerRow) -> tuple[frozenset[str], frozenset[str]]:
    """What somebody sells, and where they hold an active licence."""
    licences = row.profile.get("licences") or ()
    return frozenset(row.profile.get("lines") or ()), frozenset(
        one["state"] for one in licences if one["status"] == "active"
    )


def _ways(web: Web, start: UUID, people: Sequence[UUID]) -> dict[UUID, tuple[int, Decimal]]:
    """Of these people those in reach, with how many steps away they are and the strength of the way there."""
    ties = web.ties(start)
    degrees, strengths = np.zeros(len(web), dtype=np.int64), np.zeros(len(web))
    degrees[ties.places], strengths[ties.places] = ties.degrees, ties.strengths
    places = {who: place for who in people if (place := web.place(who)) is not None and degrees[place]}
    return {who: (int(degrees[at]), Decimal(str(round(float(strengths[at]), 6)))) for who, at in places.items()}
