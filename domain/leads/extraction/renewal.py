"""When the present policy ends or renews, as a span of days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from domain.leads.extraction.found import FAIR, LIKELY, Found, found
from domain.leads.extraction.text import NUMBER, Text, whole
from domain.leads.reading.dates import read_date

_ENDS = re.compile(
    r"\b(?:renew(?:s|al|ing|ed)?|expir(?:es?|ing|ation|ed)|(?:policy|coverage|term|"
    r"contract|insurance|cobra) (?:is up|runs out|ends|will end|is ending|lapses|"
    r"comes up|is due)|"
    r"runs out|lapses|x-?date|up for renewal|renueva|renovacion|vence|vencimiento|"
    r"se vence|se me vence|se termina|se me acaba|se acaba)\b"
)
_REACH = 48
_MONTH_WORDS = (
    "january jan enero", "february feb febrero", "march mar marzo", "april apr abril", "may mayo", "june jun junio",
    "july jul julio", "august aug agosto", "september sept sep septiembre", "october oct octubre", "november nov noviembre",
    "december dec diciembre",
)  # fmt: skip
_DAY_WORDS = (
    "monday lunes", "tuesday martes", "wednesday miercoles", "thursday jueves", "friday viernes", "saturday sabado",
    "sunday domingo",
)  # fmt: skip
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}
_DAYS = {word: number for number, words in enumerate(_DAY_WORDS) for word in words.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FULL = re.compile(
    rf"\b(\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{1,2}}-\d{{1,2}}|"
    rf"(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}\sde\s(?:{_MONTH})\s(?:de|"
    rf"del)\s\d{{4}})\b"
)
_SLASH = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b|\b(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s|de\s)({_MONTH})\b"
)
_IN = re.compile(rf"\b(?:in|en|within|dentro de)\s({NUMBER})\s(day|week|month|dia|semana|mes)(?:e?s)?\b")
_MONTH_ONLY = re.compile(
    rf"\b(?:in|en|this|next|early|late|mid|end of|beginning of|fin de|a fines de|:|is)\s?({_MONTH})\b(?!\s\d)"
)
_NEXT = re.compile(
    r"\b(next|this|proximo|este|esta|proxima)\s(week|month|year|mes|semana|ano)\b|"
    r"\b(?:el\s)?(mes|ano)\s(?:que viene|proximo)\b|\bla\s(semana)\s(?:que viene|"
    r"proxima)\b"
)
_END_OF_MONTH = re.compile(r"\b(?:end of the month|month end|fin de mes|a fin de mes|end of this month)\b")
_WEEKDAY = re.compile(rf"\b(?:on\s|this\s|next\s|el\s|este\s)({'|'.join(_DAYS)})\b")
_SOON = re.compile(r"\b(today|tonight|tomorrow|hoy|manana)\b")
_DAY_OF_MONTH = re.compile(
    r"\b(?:on\s)?(?:the|el)\s(\d{1,2})(?:st|nd|rd|th)?\b(?:\s(?:of|de)\s(this|next|"
    r"the|este|proximo)\s(?:month|mes)\b)?(?!\s?(?:of|de)\b)"
)

Span = tuple[date, date]


def renewals(text: Text, today: date) -> Iterator[Found]:
    """``renewal_date`` as ISO days ``{"from", "to"}``, equal where one day was named; relative words count from ``today``."""
    for word in _ENDS.finditer(text.low):
        after = text.after(word.end(), _REACH)
        before = text.before(word.start(), 24)
        for part, offset in ((after, word.end()), (before, word.start() - len(before))):
            reading = _first(part, today)
            if reading is None:
                continue
            (first, last), confidence, (start, end) = reading
            span = (min(word.start(), offset + start), max(word.end(), offset + end))
            yield found(text, "renewal_date", {"from": first.isoformat(), "to": last.isoformat()}, span, confidence)
            break


def _first(part: str, today: date) -> tuple[Span, float, tuple[int, int]] | None:
    for pattern, rule, confidence in _RULES:
        match = pattern.search(part)
        span = rule(match, today) if match else None
        if match and span:
            return span, confidence, match.span()
    return None


def _full(match: re.Match[str], today: date) -> Span | None:
    day = read_date(match.group(1), today=today).day
    return (day, day) if day else None


def _coming(month: int, day: int, today: date) -> Span | None:
    # The next such day; one that passed within the last month is meant as it stands, since people write after the date.
    for year in (today.year, today.year + 1):
        if not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):  # noqa: PLR2004
            continue
        when = date(year, month, day)
        if when >= today - timedelta(days=31):
            return when, when
    return None


def _slash(match: re.Match[str], today: date) -> Span | None:
    return _coming(int(match.group(1)), int(match.group(2)), today)


def _month_day(match: re.Match[str], today: date) -> Span | None:
    month, day = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
    return _coming(_MONTHS[month], int(day), today)


def _in(match: re.Match[str], today: date) -> Span | None:
    count, unit = whole(match.group(1)), match.group(2)
    if unit in {"month", "mes"}:
        first, last = _whole_month(today, count)
        return first, last
    when = today + timedelta(days=count * (7 if unit in {"week", "semana"} else 1))
    return when, when


def _whole_month(today: date, ahead: int) -> Span:
    index = today.year * 12 + today.month - 1 + ahead
    year, month = index // 12, index % 12 + 1
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _month_only(match: re.Match[str], today: date) -> Span | None:
    return _whole_month(today, (_MONTHS[match.group(1)] - today.month) % 12)


def _next(match: re.Match[str], today: date) -> Span | None:
    unit = next(part for part in match.groups()[1:] if part)
    ahead = 0 if match.group(1) in {"this", "este", "esta"} else 1
    if unit in {"month", "mes"}:
        return _whole_month(today, ahead)
    if unit in {"year", "ano"}:
        return date(today.year + ahead, 1, 1), date(today.year + ahead, 12, 31)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    return monday, monday + timedelta(days=6)


def _end_of_month(match: re.Match[str], today: date) -> Span | None:
    del match
    last = _whole_month(today, 0)[1]
    return last, last


def _weekday(match: re.Match[str], today: date) -> Span | None:
    when = today + timedelta(days=(_DAYS[match.group(1)] - today.weekday()) % 7 or 7)
    return when, when


def _soon(match: re.Match[str], today: date) -> Span | None:
    when = today + timedelta(days=match.group(1) in {"tomorrow", "manana"})
    return when, when


def _day_of_month(match: re.Match[str], today: date) -> Span | None:
    day = int(match.group(1))
    for ahead in (1,) if match.group(2) in {"next", "proximo"} else (0, 1, 2):
        first, last = _whole_month(today, ahead)
        if 1 <= day <= last.day and first.replace(day=day) >= today:
            return first.replace(day=day), first.replace(day=day)
    return None


_RULES = (
    (_FULL, _full, LIKELY + 0.05), (_MONTH_DAY, _month_day, LIKELY), (_SLASH, _slash, LIKELY), (_IN, _in, FAIR),
    (_END_OF_MONTH, _end_of_month, FAIR), (_DAY_OF_MONTH, _day_of_month, FAIR), (_NEXT, _next, FAIR),
    (_MONTH_ONLY, _month_only, FAIR), (_WEEKDAY, _weekday, FAIR), (_SOON, _soon, FAIR),
)  # fmt: skip
