"""What changes slowly about a producer: licences, hours, capacity, record. Nameless, so a receipt may keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.lines import Authority, Line, Tier
from domain.routing.checks import counted, instant, languages, number, refuse, state_code

SATISFACTION_SCALE = (1.0, 5.0)
"""Lowest and highest mark a customer can give."""
RANKS = (1, 5)
"""Lowest and highest standing in the organisation: 1 newcomer, 5 principal."""


class LicenceStatus(StrEnum):
    """What the licence database says; only ``ACTIVE`` permits, and ``UNKNOWN`` is not permitted either."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Licence:
    """One state's licence, valid from ``effective`` through ``expires``, both days included.

    ``expires`` None means the state issues it without an end. ``checked_at`` is when the source was last read, ``source``
    which one that was (``nipr``, ``state:TX``); None where nobody said.
    """

    state: str
    number: str
    status: LicenceStatus
    authorities: frozenset[Authority]
    effective: date
    expires: date | None
    checked_at: datetime
    source: str | None = None

    def __post_init__(self) -> None:
        state_code("licence.state", self.state)
        object.__setattr__(self, "checked_at", instant("licence.checked_at", self.checked_at))

    def as_dict(self) -> dict[str, Any]:
        """JSON types; without a source as before there was one, so that the digests of older profiles stand."""
        pairs = {
            "state": self.state, "number": self.number, "status": self.status.value,
            "authorities": sorted(part.value for part in self.authorities), "effective": self.effective.isoformat(),
            "expires": _day_text(self.expires), "checked_at": self.checked_at.isoformat(),
        }  # fmt: skip
        return pairs if self.source is None else {**pairs, "source": self.source}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Licence:
        """The inverse of :meth:`as_dict`."""
        return cls(
            data["state"], data["number"], LicenceStatus(data["status"]), frozenset(map(Authority, data["authorities"])),
            date.fromisoformat(data["effective"]), _day(data["expires"]), datetime.fromisoformat(data["checked_at"]),
            data.get("source"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Appointment:
    """A carrier's appointment in one state, from ``effective`` through ``expires`` (None: until ended)."""

    carrier: str
    state: str
    effective: date
    expires: date | None = None

    def __post_init__(self) -> None:
        state_code("appointment.state", self.state)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "carrier": self.carrier, "state": self.state, "effective": self.effective.isoformat(),
            "expires": _day_text(self.expires),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Appointment:
        """The inverse of :meth:`as_dict`."""
        return cls(data["carrier"], data["state"], date.fromisoformat(data["effective"]), _day(data["expires"]))


@dataclass(frozen=True, slots=True)
class Shift:
    """Weekly working hours on the producer's own clock: ``weekday`` 0 is Monday, ``end`` is not included.

    An end at or before the start falls on the next day, so 21:00 to 02:00 crosses midnight and 00:00 to 00:00 is a whole day.
    """

    weekday: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            refuse("shift.weekday", self.weekday, "give 0 for Monday to 6 for Sunday")
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            refuse("shift.start", self.start, "give plain times; the zone is the producer's")

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"weekday": self.weekday, "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shift:
        """The inverse of :meth:`as_dict`."""
        return cls(data["weekday"], time.fromisoformat(data["start"]), time.fromisoformat(data["end"]))


@dataclass(frozen=True, slots=True)
class Tally:
    """``won`` out of ``tried``: the counts, not the rate, because one of one is not a hundred of a hundred."""

    won: int
    tried: int

    def __post_init__(self) -> None:
        counted("tally.won", self.won)
        counted("tally.tried", self.tried)
        if self.won > self.tried:
            refuse("tally.won", self.won, f"give at most the {self.tried} tried")

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"won": self.won, "tried": self.tried}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tally:
        """The inverse of :meth:`as_dict`."""
        return cls(data["won"], data["tried"])


@dataclass(frozen=True, slots=True)
class Measure:
    """A middle value and the number of observations behind it."""

    value: float
    n: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", number("measure.value", self.value, 0, 10_000_000))
        counted("measure.n", self.n)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"value": self.value, "n": self.n}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measure:
        """The inverse of :meth:`as_dict`."""
        return cls(data["value"], data["n"])


@dataclass(frozen=True, slots=True)
class ProducerProfile:
    """Slow facts of one producer. None is *unknown* everywhere, and an unknown fact that a gate needs refuses.

    ``appointments`` empty means none are held; an empty ``licences`` is what a fresh licence subscription returns and counts
    as unknown. ``eo_expires`` is the first day without errors-and-omissions cover. ``capacity_daily`` and ``capacity_monthly``
    count new leads on the producer's own calendar. ``holiday_region`` names a row of the holiday table (``US-TX``); None means
    the producer keeps no public holidays. ``response`` is the median of minutes to first contact, ``satisfaction`` the mean
    mark from 1 to 5, ``conversion`` won of leads worked, ``similar`` the same for leads like this one. ``rank`` is 1 to 5.
    Until the instant ``paused_until`` the producer takes no new leads. ``network_tier`` is the tier in the broker network as it
    was counted last; it is nobody's to state.
    """

    producer_id: UUID
    agency_id: UUID
    active: bool | None = None
    lines: tuple[Line, ...] | None = None
    licences: tuple[Licence, ...] | None = None
    appointments: tuple[Appointment, ...] | None = None
    eo_expires: date | None = None
    languages: tuple[str, ...] | None = None
    lat: float | None = None
    lon: float | None = None
    zip_code: str | None = None
    time_zone: str | None = None
    schedule: tuple[Shift, ...] | None = None
    absences: frozenset[date] = field(default_factory=frozenset)
    holiday_region: str | None = None
    capacity_daily: int | None = None
    capacity_monthly: int | None = None
    joined_on: date | None = None
    accepts_tiers: tuple[Tier, ...] | None = None
    conversion: Tally | None = None
    response: Measure | None = None
    satisfaction: Measure | None = None
    similar: Tally | None = None
    team_id: UUID | None = None
    rank: int | None = None
    paused_until: datetime | None = None
    network_tier: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "paused_until", instant("paused_until", self.paused_until))
        object.__setattr__(self, "lat", number("lat", self.lat, -90, 90))
        object.__setattr__(self, "lon", number("lon", self.lon, -180, 180))
        counted("capacity_daily", self.capacity_daily)
        counted("capacity_monthly", self.capacity_monthly)
        if self.languages is not None:
            object.__setattr__(self, "languages", languages(self.languages))
        if self.satisfaction is not None and self.satisfaction.n:
            number("satisfaction", self.satisfaction.value, *SATISFACTION_SCALE)
        if self.rank is not None and not RANKS[0] <= self.rank <= RANKS[1]:
            refuse("rank", self.rank, "give 1 (newcomer) to 5 (principal)")

    def as_dict(self) -> dict[str, Any]:
        """JSON types; round trip through :meth:`from_dict` is exact. A pause and a tier stand in it only where there is one."""
        pause = {} if self.paused_until is None else {"paused_until": self.paused_until.isoformat()}
        tier = {} if self.network_tier is None else {"network_tier": self.network_tier}
        return pause | tier | {
            "producer_id": str(self.producer_id), "agency_id": str(self.agency_id), "active": self.active,
            "lines": None if self.lines is None else [line.value for line in self.lines],
            "licences": _dicts(self.licences), "appointments": _dicts(self.appointments),
            "eo_expires": _day_text(self.eo_expires),
            "languages": None if self.languages is None else list(self.languages),
            "lat": self.lat, "lon": self.lon, "zip_code": self.zip_code, "time_zone": self.time_zone,
            "schedule": _dicts(self.schedule), "absences": sorted(day.isoformat() for day in self.absences),
            "holiday_region": self.holiday_region, "capacity_daily": self.capacity_daily,
            "capacity_monthly": self.capacity_monthly, "joined_on": _day_text(self.joined_on),
            "accepts_tiers": None if self.accepts_tiers is None else [tier.value for tier in self.accepts_tiers],
            "conversion": _dict(self.conversion), "response": _dict(self.response),
            "satisfaction": _dict(self.satisfaction), "similar": _dict(self.similar),
            "team_id": None if self.team_id is None else str(self.team_id), "rank": self.rank,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ProducerProfile:
        """The inverse of :meth:`as_dict`; a name that is no field is an error."""
        readers: dict[str, Callable[[Any], Any]] = {
            "producer_id": UUID, "agency_id": UUID, "team_id": UUID, "eo_expires": date.fromisoformat,
            "joined_on": date.fromisoformat, "lines": _each(Line), "accepts_tiers": _each(Tier), "languages": tuple,
            "licences": _each(Licence.from_dict), "appointments": _each(Appointment.from_dict),
            "schedule": _each(Shift.from_dict), "conversion": Tally.from_dict, "similar": Tally.from_dict,
            "response": Measure.from_dict, "satisfaction": Measure.from_dict,
            "absences": lambda days: frozenset(map(date.fromisoformat, days)), "paused_until": datetime.fromisoformat,
        }  # fmt: skip
        return cls(
            **{
                name: readers[name](value) if name in readers and value is not None else value
                for name, value in data.items()
            }
        )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _dict(part: Tally | Measure | None) -> dict[str, Any] | None:
    return None if part is None else part.as_dict()


def _dicts(
    parts: tuple[Licence, ...] | tuple[Appointment, ...] | tuple[Shift, ...] | None,
) -> list[dict[str, Any]] | None:
    return None if parts is None else [part.as_dict() for part in parts]


def _each(reader: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda items: tuple(reader(item) for item in items)
