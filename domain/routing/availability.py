"""Who is on shift: weekly hours on the producer's own clock, with DST, shifts past midnight, absences and public holidays.

A shift runs from the first time the clock shows its start to the last time it shows its end, so on the night the clocks go
back a shift from 21:00 to 02:00 covers both 01:30s. A start or end that the clocks skip is the moment of the jump.
An absence takes the whole local day, and a shift that would begin on an absent day or a holiday is not worked at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from domain.routing.profile import ProducerProfile, Shift
from domain.routing.tables import NO_HOLIDAYS, HolidayTable

_DAY = timedelta(days=1)
_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class Off:
    """Not on shift; ``code`` is stable: ``schedule_unknown``, ``schedule_absent``, ``schedule_holiday`` ..."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class On:
    """On shift, until the instant ``until`` (UTC); shifts that touch count as one."""

    until: datetime


@cache
def zone(name: str | None) -> ZoneInfo | None:
    """The IANA zone of that name, or None when there is none such."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, LookupError):  # a malformed key, a directory's name, an unknown zone
        return None


def local_day(profile: ProducerProfile, as_of: datetime) -> date | None:
    """The date on the producer's own calendar; None when their zone is unknown."""
    return _date_in(profile.time_zone, as_of)


@lru_cache(maxsize=1024)
def _date_in(zone_name: str | None, as_of: datetime) -> date | None:
    place = zone(zone_name)
    return None if place is None else as_of.astimezone(place).date()


def day_begins(day: date, place: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the date becomes ``day`` in the zone."""
    return _instant(day, _MIDNIGHT, place, fold=0)


def shift_now(profile: ProducerProfile, as_of: datetime, holidays: HolidayTable = NO_HOLIDAYS) -> On | Off:
    """Whether the producer is on shift at the instant, and until when or why not."""
    place, today = zone(profile.time_zone), local_day(profile, as_of)
    if place is None or today is None or profile.schedule is None:
        missing = "time zone" if place is None else "working hours"
        return Off("schedule_unknown", f"{missing} not known")
    if profile.paused_until is not None and as_of < profile.paused_until:
        return Off("schedule_paused", f"paused until {profile.paused_until.isoformat()}")
    closed = _closed(profile, today, holidays)
    if closed is not None:
        return closed
    windows = list(_windows(profile, place, today, holidays))
    current = [end for start, end in windows if start <= as_of < end]
    if not current:
        return Off("schedule_off_shift", "not on shift at this time")
    until = max(current)
    for start, end in sorted(windows):
        if start <= until:
            until = max(until, end)
    return On(_before_closing(profile, place, as_of, until, holidays))


def next_available(
    profile: ProducerProfile, as_of: datetime, holidays: HolidayTable = NO_HOLIDAYS, days: int = 14
) -> datetime | None:
    """The first instant from ``as_of`` on, in UTC, at which the producer is on shift; None within ``days`` or unknown."""
    place = zone(profile.time_zone)
    if place is None or profile.schedule is None:
        return None
    as_of = as_of if profile.paused_until is None else max(as_of, profile.paused_until)
    today = as_of.astimezone(place).date()
    starts = sorted(
        max(start, as_of.astimezone(UTC))
        for ahead in range(days + 1)
        for start, end in _windows(profile, place, today + ahead * _DAY, holidays)
        if end > as_of
    )
    return next((start for start in starts if isinstance(shift_now(profile, start, holidays), On)), None)


def shifts_between(
    profile: ProducerProfile, start: datetime, end: datetime, holidays: HolidayTable = NO_HOLIDAYS
) -> tuple[tuple[datetime, datetime], ...]:
    """When the producer is on shift from ``start`` up to ``end``, in UTC and in order; shifts may overlap. Empty where hours or
    zone are unknown.
    """
    place = zone(profile.time_zone)
    if place is None or profile.schedule is None:
        return ()
    first, last = start.astimezone(place).date() - _DAY, end.astimezone(place).date()
    days = [first + ahead * _DAY for ahead in range((last - first).days + 1)]
    worked = [day for day in days if _closed(profile, day, holidays) is None]
    open_days = {day: (day_begins(day, place), day_begins(day + _DAY, place)) for day in worked}
    found = []
    for day in worked:
        for shift in profile.schedule:
            if shift.weekday != day.weekday():
                continue
            begins, ends = _bounds(shift, day, place)
            # A closed day cuts the shift at its midnight.
            for opens, closes in filter(None, (open_days.get(day), open_days.get(day + _DAY))):
                part = max(begins, opens, start), min(ends, closes, end)
                if part[0] < part[1]:
                    found.append(part)
    return tuple(sorted(found))


def _closed(profile: ProducerProfile, day: date, holidays: HolidayTable) -> Off | None:
    if day in profile.absences:
        return Off("schedule_absent", f"absent on {day.isoformat()}")
    holiday = holidays.is_holiday(profile.holiday_region, day)
    if holiday is None:
        return Off("schedule_holidays_unknown", f"no holiday table for {profile.holiday_region} on {day.isoformat()}")
    return Off("schedule_holiday", f"public holiday on {day.isoformat()}") if holiday else None


def _windows(
    profile: ProducerProfile, place: ZoneInfo, today: date, holidays: HolidayTable
) -> Iterator[tuple[datetime, datetime]]:
    """The worked shifts that begin the day before, on the day, or the day after."""
    for day in (today - _DAY, today, today + _DAY):
        if _closed(profile, day, holidays) is None:
            weekday = day.weekday()
            for shift in profile.schedule or ():
                if shift.weekday == weekday:
                    yield _bounds(shift, day, place)


@lru_cache(maxsize=8192)
def _bounds(shift: Shift, day: date, place: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if shift.end > shift.start else day + _DAY
    return _instant(day, shift.start, place, fold=0), _instant(last, shift.end, place, fold=1)


def _instant(day: date, clock: time, place: ZoneInfo, *, fold: int) -> datetime:
    """When the clock shows that time: its first (fold 0) or last (fold 1) showing, or the jump that skips it."""
    wanted = datetime.combine(day, clock)
    first, last = (wanted.replace(tzinfo=place, fold=side).astimezone(UTC) for side in (0, 1))
    if first <= last:
        return last if fold else first
    moment = last  # the clocks skip this time: walk to the first minute that shows a later one
    while moment.astimezone(place).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return moment


def _before_closing(
    profile: ProducerProfile, place: ZoneInfo, as_of: datetime, until: datetime, holidays: HolidayTable
) -> datetime:
    """The end of the shift, or the midnight that begins an absent day or a holiday."""
    day = as_of.astimezone(place).date() + _DAY
    while day <= until.astimezone(place).date():
        if _closed(profile, day, holidays) is not None:
            return min(until, day_begins(day, place))
        day += _DAY
    return until
