"""Dates inside the words of documents; each is read by :func:`domain.leads.reading.dates.read_date`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from domain.leads.reading.dates import read_date

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|ene|abr|ago|dic)[a-z]*\.?"
_DAY = re.compile(
    rf"\b\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})\b|\b\d{{4}}-\d{{1,2}}-\d{{1,2}}\b|"
    rf"\b{_MONTHS}\s*\d{{1,2}}(?:st|nd|rd|th)?,?\s*\d{{4}}\b|"
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?[\s-]*(?:of\s|de\s)?{_MONTHS},?[\s-]*(?:de\s|del\s)?\d{{4}}\b",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{2,4})")
_DOUBTFUL = frozenset(("date_ambiguous", "date_ambiguous_day_first", "date_two_digit_year"))


@dataclass(frozen=True, slots=True)
class Day:
    """A date, the words it was read from and how sure the reading is (1, or less where day and month could be exchanged)."""

    day: date
    words: str
    sure: float


def read_day(text: str, *, day_first: bool, birth: bool = False) -> Day | None:
    """The first date in ``text``. ``day_first`` decides what 02/03/2026 means; a date of birth is never in doubt of century
    beyond what :func:`read_date` says.
    """
    return next(iter(_days(text, day_first=day_first, birth=birth)), None)


def read_period(text: str, *, day_first: bool) -> tuple[Day, Day] | None:
    """The first two dates in ``text``, in their order, when the second is the later."""
    days = _days(text, day_first=day_first)
    if len(days) < 2 or days[1].day <= days[0].day:  # noqa: PLR2004
        return None
    return days[0], days[1]


def _days(text: str, *, day_first: bool, birth: bool = False) -> list[Day]:
    found = []
    for match in _DAY.finditer(text):
        words = match.group()
        spelled = re.sub(r"(?<=[A-Za-z.])(?=\d)", " ", words)  # OCR drops the space of "March15"
        if day_first and (numeric := _NUMERIC.fullmatch(words)):
            spelled = ".".join(numeric.groups())  # full stops are read with the day first
        reading = read_date(spelled, birth=birth)
        if reading.day is not None:
            settled = day_first and reading.problem == "date_ambiguous_day_first"
            doubtful = reading.problem in _DOUBTFUL and not settled
            found.append(Day(reading.day, words, 0.95 if doubtful else 1.0))
    return found
