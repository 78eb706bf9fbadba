"""The world of a simulated year: who works when, who falls ill or loses a licence, which leads come, and how people behave.

Everything follows from one seed. The figures are an invention of the right order, not a claim about a market.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.lines import Line

AGENCY = "year"
BEGINS = date(2025, 11, 3)
DAYS = 365
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

PLACES = {
    "IL": ("60614", "America/Chicago"),
    "TX": ("78701", "America/Chicago"),
    "CA": ("94105", "America/Los_Angeles"),
    "FL": ("33101", "America/New_York"),
    "NY": ("10001", "America/New_York"),
    "GA": ("30309", "America/New_York"),
    "WA": ("98101", "America/Los_Angeles"),
    "AZ": ("85001", "America/Phoenix"),
    "PA": ("19103", "America/New_York"),
    "OH": ("43004", "America/New_York"),
}
_UNSERVED = ("55401", "MN")
"""A state in which nobody of the agency is licensed."""
_TWO_STATES = "42223"
"""A ZIP in Kentucky and Tennessee: a person must ask (DOMAIN T4)."""
TERMS = {
    "required": True, "answer_minutes": {"hot": 10, "warm": 30, "cool": 90}, "contact_minutes": {"hot": 60, "warm": 240},
    "max_declines": 4, "max_minutes": 600, "when_stale": "queue",
}  # fmt: skip
"""How the agency offers leads."""
_LINES = (Line.AUTO, Line.HOME, Line.RENTERS, Line.LIFE, Line.HEALTH, Line.PET)
_AUTHORITIES = ["property", "casualty", "personal_lines", "life", "accident_and_health"]
_SHIFTS = (
    ("09:00:00", "17:00:00", range(5)),
    ("13:00:00", "21:00:00", range(6)),
    ("21:00:00", "02:00:00", range(4)),
    ("10:00:00", "14:00:00", range(5, 7)),
)
_SHIFT_SHARES = (70, 15, 10, 5)
_SPANISH, _HOLIDAYS = 0.25, 0.7
"""Shares of producers who speak Spanish, and who do not work on public holidays."""
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 12, 12, 12, 11, 11, 11, 10, 10, 9, 8, 6, 3, 2)
_BY_WEEKDAY = (12, 12, 11, 11, 10, 6, 5)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a producer behaves: shares from 0 to 1, minutes until an offer is answered and until the first call."""

    declines: float
    ignores: float
    answer_minutes: float
    call_minutes: float
    wins: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead as it comes: where and what for, its score, and in which language."""

    at: datetime
    zip: str
    state: str | None
    line: Line
    score: int
    language: str


@dataclass(frozen=True, slots=True)
class Outage:
    """From ``start`` until before ``end`` nothing of the agency is worked: leads come in and wait, timers run late."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in it."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class World:
    """The agency's file, each producer's habit by external id, the leads in order, the outages."""

    agency: dict[str, Any]
    habits: dict[str, Habit]
    arrivals: tuple[Arrival, ...]
    outages: tuple[Outage, ...]

    def openings(self, ahead: timedelta) -> list[datetime]:
        """Every instant until so long after the last arrival at which a shift begins for somebody who then works, perhaps, or a
        day begins for somebody: nobody becomes free for a lead at any other. In order.
        """
        people = [person["profile"] for person in self.agency["producers"]]
        begin = {(one["time_zone"], shift["weekday"], shift["start"]) for one in people for shift in one["schedule"]}
        begin |= {(zone, day, "00:00:00") for zone in {one["time_zone"] for one in people} for day in range(7)}
        days = (self.arrivals[-1].at + ahead - self.begins).days + 2
        found = set()
        for day in (BEGINS + number * _DAY for number in range(-1, days)):
            for zone, weekday, start in begin:
                if day.weekday() == weekday:
                    local = datetime.combine(day, time.fromisoformat(start), ZoneInfo(zone))
                    found.add(local.astimezone(UTC))
        return sorted(found)

    @property
    def begins(self) -> datetime:
        """The first instant of the world."""
        return datetime.combine(BEGINS, datetime.min.time(), UTC)


def world(leads: int, producers: int, seed: int, days: int = DAYS) -> World:
    """The world of a seed: ``leads`` over ``days`` from :data:`BEGINS`, among ``producers``."""
    chance = random.Random(seed)
    people = [_producer(number, producers, days, chance) for number in range(producers)]
    habits = {person["external_id"]: _habit(chance) for person in people}
    agency = {"slug": AGENCY, "name": "A simulated year", "producers": people}
    return World(agency, habits, tuple(_arrivals(leads, days, chance)), tuple(_outages(days, chance)))


def _producer(number: int, producers: int, days: int, chance: random.Random) -> dict[str, Any]:
    home = list(PLACES)[number % len(PLACES)]  # every state has somebody
    states = {home, *chance.sample(sorted(PLACES), chance.randint(0, 4))}
    profile = {
        "active": True, "lines": [line.value for line in chance.sample(_LINES, chance.randint(2, len(_LINES)))],
        "licences": [_licence(state, days, chance) for state in sorted(states)], "appointments": [],
        "eo_expires": _perhaps_within(days, 0.05, chance).isoformat(),
        "languages": ["en", "es"] if chance.random() < _SPANISH else ["en"],
        "zip_code": PLACES[home][0], "time_zone": PLACES[home][1], "schedule": _schedule(chance),
        "absences": [day.isoformat() for day in _absences(days, chance)],
        "holiday_region": "US" if chance.random() < _HOLIDAYS else None,
        "capacity_daily": chance.randint(2, 8), "capacity_monthly": chance.randint(15, 90), "joined_on": "2020-01-01",
    }  # fmt: skip
    team = f"team-{number * 12 // max(producers, 12)}"
    return {"external_id": f"p{number}", "name": f"Producer {number}", "team": team, "profile": profile}


def _licence(state: str, days: int, chance: random.Random) -> dict[str, Any]:
    return {
        "state": state, "number": f"{state}-{chance.randint(10_000, 99_999)}", "status": "active",
        "authorities": _AUTHORITIES, "effective": "2020-01-01",
        "expires": _perhaps_within(days, 0.15, chance).isoformat(), "checked_at": "2025-11-01T00:00:00+00:00",
    }  # fmt: skip


def _perhaps_within(days: int, share: float, chance: random.Random) -> date:
    """A day of the year for a share of the draws, one long after it for the others."""
    within = chance.random() < share
    return BEGINS + chance.randint(1, days) * _DAY if within else date(2039, 12, 31)


def _schedule(chance: random.Random) -> list[dict[str, Any]]:
    (start, end, weekdays), *_ = chance.choices(_SHIFTS, _SHIFT_SHARES)
    return [{"weekday": day, "start": start, "end": end} for day in weekdays]


def _absences(days: int, chance: random.Random) -> list[date]:
    weeks = [BEGINS + chance.randrange(days) * _DAY for _ in range(chance.randint(1, 3))]
    ill = {BEGINS + chance.randrange(days) * _DAY for _ in range(chance.randint(0, 6))}
    return sorted(ill | {first + ahead * _DAY for first in weeks for ahead in range(chance.randint(3, 12))})


def _habit(chance: random.Random) -> Habit:
    return Habit(
        declines=chance.betavariate(1.5, 10), ignores=chance.betavariate(1.2, 14),
        answer_minutes=chance.lognormvariate(1.4, 0.7), call_minutes=chance.lognormvariate(3.2, 0.9),
        wins=chance.betavariate(3, 14),
    )  # fmt: skip


def _arrivals(leads: int, days: int, chance: random.Random) -> Iterator[Arrival]:
    """Leads by hour of the day and day of the week in their own zone, in the order of time."""
    drawn = []
    weekdays = [_BY_WEEKDAY[(BEGINS + ahead * _DAY).weekday()] for ahead in range(days)]
    for ahead in chance.choices(range(days), weekdays, k=leads):
        hour = chance.choices(range(24), _BY_HOUR)[0]
        local = datetime.combine(BEGINS, datetime.min.time(), UTC) + ahead * _DAY + hour * _HOUR
        drawn.append(_arrival(local + timedelta(seconds=chance.randrange(3600)) + 6 * _HOUR, chance))
    drawn.sort(key=lambda arrival: arrival.at)
    yield from drawn


def _arrival(at: datetime, chance: random.Random) -> Arrival:
    usual = chance.choice(sorted(PLACES))
    places: tuple[tuple[str, str | None], ...] = ((PLACES[usual][0], usual), _UNSERVED, (_TWO_STATES, None))
    (place, state), *_ = chance.choices(places, (985, 10, 5))
    (language,) = chance.choices(("en", "es"), (88, 12))
    score = min(99, max(1, round(chance.gauss(55, 18))))
    return Arrival(at, place, state, chance.choice(_LINES), score, language)


def _outages(days: int, chance: random.Random) -> list[Outage]:
    """One about every two months, of one to nine hours."""
    first = datetime.combine(BEGINS, datetime.min.time(), UTC)
    starts: Sequence[float] = sorted(chance.uniform(0, days) for _ in range(max(1, days // 60)))
    return [Outage(first + at * _DAY, first + at * _DAY + chance.uniform(1, 9) * _HOUR) for at in starts]
