"""Three national desks that answer day and night: between them every state and line has somebody on shift at any hour."""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

from cli.samples.places import Office
from domain.lines import Line
from domain.routing.profile import Shift

_MIDNIGHT = time()
_WEEKDAYS, _WEEKEND = range(5), (5, 6)


class Desk(NamedTuple):
    """A desk sits in one time zone, so that its shifts follow each other without a gap, and licenses in ``states``."""

    team: str
    states: tuple[str, ...]
    offices: tuple[tuple[str, Office], ...]


def _desk(team: str, states: str, *offices: str) -> Desk:
    places = [office.split() for office in offices]
    return Desk(team, tuple(states.split()), tuple((state, Office(zip_code, area)) for state, zip_code, area in places))


DESKS = (
    _desk(
        "National Desk East",
        "CT DC DE FL GA IL IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN TX VA VT WV",
        "FL 32202 904", "NC 28202 704", "OH 43215 614",
    ),
    _desk(
        "National Desk Central",
        "AL AR CA FL GA IA IL IN KS KY LA MI MN MO MS ND NE NY OH OK PA SD TN TX WI",
        "TX 78205 210", "NE 68102 402", "MO 64106 816",
    ),
    _desk(
        "National Desk West",
        "AK AZ CA CO FL GA HI ID KS MN MT NC ND NE NJ NM NV NY OR SD TX UT WA WI WY",
        "NV 89101 702", "WA 99201 509", "CA 93721 559",
    ),
)  # fmt: skip
"""East works on Eastern time, Central on Central, West on Pacific; every state is one desk's at least."""


def _shifts(days: range | tuple[int, ...], start: time, end: time) -> tuple[Shift, ...]:
    return tuple(Shift(day, start, end) for day in days)


_EARLY = _shifts(_WEEKDAYS, time(4), time(13))
_LATE = _shifts(_WEEKDAYS, time(12, 30), time(21, 30))
_NIGHT = _shifts((0, 1, 2, 3, 6), time(21), time(5))
_WHOLE = (Shift(4, time(21), _MIDNIGHT), *_shifts(_WEEKEND, _MIDNIGHT, _MIDNIGHT))
_DAYS = (Shift(4, time(12), time(20)), *_shifts(_WEEKEND, time(5), time(17)))
_NIGHTS = (Shift(4, time(21), time(5)), *_shifts(_WEEKEND, time(17), time(5)))
ROTA = (*[_EARLY] * 3, *[_LATE] * 3, *[_NIGHT] * 3, *[_WHOLE] * 2, _DAYS, _NIGHTS)
"""One desk's shifts by place: three people at any hour of the week. Take one away and some hour has two."""

SPECIALITIES: tuple[tuple[Line, ...], ...] = (
    (Line.AUTO, Line.HOME, Line.RENTERS),
    (Line.LIFE, Line.HEALTH, Line.DISABILITY),
    (Line.COMMERCIAL, Line.AUTO, Line.UMBRELLA),
    (Line.MEDICARE, Line.HEALTH, Line.LONG_TERM_CARE),
    (Line.HOME, Line.LIFE, Line.PET),
    (Line.ANNUITY, Line.LIFE, Line.MEDICARE),
)
"""What desk people know best, by turns; all of them may sell every line."""
