"""Clocks that run only while the consumer may be contacted and the producer is on shift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

Window = tuple[datetime, datetime]
"""From an instant, up to another that is not included."""


def due_at(start: datetime, minutes: int, windows: Iterable[Window], shifts: Iterable[Window]) -> datetime | None:
    """The instant, in UTC, at which so many contactable minutes have passed since ``start``; None where windows and shifts end
    before.

    ``windows`` are when the consumer may be contacted, ``shifts`` when the producer works, in any order and overlapping or
    not. Exact to the second and below. Where the last minute ends with a window, it is due then and not when the next opens.
    """
    left = timedelta(minutes=minutes)
    if left <= timedelta(0):
        msg = "a clock needs a whole number of minutes above 0"
        raise ValueError(msg)
    for begins, ends in both(merged(windows), merged(shifts)):
        begins = max(begins, start.astimezone(UTC))  # noqa: PLW2901 - the part of the window that is still to come
        if ends <= begins:
            continue
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    return None


def merged(windows: Iterable[Window]) -> list[Window]:
    """The windows in UTC, in order, those that touch made one and empty ones left out."""
    found: list[Window] = []
    for begins, ends in sorted((begins.astimezone(UTC), ends.astimezone(UTC)) for begins, ends in windows):
        if ends <= begins:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found


def both(one: Sequence[Window], other: Sequence[Window]) -> Iterator[Window]:
    """What two merged lists have in common, in order."""
    at, beside = 0, 0
    while at < len(one) and beside < len(other):
        begins = max(one[at][0], other[beside][0])
        ends = min(one[at][1], other[beside][1])
        if begins < ends:
            yield begins, ends
        if one[at][1] <= other[beside][1]:
            at += 1
        else:
            beside += 1
