"""A year of leads in an hour: offers, answers, timers, queues and outages under a clock that jumps from one event to the next.

Intake, ranking, claims, offers, their graph runs and their timers are those of ``leadwright serve``, on stores in a home of the
bench's own. Only the specialists are left out: each lead comes with its line and score. What happened is then held against the
world by rules of its own (:mod:`bench.year_checks`).
"""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from langgraph.runtime import RunControl

from bench.year_checks import Checks, check
from bench.year_world import TERMS, Arrival, Habit, Outage, World, world
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind, system_actor
from domain.decision import Decision, Source
from domain.lines import tier_of
from domain.routing.fairness import Fairness, fairness
from domain.routing.offers import OfferState
from graphs.runner import Ended, LeadRunner
from kernel.clock import frozen
from kernel.errors import Conflict, NotFound, Stale
from kernel.settings import Settings
from services.container import Services
from services.leads.schemas import LeadIn
from services.opening import open_services
from services.routing.offer_schemas import OfferView
from services.runs import OFFER, ClaimedRun
from store.sql.repositories.leads import LeadFilter

_DRAIN_EVERY = timedelta(hours=1)
_DAY = timedelta(days=1)
_RUNS = 50
_PAGE = 200

Act = Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Year:
    """What a year came to. ``late`` answers were refused; ``fairness`` is of the leads that producers took."""

    leads: int
    producers: int
    statuses: dict[str, int]
    reasons: dict[str, int]
    offers: dict[str, int]
    late: int
    escalations: dict[str, int]
    checks: Checks
    fairness: Fairness
    seconds: float

    @property
    def held(self) -> bool:
        """Whether every lead has an owner or a reason, nobody without authority or room was asked, and timers were right."""
        return self.checks.right


async def year(leads: int, producers: int, days: int, seed: int) -> Year:
    """Live the year in a folder of its own, which is removed."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-year-"))
    await asyncio.to_thread(folder.chmod, 0o711)
    try:
        async with open_services(Settings(home=folder / "home")) as services:
            return await lived(services, world(leads, producers, seed, days), seed)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def lived(services: Services, given: World, seed: int) -> Year:
    """Live through the world in a new agency of these services."""
    started = time.perf_counter()
    with frozen(given.begins):
        founded = await services.agencies.found(given.agency["slug"], given.agency["name"])
        await services.agencies.load(founded, json.dumps(given.agency).encode())
        await services.offers.configure(founded, TERMS)
    live = _Live(services, founded, given, random.Random(seed))
    await live.through()
    return await _told(services, founded, given, live, started)


class _Live:
    """The heap of what comes next, and everybody's behaviour."""

    def __init__(self, services: Services, founder: Actor, given: World, chance: random.Random) -> None:
        self._services = services
        self._founder = founder
        self._system = system_actor(founder.agency_id, "pipeline")
        self._world = given
        self._chance = chance
        self._runner = LeadRunner(services, {})
        self._next: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._habits: dict[UUID, Habit] = {}
        self._arrivals: dict[UUID, Arrival] = {}
        self._seen: set[UUID] = set()
        self._watching = False
        self._day, self._started = 0, time.perf_counter()
        self.late = 0

    async def through(self) -> None:
        """From the first arrival until nothing is left to happen, at most twenty days after the last arrival."""
        async with self._services.database.begin(self._founder) as uow:
            people = await uow.agencies.ids_by_external()
        self._habits = {people[name]: habit for name, habit in self._world.habits.items()}
        for arrival in self._world.arrivals:
            self._at(arrival.at, self._arrives(arrival))
        ends = self._world.arrivals[-1].at + 20 * _DAY
        for day in range(1, (ends - self._world.begins).days):
            self._at(self._world.begins + day * _DAY + timedelta(hours=15), self._looked_after)
        for outage in self._world.outages:
            self._at(outage.end, self._worked)
        while self._next and self._next[0][0] < ends:
            at, _, act = heapq.heappop(self._next)
            self._tell(at)
            with frozen(at):
                await act(at)

    def _tell(self, at: datetime) -> None:
        """Say once a day how far the year is, beside the report."""
        day = (at - self._world.begins).days + 1
        if day != self._day:
            self._day, took = day, time.perf_counter() - self._started
            sys.stderr.write(f"day {day}: {len(self._arrivals)} of {len(self._world.arrivals)} leads, {took:.0f} s\n")
            sys.stderr.flush()

    def _at(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._next, (at, next(self._order), act))

    def _out(self, at: datetime) -> Outage | None:
        return next((outage for outage in self._world.outages if outage.holds(at)), None)

    def _arrives(self, arrival: Arrival) -> Act:
        async def act(at: datetime) -> None:
            body = LeadIn(
                full_name="Ana Ruiz", email=f"{len(self._arrivals)}@leads.example", zip=arrival.zip, state=arrival.state,
                line=arrival.line.value, language=arrival.language, source="year",
            )  # fmt: skip
            answer = await self._services.intake.accept_one(self._founder, body, key=None)
            self._arrivals[UUID(answer.body["lead_id"])] = arrival
            await self._worked(at)

        return act

    async def _worked(self, at: datetime) -> None:
        """Work every run that waits, unless nothing is worked now; then let those who were asked think about it."""
        if self._out(at) is not None:
            return
        worked = False
        while runs := await self._services.runs.claim("year", _RUNS):
            worked = True
            if await self._executed(runs):
                break
        if worked:
            await self._asked(at)
            await self._watched(at)

    async def _executed(self, runs: list[ClaimedRun]) -> bool:
        """Work these runs; True where all of them wait for an answer now, so that none can have queued another."""
        waiting = len(runs) < _RUNS
        for run in runs:
            if run.graph == OFFER:
                waiting &= await self._runner.execute(run, RunControl()) is Ended.LATER
            else:
                await self._decided(run)
                waiting = False
        return waiting

    async def _decided(self, run: ClaimedRun) -> None:
        """What the lead graph does, with the lead's own line and score in place of the specialists."""
        arrival = self._arrivals[run.lead_id]
        line = {"line": arrival.line.value, "lines": [arrival.line.value], "intent": "quote", "urgency": "soon"}
        classified = Decision("classifier", line, 1.0, Source.GIVEN, "year")
        graded = {"score": arrival.score, "tier": tier_of(arrival.score).value}
        scored = Decision("scorer", graded, 1.0, Source.GIVEN, "year")
        known = {"classifier": classified}
        await self._services.qualification.complete(self._system, run.run_id, run.lead_id, known, scored)
        claimed = await self._services.assignments.claim(self._system, run.run_id, run.lead_id, None)
        await self._services.runs.finish(run, claimed.outcome)

    async def _asked(self, at: datetime) -> None:
        """Every open offer not seen before gets an answer and a look at its timer."""
        page = await self._services.offers.page(self._founder, [OfferState.OFFERED], None, None, _PAGE)
        for offer in page.items:
            if offer.id not in self._seen:
                self._seen.add(offer.id)
                self._thinks(offer, at)

    def _thinks(self, offer: OfferView, at: datetime) -> None:
        habit, chance = self._habits[offer.producer_id], self._chance
        if offer.due_at is not None:
            self._at(max(at, offer.due_at), self._timed)
        if chance.random() < habit.ignores:
            return
        answers = at + timedelta(minutes=habit.answer_minutes * chance.expovariate(1.0))
        declines = chance.random() < habit.declines
        self._at(answers, self._declines(offer) if declines else self._accepts(offer, habit))

    def _producer(self, producer_id: UUID) -> Actor:
        return Actor(
            self._founder.agency_id, ActorKind.PRODUCER, f"producer:{producer_id}", SCOPES[Role.PRODUCER], producer_id
        )

    def _accepts(self, offer: OfferView, habit: Habit) -> Act:
        async def act(at: datetime) -> None:
            producer = self._producer(offer.producer_id)
            try:
                taken = await self._services.offers.answering.accept(producer, offer.id, expected=None)
            except (Conflict, NotFound):
                self.late += 1
                return
            if taken.due_at is not None:
                self._at(max(at, taken.due_at), self._timed)
            calls = at + timedelta(minutes=habit.call_minutes * self._chance.expovariate(1.0))
            self._at(calls, self._does(producer, offer.lead.id, "contact"))
            wins = self._chance.random() < habit.wins
            closes = calls + timedelta(days=self._chance.uniform(0.5, 20))
            self._at(closes, self._does(producer, offer.lead.id, "win" if wins else "lose"))

        return act

    def _declines(self, offer: OfferView) -> Act:
        async def act(at: datetime) -> None:
            producer = self._producer(offer.producer_id)
            try:
                await self._services.offers.answering.decline(producer, offer.id, "too_busy", None, expected=None)
            except (Conflict, NotFound):
                self.late += 1
                return
            await self._worked(at)

        return act

    def _does(self, producer: Actor, lead_id: UUID, verb: str) -> Act:
        async def act(at: datetime) -> None:
            del at
            try:
                await self._services.lead_status.change(producer, lead_id, verb, reason="year", expected=None)
            except (Conflict, NotFound, Stale):
                return  # the lead went to somebody else meanwhile

        return act

    async def _timed(self, at: datetime) -> None:
        outage = self._out(at)
        if outage is not None:
            self._at(outage.end, self._timed)
            return
        due = False
        while await self._services.offers.work():
            due = True
        if due:
            await self._worked(at)

    async def _watched(self, at: datetime) -> None:
        """While a lead waits for a producer, the queue is tried again every hour; over an empty one the clock jumps."""
        if self._watching or self._founder.agency_id not in await self._waiting():
            return
        self._watching = True
        self._at(at + _DRAIN_EVERY, self._drained)

    async def _waiting(self) -> list[UUID]:
        async with self._services.database.platform() as platform:
            return await platform.agencies_waiting_for_producers()

    async def _drained(self, at: datetime) -> None:
        self._watching = False
        if self._out(at) is None and await self._services.offers.queue.drain(self._system):
            await self._worked(at)
        await self._watched(at)

    async def _looked_after(self, at: datetime) -> None:
        """Once a day a manager has another look at what was handed to a person."""
        queued = await self._services.lead_queries.page(self._founder, LeadFilter(status=["queued"]), None, _PAGE)
        ids = [lead.id for lead in queued.items if lead.reason in {"not_contacted", "offers_too_slow"}]
        if ids:
            await self._services.offers.queue.assign_many(self._founder, ids)
            await self._worked(at)
            await self._asked(at)


async def _told(services: Services, founder: Actor, given: World, live: _Live, started: float) -> Year:
    async with services.database.begin(founder) as uow:
        leads = await uow.books.fates()
        offers = await uow.books.given()
        escalations = await uow.books.escalations()
        handed_over = await uow.books.handed_over()
        people = {one.id: one.profile for one in await uow.agencies.producers()}
    books = await services.books.of(founder)
    accepted = Counter(offer.producer_id for offer in offers if offer.state not in {"declined", "expired", "offered"})
    fair = fairness({one: accepted[one] for one in people}, {one: people[one]["capacity_monthly"] for one in people})
    return Year(
        leads=len(leads), producers=len(people), statuses=dict(Counter(lead.status for lead in leads)),
        reasons=dict(Counter(str(lead.reason) for lead in leads if lead.status == "queued")),
        offers=dict(Counter(offer.state for offer in offers)), late=live.late, escalations=escalations,
        checks=check(given, people, leads, offers, handed_over, books.days_over_capacity), fairness=fair,
        seconds=time.perf_counter() - started,
    )  # fmt: skip
