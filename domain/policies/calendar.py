"""Days and instants of a policy: when a day begins (DOMAIN T47), k-th dates from an anchor (T54, T55), counted days (T51)."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kernel.errors import FieldError, Invalid

FIRST_MINUTE = time(0, 1)
"""12:01 a.m.: a policy that expires on a day covers its first minute and nothing after it."""


class Clock(StrEnum):
    """How "12:01 a.m. standard time" is read: on the wall clock of the insured's address, or on standard time even in summer,
    which then is 1:01 a.m. on the wall. The contract says which; the wall clock is what people expect.
    """

    WALL = "wall"
    STANDARD = "standard"


class DayCount(StrEnum):
    """How the days of a term are counted: as the calendar has them, or every month as 30 (30E/360)."""

    ACTUAL = "actual"
    THIRTY_360 = "30e/360"

    def ordinal(self, day: date) -> int:
        """A number for the day such that the days between two dates are the difference of theirs."""
        if self is DayCount.ACTUAL:
            return day.toordinal()
        return 360 * day.year + 30 * day.month + min(day.day, 30)

    def between(self, first: date, last: date) -> int:
        """Counted days in [first, last); negative where they are the other way round."""
        return self.ordinal(last) - self.ordinal(first)


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone. Raises Invalid for a name that the zone database does not have."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        fault = FieldError("zone", "unknown", "no such zone", "use one such as America/Chicago", name[:80])
        raise Invalid("the time zone is not known", fields=(fault,)) from problem


def begins(day: date, zone: ZoneInfo, clock: Clock = Clock.WALL) -> datetime:
    """The instant (UTC) at which ``day`` begins for a policy: 12:01 a.m. at the named insured's address (T47).

    Where the clocks skip that minute, the instant at which it would have come.
    """
    local = datetime.combine(day, FIRST_MINUTE, tzinfo=zone)
    if clock is Clock.STANDARD:
        offset = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
        return (local.replace(tzinfo=UTC) - offset).astimezone(UTC)
    return local.astimezone(UTC)


def day_at(moment: datetime, zone: ZoneInfo, clock: Clock = Clock.WALL) -> date:
    """The policy day that ``moment`` falls in: the last one that has begun."""
    day = moment.astimezone(zone).date() + timedelta(days=1)
    while begins(day, zone, clock) > moment:
        day -= timedelta(days=1)
    return day


def months_after(anchor: date, months: int) -> date:
    """The date ``months`` after ``anchor``, always from the anchor and never from the date before (T54): a day that the month
    lacks is its last one, and later dates have the anchor's day again. 29 February plus a year is 28 February (T55).
    """
    total = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def day_in_month(start: date, months: int, day: int) -> date:
    """The ``day`` of the month that is ``months`` after that of ``start``; the last one where the month has not so many."""
    first = months_after(start.replace(day=1), months)
    return first.replace(day=min(day, calendar.monthrange(first.year, first.month)[1]))


def months_between(start: date, end: date) -> int | None:
    """How many whole months the term has; None where its end is no date counted from its start.

    Both days may be those of one anchor of an earlier term that a shorter month cut: 28 February to 31 August is six months of
    one that began on the 31st (T55).
    """
    months, day = (end.year - start.year) * 12 + end.month - start.month, max(start.day, end.day)
    fits = day_in_month(start, 0, day) == start and day_in_month(start, months, day) == end
    return months if months > 0 and fits else None
