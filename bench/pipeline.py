"""Leads a second through the whole pipeline, beside an empty graph of its shape; and whether a lead costs the same when there
are many leads or many producers.

Stores, workers and models are those of ``leadwright serve``, in a home of the bench's own. Leads are written first, then
worked: the clock runs from the worker's start to the last lead's end. How long a lead takes from its arrival is measured apart,
with leads that come at a steady rate.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import psutil

from agents.registry import specialists
from bench.crash_world import agency_file
from bench.latency_world import messages
from bench.pipeline_floor import floor
from domain.actor import Actor
from graphs.runner import LeadRunner
from kernel.ids import new_id
from kernel.settings import Settings
from services.container import Services
from services.leads.schemas import LeadIn
from services.opening import open_services
from workers.pipeline import PipelineWorker

TIMES = 2.0
"""Goal: the empty graph runs at most so many times as fast as leads are worked."""
FLAT = 1.25
"""Goal: with many leads or many producers a lead costs at most so many times what it costs with few."""
_ZIPS = ("60614", "02139", "30309", "78701", "98101", "33101", "10001", "94105", "19103", "85001", "43004", "55401")
_BATCH = 500
_STEADY_SHARE = 0.5
_LOOK = 0.2
"""Seconds between two looks for the end: each look costs the database about as much as a step of a lead."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to measure: leads of one measurement, all leads before the last one, producers few and many."""

    leads: int
    many_leads: int
    producers: int
    many_producers: int
    steady_seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Leads a second, and milliseconds that this process and its stores worked for each: a busy machine changes those hardly."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``few``: leads and producers; ``p50_ms`` and ``p95_ms`` last from a lead's arrival to its end at half that rate."""

    floor: Pace
    few: Pace
    many_leads: Pace
    many_producers: Pace
    p50_ms: float
    p95_ms: float
    unfinished: int

    @property
    def times(self) -> float:
        """The empty graph's rate over ours."""
        return self.floor.rate / self.few.rate

    @property
    def cost_many_leads(self) -> float:
        """What a lead costs after many leads, over what it costs at first; in work."""
        return self.many_leads.cpu_ms / self.few.cpu_ms

    @property
    def cost_many_producers(self) -> float:
        """What a lead costs among many producers, over what it costs among few; in work."""
        return self.many_producers.cpu_ms / self.few.cpu_ms

    @property
    def held(self) -> bool:
        """Whether every goal was met."""
        flat = max(self.cost_many_leads, self.cost_many_producers) <= FLAT
        return self.times <= TIMES and flat and not self.unfinished


async def pipeline(sizes: Sizes, seed: int) -> Pipeline:
    """Measure in a folder of its own, which is removed."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-pipeline-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    try:
        async with open_services(Settings(home=folder / "home")) as services:
            return await _measured(services, sizes, random.Random(seed))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _measured(services: Services, sizes: Sizes, chance: random.Random) -> Pipeline:
    few = await _agency(services, "few", sizes.producers)
    many = await _agency(services, "many", sizes.many_producers)
    await _worked(services, few, 20, chance)  # models and plans are loaded before the clock starts
    await _worked(services, many, 20, chance)
    await floor(services, 20)
    before = _cpu_seconds()
    rate = await floor(services, sizes.leads)
    at_floor = Pace(rate, 1000 * (_cpu_seconds() - before) / sizes.leads)
    with_few = await _worked(services, few, sizes.leads, chance)
    many_producers = await _worked(services, many, sizes.leads, chance)
    took = await _steady(services, few, _STEADY_SHARE * with_few.rate, sizes.steady_seconds, chance)
    while (left := sizes.many_leads - await _count(services, few)) > sizes.leads:
        await _worked(services, few, min(_BATCH * 4, left - sizes.leads), chance)
    many_leads = await _worked(services, few, sizes.leads, chance)
    unfinished = sum([await _open(services, actor) for actor in (few, many)])
    p50, p95 = (float(value) for value in np.percentile(took, (50, 95)))
    return Pipeline(at_floor, with_few, many_leads, many_producers, p50, p95, unfinished)


async def _agency(services: Services, slug: str, producers: int) -> Actor:
    """An agency whose producers have room for every lead of the bench."""
    actor = await services.agencies.found(slug, f"Bench {slug}")
    file = agency_file(12 * producers)
    for person in file["producers"]:
        person["profile"] = {**person["profile"], "capacity_daily": 100_000, "capacity_monthly": 1_000_000}
    await services.agencies.load(actor, json.dumps(file | {"slug": slug}).encode())
    return actor


async def _worked(services: Services, actor: Actor, leads: int, chance: random.Random) -> Pace:
    """From the worker's start to the end of the last."""
    bodies = [_lead(text, chance) for text in messages(leads, chance)]
    for start in range(0, leads, _BATCH):
        await services.intake.accept_batch(actor, bodies[start : start + _BATCH], key=None)
    started, before = time.perf_counter(), _cpu_seconds()
    async with _worker(services):
        await _ended(services, actor)
        took = time.perf_counter() - started
        return Pace(leads / took, 1000 * (_cpu_seconds() - before) / leads)


def _cpu_seconds() -> float:
    """What this process and the stores that it started have worked."""
    this = psutil.Process()
    spent = [one.cpu_times() for one in (this, *this.children(recursive=True))]
    return float(sum(one.user + one.system for one in spent))


async def _steady(services: Services, actor: Actor, rate: float, seconds: float, chance: random.Random) -> list[float]:
    """Milliseconds from arrival to end of leads that come at ``rate``."""
    ids: list[UUID] = []
    async with _worker(services):
        started = time.perf_counter()
        for number, text in enumerate(messages(max(20, round(rate * seconds)), chance)):
            await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            answer = await services.intake.accept_one(actor, _lead(text, chance), key=None)
            ids.append(UUID(answer.body["lead_id"]))
        await _ended(services, actor)
    async with services.database.begin(actor) as uow:
        return [1000 * took for took in await uow.runs.seconds(ids)]


def _lead(text: str, chance: random.Random) -> LeadIn:
    return LeadIn(
        full_name="Ana Ruiz", email=f"{new_id()}@leads.example", zip=chance.choice(_ZIPS), message=text[:20_000],
        source="bench",
    )  # fmt: skip


async def _open(services: Services, actor: Actor) -> int:
    async with services.database.begin(actor) as uow:
        return await uow.runs.open_count()


async def _ended(services: Services, actor: Actor) -> None:
    while await _open(services, actor):  # noqa: ASYNC110 - the end is a row of the database
        await asyncio.sleep(_LOOK)


async def _count(services: Services, actor: Actor) -> int:
    return (await services.books.of(actor)).leads


@asynccontextmanager
async def _worker(services: Services) -> AsyncIterator[None]:
    worker = PipelineWorker(services, LeadRunner(services, specialists(services)))
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.drain()
        await running
