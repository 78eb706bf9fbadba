"""What producers' standing in the network rests on, and the standing as it was counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from domain.network.exchange import HALF_LIFE, Counted, Flow
from kernel.ids import canonical_json
from kernel.slices import slices
from store.sql.models import BrokerExchangeRow, BrokerNetworkRow, NetworkEffectRow, NetworkTierRow, ProducerRow
from store.sql.repositories.base import Repository
from store.sql.repositories.referrals import FADED

_STANDINGS = 1_000
"""Standings of one statement: each is some kilobytes, and the statements of a large agency must not outlast their time."""
_SAVE = text("""
WITH saved AS (
INSERT INTO network_effect AS e (producer_id, agency_id, score, tier, connected, parts, counted_at)
SELECT n.producer_id, :agency, n.score, n.tier, n.connected, n.parts, :at
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS n (producer_id uuid, score numeric, tier text, connected bigint, parts jsonb)
ON CONFLICT (producer_id) DO UPDATE SET score = excluded.score, tier = excluded.tier, connected = excluded.connected,
  parts = excluded.parts, counted_at = excluded.counted_at
WHERE e.agency_id = :agency
  AND (e.score, e.tier, e.connected, e.parts) IS DISTINCT FROM
      (excluded.score, excluded.tier, excluded.connected, excluded.parts)
RETURNING producer_id, tier
)
INSERT INTO network_tier (producer_id, agency_id, since, tier)
SELECT s.producer_id, :agency, :at, s.tier
FROM saved s
WHERE s.tier IS DISTINCT FROM (
  SELECT t.tier FROM network_tier t WHERE t.producer_id = s.producer_id AND t.since <= :at ORDER BY t.since DESC LIMIT 1
)
ON CONFLICT (producer_id, since) DO UPDATE SET tier = excluded.tier
""")

_BESIDE = text("""
SELECT e.producer_id, e.score, e.connected, jsonb_array_length(e.parts -> 'counterparts'), c.converted
FROM network_effect e
CROSS JOIN LATERAL (
  SELECT coalesce(sum((one ->> 'converted')::numeric), 0) AS converted
  FROM jsonb_array_elements(e.parts -> 'counterparts') one
) c
WHERE e.agency_id = :agency AND (e.connected > 0 OR e.parts -> 'counterparts' <> '[]')
""")


_SIX = Decimal("0.000001")
_MEAN = text(
    """
SELECT count(DISTINCT (from_id, to_id)), coalesce(sum(worth) FILTER (WHERE what = 'sent'), 0),
       coalesce(sum(worth) FILTER (WHERE what = 'accepted'), 0), coalesce(sum(worth) FILTER (WHERE what = 'converted'), 0)
FROM (SELECT *, count * {faded} AS worth
      FROM broker_exchange WHERE agency_id = :agency AND count > 0) AS each
""".replace("{faded}", FADED)
)


class Beside(NamedTuple):
    """What is compared of somebody who is connected or exchanged anything."""

    producer_id: UUID
    score: Decimal
    connected: int
    counterparts: int
    converted: Decimal


class Effects(Repository):
    """Rows of ``network_effect`` and ``network_tier``, the agency's row of ``broker_network``, and sums of its exchanges."""

    async def state(self, *, held: bool = False) -> BrokerNetworkRow:
        """The agency's network, begun where it is not there; ``held`` by whoever counts until the transaction ends."""
        query = select(BrokerNetworkRow).where(BrokerNetworkRow.agency_id == self.actor.agency_id)
        if held:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            begun = insert(BrokerNetworkRow).values(agency_id=self.actor.agency_id, version=0).on_conflict_do_nothing()
            await self.session.execute(begun)
            row = await self.session.scalar(query)
        assert row is not None
        return row

    async def version(self) -> int:
        """Grows with every change of exchanges; 0 before the first."""
        found = await self.session.scalar(
            select(BrokerNetworkRow.version).where(BrokerNetworkRow.agency_id == self.actor.agency_id)
        )
        return int(found or 0)

    async def counted(self, row: BrokerNetworkRow, on: Mapping[str, Any], at: datetime) -> None:
        """Say what the standing rests on now."""
        row.counted, row.counted_at = dict(on), at
        await self.session.flush()

    async def save(self, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """Write standings, many in one statement; those that are the same stay. A tier that is new counts from ``at``."""
        for part in slices(rows, _STANDINGS):
            await self.session.execute(
                _SAVE, {"rows": canonical_json([dict(row) for row in part]), "agency": self.actor.agency_id, "at": at}
            )

    async def board(self) -> dict[UUID, tuple[str, Decimal]]:
        """Name and score of everybody whose record is active."""
        found = await self.session.execute(
            select(NetworkEffectRow.producer_id, ProducerRow.name, NetworkEffectRow.score)
            .join(ProducerRow, ProducerRow.id == NetworkEffectRow.producer_id)
            .where(NetworkEffectRow.agency_id == self.actor.agency_id, ProducerRow.active)
        )
        return {who: (name, score) for who, name, score in found}

    async def beside(self) -> list[Beside]:
        """Everybody who is connected or exchanged anything."""
        return [Beside(*row) for row in await self.session.execute(_BESIDE, {"agency": self.actor.agency_id})]

    async def exchanged(self, producer_id: UUID | None, since: int) -> dict[tuple[int, str], int]:
        """Exchanges by month and what is counted, from a month on; of one producer, in either direction, where given."""
        one = BrokerExchangeRow
        query = select(one.month, one.what, func.sum(one.count)).where(
            one.agency_id == self.actor.agency_id, one.month >= since
        )
        if producer_id is not None:
            query = query.where(or_(one.from_id == producer_id, one.to_id == producer_id))
        found = await self.session.execute(query.group_by(one.month, one.what))
        return {(month, what): int(count) for month, what, count in found}

    async def mean_way(self, month: int) -> Flow:
        """What the average direction between two of the agency exchanged, as it counts in the month."""
        given = {"agency": self.actor.agency_id, "month": month, "half": HALF_LIFE}
        ways, *sums = (await self.session.execute(_MEAN, given)).one()
        if not ways:
            return Flow()
        sent, accepted, converted = ((one / ways).quantize(_SIX) for one in sums)
        return Flow(sent, accepted, converted)

    async def sent_among(self, members: Collection[UUID]) -> tuple[int, int]:
        """How many referrals were sent between two of them, and between one of them and anybody else."""
        one, people = BrokerExchangeRow, list(members)
        ours = one.from_id.in_(people), one.to_id.in_(people)
        found = await self.session.execute(
            select(and_(*ours), func.sum(one.count))
            .where(one.agency_id == self.actor.agency_id, one.what == Counted.SENT.value, or_(*ours))
            .group_by(and_(*ours))
        )
        sent = {inside: int(count) for inside, count in found}
        return sent.get(True, 0), sent.get(False, 0)

    async def of(self, producer_id: UUID) -> NetworkEffectRow | None:
        """One producer's standing; None before it was counted."""
        return await self.session.scalar(
            select(NetworkEffectRow).where(
                NetworkEffectRow.agency_id == self.actor.agency_id, NetworkEffectRow.producer_id == producer_id
            )
        )

    async def tiers(self, producer_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Tiers of these producers, as they were counted."""
        found = await self.session.execute(
            select(NetworkEffectRow.producer_id, NetworkEffectRow.tier).where(
                NetworkEffectRow.agency_id == self.actor.agency_id, NetworkEffectRow.producer_id.in_(producer_ids)
            )
        )
        return {who: tier for who, tier in found}  # noqa: C416 - rows are not tuples to the type checker

    async def tiers_at(self, producer_ids: Sequence[UUID], at: datetime) -> dict[UUID, str]:
        """The tier that each of these producers had at the instant; those of whom none was known by then are left out."""
        found = await self.session.execute(
            select(NetworkTierRow.producer_id, NetworkTierRow.tier)
            .where(
                NetworkTierRow.agency_id == self.actor.agency_id, NetworkTierRow.producer_id.in_(producer_ids),
                NetworkTierRow.since <= at,
            )
            .ext(distinct_on(NetworkTierRow.producer_id))
            .order_by(NetworkTierRow.producer_id, NetworkTierRow.since.desc())
        )  # fmt: skip
        return {who: tier for who, tier in found}  # noqa: C416 - rows are not tuples to the type checker

    async def every_tier_at(self, before: datetime) -> dict[UUID, str]:
        """The tier of everybody in the last instant before this one; whose tier was counted later is left out."""
        found = await self.session.execute(
            select(NetworkTierRow.producer_id, NetworkTierRow.tier)
            .where(NetworkTierRow.agency_id == self.actor.agency_id, NetworkTierRow.since < before)
            .ext(distinct_on(NetworkTierRow.producer_id))
            .order_by(NetworkTierRow.producer_id, NetworkTierRow.since.desc())
        )
        return {who: tier for who, tier in found}  # noqa: C416 - rows are not tuples to the type checker

    async def every_tier(self) -> dict[UUID, str]:
        """The tier of everybody who was counted."""
        found = await self.session.execute(
            select(NetworkEffectRow.producer_id, NetworkEffectRow.tier).where(
                NetworkEffectRow.agency_id == self.actor.agency_id
            )
        )
        return {who: tier for who, tier in found}  # noqa: C416 - rows are not tuples to the type checker

    async def in_tiers(self, tiers: Sequence[str]) -> dict[UUID, str]:
        """The tiers of all producers whose tier is one of these, as they were counted."""
        found = await self.session.execute(
            select(NetworkEffectRow.producer_id, NetworkEffectRow.tier).where(
                NetworkEffectRow.agency_id == self.actor.agency_id, NetworkEffectRow.tier.in_(tiers)
            )
        )
        return {who: tier for who, tier in found}  # noqa: C416 - rows are not tuples to the type checker

    async def best(self, tiers: Sequence[str], but: Collection[UUID], at_most: int) -> list[tuple[UUID, str]]:
        """Whose tier is one of these, with it: up to so many, by score, equals in the order of their ids."""
        found = await self.session.execute(
            select(NetworkEffectRow.producer_id, NetworkEffectRow.tier)
            .join(ProducerRow, ProducerRow.id == NetworkEffectRow.producer_id)
            .where(
                NetworkEffectRow.agency_id == self.actor.agency_id, NetworkEffectRow.tier.in_(tiers), ProducerRow.active,
                NetworkEffectRow.producer_id.not_in(list(but)),
            )
            .order_by(NetworkEffectRow.score.desc(), NetworkEffectRow.producer_id)
            .limit(at_most)
        )  # fmt: skip
        return [(who, tier) for who, tier in found]

    async def more_than(self, number: int) -> bool:
        """Whether more producers than that were counted; rows behind it are not looked at."""
        mine = select(NetworkEffectRow.producer_id).where(NetworkEffectRow.agency_id == self.actor.agency_id)
        return await self.session.scalar(mine.offset(number).limit(1)) is not None
