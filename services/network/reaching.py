"""Reach, the picture of a network, and the directory of producers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from domain.actor import Actor
from domain.network.connections import Kind
from domain.network.layout import spots
from domain.network.reach import neighbours
from domain.network.tiers import Benefit, Tier, has
from services.network.acting import own_of, require_reads
from services.network.schemas import BrokerPage, BrokerView, EdgeView, GraphView, NodeView, ReachView
from services.network.webs import Webs
from store.graph.network import Network
from store.sql.models import ConnectionRow, ProducerRow
from store.uow import Database

Fresh = Callable[[Actor], Awaitable[object]]
"""Brings the graph up to date with Postgres; free where it is."""
_MOST_NODES = 300


class Reaching:
    """Who is within reach of whom. Everybody of the agency may ask for everybody: it is numbers of people, and names.

    Distances come from the agency's web in memory (decision 41); the graph answers the same, and is asked to compare.
    """

    def __init__(self, database: Database, network: Network, fresh: Fresh, webs: Webs) -> None:
        self._database = database
        self._network = network
        self._fresh = fresh
        self._webs = webs

    async def reach(self, actor: Actor, producer_id: UUID, degrees: int) -> ReachView:
        """How many distinct people stand at each degree; NotFound for who is not of the agency."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            producer = await uow.agencies.producer(producer_id)
            web = await self._webs.current(uow)
        by_degree = {step: len(ring) for step, ring in enumerate(web.rings(producer_id, degrees), start=1)}
        return _reach(producer, degrees, by_degree)

    async def reach_in_graph(self, actor: Actor, producer_id: UUID, degrees: int) -> ReachView:
        """The same as the graph answers it, brought up to date first. Raises Unavailable where it is away."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            producer = await uow.agencies.producer(producer_id)
        await self._fresh(actor)
        return _reach(producer, degrees, await self._network.reach(actor.agency_id, producer_id, degrees))

    async def picture(self, actor: Actor, producer_id: UUID, degrees: int) -> GraphView:
        """The producer's network to draw, the nearest first where it is too large; the same network gives the same picture."""
        require_reads(actor)
        async with self._database.begin(actor) as uow:
            await uow.agencies.producer(producer_id)
            web = await self._webs.current(uow)
            kept, reached = web.nearest(producer_id, degrees, _MOST_NODES - 1)
            shown = [producer_id, *kept]
            rows = await uow.connections.among(shown)
            near = neighbours((row.from_id, row.to_id) for row in rows)
            people = {row.id: row for row in await uow.agencies.producers_of(shown)}
            tiers = await uow.effects.tiers(shown)
        drawn = spots(near, producer_id, kept)
        nodes = [
            NodeView(
                id=who, name=people[who].name, team_id=_uuid(people[who]), tier=Tier(tiers.get(who, Tier.BRONZE)),
                degree=kept.get(who, 0), x=drawn[who].x, y=drawn[who].y, community=drawn[who].community,
            )
            for who in shown
            if who in people
        ]  # fmt: skip
        return GraphView(centre=producer_id, nodes=nodes, edges=_edges(rows), left_out=reached - len(kept))

    async def directory(
        self, actor: Actor, cursor: UUID | None, limit: int, *, line: str | None = None, state: str | None = None
    ) -> BrokerPage:
        """Producers and what they may know of each other; of a page those with the line or a licence in the state."""
        require_reads(actor)
        me = own_of(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.producers.page(after=cursor, only=None, at_most=limit + 1)
            ids = [row.id for row in rows]
            tiers = await uow.effects.tiers(ids)
            mine = await uow.connections.active_of(me) if me is not None else []
        known = {end for row in mine for end in (row.from_id, row.to_id) if end != me}
        items = [_broker(row, tiers, known) for row in rows[:limit]]
        fits = [
            one
            for one in items
            if (line is None or line in (one.lines or ())) and (state is None or state in one.states)
        ]
        return BrokerPage(items=fits, next_cursor=rows[limit - 1].id if len(rows) > limit else None)


def _reach(producer: ProducerRow, degrees: int, by_degree: dict[int, int]) -> ReachView:
    return ReachView(
        producer_id=producer.id, external_id=producer.external_id, degrees=degrees, reach=sum(by_degree.values()),
        by_degree=by_degree,
    )  # fmt: skip


def _edges(rows: list[ConnectionRow]) -> list[EdgeView]:
    pairs: dict[tuple[UUID, UUID], list[ConnectionRow]] = {}
    for row in rows:
        pairs.setdefault((min(row.from_id, row.to_id), max(row.from_id, row.to_id)), []).append(row)
    return [
        EdgeView(
            source=one, target=other, strength=max(row.strength for row in found),
            kinds=sorted({Kind(row.kind) for row in found}),
        )
        for (one, other), found in sorted(pairs.items())
    ]  # fmt: skip


def _broker(row: ProducerRow, tiers: Mapping[UUID, str], known: set[UUID]) -> BrokerView:
    profile = row.profile
    marks = profile.get("satisfaction") or {}
    licences = profile.get("licences") or ()
    pause = profile.get("paused_until")
    tier = Tier(tiers.get(row.id, Tier.BRONZE))
    return BrokerView(
        id=row.id, name=row.name, lines=profile.get("lines"), languages=profile.get("languages"),
        states=sorted({one["state"] for one in licences if one["status"] == "active"}), zip=profile.get("zip_code"),
        rating=marks.get("value"), ratings=marks.get("n", 0), team_id=_uuid(row),
        tier=tier, active=row.active, ambassador=has(tier, Benefit.AMBASSADOR),
        paused_until=None if pause is None else datetime.fromisoformat(pause),
        capacity_daily=profile.get("capacity_daily"), connected=row.id in known,
    )  # fmt: skip


def _uuid(row: ProducerRow) -> UUID | None:
    team = row.profile.get("team_id")
    return None if team is None else UUID(team)
