"""The past played again under another way of ranking.

Leads come in the order they came, and each is ranked and claimed at the instants at which it really was. What moves is the
producers' load: a lead given here fills the day and month of whoever got it here, until it was really closed. The gates are
asked as in the pipeline, at the ranking and again at the claim, so no way of ranking gets past them. Turns and counts of caps
follow the simulated choices too.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from domain.routing.availability import zone
from domain.routing.capacity import available
from domain.routing.factors.registry import FACTORS
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad
from domain.routing.gates import Standing, first_failure
from domain.routing.panel import Panel
from domain.routing.past import Before, ByPerson, Past, PastLead
from domain.routing.policy import Terms
from domain.routing.profile import ProducerProfile
from domain.routing.rank import Ranking, explain
from domain.routing.remembering import Remembering
from domain.routing.rules.rule import Rule
from domain.routing.tables import Tables
from domain.routing.weights import Weights

Rank = Callable[[Panel, LeadFacts], Ranking]
"""Orders the producers of a panel for a lead, by whatever."""
Policy = Callable[[PastLead], Terms | Rank]
"""How one lead of the past is ranked: its seed and relations are the past's. Terms also remember turns and counts."""
_PANELS = 8
_LEFT, _DECIDED = -1, 0


class Given(NamedTuple):
    """What became of one lead: who got it (None: nobody), when, why not the first, and the factor values of whoever got it.

    ``code`` is ``best``, ``next_after_refusal``, ``all_claims_refused``, or the ranking's when there was nobody to try.
    """

    lead_id: UUID
    producer_id: UUID | None
    at: datetime
    code: str
    values: tuple[float, ...] | None


class Taken(NamedTuple):
    """A lead given to a producer, by the pipeline or a person, and what the producer's zone and capacity were then."""

    producer_id: UUID
    at: datetime
    time_zone: str | None
    daily: int | None
    monthly: int | None


@dataclass
class World:
    """How one way of ranking would have gone. ``gates`` counts producers stopped at each gate, over all leads; ``claims`` those
    who were full, or off, by the time of the claim. ``rules`` counts the leads that each rule matched. ``not_followed`` are
    choices of people that the gates refused here.
    """

    given: list[Given] = field(default_factory=list)
    gates: Counter[str] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    not_followed: int = 0
    breaches: int = 0

    def leads_of(self) -> Counter[UUID]:
        """Leads by producer, as the pipeline gave them."""
        return Counter(one.producer_id for one in self.given if one.producer_id is not None)


def by_weights(weights: Weights) -> Policy:
    """Everything under these weights, and the rules and the strategy that were in force."""
    return lambda past: replace(past.terms, weights=weights)


def by_rules(rules: tuple[Rule, ...], weights: Weights | None = None) -> Policy:
    """Everything under these rules, and these weights where they are given, else those that were in force."""

    def terms(past: PastLead) -> Terms:
        return replace(past.terms, rules=rules, rules_digest="", weights=weights or past.weights)

    return terms


def as_it_was(past: PastLead) -> Terms:
    """Each lead under the terms that were in force for it."""
    return past.terms


def always(rank: Rank) -> Policy:
    """One way of ranking for every lead, which finds its own seed."""
    return lambda _: rank


def simulate(past: Past, policy: Policy, *, watch: Callable[[int], None] | None = None) -> World:
    """Play the past under the policy. The same past and policy give the same world.

    ``watch`` is told after each lead how many were played; what it raises ends the simulation.
    """
    return _Playing(past, policy, watch).played()


def breaches(before: Iterable[Before], taken: Iterable[Taken]) -> int:
    """Leads that went over a producer's day or calendar month, counted anew from who got what; none while the gates hold."""
    taken = sorted(taken, key=lambda one: one.at)
    zones = {one.producer_id: one.time_zone for one in taken}
    days: Counter[tuple[UUID, date]] = Counter()
    months: Counter[tuple[UUID, int, int]] = Counter()

    def counted(who: UUID, at: datetime, zone_name: str | None) -> tuple[int, int] | None:
        place = zone(zone_name)
        if place is None:
            return None
        day = at.astimezone(place).date()
        days[who, day] += 1
        months[who, day.year, day.month] += 1
        return days[who, day], months[who, day.year, day.month]

    for one in before:
        counted(one.producer_id, one.at, zones.get(one.producer_id))
    over = 0
    for lead in taken:
        now = counted(lead.producer_id, lead.at, lead.time_zone)
        if now is None or lead.daily is None or lead.monthly is None:
            over += 1  # nobody knows that there was room
        else:
            over += now[0] > lead.daily or now[1] > lead.monthly
    return over


class _Work:
    """Leads of one producer on their own calendar."""

    __slots__ = ("_days", "_instants", "_months", "_zone", "last", "open")

    def __init__(self) -> None:
        self.open = 0
        self.last: datetime | None = None
        self._instants: list[datetime] = []
        self._zone: str | None = None
        self._days: Counter[date] = Counter()
        self._months: Counter[tuple[int, int]] = Counter()

    def add(self, at: datetime) -> None:
        self._instants.append(at)
        self._count(at)
        self.last = at if self.last is None else max(self.last, at)

    def load(self, profile: ProducerProfile, as_of: datetime) -> ProducerLoad:
        """As the database counts it (store.sql.repositories.routing)."""
        if profile.time_zone != self._zone:
            self._zone = profile.time_zone
            self._days, self._months = Counter(), Counter()
            for at in self._instants:
                self._count(at)
        place = zone(self._zone)
        if place is None:
            return ProducerLoad(open_leads=self.open, last_assigned_at=self.last)
        day = as_of.astimezone(place).date()
        return ProducerLoad(self.open, self._days[day], self._months[day.year, day.month], last_assigned_at=self.last)

    def _count(self, at: datetime) -> None:
        place = zone(self._zone)
        if place is not None:
            day = at.astimezone(place).date()
            self._days[day] += 1
            self._months[day.year, day.month] += 1


class _Roster:
    """Producers as they were for some while, as a panel; ``seen`` is how far it knows of changes of loads."""

    def __init__(self, profiles: Mapping[UUID, ProducerProfile], tables: Tables) -> None:
        self.profiles = profiles
        self.tables = tables
        self.panel = Panel(profiles.values(), tables)
        self.seen = 0


class _Playing:
    def __init__(self, past: Past, policy: Policy, watch: Callable[[int], None] | None) -> None:
        self._past = past
        self._policy = policy
        self._watch = watch
        self._world = World()
        self._work: dict[UUID, _Work] = {}
        self._holder: dict[UUID, UUID] = {}
        self._terms: Counter[UUID] = Counter()
        self._changed: list[UUID] = []
        self._log: list[Taken] = []
        self._profiles = {name: {one.producer_id: one for one in all_} for name, all_ in past.rosters.items()}
        self._rosters: OrderedDict[tuple[str, int], _Roster] = OrderedDict()
        self._kept_tables: list[Tables] = []
        self._ranked: dict[int, tuple[Ranking, _Roster, tuple[float, ...] | None, int]] = {}
        self._memory = Remembering()
        self._known: Mapping[UUID, ProducerProfile] = self._profiles[past.leads[0].roster] if past.leads else {}
        self._queue: list[tuple[datetime, int, int, Callable[[], None]]] = []
        self._pushed = 0

    def played(self) -> World:
        for one in self._past.before:
            self._take(one.lead_id, one.producer_id, one.at, one.left_at)
        for number, past in enumerate(self._past.leads):
            self._at(past.ranked_at, number, partial(self._rank, number, past))
            self._at(past.claimed_at, number, partial(self._claim, number, past))
        last = len(self._past.leads)
        for person in self._past.people:
            self._at(person.at, last, partial(self._follow, person))
        while self._queue:
            heapq.heappop(self._queue)[-1]()
        self._world.breaches = breaches(self._past.before, self._log)
        return self._world

    def _at(self, at: datetime, order: int, what: Callable[[], None]) -> None:
        """At one instant leads that are left come first, then decisions in their order, then people."""
        self._pushed += 1
        heapq.heappush(self._queue, (at, order, self._pushed, what))

    def _rank(self, number: int, past: PastLead) -> None:
        roster = self._roster(past)
        self._memory.begin(past)
        ranking = self._order(past, roster, past.ranked_at)
        self._world.gates.update(ranking.refused)
        self._world.rules.update(one.rule for one in ranking.rules)
        self._ranked[number] = (ranking, roster, self._values(past, ranking, roster), self._memory.taken)

    def _order(self, past: PastLead, roster: _Roster, at: datetime) -> Ranking:
        fresh = set(self._changed[roster.seen :])
        roster.seen = len(self._changed)
        self._known, panel = roster.profiles, roster.panel
        asked = (fresh & self._work.keys()) | set(panel.behind(at))
        loads = {who: self._load(roster.profiles[who], at) for who in asked if who in roster.profiles}
        panel.advance(at, loads)
        way = self._policy(past)
        if not isinstance(way, Terms):
            return way(panel, past.lead)
        return way.rank(panel, past.lead, past.seed, past.relations, self._memory.memory(way, past), shown=1)

    def _values(self, past: PastLead, ranking: Ranking, roster: _Roster) -> tuple[float, ...] | None:
        """Factor values of the first in the order; what rules give besides is none."""
        if not ranking.order:
            return None
        first = ranking.order[0].producer_id
        shown = next((one for one in ranking.best if one.producer_id == first), None)
        if shown is None:
            return self._valued(past, first, roster)
        return tuple(part.value for part in shown.contributions[: len(FACTORS)])

    def _valued(self, past: PastLead, who: UUID, roster: _Roster) -> tuple[float, ...]:
        able = roster.panel.candidate(roster.panel.place[who], past.relations)
        return tuple(part.value for part in explain(past.lead, able, past.weights).contributions)

    def _claim(self, number: int, past: PastLead) -> None:
        ranking, roster, values, known = self._ranked.pop(number)
        at, winner, code, refused = past.claimed_at, None, ranking.code, 0
        way = self._policy(past)
        terms = way if isinstance(way, Terms) else None
        if terms is not None and terms.strategy.by_turn and known != self._memory.taken:
            # As a claim does under the pool's lock: turns were taken since the ranking.
            ranking = self._order(past, roster, at)
            values = self._values(past, ranking, roster)
        for placed in ranking.order:
            failed = self._refusal(past, placed.producer_id, roster, at, terms)
            if failed is None:
                winner = placed.producer_id
                break
            self._world.claims[failed] += 1
            refused += 1
        if ranking.order:
            code = "all_claims_refused" if winner is None else "next_after_refusal" if refused else "best"
        if winner is not None:
            if refused:
                values = self._valued(past, winner, roster)
            if terms is not None:
                self._memory.take(terms, past, roster.profiles[winner])
            self._give(past.lead.lead_id, roster.profiles[winner], at)
        self._world.given.append(Given(past.lead.lead_id, winner, at, code, values if winner else None))
        if self._watch is not None:
            self._watch(len(self._world.given))

    def _follow(self, person: ByPerson) -> None:
        """A person's choice holds in every world where there was something to choose and the gates allow it."""
        holder = self._holder.get(person.lead_id)
        if holder == person.producer_id or (holder is not None and not person.moved):
            return
        profile = self._known.get(person.producer_id)
        # The other gates let them through when they chose; only how full the producer is may differ here.
        if profile is None or not available(profile, self._load(profile, person.at), person.at):
            self._world.not_followed += 1
            return
        self._give(person.lead_id, profile, person.at)

    def _refusal(self, past: PastLead, who: UUID, roster: _Roster, at: datetime, terms: Terms | None) -> str | None:
        facts = ProducerFacts(roster.profiles[who], self._load(roster.profiles[who], at))
        failed = first_failure(past.lead, Standing(facts, at, roster.tables))
        if failed is not None:
            return failed.code
        capped = terms is not None and self._memory.full(terms, past, roster.profiles[who])
        return "rule_cap" if capped else None

    def _give(self, lead_id: UUID, profile: ProducerProfile, at: datetime) -> None:
        who = profile.producer_id
        self._log.append(Taken(who, at, profile.time_zone, profile.capacity_daily, profile.capacity_monthly))
        self._take(lead_id, who, at, self._past.leaves(lead_id, at))

    def _take(self, lead_id: UUID, who: UUID, at: datetime, left_at: datetime | None) -> None:
        self._leave(lead_id, self._terms[lead_id])
        work = self._work.setdefault(who, _Work())
        work.add(at)
        work.open += 1
        self._holder[lead_id] = who
        self._changed.append(who)
        self._terms[lead_id] += 1
        term = self._terms[lead_id]
        if left_at is not None:
            self._at(left_at, _LEFT, partial(self._leave, lead_id, term))

    def _leave(self, lead_id: UUID, term: int) -> None:
        """The lead is nobody's work any more, unless it has been given anew since."""
        if self._terms[lead_id] == term and (holder := self._holder.pop(lead_id, None)) is not None:
            self._work[holder].open -= 1
            self._changed.append(holder)

    def _load(self, profile: ProducerProfile, at: datetime) -> ProducerLoad:
        work = self._work.get(profile.producer_id)
        return ProducerLoad() if work is None else work.load(profile, at)

    def _roster(self, past: PastLead) -> _Roster:
        tables = self._past.tables(past.ranked_at)
        number = next((n for n, one in enumerate(self._kept_tables) if one is tables), None)
        if number is None:
            number = len(self._kept_tables)
            self._kept_tables.append(tables)
        key = (past.roster, number)
        if key not in self._rosters:
            self._rosters[key] = _Roster(self._profiles[past.roster], tables)
        self._rosters.move_to_end(key)
        while len(self._rosters) > _PANELS:
            self._rosters.popitem(last=False)
        return self._rosters[key]
