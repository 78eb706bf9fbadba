"""A hundred thousand policies: pages of the list with filters, what is in force, and the timers of one night.

The stores are those of ``leadwright serve``, in a home of the bench's own; the book is that of :mod:`bench.policies_book`.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import make_url, text

from bench.crash_world import agency_file
from bench.policies_book import CARRIERS, NAMES, ZONES, load
from domain.actor import Actor, ActorKind, Scope
from domain.policies.analytics import By
from domain.policies.names import sought
from kernel.clock import frozen
from kernel.settings import Settings
from services.container import Services
from services.opening import open_services
from store.sql.repositories.policy_search import PolicyFilter
from workers.policies import AT_ONCE

LIST_P95_MS, NIGHT_SECONDS, IN_FORCE_SECONDS = 100.0, 120.0, 2.0
"""Goals at 100,000 policies: 95 of 100 pages in less, every due timer in less, one report in less."""
REPORT_SECONDS, EXPORT_SECONDS = 2.0, 60.0
"""Goals at 100,000 policies: a year's analytics by any group in less, the whole list as CSV in less."""
NIGHT = datetime(2026, 12, 2, 9, tzinfo=UTC)
"""Behind the first minute of 2 December in every zone of the book. Timers were last worked two days before, so that the ends of
terms that began on a first of the month, and what was then not paid, are due together: the worst night of a month and more.
"""
_BEFORE = timedelta(days=2)
_PRODUCERS = 60
_PAGE = 50


@dataclass
class PoliciesFound:
    """Milliseconds of a page by what was asked for, seconds of the report, and of the night with what was done in it."""

    policies: int
    load_seconds: float
    pages_ms: dict[str, list[float]] = field(default_factory=dict)
    in_force: int = 0
    in_force_seconds: list[float] = field(default_factory=list)
    report_seconds: dict[str, float] = field(default_factory=dict)
    unreconciled: int = 0
    exported: int = 0
    export_seconds: float = 0.0
    waiting: int = 0
    due: int = 0
    night_seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    events: int = 0
    left: int = 0

    @property
    def list_p95_ms(self) -> float:
        """Of the slowest question, so that a quick one hides no slow one."""
        return max(float(np.percentile(some, 95)) for some in self.pages_ms.values())

    @property
    def held(self) -> bool:
        """Whether every goal was met and nothing that was due is left."""
        quick = self.list_p95_ms < LIST_P95_MS and max(self.in_force_seconds) < IN_FORCE_SECONDS
        reported = max(self.report_seconds.values(), default=0.0) < REPORT_SECONDS and self.unreconciled == 0
        worked = self.night_seconds < NIGHT_SECONDS and self.left == 0
        return quick and reported and self.export_seconds < EXPORT_SECONDS and worked


async def policies(size: int, rounds: int, seed: int) -> PoliciesFound:
    """Measure, in a folder of its own, which is removed."""
    began = time.perf_counter()
    async with book(size, seed) as (services, actor, loaded):
        found = PoliciesFound(loaded, time.perf_counter() - began)
        await _reads(services, actor, found, rounds, random.Random(seed))
        await _figures(services, actor, found)
        await _night(services, actor, found)
        return found


@asynccontextmanager
async def book(size: int, seed: int) -> AsyncIterator[tuple[Services, Actor, int]]:
    """Stores with a book of so many terms or a few more, as it is two days before :data:`NIGHT`; and how many they are."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-policies-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    try:
        async with open_services(Settings(home=folder / "home")) as services:
            actor = await services.agencies.found("book", "A book of policies")
            producers = await _people(services, actor)
            async with _owner(services) as connection:
                loaded = await load(connection, actor, producers, size, NIGHT - _BEFORE, seed)
            yield services, actor, loaded
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _reads(services: Services, actor: Actor, found: PoliciesFound, rounds: int, chance: random.Random) -> None:
    reading = services.policies.reading
    async with services.database.begin(actor) as uow:
        producers = sorted((await uow.agencies.ids_by_external()).values())
    for name, question in _questions(actor, producers, chance).items():
        asked = [question() for _ in range(rounds)]
        found.pages_ms[name] = [1000 * await _timed(reading.page(who, wanted, None, _PAGE)) for who, wanted in asked]
    found.pages_ms["counted, by state"] = [
        1000 * await _timed(reading.count(actor, PolicyFilter(state=chance.choice(sorted(ZONES)))))
        for _ in range(rounds)
    ]
    evening = NIGHT - timedelta(hours=12)
    for known in (evening, evening - timedelta(days=30)):
        started = time.perf_counter()
        report = await reading.in_force(actor, evening - timedelta(days=30), known)
        found.in_force_seconds.append(time.perf_counter() - started)
        found.in_force = report.count


async def _figures(services: Services, actor: Actor, found: PoliciesFound) -> None:
    """A year of the book by each group and by cohorts, and the whole list as CSV."""
    analytics, behind = services.policies.analytics, NIGHT.date()
    year = behind - timedelta(days=365), behind
    with frozen(NIGHT):
        for by in (None, *By):
            started = time.perf_counter()
            report = await analytics.report(actor, PolicyFilter(), *year, by)
            found.report_seconds[f"by {by.value}" if by else "all together"] = time.perf_counter() - started
            found.unreconciled += sum(not row.reconciles for row in [*report.items, *report.total])
            if by is not By.MONTH:
                name = f"premium of the book by {by.value}" if by else "premium of the book"
                asked = services.policies.premiums.report(actor, PolicyFilter(), behind, by)
                found.report_seconds[name] = await _timed(asked)
        found.report_seconds["cohorts of a year"] = await _timed(analytics.cohorts(actor, PolicyFilter(), *year))
    started = time.perf_counter()
    async for _ in services.policies.exporting.csv(actor, PolicyFilter()):
        found.exported += 1
    found.export_seconds = time.perf_counter() - started
    found.exported -= 1  # the titles


async def _people(services: Services, actor: Actor) -> list[UUID]:
    file = agency_file(12 * _PRODUCERS) | {"slug": "book"}
    await services.agencies.load(actor, json.dumps(file).encode())
    async with services.database.begin(actor) as uow:
        return sorted((await uow.agencies.ids_by_external()).values())


@asynccontextmanager
async def _owner(services: Services) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the tables' owner, who may copy into them."""
    url = services.settings.postgres.owner_url
    assert url is not None, "the stores were opened"
    at = make_url(url.get_secret_value())
    host = at.host or at.query.get("host")
    connection = await asyncpg.connect(
        host=host, port=at.port, user=at.username, password=at.password, database=at.database
    )
    try:
        yield connection
    finally:
        await connection.close()


def _questions(
    actor: Actor, producers: Sequence[UUID], chance: random.Random
) -> dict[str, Callable[[], tuple[Actor, PolicyFilter]]]:
    """What a desk asks of the list, with other values each time."""
    today = NIGHT.date()

    def state() -> str:
        return chance.choice(sorted(ZONES))

    def soon() -> date:
        return today + chance.randrange(60) * timedelta(days=1)

    def own() -> Actor:
        scopes = frozenset({Scope.POLICIES_READ})
        return Actor(actor.agency_id, ActorKind.PRODUCER, "person:bench", scopes, chance.choice(producers))

    return {
        "everything": lambda: (actor, PolicyFilter()),
        "by status": lambda: (actor, PolicyFilter(status=[chance.choice(("active", "cancelled", "expired", "not_taken"))])),
        "by several statuses": lambda: (actor, PolicyFilter(status=["cancelled", "lapsed", "non_renewed"])),
        "by status and line": lambda: (actor, PolicyFilter(status=["expired"], line=[chance.choice(("auto", "life"))])),
        "by line and state": lambda: (actor, PolicyFilter(line=[chance.choice(("auto", "life"))], state=state())),
        "by status, type, state and carrier": lambda: (
            actor,
            PolicyFilter(status=["cancelled"], type=["life.term"], state=state(), carrier=chance.choice(CARRIERS)),
        ),
        "by producer": lambda: (actor, PolicyFilter(producer_id=chance.choice(producers))),
        "by producer, cancelled": lambda: (
            actor, PolicyFilter(status=["cancelled"], producer_id=chance.choice(producers))
        ),
        "a producer's own in force": lambda: (own(), PolicyFilter(status=["active", "non_renewing"])),
        "that end within a week": lambda: (
            actor, PolicyFilter(status=["active"], ends_from=(day := soon()), ends_before=day + timedelta(days=7))
        ),
        "in force a year ago": lambda: (actor, PolicyFilter(in_force_at=NIGHT - timedelta(days=365), state=state())),
        "in force two years ago, of all states": lambda: (actor, PolicyFilter(in_force_at=NIGHT - timedelta(days=730))),
        "by number": lambda: (actor, PolicyFilter(number_key=f"BK{chance.randint(1, 20_000):08d}")),
        "by the insured's name": lambda: (actor, PolicyFilter(insured=sought(chance.choice(NAMES)))),
        "by the beginning of a name, in a state": lambda: (
            actor, PolicyFilter(insured=[chance.choice("abcdefg")], state=state())
        ),
        "by a name that nobody has": lambda: (actor, PolicyFilter(insured=["zzyzx"])),
        "overdue": lambda: (actor, PolicyFilter(overdue_at=NIGHT - chance.randrange(60) * timedelta(days=1))),
        "overdue, of a line and state": lambda: (
            actor, PolicyFilter(overdue_at=NIGHT, line=[chance.choice(("auto", "life"))], state=state())
        ),
        "paid up, of a producer": lambda: (actor, PolicyFilter(paid_up_at=NIGHT, producer_id=chance.choice(producers))),
        "that begin within a week": lambda: (
            actor, PolicyFilter(starts_from=(day := soon() - timedelta(days=300)), starts_before=day + timedelta(days=7))
        ),
        "ended by request": lambda: (actor, PolicyFilter(ended_reason=["request"])),
        "that renew by hand": lambda: (actor, PolicyFilter(auto_renew=False)),
        "that renew by themselves, overdue": lambda: (actor, PolicyFilter(auto_renew=True, overdue_at=NIGHT)),
        "shared with a producer": lambda: (actor, PolicyFilter(shared_with=chance.choice(producers))),
        "of a source": lambda: (actor, PolicyFilter(source="web")),
        "that match nothing": lambda: (actor, PolicyFilter(status=["lapsed"], state="WY")),
    }  # fmt: skip


async def _timed(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def _night(services: Services, actor: Actor, found: PoliciesFound) -> None:
    """What a worker of ``leadwright serve`` does, until nothing is due."""
    found.waiting, found.due = await _waiting(services, actor)
    async with services.database.begin(actor) as uow:
        last = await uow.session.scalar(text("SELECT coalesce(max(seq), 0) FROM policy_event"))
    with frozen(NIGHT):
        started = time.perf_counter()
        await asyncio.gather(*(_worked(services) for _ in range(AT_ONCE)))
        found.night_seconds = time.perf_counter() - started
    async with services.database.begin(actor) as uow:
        query = text("SELECT outcome, count(*) FROM policy_timer WHERE done_at = :at GROUP BY outcome")
        found.outcomes = Counter({
            outcome: int(count) for outcome, count in await uow.session.execute(query, {"at": NIGHT})
        })  # fmt: skip
        query = text("SELECT count(*) FROM policy_event WHERE seq > :last")
        found.events = int(await uow.session.scalar(query, {"last": last}) or 0)
    _, found.left = await _waiting(services, actor)


async def _worked(services: Services) -> None:
    while await services.policies.timing.work():
        pass


async def _waiting(services: Services, actor: Actor) -> tuple[int, int]:
    """How many timers wait, and how many of them are due."""
    query = text("SELECT count(*), count(*) FILTER (WHERE due_at <= :at) FROM policy_timer WHERE state = 'waiting'")
    async with services.database.begin(actor) as uow:
        all_of_them, due = (await uow.session.execute(query, {"at": NIGHT})).one()
    return int(all_of_them), int(due)
