"""An agency's producers side by side, for a roster that is ranked again and again.

The same gates and factors as :func:`domain.routing.rank.rank`, asked once for each kind of producer and kept until a fact they
rest on changes: a lead then costs sums of columns, whatever the number of producers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.lines import Line
from domain.routing.availability import Off, On, next_available, shift_now
from domain.routing.capacity import available
from domain.routing.checks import refuse
from domain.routing.factors.registry import FACTORS, Factor
from domain.routing.factors.score import STEPS
from domain.routing.facts import Candidate, LeadFacts, ProducerFacts, ProducerLoad, Relations
from domain.routing.gates import MOVING, PASSING, Gate, Standing, date_changes, first_failure, lead_gate
from domain.routing.kinds import Kinds, Steps
from domain.routing.profile import Licence, ProducerProfile
from domain.routing.rank import NOBODY, SHOWN, TRIED, Placed, Ranking, draw, exact, explain, nobody, number_of
from domain.routing.strategies import first_of
from domain.routing.tables import Tables
from domain.routing.weights import Weights

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_NEVER = np.iinfo(np.int64).min
_KEPT = 512
_FEW = 256
_NO_LOAD, _UNRELATED = ProducerLoad(), Relations()
_WORKLOAD = next(factor for factor in FACTORS if factor.moves == "load")
_ANY_LEAD = LeadFacts(UUID(int=0), UUID(int=0), Line.UNKNOWN, _ALWAYS)
_CLOSE = 1e-6
"""Nearer than this to the edge between two steps a value of many at once is asked again by itself."""
_UNKNOWN = -1
"""Room of a producer whose capacity or zone is not known."""


class _Refusal(NamedTuple):
    gate: Gate
    code: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """Codes of refusals by place, true from ``since`` until before ``until``."""

    since: datetime
    until: datetime
    codes: NDArray[np.int16]


class Panel:
    """Producers in the order of their ids, under tables that stay the same.

    :meth:`advance` first, then :meth:`rank`. Not safe for two threads at once.
    """

    def __init__(self, profiles: Iterable[ProducerProfile], tables: Tables) -> None:
        self.profiles = tuple(sorted(profiles, key=lambda profile: profile.producer_id))
        self.tables = tables
        self.place = {profile.producer_id: place for place, profile in enumerate(self.profiles)}
        if len(self.place) < len(self.profiles):
            refuse("producers", len(self.profiles), "give each producer once")
        count = len(self.profiles)
        self.as_of = _ALWAYS
        self._numbers = number_of(self.place)
        self._loads = [_NO_LOAD] * count
        self.waiting = np.full(count, _NEVER, dtype=np.int64)
        self.open_leads = np.zeros(count, dtype=np.int64)
        self.today = np.zeros(count, dtype=np.int64)
        self._room = np.zeros(count, dtype=np.int64)
        self._workload = np.zeros(count, dtype=np.int64)
        self._refusals: list[_Refusal | None] = [None]
        self._numbered: dict[_Refusal, int] = {}
        self._kinds: dict[tuple[str, ...], Kinds] = {}
        self._fields: dict[tuple[str, ...], list[NDArray[np.float64]]] = {}
        self._columns: OrderedDict[tuple[object, ...], Steps] = OrderedDict()
        self._masks: OrderedDict[Hashable, NDArray[np.bool_]] = OrderedDict()
        self._in_state: dict[tuple[str, bool], Kinds] = {}
        self._codes: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._zones = self._alike("time_zone")
        self._day_ends = [_ALWAYS] * len(self._zones.first)
        self._hours = self._alike("time_zone", "schedule", "absences", "holiday_region", "paused_until")
        self._shifts: list[On | Off] = []
        self._shift_ends: list[datetime] = []
        self._off = np.zeros(0, dtype=np.int16)

    def load(self, place: int) -> ProducerLoad:
        """The load at a place."""
        return self._loads[place]

    def behind(self, as_of: datetime) -> list[UUID]:
        """Producers whose day has ended since their load was counted: count those again before :meth:`advance`."""
        over = [number for number, end in enumerate(self._day_ends) if not self.as_of <= as_of < end]
        places = np.flatnonzero(np.isin(self._zones.kind, over)) if over else ()
        return [self.profiles[place].producer_id for place in places if self._loads[place] != _NO_LOAD]

    def advance(self, as_of: datetime, loads: Mapping[UUID, ProducerLoad]) -> None:
        """Move to the instant ``as_of`` (aware); ``loads`` are those that changed, as of then."""
        if as_of.tzinfo is None:
            refuse("as_of", as_of.isoformat(), "give an instant with its offset from UTC")
        as_of, back = as_of.astimezone(UTC), as_of < self.as_of
        changed = {self.place[who] for who in loads if who in self.place}
        for place in changed:
            self._loads[place] = loads[self.profiles[place].producer_id]
            last = self._loads[place].last_assigned_at
            self.waiting[place] = _NEVER if last is None else (last - _ALWAYS) // _TICK
        over = [number for number, end in enumerate(self._day_ends) if back or as_of >= end]
        for number in over:
            self._day_ends[number] = date_changes(self.profiles[self._zones.first[number]].time_zone, as_of)
        if over:
            changed.update(np.flatnonzero(np.isin(self._zones.kind, over)).tolist())
        self.as_of = as_of
        for place in changed:
            self._weigh(place)
        self._turn_shifts(as_of, back=back)

    def rank(
        self, lead: LeadFacts, weights: Weights, seed: str, relations: Mapping[UUID, Relations] | None = None, *,
        shown: int = SHOWN,
    ) -> Ranking:  # fmt: skip
        """As :func:`domain.routing.rank.rank` at the instant of the panel; ``relations`` of those who have any.

        ``shown`` is how many of the best are explained.
        """
        count = len(self.profiles)
        stopped = lead_gate(lead, self.tables)
        if stopped is not None:
            return Ranking((), (), {}, count, 0, stopped.code, stopped.reason)
        codes = self.refused(lead)
        passed = np.flatnonzero(codes == 0)
        code = "ranked" if len(passed) else self.nobody(lead, codes)
        related = relations or {}
        totals = self.totals(lead, weights, related)
        best = first_of(passed, [-totals, self.waiting, self.drawn(lead, seed)], TRIED)
        return Ranking(
            order=tuple(Placed(self.profiles[place].producer_id, exact(int(totals[place]))) for place in best),
            best=tuple(explain(lead, self.candidate(place, related), weights) for place in best[:shown]),
            refused=self.refusals(codes), considered=count, eligible=len(passed), code=code,
            reason=NOBODY.get(code, "ranked by total"),
        )  # fmt: skip

    def refusals(self, codes: NDArray[np.int16]) -> dict[str, int]:
        """How many the gates refused, by code."""
        refused = {
            found.code: int(many)
            for number, many in enumerate(np.bincount(codes, minlength=1))
            if many and (found := self._refusals[number]) is not None
        }
        return dict(sorted(refused.items()))

    def drawn(self, lead: LeadFacts, seed: str) -> NDArray[np.uint64]:
        """By place: the number that orders equals."""
        return draw(seed, lead.lead_id, self._numbers)

    def mask(self, key: Hashable, fields: tuple[str, ...], ask: Callable[[ProducerProfile], bool]) -> NDArray[np.bool_]:
        """By place: what ``ask`` says of a profile, of which it reads ``fields``; kept under ``key``."""
        found = self._masks.get(key)
        if found is None:
            kinds = self._alike(*fields)
            found = self._masks[key] = kinds.spread(lambda place: ask(self.profiles[place]), np.bool_)
            while len(self._masks) > _KEPT:
                self._masks.popitem(last=False)
        else:
            self._masks.move_to_end(key)
        return found

    def totals(self, lead: LeadFacts, weights: Weights, related: Mapping[UUID, Relations]) -> Steps:
        """By place: everybody's total in hundred-millionths of a point, whatever the gates say of them."""
        totals = np.zeros(len(self.profiles), dtype=np.int64)
        ties = Kinds.of(related.get(one, _UNRELATED) for one in self.place) if related else None
        for factor, points in zip(FACTORS, weights.steps, strict=True):
            if not points:
                continue
            if factor.moves == "load":
                column = self._workload
            elif factor.moves == "shift":
                column = self._shift_column(factor, lead)
            elif ties is not None and factor.moves == "relations":
                column = self._tied(factor, lead, ties, related)
            else:
                column = self._column(factor, lead)
            totals += points * column
        return totals

    def _column(self, factor: Factor, lead: LeadFacts) -> Steps:
        """The factor's steps for everybody, unrelated to the lead, by what the rule reads of lead and profile."""
        key = (factor.name, *(getattr(lead, name) for name in factor.lead))
        column = self._columns.get(key)
        if column is None:
            kinds = self._alike(*factor.profile)

            def ask(place: int) -> int:
                return factor.judge(lead, Candidate(self.profiles[place], _NO_LOAD, _UNRELATED, None, None)).steps

            column = kinds.spread(ask) if factor.many is None else self._of_many(factor, lead, kinds, ask)
            self._columns[key] = column
            while len(self._columns) > _KEPT:
                self._columns.popitem(last=False)
        else:
            self._columns.move_to_end(key)
        return column

    def _of_many(self, factor: Factor, lead: LeadFacts, kinds: Kinds, ask: Callable[[int], int]) -> Steps:
        """The factor's steps by its ``many``; where rounding could go either way, ``ask`` decides."""
        assert factor.many is not None
        if factor.profile not in self._fields:
            self._fields[factor.profile] = [self._numbers_of(name, kinds) for name in factor.profile]
        exact_steps = STEPS * factor.many(lead, *self._fields[factor.profile])
        steps = np.rint(exact_steps).astype(np.int64)
        unsure = np.flatnonzero(np.abs(exact_steps - np.floor(exact_steps) - 0.5) < _CLOSE)
        for number in unsure.tolist():
            steps[number] = ask(kinds.first[number])
        column: Steps = steps[kinds.kind]
        return column

    def _tied(self, factor: Factor, lead: LeadFacts, ties: Kinds, related: Mapping[UUID, Relations]) -> Steps:
        """The same where some producers stand in a relation to the lead; a few are asked one by one, whatever the roster."""
        if len(related) <= _FEW:
            column = self._column(factor, lead).copy()
            for place in (self.place[who] for who in related if who in self.place):
                column[place] = factor.judge(lead, self.candidate(place, related)).steps
            return column
        kinds = self._alike(*factor.profile).together(ties)
        return kinds.spread(lambda place: factor.judge(lead, self.candidate(place, related)).steps)

    def _shift_column(self, factor: Factor, lead: LeadFacts) -> Steps:
        """Steps by what is left of the shift; shifts that end together are judged once. Who is off is not ranked at all."""
        judged: dict[datetime, int] = {}
        steps = np.zeros(len(self._shifts), dtype=np.int64)
        for number, shift in enumerate(self._shifts):
            if isinstance(shift, On):
                if shift.until not in judged:
                    someone = Candidate(
                        self.profiles[self._hours.first[number]], _NO_LOAD, _UNRELATED, None, self._left(shift)
                    )
                    judged[shift.until] = factor.judge(lead, someone).steps
                steps[number] = judged[shift.until]
        column: Steps = steps[self._hours.kind]
        return column

    def refused(self, lead: LeadFacts) -> NDArray[np.int16]:
        """By place: the number of the first gate's refusal, 0 for who passes them all."""
        codes = self._settled(lead).copy()
        _fill(codes, self._off[self._hours.kind])
        room = np.zeros(len(codes), dtype=np.int16)
        room[self._room == 0] = self._number(Gate.CAPACITY, "capacity_full")
        room[self._room == _UNKNOWN] = self._number(Gate.CAPACITY, "capacity_unknown")
        _fill(codes, room)
        for place in self._declined(lead):
            if codes[place] == 0:
                codes[place] = self._number(Gate.DECLINED, "declined")
        return codes

    def _settled(self, lead: LeadFacts) -> NDArray[np.int16]:
        """The gates that rest on profiles and dates alone, kept until a date changes or a licence was checked too long ago."""
        carrier = None if lead.carrier is None else lead.carrier.strip().casefold()
        key = (lead.agency_id, lead.line, lead.risk_states, carrier)
        kept = self._codes.get(key)
        if kept is not None and kept.since <= self.as_of < kept.until:
            self._codes.move_to_end(key)
            return kept.codes
        state, age = lead.risk_states[0], self.tables.licence_max_age_days
        ends = list(self._day_ends)

        def ask(place: int) -> int:
            profile = self.profiles[place]
            if age is not None:
                ends.extend(
                    licence.checked_at + timedelta(days=age) + _TICK
                    for licence in profile.licences or ()
                    if licence.state == state
                )
            failed = first_failure(lead, Standing(ProducerFacts(profile), self.as_of, self.tables), skip=MOVING)
            return 0 if failed is None else self._number(failed.gate, failed.code)

        codes = self._licensed(state, appointed=carrier is not None).spread(ask, np.int16)
        until = min((end for end in ends if end > self.as_of), default=self.as_of)
        self._codes[key] = _Kept(self.as_of, until, codes)
        while len(self._codes) > _KEPT:
            self._codes.popitem(last=False)
        return codes

    def _licensed(self, state: str, *, appointed: bool) -> Kinds:
        """Producers alike in all that the settled gates read of a profile for a risk in ``state``."""
        kinds = self._in_state.get((state, appointed))
        if kinds is None:
            kinds = self._alike("agency_id", "active", "eo_expires", "time_zone")
            kinds = kinds.together(Kinds.of(bool(profile.licences) for profile in self.profiles))
            if appointed:
                kinds = kinds.together(self._alike("appointments"))
            kinds = self._in_state[state, appointed] = kinds.refined(self._held_in(state))
        return kinds

    def _held_in(self, state: str) -> dict[int, Hashable]:
        """By place of those licensed in the state, what gates read of their licences there."""
        held: dict[int, Hashable] = {}
        for place, one in zip(*self._licences.get(state, ((), ())), strict=True):
            held[place] = (held.get(place), one.status, one.authorities, one.effective, one.expires, one.checked_at)
        return held

    @cached_property
    def _licences(self) -> dict[str, tuple[list[int], list[Licence]]]:
        """By state, the places of holders and their licences, side by side."""
        found: dict[str, tuple[list[int], list[Licence]]] = {}
        for place, profile in enumerate(self.profiles):
            for one in profile.licences or ():
                places, licences = found.setdefault(one.state, ([], []))
                places.append(place)
                licences.append(one)
        return found

    def _numbers_of(self, name: str, kinds: Kinds) -> NDArray[np.float64]:
        """A profile's field by kind, as numbers; NaN where it is not known."""
        values = [getattr(self.profiles[place], name) for place in kinds.first]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    def nobody(self, lead: LeadFacts, codes: NDArray[np.int16]) -> str:
        """The code of why the gates left nobody."""
        waits = np.array([found is not None and found.gate in PASSING for found in self._refusals])[codes]
        out = self._declined(lead)
        turned_down = any(
            waits[place] or ((found := self._refusals[codes[place]]) is not None and found.gate is Gate.DECLINED)
            for place in out
        )
        return nobody(
            len(codes), open_later=int(waits.sum()) > sum(bool(waits[place]) for place in out), turned_down=turned_down
        )

    def _declined(self, lead: LeadFacts) -> list[int]:
        return [self.place[who] for who in lead.declined_by if who in self.place]

    def candidate(self, place: int, related: Mapping[UUID, Relations]) -> Candidate:
        """The producer at a place as the factors see them."""
        profile, room, shift = self.profiles[place], int(self._room[place]), self._shifts[self._hours.kind[place]]
        relations = related.get(profile.producer_id, _UNRELATED)
        left = self._left(shift)
        return Candidate(profile, self._loads[place], relations, None if room == _UNKNOWN else room, left)

    def _left(self, shift: On | Off) -> float | None:
        if isinstance(shift, On):
            return (shift.until - self.as_of).total_seconds() / 60
        return None if shift.code.endswith("_unknown") else 0.0

    def _weigh(self, place: int) -> None:
        """Room and workload anew."""
        profile, load = self.profiles[place], self._loads[place]
        self.open_leads[place], self.today[place] = load.open_leads, load.assigned_today
        room = available(profile, load, self.as_of)
        self._room[place] = _UNKNOWN if room is None else room
        self._workload[place] = _WORKLOAD.judge(_ANY_LEAD, Candidate(profile, load, _UNRELATED, room, None)).steps

    def _turn_shifts(self, as_of: datetime, *, back: bool) -> None:
        """Look again at the hours whose answer ends by now."""
        if not self._shifts:
            self._shifts = [Off("", "")] * len(self._hours.first)
            self._shift_ends = [_ALWAYS] * len(self._hours.first)
            self._off = np.zeros(len(self._hours.first), dtype=np.int16)
        for number, end in enumerate(self._shift_ends):
            if not back and as_of < end:
                continue
            profile = self.profiles[self._hours.first[number]]
            shift = shift_now(profile, as_of, self.tables.holidays)
            changes = [date_changes(profile.time_zone, as_of)]
            if isinstance(shift, On):
                changes.append(shift.until)
            elif (begins := next_available(profile, as_of, self.tables.holidays, days=1)) is not None:
                changes.append(begins)
            self._shifts[number], self._shift_ends[number] = shift, min(changes)
            self._off[number] = 0 if isinstance(shift, On) else self._number(Gate.SCHEDULE, shift.code)

    def _number(self, gate: Gate, code: str) -> int:
        refusal = _Refusal(gate, code)
        if refusal not in self._numbered:
            self._numbered[refusal] = len(self._refusals)
            self._refusals.append(refusal)
        return self._numbered[refusal]

    def _alike(self, *fields: str) -> Kinds:
        if fields not in self._kinds:
            self._kinds[fields] = Kinds.of(
                tuple(getattr(profile, name) for name in fields) for profile in self.profiles
            )
        return self._kinds[fields]


def _fill(codes: NDArray[np.int16], later: NDArray[np.int16]) -> None:
    """Put a later gate's refusals where the earlier ones passed."""
    np.copyto(codes, later, where=codes == 0)
