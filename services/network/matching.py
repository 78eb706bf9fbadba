"""Who fits a lead that is passed on: people near in the network whom every gate and the person's consent let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from domain.actor import Actor
from domain.network.exchange import Flow, flows, month_of
from domain.network.matching import Match, Option, early, matched
from domain.network.tiers import Tier
from kernel.errors import Unavailable
from services.network.counting import current
from services.network.ports import Passing
from services.network.reaching import Fresh
from store.graph.network import Network, Tie
from store.sql.models import LeadRow
from store.uow import UnitOfWork

_LOOKED_AT = 25
"""Of how many of the best the consent rules are asked: each answer is kept, and nobody is asked to contact hundreds."""
_log = structlog.get_logger("leadwright.services.network")


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, best first; the order in which an open referral asks; who was refused, by code; how near each is."""

    matches: list[Match]
    order: list[Match]
    refused: Counter[str]
    ties: dict[UUID, Tie]


class Matching:
    """Matches over the graph; where it is away, over everybody, and nearness counts for nobody."""

    def __init__(self, network: Network, fresh: Fresh, passing: Passing) -> None:
        self._network = network
        self._fresh = fresh
        self._passing = passing

    async def near(self, actor: Actor, sender: UUID) -> dict[UUID, Tie] | None:
        """Everybody within three steps; None where the graph is away. Asked before a transaction, which it would hold up."""
        try:
            await self._fresh(actor)
            return await self._network.ties_from(actor.agency_id, sender)
        except Unavailable:
            _log.warning("graph away, matched without ties")
            return None

    async def find(
        self, uow: UnitOfWork, lead: LeadRow, sender: UUID, ties: dict[UUID, Tie] | None, at: datetime,
        but: Collection[UUID] = (),
    ) -> Found:  # fmt: skip
        """Matches for the lead without those in ``but``. Where nobody near may have it, the whole agency is asked."""
        await current(uow)
        near = {} if ties is None else {who: tie for who, tie in ties.items() if who not in but}
        open_to, refused = await self._open(uow, lead, list(near), at)
        if not open_to:
            everybody = [row.id for row in await uow.agencies.producers() if row.id != sender and row.id not in but]
            open_to, refused = await self._open(uow, lead, everybody, at)
        tiers = {who: Tier(tier) for who, tier in (await uow.effects.tiers(open_to)).items()}
        had = _had(flows(await uow.referrals.exchanges(), month_of(at)))
        options = [_option(who, near.get(who), had.get(who, Flow()), tiers.get(who, Tier.BRONZE)) for who in open_to]
        kept = []
        for one in matched(options)[:_LOOKED_AT]:
            code = await self._passing.may_share(uow, lead, one.who, at)
            if code is None:
                kept.append(one)
            else:
                refused[code] += 1
        return Found(kept, early(kept, tiers), refused, near)

    async def _open(
        self, uow: UnitOfWork, lead: LeadRow, who: list[UUID], at: datetime
    ) -> tuple[list[UUID], Counter[str]]:
        answers = await self._passing.refused(uow, lead, who, at)
        codes = Counter(code for code in answers.values() if code is not None)
        return [one for one, code in answers.items() if code is None], codes


def _option(who: UUID, tie: Tie | None, had: Flow, tier: Tier) -> Option:
    strength = Decimal(0) if tie is None else Decimal(str(round(tie.strength, 6)))
    return Option(who, None if tie is None else tie.degrees, strength, had, tier)


def _had(ways: dict[tuple[UUID, UUID], Flow]) -> dict[UUID, Flow]:
    """Everything that each producer was sent by anybody."""
    found: dict[UUID, Flow] = {}
    for (_, to), flow in ways.items():
        before = found.get(to, Flow())
        found[to] = Flow(
            before.sent + flow.sent, before.accepted + flow.accepted, before.converted + flow.converted,
            before.turned_down + flow.turned_down, before.count + flow.count, before.won + flow.won,
        )  # fmt: skip
    return found
