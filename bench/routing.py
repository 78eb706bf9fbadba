"""One lead among many producers: gates, factors, reasons and receipt, beside two floors on the same facts.

The floors know nothing of dates, shifts or reasons: numpy adds fourteen ready columns and takes the best ten, and one SQL
statement does the same over ready rows. After each lead its producer's load changes, as it does in the pipeline.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.geo import STATES, StateSource
from domain.lines import Authority, Line, Tier
from domain.routing.factors.registry import FACTORS
from domain.routing.facts import LeadFacts, ProducerLoad
from domain.routing.panel import Panel
from domain.routing.profile import Licence, LicenceStatus, Measure, ProducerProfile, Shift, Tally
from domain.routing.rank import SHOWN
from domain.routing.receipt import panel_receipt
from domain.routing.tables import standard_tables
from domain.routing.weights import DEFAULT_WEIGHTS
from kernel.settings import Settings
from services.opening import open_services

GOALS_MS = {10_000: 6.0, 100_000: 40.0}
"""Goal: 95 of 100 leads in less, by producers."""
_AGENCY = UUID(int=1)
_AT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_LINES = (Line.AUTO, Line.HOME, Line.LIFE, Line.HEALTH)
_STATES = sorted(STATES)


@dataclass
class Among:
    """Milliseconds of one lead each among so many producers; ``first_ms`` is the slowest, which asked what nobody had yet."""

    producers: int
    ours_ms: list[float] = field(default_factory=list)
    numpy_ms: list[float] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)
    first_ms: float = 0.0
    build_seconds: float = 0.0

    @property
    def p95_ms(self) -> float:
        """Of ours."""
        return float(np.percentile(self.ours_ms, 95))

    @property
    def held(self) -> bool:
        """Whether the goal for so many producers was met; where there is none, it was."""
        return self.p95_ms < GOALS_MS.get(self.producers, float("inf"))


async def routing(sizes: Sequence[int], leads: int, seed: int) -> list[Among]:
    """Measure at each size, in a folder of its own, which is removed."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-routing-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    try:
        async with open_services(Settings(home=folder / "home")) as services:
            url = services.settings.postgres.owner_url
            assert url is not None, "the stores were opened"
            return [await _among(size, leads, random.Random(seed), url.get_secret_value()) for size in sizes]
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _among(size: int, leads: int, chance: random.Random, url: str) -> Among:
    found = Among(size)
    profiles = [_profile(chance) for _ in range(size)]
    digests = {one.producer_id: "0" * 64 for one in profiles}
    started = time.perf_counter()
    panel = Panel(profiles, standard_tables())
    panel.advance(_AT, {})
    found.build_seconds = time.perf_counter() - started
    changed: dict[UUID, ProducerLoad] = {}

    def ours() -> None:
        panel.advance(_AT, changed)
        receipt = panel_receipt(panel, _lead(chance), DEFAULT_WEIGHTS, "bench", {}, digests)
        receipt.as_dict()
        changed.clear()
        if (winner := receipt.outcome.producer_id) is not None:
            before = panel.load(panel.place[winner])
            changed[winner] = ProducerLoad(
                before.open_leads + 1, before.assigned_today + 1, before.assigned_this_month + 1
            )

    warm = [_ms(ours) for _ in range(leads)]
    found.first_ms = max(warm)
    found.ours_ms = [_ms(ours) for _ in range(leads)]
    columns = np.array([[chance.random() for _ in FACTORS] for _ in range(size)])
    points = np.array([float(one) for one in DEFAULT_WEIGHTS.steps])
    able = np.array([chance.random() < 0.5 for _ in range(size)])  # noqa: PLR2004 - about as many as pass our gates

    def ready_arrays() -> None:
        totals = np.where(able, columns @ points, -1.0)
        best = np.argpartition(totals, -SHOWN)[-SHOWN:]
        best[np.argsort(-totals[best])].tolist()

    found.numpy_ms = [_ms(ready_arrays) for _ in range(leads)]
    found.sql_ms = await _ready_rows(url, columns, able, leads)
    return found


async def _ready_rows(url: str, columns: NDArray[Any], able: NDArray[Any], leads: int) -> list[float]:
    """The same over rows of a table that only this session sees."""
    names = [one.name for one in FACTORS]
    total = " + ".join(f"{name} * {float(points)}" for name, points in zip(names, DEFAULT_WEIGHTS.steps, strict=True))
    query = text(f"SELECT id, {total} AS total FROM ready WHERE able ORDER BY total DESC LIMIT {SHOWN}")  # noqa: S608 - our names
    engine = create_async_engine(url)
    took = []
    try:
        async with engine.connect() as session:
            fields = ", ".join(f"{name} double precision" for name in names)
            await session.execute(text(f"CREATE TEMP TABLE ready (id int, able boolean, {fields})"))
            places = ", ".join(f":{name}" for name in names)
            rows = [
                {"id": number, "able": bool(ok), **dict(zip(names, map(float, row), strict=True))}
                for number, (row, ok) in enumerate(zip(columns, able, strict=True))
            ]
            await session.execute(text(f"INSERT INTO ready VALUES (:id, :able, {places})"), rows)  # noqa: S608 - as above
            await session.execute(text("ANALYZE ready"))
            for _ in range(leads):
                started = time.perf_counter()
                (await session.execute(query)).all()
                took.append(1000 * (time.perf_counter() - started))
    finally:
        await engine.dispose()
    return took


def _ms(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def _lead(chance: random.Random) -> LeadFacts:
    return LeadFacts(
        UUID(int=chance.getrandbits(128)), _AGENCY, chance.choice(_LINES), _AT, (chance.choice(_STATES),), StateSource.ZIP,
        lat=round(chance.uniform(26, 48), 1), lon=round(chance.uniform(-122, -70), 1), language=chance.choice(("en", "es")),
        tier=chance.choice(list(Tier)), score=chance.randint(0, 100),
    )  # fmt: skip


def _profile(chance: random.Random) -> ProducerProfile:
    """A producer at work in business hours of one of four zones, licensed in half of the states."""
    checked = datetime(2026, 11, 1, tzinfo=UTC)
    licences = tuple(
        Licence(
            state,
            state,
            LicenceStatus.ACTIVE,
            frozenset(Authority),
            date(2020, 1, 1),
            date(2027, chance.randint(1, 12), 1),
            checked,
        )
        for state in chance.sample(_STATES, len(_STATES) // 2)
    )
    return ProducerProfile(
        UUID(int=chance.getrandbits(128)), _AGENCY, active=True, lines=tuple(chance.sample(_LINES, 2)), licences=licences,
        eo_expires=date(2027, 6, 30), languages=("en", "es") if chance.random() < 0.2 else ("en",),  # noqa: PLR2004
        lat=round(chance.uniform(26, 48), 1), lon=round(chance.uniform(-122, -70), 1), time_zone=chance.choice(_ZONES),
        schedule=tuple(Shift(day, clock(8), clock(20)) for day in range(6)), capacity_daily=50, capacity_monthly=1500,
        conversion=Tally(chance.randint(0, 30), 100), response=Measure(chance.randint(1, 240), 40), rank=chance.randint(1, 5),
    )  # fmt: skip


def middle(took: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return median(took)
