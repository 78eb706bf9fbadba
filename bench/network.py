"""The broker network at size: reach, matching, the tier card and a count of everybody, beside one SQL statement, the graph store
and rustworkx over the same network in the same run.

Ours goes through the services, with access rules, gates and consent, as a request does; the peers answer the bare question.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import create_async_engine

from bench.network_peers import InRustworkx, PlainSql, rustworkx_or_none
from bench.network_world import NetworkWorld, network_world
from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.network.connections import Kind
from domain.network.exchange import Cell, Counted, month_of
from domain.network.strength import UNSTATED
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.settings import Settings
from kernel.slices import slices
from services.container import Services
from services.leads.schemas import LeadIn
from services.opening import open_services

REACH_MS, CARD_MS, MATCH_MS = 200.0, 50.0, 200.0
"""Goals: 95 of 100 answers in less."""
SIZES = ((5_000, 40_000), (50_000, 400_000))
_PRODUCERS, _TIES, _CELLS = 1_000, 5_000, 20_000
_STATE, _ZIP = "IL", "60614"
_WARM = 3
_COMPARED = 20
OURS, GRAPH, SQL, RUSTWORKX = "ours", "graph", "SQL", "rustworkx"
SIDES = (OURS, GRAPH, SQL, RUSTWORKX)
REACH, MATCH, CARD, COUNT = "reach 3", "matching", "tier card", "full count"
PAGE_MS = 200.0
PAGES = BOARD, BESIDE, GROWTH, RAISED, ADVICE = "leaderboard", "comparison", "growth", "ways to raise", "advice"
"""Asked of ours alone: what a person opens."""


@dataclass
class NetworkFound:
    """Milliseconds by question and side. ``first`` are first questions of ours after a change, ``seconds`` what was done once;
    ``people`` the median number within three steps.
    """

    brokers: int
    relations: int
    took: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    people: int = 0
    graph: str = ""
    differing: int = 0

    def at(self, question: str, side: str, percent: float) -> float | None:
        """A percentile; None where the side was not asked."""
        took = self.took.get((question, side))
        return float(np.percentile(took, percent)) if took else None

    @property
    def held(self) -> bool:
        """Whether every goal was met, and everybody's reach was the same on all sides."""
        goals = ((REACH, REACH_MS), (CARD, CARD_MS), (MATCH, MATCH_MS), *((page, PAGE_MS) for page in PAGES))
        slow = [name for name, goal in goals if (self.at(name, OURS, 95) or 0.0) >= goal]
        return not slow and not self.differing


async def network(sizes: Sequence[tuple[int, int]], asked: int, seed: int) -> list[NetworkFound]:
    """Measure at each size, in a home of its own, which is removed."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-network-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    settings = Settings(home=folder / "home")
    try:
        async with open_services(settings, durable=False) as services:
            return [await _Size(services, NetworkFound(*size), seed).measured(asked) for size in sizes]
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _Size:
    """One network on the stores, measured."""

    def __init__(self, services: Services, found: NetworkFound, seed: int) -> None:
        self._services = services
        self._found = found
        self._seed = seed
        self._month = month_of(now())

    async def measured(self, asked: int) -> NetworkFound:
        """Everything, in the order in which an agency would come to it."""
        services, found = self._services, self._found
        actor = await services.agencies.found(f"bench-{found.brokers}-{found.relations}", "A network")
        world = network_world(found.brokers, found.relations, actor.agency_id, self._month, self._seed)
        await self._once("loaded", lambda: self._load(actor, world))
        await self._once("counted first", services.brokers.counting.count_stale)
        try:
            await self._once("graph written", lambda: services.projection.refresh(actor))
        except Unavailable as problem:
            found.graph = f"not measured: {problem.detail}"
        found.graph = found.graph or await services.graph.agent()
        lead = await _lead(services, actor)
        chance = random.Random(self._seed)
        people = chance.choices(world.ids, k=asked)
        await self._firsts(actor, lead, people[0])
        await self._ours(actor, lead, people)
        if "graph written" in found.seconds:
            try:
                await self._graph(actor, people)
            except (
                Unavailable
            ) as problem:  # at a size that it does not answer in its time the others are measured still
                found.graph += f", gave up: {problem.detail}"
        await self._sql(actor, people)
        self._rustworkx(world, people)
        await self._count(actor, world)
        return found

    async def _load(self, actor: Actor, world: NetworkWorld) -> None:
        async with self._services.database.begin(actor) as uow:
            moment = now()
            for rows in slices(world.producers, _PRODUCERS):
                await uow.agencies.save_producers([{**row, "updated_at": moment} for row in rows])
            pairs = [tuple(sorted((world.ids[one], world.ids[other]))) for one, other in world.ties]
            for part in slices(pairs, _TIES):
                await uow.connections.take_in(part, Kind.PARTNERSHIP.value, UNSTATED, moment)  # type: ignore[arg-type]
            for cells in slices(world.exchanges.items(), _CELLS):
                await uow.referrals.count(dict(cells))

    async def _firsts(self, actor: Actor, lead: UUID, who: UUID) -> None:
        brokers = self._services.brokers
        for name, ask in (
            (REACH, lambda: brokers.reaching.reach(actor, who, 3)),
            (MATCH, lambda: brokers.referrals.matches(actor, lead, who)),
            (CARD, lambda: brokers.standing.tier(actor, who)),
        ):
            self._found.first[name] = await _ms(ask)

    async def _ours(self, actor: Actor, lead: UUID, people: Sequence[UUID]) -> None:
        brokers = self._services.brokers
        await self._each(REACH, OURS, people, lambda who: brokers.reaching.reach(actor, who, 3))
        await self._each(MATCH, OURS, people, lambda who: brokers.referrals.matches(actor, lead, who))
        await self._each(CARD, OURS, people, lambda who: brokers.standing.tier(actor, who))
        await self._each(BOARD, OURS, people, lambda _: brokers.standing.leaderboard(actor, 0, 50))
        await self._each(BESIDE, OURS, people, lambda who: brokers.standing.comparison(actor, who))
        await self._each(GROWTH, OURS, people, lambda who: brokers.growing.growth(actor, who))
        await self._each(RAISED, OURS, people, lambda who: brokers.raising.ways(actor, who, 10))
        await self._each(ADVICE, OURS, people, lambda who: brokers.growing.advise(actor, who, 10))

    async def _graph(self, actor: Actor, people: Sequence[UUID]) -> None:
        network = self._services.network
        reached: dict[UUID, int] = {}

        async def reach(who: UUID) -> None:
            reached[who] = sum((await network.reach(actor.agency_id, who, 3)).values())

        await self._each(REACH, GRAPH, people, reach)
        await self._compared(actor, reached)
        await self._each(MATCH, GRAPH, people, lambda who: network.ties_from(actor.agency_id, who, 3))

    async def _compared(self, actor: Actor, reached: dict[UUID, int]) -> None:
        for who, many in reached.items():
            mine = await self._services.brokers.reaching.reach(actor, who, 3)
            self._found.differing += mine.reach != many
        self._found.people = int(np.median(list(reached.values())))

    async def _sql(self, actor: Actor, people: Sequence[UUID]) -> None:
        url = self._services.settings.postgres.owner_url
        assert url is not None, "the stores were opened"
        engine = create_async_engine(url.get_secret_value())
        try:
            async with engine.connect() as connection:
                plain = PlainSql(connection, actor.agency_id, self._month, _STATE)
                few = people[: max(20, len(people) // 5)]  # a statement of seconds need not be asked hundreds of times
                await self._each(REACH, SQL, few, plain.reach)
                await self._compared(actor, {who: sum(await plain.reach(who)) for who in few[:_COMPARED]})
                await self._each(MATCH, SQL, few, plain.recommend)
                await self._each(CARD, SQL, people, plain.card)
                self._found.took[COUNT, SQL] = [await _ms(plain.recount) for _ in range(_WARM)]
        finally:
            await engine.dispose()

    def _rustworkx(self, world: NetworkWorld, people: Sequence[UUID]) -> None:
        library = rustworkx_or_none()
        if library is None:
            return
        graph = InRustworkx(library, world.ids, world.ties, float(UNSTATED))
        records = _won(world.exchanges)
        place = {who: at for at, who in enumerate(world.ids)}
        ways = [(place[one], place[other]) for one, other in {(cell.from_id, cell.to_id) for cell in world.exchanges}]
        took = self._found.took
        took[REACH, RUSTWORKX] = [_of(partial(graph.reach, who)) for who in people]
        took[MATCH, RUSTWORKX] = [_of(partial(graph.recommend, who, records)) for who in people]
        took[COUNT, RUSTWORKX] = [_of(partial(graph.recount, ways)) for _ in range(_WARM)]

    async def _count(self, actor: Actor, world: NetworkWorld) -> None:
        """A referral changes a counter, and everybody is counted anew."""
        took = []
        for number in range(_WARM):
            one, other = world.ties[number]
            cell = Cell(world.ids[one], world.ids[other], self._month, Counted.SENT)
            async with self._services.database.begin(actor) as uow:
                await uow.referrals.count({cell: 1})
            took.append(await _ms(self._services.brokers.counting.count_stale))
        self._found.took[COUNT, OURS] = took

    async def _each(
        self, question: str, side: str, people: Sequence[UUID], ask: Callable[[UUID], Awaitable[object]]
    ) -> None:
        for who in people[:_WARM]:
            await ask(who)
        self._found.took[question, side] = [await _ms(partial(ask, who)) for who in people]

    async def _once(self, name: str, do: Callable[[], Awaitable[object]]) -> None:
        self._found.seconds[name] = await _ms(do) / 1000


async def _lead(services: Services, actor: Actor) -> UUID:
    """A qualified lead of which everybody might be asked who should have it."""
    body = LeadIn(
        full_name="Ann Lee", email="ann.lee@leads.example", phone="312-555-0142", zip=_ZIP, state=_STATE, line="auto",
        source="web", message="I need a quote for car insurance.",
    )  # fmt: skip
    answer = await services.intake.accept_one(actor, body, key=None)
    lead_id = UUID(answer.body["lead_id"])
    qualified = {
        "line": "auto", "lines": ["auto"], "score": 80, "tier": "hot", "confidence": 0.9, "needs_review": False,
        "urgency": "soon", "intent": "quote", "language": "en", "do_not_call": False, "state": _STATE, "zip": _ZIP,
    }  # fmt: skip
    async with services.database.begin(actor) as uow:
        await uow.history.append(lead_id, f"bench:{lead_id}", LeadEvent(Happening.QUALIFIED, now(), qualified))
    return lead_id


def _won(exchanges: dict[Cell, int]) -> dict[UUID, float]:
    """A ready record of each receiver: converted of accepted."""
    accepted: dict[UUID, int] = {}
    converted: dict[UUID, int] = {}
    for cell, count in exchanges.items():
        if cell.what is Counted.ACCEPTED:
            accepted[cell.to_id] = accepted.get(cell.to_id, 0) + count
        elif cell.what is Counted.CONVERTED:
            converted[cell.to_id] = converted.get(cell.to_id, 0) + count
    return {who: 0.35 * (converted.get(who, 0) + 2) / (many + 4) for who, many in accepted.items()}


async def _ms(do: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await do()
    return 1000 * (time.perf_counter() - started)


def _of(do: Callable[[], Any]) -> float:
    started = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - started)
