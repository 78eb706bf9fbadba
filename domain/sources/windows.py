"""Hours, days, weeks and months of a zone as half-open intervals of UTC instants; they cover time without gap or overlap.

A day begins at its first instant on the zone's clock, so it has 23, 24 or 25 hours where clocks change. Hours are counted
from the day's beginning; the last one of a day ends with the day. A week begins on Monday (ISO 8601).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK_DAYS = 7
_MONTHS = 12


class WindowKind(StrEnum):
    """Length of a window."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Window:
    """From ``starts_at`` to before ``ends_at``, both in UTC."""

    kind: WindowKind
    starts_at: datetime
    ends_at: datetime


def window_at(kind: WindowKind, at: datetime, zone: ZoneInfo) -> Window:
    """The window of ``zone`` that holds the aware instant ``at``."""
    instant = at.astimezone(UTC)
    if kind is not WindowKind.HOUR:
        return _calendar(kind, instant, zone)
    day = _calendar(WindowKind.DAY, instant, zone)
    starts_at = day.starts_at + (instant - day.starts_at) // _HOUR * _HOUR
    return Window(kind, starts_at, min(starts_at + _HOUR, day.ends_at))


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The day of ``zone`` whose window holds ``at``."""
    instant = at.astimezone(UTC)
    day = instant.astimezone(zone).date()
    # Clocks set back over midnight show the old date once more; the new day has begun all the same.
    while instant >= _midnight(day + _DAY, zone):
        day += _DAY
    while instant < _midnight(day, zone):
        day -= _DAY
    return day


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of ``day`` in ``zone``, in UTC."""
    return _midnight(day, zone)


def _calendar(kind: WindowKind, instant: datetime, zone: ZoneInfo) -> Window:
    first, following = _bounds(kind, local_date(instant, zone))
    return Window(kind, _midnight(first, zone), _midnight(following, zone))


def _bounds(kind: WindowKind, day: date) -> tuple[date, date]:
    if kind is WindowKind.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=_WEEK_DAYS)
    if kind is WindowKind.MONTH:
        first = day.replace(day=1)
        years, month = divmod(first.month, _MONTHS)
        return first, date(first.year + years, month + 1, 1)
    return day, day + _DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where clocks skip midnight, the offset before the gap (fold 0) gives the instant of the change: the day's first one.
    return datetime.combine(day, time(), zone).astimezone(UTC)
