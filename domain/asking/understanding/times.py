"""Dates and times in words, against a moment and a zone: spans that begin or end at midnight there, and instants ahead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from domain.asking.understanding.phrase import Phrase

_DAYS = {
    "monday": 0, "mon": 0, "lunes": 0, "tuesday": 1, "tue": 1, "tues": 1, "martes": 1, "wednesday": 2, "wed": 2,
    "miercoles": 2, "thursday": 3, "thu": 3, "thurs": 3, "jueves": 3, "friday": 4, "fri": 4, "viernes": 4,
    "saturday": 5, "sabado": 5, "sunday": 6, "domingo": 6,
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate((
        "january jan enero", "february feb febrero", "march mar marzo", "april apr abril", "may mayo", "june jun junio",
        "july jul julio", "august aug agosto", "september sep sept septiembre", "october oct octubre",
        "november nov noviembre", "december dec diciembre",
    ), 1)
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "two": 2, "dos": 2, "couple of": 2, "three": 3, "tres": 3, "four": 4, "cuatro": 4,
    "five": 5, "cinco": 5, "six": 6, "seis": 6, "seven": 7, "siete": 7, "ten": 10, "diez": 10, "few": 3,
}  # fmt: skip
NUMBER = rf"(?:\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_UNITS = {"hour": "h", "hora": "h", "hr": "h", "min": "n", "day": "d", "dia": "d", "week": "w", "semana": "w", "month": "m",
          "mes": "m", "quarter": "q", "trimestre": "q", "year": "y", "ano": "y"}  # fmt: skip
_UNIT = (
    r"(?:minutes?|mins?|minutos?|hours?|hrs?|horas?|days?|dias?|weeks?|semanas?|months?|mes(?:es)?|quarters?|"
    r"trimestres?|years?|anos?)"
)
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ORD = r"(?:st|nd|rd|th)?"
_POINT = (
    r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<us>\d{1,2}/\d{1,2}(?:/\d{2,4})?)"
    rf"|(?:the )?(?P<dom>\d{{1,2}})(?: ?{_ORD})(?: of| de)? (?P<mon2>{_MONTH})\b(?:(?: of| de| del)? (?P<y2>20\d\d))?"
    rf"|(?P<mon>{_MONTH}) (?P<day>\d{{1,2}})\b(?: ?{_ORD})(?: (?P<y1>20\d\d))?"
    r"|(?P<today>today|hoy|this morning|esta manana|tonight)|(?P<yest>yesterday|ayer)"
    r"|(?P<tom>day after tomorrow|pasado manana|tomorrow|manana)"
    rf"|(?P<ago>{NUMBER}) (?P<agou>{_UNIT}) ago|hace (?P<hace>{NUMBER}) (?P<haceu>{_UNIT})"
    rf"|(?P<dow>(?:last |next |this coming |this |el |el proximo |el pasado )?(?:{_DAY})(?: pasado| que viene)?)"
    rf"|(?P<per>(?:the )?(?:beginning|start) of (?:the |this )?(?:week|month|quarter|year)"
    r"|(?:el )?(?:principio|comienzo) de(?:l| la| este)? (?:semana|mes|ano))"
)
_SPANNED = (
    rf"(?:(?:the |los |las |el |la )?(?P<last>last|past|previous|ultimos?|ultimas?) (?P<n>{NUMBER} )(?P<u>{_UNIT}))"
    rf"|(?:(?:the |los |las |el |la )?(?P<this>this|current|last|past|previous|este|esta|next) (?P<pu>week|month|quarter|year|semana|mes|trimestre|ano)\b)"
    r"|(?:my|an?) (?:(?:good|bad|great|decent|strong|slow|ok|kind of) )?(?P<my>week|month|quarter|year)\b(?! (?:ago|old|from|before|back))"
    r"|(?:(?:the |la |el )?(?P<pu2>semana|mes|trimestre|ano) pasad[oa])|(?P<ytd>year to date|ytd)|(?P<mtd>month to date|mtd)"
    rf"|(?:the )?(?:q(?P<q>[1-4])|(?P<qw>first|second|third|fourth|last) quarter)(?: of)?(?: (?P<yq>20\d\d))?\b"
    rf"|(?P<inmon>(?:in|during|en|of|for|de) (?P<mon3>{_MONTH})\b(?: (?:of |de )?(?P<y3>20\d\d))?)"
)
_SPANNED_ALONE = re.sub(r"\(\?P<\w+>", "(?:", _SPANNED)
POINT = re.compile(rf"\b(?:{_POINT})\b")
SPANNED = re.compile(rf"\b(?:within |in |over |during |for |en |durante |from )?(?:{_SPANNED})")
SINCE = re.compile(
    rf"\b(?P<w>since|after|from(?! (?:the |this )?(?:today|yesterday)\b)(?! (?:{_SPANNED_ALONE}))|starting|as of|desde|despues de|a partir de)"
    rf"(?: the| el| la)? (?=(?:{_POINT})\b|(?:{_SPANNED}))"
)
BEFORE = re.compile(
    rf"\b(?P<w>before|until|till|through|up to|prior to|antes de|hasta)(?: the| el| la)? (?=(?:{_POINT})\b|(?:{_SPANNED}))"
)
OLDER = re.compile(
    rf"\b(?P<w>older than|more than|over|for more than|hace mas de) (?P<n>{NUMBER}) (?P<u>{_UNIT})(?: old| ago)?\b"
)
IN_FOR = re.compile(
    rf"\b(?:in|for|en|desde hace) (?:(?:the|over|more than|at least|mas de) )*(?P<n>{NUMBER}) (?P<u>{_UNIT})\b"
)
AHEAD = re.compile(rf"\b(?:in|within|en|dentro de) (?P<n>{NUMBER}) (?P<u>{_UNIT})\b(?! ago)")
NEXT = re.compile(
    r"\b(?:next|early next|la proxima|el proximo) (?P<u>week|month|semana|mes)\b|\bla (?P<u2>semana) que viene\b"
)
CLOCK = re.compile(
    r"\b(?:at|by|around|a las?|sobre las)? ?(?P<h>\d{1,2})(?::(?P<m>\d\d))? ?(?P<ap>am|pm|a m|p m|de la manana|"
    r"de la tarde|de la noche)\b"
    r"|\b(?:at|by|around|a las?|sobre las) (?P<h2>\d{1,2})(?::(?P<m2>\d\d))?\b(?! ?/)|\b(?P<h3>\d{1,2}):(?P<m3>\d\d)\b"
    r"|\b(?:at |in the |by |a |al |por la |en la )?(?P<part>noon|midday|morning|afternoon|evening|mediodia|tarde)\b"
)
_BETWEEN = re.compile(rf"\b(?:between|entre) (?=(?:{_POINT})\b)")
_AND = re.compile(r"(?<=· )\s*(?:and|y)\b")
_PARTS = {"noon": 12, "midday": 12, "mediodia": 12, "morning": 9, "afternoon": 14, "tarde": 14, "evening": 18}
_QUARTERS = ("first", "second", "third", "fourth")
_WORKDAY = 9
_NOON, _HALF = 12, 7
_LEAP = 29


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` up to but not including ``until``; either may be open."""

    since: datetime | None = None
    until: datetime | None = None


def number_of(word: str) -> int:
    """A small number, in digits or in words."""
    word = word.strip()
    return int(word) if word.isdigit() else _NUMBERS.get(word, 1)


class Calendar:
    """Reads what phrases say of time at one moment in one zone."""

    def __init__(self, moment: datetime, zone: tzinfo) -> None:
        self.now = moment.astimezone(zone)
        self.today = self.now.date()
        self._zone = zone

    def midnight(self, day: date) -> datetime:
        """Its first instant."""
        return datetime.combine(day, time.min, self._zone)

    def take_span(self, phrase: Phrase) -> Span | None:
        """The stretch of time that a phrase names, taken out of it."""
        if match := phrase.take(SINCE):
            first = self._take_day(phrase, match.end() - 1)
            since = (
                first.until
                if match["w"] in {"after", "despues de"} and first and first.until
                else first and first.since
            )
            second = self._take_end(phrase)
            return Span(since, second) if since else None
        if phrase.has(BEFORE):
            return Span(None, self._take_end(phrase))
        if match := phrase.take(_BETWEEN):
            first = self._take_day(phrase, match.end() - 1)
            phrase.take(_AND)
            second_day = self._take_day(phrase, 0)
            return Span(first.since if first else None, second_day.until if second_day else None)
        if match := phrase.take(OLDER):
            return Span(None, self.back(number_of(match["n"]), match["u"]))
        return self._take_day(phrase, 0)

    def _take_end(self, phrase: Phrase) -> datetime | None:
        match = phrase.take(BEFORE)
        if match is None:
            return None
        found = self._take_day(phrase, match.end() - 1)
        inclusive = match["w"] in {"through", "hasta", "up to"}
        return None if found is None else (found.until if inclusive else found.since)

    def _take_day(self, phrase: Phrase, start: int) -> Span | None:
        found = SPANNED.search(phrase.plain, start)
        point = POINT.search(phrase.plain, start)
        if found and (point is None or found.start() <= point.start()):
            span = self._span(found)
            if span:
                phrase.drop(found.start(), found.end())
                return span
        if point is None:
            return None
        day = self._day(point)
        if day is None:
            return None
        phrase.drop(point.start(), point.end())
        return Span(self.midnight(day), None if day >= self.today else self.midnight(day + timedelta(days=1)))

    def _span(self, match: re.Match[str]) -> Span | None:
        if match["last"]:
            return Span(self.back(number_of(match["n"]), match["u"]))
        if match["ytd"] or match["mtd"]:
            return Span(self.midnight(self.today.replace(day=1, month=1 if match["ytd"] else self.today.month)))
        if match["q"] or (match["qw"] and match["qw"] != "last"):
            return self._quarter(match)
        if match["mon3"]:
            month = _MONTHS[match["mon3"]]
            year = int(match["y3"]) if match["y3"] else self.today.year - (month > self.today.month)
            return self._period(date(year, month, 1), "m")
        return self._named(match)

    def _quarter(self, match: re.Match[str]) -> Span:
        """The first, second, third or fourth of a year; without a year the latest that has begun."""
        number = int(match["q"] or _QUARTERS.index(match["qw"]) + 1)
        first = date(int(match["yq"] or self.today.year), 3 * number - 2, 1)
        past = match["yq"] or first <= self.today
        return self._period(first if past else first.replace(year=first.year - 1), "q")

    def _named(self, match: re.Match[str]) -> Span | None:
        unit = _unit(match["pu"] or match["pu2"] or match["my"])
        begins = self._begins(unit)
        if match["my"] or (match["pu"] and match["this"] in {"this", "current", "este", "esta"}):
            return Span(self.midnight(begins))
        if match["pu"] and match["this"] == "next":
            return None
        return self._period(self._begins(unit, begins - timedelta(days=1)), unit)

    def _begins(self, unit: str, day: date | None = None) -> date:
        day = day or self.today
        if unit == "w":
            return day - timedelta(days=day.weekday())
        month = {"m": day.month, "q": (day.month - 1) // 3 * 3 + 1, "y": 1}.get(unit, day.month)
        return day.replace(day=1, month=month)

    def _period(self, first: date, unit: str) -> Span:
        long = {"w": 7, "m": 31, "q": 92, "y": 366}[unit]
        return Span(self.midnight(first), self.midnight(self._begins(unit, first + timedelta(days=long))))

    def back(self, count: int, unit: str) -> datetime:
        """So long before now: hours to the minute, longer times to the day's first instant."""
        kind = _unit(unit)
        if kind in {"h", "n"}:
            return self.now - timedelta(**{"hours" if kind == "h" else "minutes": count})
        return self.midnight(self._moved(-count, kind))

    def _moved(self, count: int, kind: str) -> date:
        if kind in {"d", "w"}:
            return self.today + timedelta(days=count * (7 if kind == "w" else 1))
        months = self.today.year * 12 + self.today.month - 1 + count * {"m": 1, "q": 3, "y": 12}[kind]
        year, month = divmod(months, 12)
        for day in (self.today.day, 30, _LEAP, 28):
            try:
                return date(min(max(year, 1), 9999), month + 1, day)
            except ValueError:
                continue
        return self.today

    def _day(self, match: re.Match[str], *, ahead: bool = False) -> date | None:  # noqa: PLR0911 - one for each way to say a day
        if match["today"]:
            return self.today
        if match["yest"]:
            return self.today - timedelta(days=1)
        if match["tom"]:
            return self.today + timedelta(days=2 if match["tom"] in {"day after tomorrow", "pasado manana"} else 1)
        if count := match["ago"] or match["hace"]:
            return self.back(number_of(count), match["agou"] or match["haceu"]).date()
        if match["per"]:
            return self._begins(_unit(match["per"].split()[-1]))
        if match["dow"]:
            return self._weekday(match["dow"], ahead=ahead)
        return self._dated(match, ahead=ahead)

    def _weekday(self, words: str, *, ahead: bool) -> date:
        wanted = next(_DAYS[word] for word in words.split() if word in _DAYS)
        if ahead or {"next", "coming", "proximo", "viene"} & set(words.split()):
            return self.today + timedelta(days=(wanted - self.today.weekday() - 1) % 7 + 1)
        past = (self.today.weekday() - wanted) % 7
        return self.today - timedelta(days=past or (7 if "last" in words or "pasado" in words else 0))

    def _dated(self, match: re.Match[str], *, ahead: bool) -> date | None:
        year = None
        if match["iso"]:
            year, month, day = (int(part) for part in match["iso"].split("-"))
        elif match["us"]:
            parts = [int(part) for part in match["us"].split("/")]
            month, day = parts[:2]
            year = (parts[2] + 2000 if parts[2] < 100 else parts[2]) if len(parts) > 2 else None  # noqa: PLR2004
        else:
            month, day = _MONTHS[match["mon"] or match["mon2"]], int(match["day"] or match["dom"])
            year = int(match["y1"] or match["y2"]) if match["y1"] or match["y2"] else None
        try:
            found = date(year or self.today.year, month, day)
            if year is None and ahead and found < self.today:
                return date(found.year + 1, month, day)
            if year is None and not ahead and found > self.today:
                return date(found.year - 1, month, day)
        except ValueError:
            return None
        return found if date(1900, 1, 1) < found < date(2200, 1, 1) else None

    def take_instant(self, phrase: Phrase) -> datetime | None:
        """The instant ahead that a phrase names, taken out; the beginning of the working day where it names a day alone."""
        if match := phrase.take(AHEAD):
            kind = _unit(match["u"])
            if kind in {"h", "n"}:
                return self.now.replace(second=0, microsecond=0) + timedelta(
                    **{"hours" if kind == "h" else "minutes": number_of(match["n"])}
                )
            day: date | None = self._moved(number_of(match["n"]), kind)
        elif match := phrase.take(NEXT):
            week = (match["u"] or match["u2"]) in {"week", "semana"}
            day = self.today + timedelta(days=7 - self.today.weekday()) if week else self._moved(1, "m").replace(day=1)
        else:
            point = POINT.search(phrase.plain)
            day = self._day(point, ahead=True) if point else None
            if point and day:
                phrase.drop(point.start(), point.end())
        clock = self._take_clock(phrase)
        if day is None and clock is None:
            return None
        if day is None:
            assert clock is not None
            found = datetime.combine(self.today, clock, self._zone)
            return found if found > self.now else found + timedelta(days=1)
        return datetime.combine(day, clock or time(_WORKDAY), self._zone)

    def take_day_and_clock(self, phrase: Phrase) -> tuple[date | None, time | None]:
        """The day ahead and the time of day that a phrase names, each None where it names none; taken out."""
        point = POINT.search(phrase.plain)
        day = self._day(point, ahead=True) if point else None
        if point and day:
            phrase.drop(point.start(), point.end())
        return day, self._take_clock(phrase)

    def local(self, at: datetime) -> datetime:
        """The instant as clocks here show it."""
        return at.astimezone(self._zone)

    def at(self, day: date, clock: time) -> datetime:
        """The instant of a day and a time of day here."""
        return datetime.combine(day, clock, self._zone)

    def _take_clock(self, phrase: Phrase) -> time | None:
        match = phrase.take(CLOCK)
        if match is None:
            return None
        if match["part"]:
            return time(_PARTS[match["part"]])
        hour, minute = int(match["h"] or match["h2"] or match["h3"]), int(match["m"] or match["m2"] or match["m3"] or 0)
        half = match["ap"] or ""
        after = half.startswith("p") or half.endswith(("tarde", "noche"))
        if (after and hour < _NOON) or (not half and not match["h3"] and 0 < hour < _HALF):
            hour += _NOON
        elif half and not after and hour == _NOON:
            hour = 0
        try:
            return time(hour, minute)
        except ValueError:
            return None


def _unit(word: str) -> str:
    return next((kind for name, kind in _UNITS.items() if word.startswith(name)), "d")
