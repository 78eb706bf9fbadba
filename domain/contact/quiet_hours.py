"""When a person may be called: the instants that every zone and every state in which the person may be allows (T12 to T14).

Zones are names of the IANA database and come from where the person is; the area code of the number says nothing (T3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.contact.channels import Channel
from domain.contact.tables import FEDERAL, ContactTables

Window = tuple[datetime, datetime]
LOOKS_AHEAD = timedelta(days=15)
"""How far the next allowed time is looked for: longer than any run of closed days."""
_DAY = timedelta(days=1)


def windows(
    zones: Iterable[str], states: Iterable[str], channel: Channel, start: datetime, end: datetime, tables: ContactTables
) -> tuple[Window, ...]:
    """The stretches of [start, end), in UTC, half-open and in order, in which every zone and state allows the channel.

    Nothing where a zone, a state or a row is unknown. A channel without quiet hours has the whole stretch.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    bound = tables.channel(channel, start.date())
    if bound is None or start >= end:
        return ()
    if not bound.quiet_hours:
        return ((start, end),)
    places = [_zone(name) for name in sorted(set(zones))]
    lands = sorted(set(states))
    if not places or not lands:
        return ()
    open_now: tuple[Window, ...] = ((start, end),)
    for place in places:
        if place is None:
            return ()
        for state in (FEDERAL, *lands):
            open_now = _common(open_now, _open(place, state, start, end, tables))
    return open_now


def is_open(found: Sequence[Window], at: datetime) -> bool:
    """Whether ``at`` lies in one of the windows."""
    return any(first <= at < last for first, last in found)


def _open(place: ZoneInfo, state: str, start: datetime, end: datetime, tables: ContactTables) -> tuple[Window, ...]:
    day, last = start.astimezone(place).date() - _DAY, end.astimezone(place).date() + _DAY
    found = []
    while day <= last:
        window = _day(place, state, day, tables)
        if window is not None:
            found.append(window)
        day += _DAY
    return tuple(found)


def _day(place: ZoneInfo, state: str, day: date, tables: ContactTables) -> Window | None:
    row = tables.hours_of(state, day)
    if row is None:
        return None
    # A state that closes on holidays is closed on a day of which that is not known.
    holiday = False if row.on_holidays else tables.holidays.on(state, day)
    span = row.span(day, holiday=holiday is not False)
    if span is None:
        return None
    # Where the clock shows an hour twice, the later one opens and the earlier one closes.
    opens = datetime.combine(day, span[0], place).replace(fold=1).astimezone(UTC)
    closes = datetime.combine(day, span[1], place).astimezone(UTC)
    return (opens, closes) if opens < closes else None


def _common(one: Sequence[Window], other: Sequence[Window]) -> tuple[Window, ...]:
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        first, last = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if first < last:
            found.append((first, last))
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return tuple(found)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None
