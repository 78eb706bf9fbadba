"""Dates and instants as people and systems write them. Nothing is guessed in silence: what is unclear has a name."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

_MONTH_WORDS = (
    "january enero janvier janeiro januar", "february febrero fevrier fevereiro februar", "march marzo mars marco maerz",
    "april abril avril", "may mayo mai maio", "june junio juin junho juni", "july julio juillet julho juli",
    "august agosto aout", "september septiembre setiembre septembre setembro", "october octubre octobre outubro oktober",
    "november noviembre novembre novembro", "december diciembre decembre dezembro dezember",
)  # fmt: skip
_SHORT_MONTHS = {
    "ene": 1, "jan": 1, "feb": 2, "mar": 3, "abr": 4, "apr": 4, "may": 5, "jun": 6, "jul": 7, "ago": 8, "aug": 8,
    "sep": 9, "sept": 9, "set": 9, "oct": 10, "okt": 10, "nov": 11, "dic": 12, "dec": 12, "dez": 12,
}  # fmt: skip
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()} | _SHORT_MONTHS
_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun|lunes|martes|miercoles|jueves|viernes|sabado|domingo)[a-z]*\.?,?\s+(?=[\da-z])"
)
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tomorrow|tonight|now|asap|ago|last|next|this|recently|earlier|ayer|hoy|manana|ahora|hace)\b"
)
_CLOCK = re.compile(
    r"(?:,?\s+|t)(?:at\s+|a las\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap])?\.?m?\.?\s*"
    r"(z|utc|gmt|[+-]\d{2}:?\d{2})?\s*(?:\([a-z ]+\))?$"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_MONTH_FIRST = re.compile(r"([a-z]+)\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4}|'?\d{2})")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\.?(?:[\s-]+(?:de|of))?[\s-]*([a-z]+)\.?,?(?:[\s-]+(?:de|del))?[\s-]*(\d{4}|'?\d{2})"
)
_EPOCH = re.compile(r"(1\d{9})(\d{3})?")
_SERIAL = re.compile(r"[1-6]\d{4}(?:\.\d+)?")
_OLDEST_YEAR, _NEWEST_YEAR = 1900, 2100
_CENTURY_TURN = 69  # POSIX: 69 to 99 mean 1969 to 1999
_LAST_MONTH = 12
_NOON = 12


class DateReading(NamedTuple):
    """``day`` or None; ``at`` where a time was written (naive when no zone was); ``problem`` is a code, even beside a day."""

    day: date | None
    at: datetime | None = None
    problem: str | None = None


class _Parts(NamedTuple):
    year: str
    month: int
    day: int
    problem: str | None = None


def read_date(text: str, *, today: date | None = None, birth: bool = False) -> DateReading:
    """Read one date, with its time where there is one.

    ``birth`` reads a two-digit year as the latest one not after ``today`` and reports a date after ``today``; without
    ``today`` a two-digit birth year below 69 has no century and is not read. Words such as "yesterday" are never a date.
    """
    plain = _plain(text)
    if epoch := _EPOCH.fullmatch(plain):
        instant = datetime.fromtimestamp(int(epoch.group(1)), UTC)
        return DateReading(instant.date(), instant)
    plain = _WEEKDAY.sub("", plain)
    clock = _CLOCK.search(plain)
    parts = _split(plain[: clock.start()] if clock else plain, plain)
    if isinstance(parts, str):  # the code of a problem
        return DateReading(None, None, parts)
    year, problem = _year(parts, today, birth=birth)
    if year is None:
        return DateReading(None, None, problem)
    at: datetime | None = None
    try:
        day = date(year, parts.month, parts.day)
        if clock:
            at = datetime.combine(day, _time(clock))
    except ValueError:
        year = 0
    if not _OLDEST_YEAR <= year <= _NEWEST_YEAR:
        return DateReading(None, None, "date_impossible")
    future = birth and today is not None and day > today
    return DateReading(None, None, "date_in_future") if future else DateReading(day, at, problem)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.strip())
    return " ".join("".join(char for char in bare if not unicodedata.combining(char)).casefold().split())


def _split(body: str, whole: str) -> _Parts | str:
    # The parts of a date, or the code of the problem.
    body = body.strip(" ,")
    if match := _YEAR_FIRST.fullmatch(body) or _COMPACT.fullmatch(body):
        return _Parts(match.group(1), int(match.group(2)), int(match.group(3)))
    if match := _NUMERIC.fullmatch(body):
        return _numeric(int(match.group(1)), int(match.group(3)), match.group(4), dotted=match.group(2) == ".")
    for pattern, word, day in ((_MONTH_FIRST, 1, 2), (_DAY_FIRST, 2, 1)):
        match = pattern.fullmatch(body)
        if match and (month := _MONTHS.get(match.group(word))):
            return _Parts(match.group(3).lstrip("'"), month, int(match.group(day)))
    if _RELATIVE.search(whole):
        return "date_relative"
    return "date_spreadsheet_serial" if _SERIAL.fullmatch(whole) else "date_unreadable"


def _numeric(first: int, second: int, year: str, *, dotted: bool) -> _Parts:
    # Slashes and hyphens are American unless that is impossible; full stops are European unless that is.
    if first == second:
        return _Parts(year, first, second)
    day_first = second <= _LAST_MONTH and (dotted or first > _LAST_MONTH)
    unclear = first <= _LAST_MONTH and second <= _LAST_MONTH
    month, day = (second, first) if day_first else (first, second)
    code = "date_ambiguous_day_first" if day_first else "date_ambiguous"
    return _Parts(year, month, day, code if unclear else None)


def _year(parts: _Parts, today: date | None, *, birth: bool) -> tuple[int | None, str | None]:
    if len(parts.year) == 4:  # noqa: PLR2004
        return int(parts.year), parts.problem
    short = int(parts.year)
    year = (1900 if short >= _CENTURY_TURN else 2000) + short
    if birth:
        if today is None and short < _CENTURY_TURN:
            return None, "date_no_century"
        if today is not None:
            year = today.year - (today.year - short) % 100
            if (year, parts.month, parts.day) > (today.year, today.month, today.day):
                year -= 100
    return year, parts.problem or "date_two_digit_year"


def _time(clock: re.Match[str]) -> time:
    # Raises ValueError on an hour, minute or offset that no clock shows.
    hour, half = int(clock.group(1)), clock.group(5)
    if half:
        if not 1 <= hour <= _NOON:
            raise ValueError(clock.group(0))
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    micro = int((clock.group(4) or "0").ljust(6, "0")[:6])
    return time(hour, int(clock.group(2)), int(clock.group(3) or 0), micro, tzinfo=_zone(clock.group(6)))


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
