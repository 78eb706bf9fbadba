"""A year of leads in an hour: offers, answers, timers, queues and outages under a clock that jumps from one event to the next.

Intake, ranking, claims, offers, their graph runs and their timers are those of ``leadwright serve``, on stores in a home of the
bench's own. Only the specialists are left out: each lead comes with its line and score. What happened is then held against the
world by rules of its own (:mod:`bench.year_checks`).

The clock stops where something can happen, and nowhere else: an arrival, what somebody does, a timer that runs, the hour from
which a waiting lead's person may be called, and while a lead waits for somebody free, each instant at which a shift or a day
begins for anybody. Queued runs are worked as a worker does, as many at once as the settings say.
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
from bisect import bisect_right
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

_DAY = timedelta(days=1)
_LOOKED_AFTER = 40 * _DAY
_PAGE = 200
_AFTERWARDS = 20 * _DAY

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
        async with open_services(Settings(home=folder / "home"), durable=False) as services:
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
        self._at_once = services.settings.pipeline.concurrency
        self._next: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._openings = given.openings(2 * _AFTERWARDS)
        self._habits: dict[UUID, Habit] = {}
        self._arrivals: dict[UUID, Arrival] = {}
        self._seen: set[UUID] = set()
        self._due: dict[UUID, datetime] = {}
        """Until when each timer runs that is to be looked at, by offer."""
        self._look: datetime | None = None
        """When the queue is tried next; None while nothing waits."""
        self._day, self._started = 0, time.perf_counter()
        self.late = 0

    async def through(self) -> None:
        """From the first arrival until nothing is left to happen, at most twenty days after the last arrival."""
        async with self._services.database.begin(self._founder) as uow:
            people = await uow.agencies.ids_by_external()
        self._habits = {people[name]: habit for name, habit in self._world.habits.items()}
        for arrival in self._world.arrivals:
            self._at(arrival.at, self._arrives(arrival))
        ends = self._world.arrivals[-1].at + _AFTERWARDS
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
        ended: list[Ended] = []
        while runs := await self._services.runs.claim("year", self._at_once):
            worked = await asyncio.gather(*map(self._run, runs))
            ended += worked
            if len(runs) < self._at_once and set(worked) == {Ended.LATER}:
                break  # all of them wait for an answer, so that none can have queued another
        if Ended.LATER in ended:
            await self._asked(at)
        if ended:
            await self._watched(at)

    async def _run(self, run: ClaimedRun) -> Ended:
        if run.graph == OFFER:
            return await self._runner.execute(run, RunControl())
        await self._decided(run)
        return Ended.DONE

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
        """Every open offer not seen before gets an answer and a look at its timer. They come newest first, so the first that was
        seen ends the list.
        """
        cursor = None
        while True:
            page = await self._services.offers.page(self._founder, [OfferState.OFFERED], None, cursor, _PAGE)
            new = [offer for offer in page.items if offer.id not in self._seen]
            for offer in new:
                self._seen.add(offer.id)
                self._thinks(offer, at)
            cursor = page.next_cursor
            if cursor is None or len(new) < len(page.items):
                return

    def _thinks(self, offer: OfferView, at: datetime) -> None:
        habit, chance = self._habits[offer.producer_id], self._chance
        self._timer(offer, at)
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
            self._timer(taken, at)
            calls = at + timedelta(minutes=habit.call_minutes * self._chance.expovariate(1.0))
            self._at(calls, self._does(producer, offer, "contact"))
            wins = self._chance.random() < habit.wins
            closes = calls + timedelta(days=self._chance.uniform(0.5, 20))
            self._at(closes, self._does(producer, offer, "win" if wins else "lose"))

        return act

    def _declines(self, offer: OfferView) -> Act:
        async def act(at: datetime) -> None:
            producer = self._producer(offer.producer_id)
            try:
                await self._services.offers.answering.decline(producer, offer.id, "too_busy", None, expected=None)
            except (Conflict, NotFound):
                self.late += 1
                return
            self._due.pop(offer.id, None)
            await self._worked(at)

        return act

    def _does(self, producer: Actor, offer: OfferView, verb: str) -> Act:
        async def act(at: datetime) -> None:
            del at
            try:
                await self._services.lead_status.change(producer, offer.lead.id, verb, reason="year", expected=None)
            except (Conflict, NotFound, Stale):
                return  # the lead went to somebody else meanwhile
            self._due.pop(offer.id, None)

        return act

    def _timer(self, offer: OfferView, at: datetime) -> None:
        """Have the offer's timer looked at when it is due; what ends it before forgets it."""
        if offer.due_at is None:
            self._due.pop(offer.id, None)
            return
        self._due[offer.id] = offer.due_at
        self._at(max(at, offer.due_at), self._timed(offer.id, offer.due_at))

    def _timed(self, offer_id: UUID, due: datetime) -> Act:
        async def act(at: datetime) -> None:
            if self._due.get(offer_id) != due:
                return  # answered in time, or worked already: nothing is due
            outage = self._out(at)
            if outage is not None:
                self._at(outage.end, act)
                return
            del self._due[offer_id]
            while await self._services.offers.work():
                pass
            await self._worked(at)

        return act

    async def _watched(self, at: datetime) -> None:
        """While leads wait in the queue it is tried again at the next instant that can find somebody for one of them."""
        async with self._services.database.begin(self._founder) as uow:
            waits = await uow.books.waits(at)
        opens = self._openings[bisect_right(self._openings, at)] if waits.for_somebody else None
        look = min((one for one in (waits.until, opens) if one is not None), default=None)
        if look is not None and look != self._look:
            self._look = look
            self._at(look, self._drained)

    async def _drained(self, at: datetime) -> None:
        if self._look != at:
            return  # something sooner was found to wait for
        self._look, outage = None, self._out(at)
        if outage is not None:
            self._look = outage.end
            self._at(outage.end, self._drained)
            return
        if await self._services.offers.queue.drain(self._system):
            await self._worked(at)
        await self._watched(at)

    async def _looked_after(self, at: datetime) -> None:
        """Once a day a manager has another look at what was handed to a person."""
        if self._out(at) is not None:
            return
        of_late = LeadFilter(status=["queued"], received_from=at - _LOOKED_AFTER)
        ids, cursor = [], None
        while True:
            queued = await self._services.lead_queries.page(self._founder, of_late, cursor, _PAGE)
            ids += [lead.id for lead in queued.items if lead.reason in {"not_contacted", "offers_too_slow"}]
            cursor = queued.next_cursor
            if cursor is None:
                break
        for start in range(0, len(ids), _PAGE):
            await self._services.offers.queue.assign_many(self._founder, ids[start : start + _PAGE])
        if ids:
            await self._worked(at)


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
