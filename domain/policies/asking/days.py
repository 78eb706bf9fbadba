"""Days in words against today, as the policy's zone has it: the day that a request counts from, and whether it names several."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.policies.calendar import months_after

_ES_MONTHS = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]
MONTHS = {
    **{name.lower(): number for number, name in enumerate(month_name) if name},
    **{name[:3].lower(): number for number, name in enumerate(month_name) if name},
    "sept": 9, **{name: number for number, name in enumerate(_ES_MONTHS, 1)},
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate((
        "monday mon lunes", "tuesday tue tues martes", "wednesday wed miercoles", "thursday thu thurs jueves",
        "friday fri viernes", "saturday sat sabado", "sunday sun domingo",
    ))
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    "a": 1, "one": 1, "un": 1, "una": 1, "two": 2, "dos": 2, "three": 3, "tres": 3, "four": 4, "cuatro": 4, "five": 5, "six": 6,
    "seven": 7, "ten": 10, "diez": 10, "thirty": 30,
}  # fmt: skip
_ORDINALS = {"first": 1, "primero": 1, "second": 2, "fifteenth": 15}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_N = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<{0}>days?|weeks?|months?|years?|dias?|semanas?|mes(?:es)?|anos?)"
_POINT = re.compile(
    r"\b(?:(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<us>\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?)\b(?! %)"
    rf"|(?P<mon>{_MONTH}) (?:the )?(?P<md>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,)(?: ?,? (?P<y1>20\d\d)\b)?"
    rf"|(?P<mon3>{_MONTH}) (?P<mo>first|fifteenth)\b"
    rf"|(?:the |el |dia )?(?P<dm>\d{{1,2}}|first|primero|fifteenth)(?:st|nd|rd|th)?(?: of| de| day of)? (?P<mon2>{_MONTH})\b(?:(?: ,| of| de| del)? (?P<y2>20\d\d)\b)?"
    r"|(?P<eom>(?:the )?(?:end|last day) of (?:the |this )?month|(?:a )?(?:fin|finales) de (?:este )?mes)"
    r"|(?P<eonm>(?:the )?(?:end|last day) of next month)"
    r"|(?P<fonm>(?:the )?(?:1st|first|start|beginning)(?: day)? of (?:the )?next month|next month|(?:primero |el primero )?del? (?:proximo mes|mes que viene)|el (?:proximo mes|mes que viene))"
    r"|(?P<fom>(?:the )?(?:1st|first) of the month)"
    r"|(?:the |el |el dia |dia )(?P<dom>\d{1,2})(?:st|nd|rd|th)?\b(?! (?:days?|weeks?|months?|years?|dollars|percent|%|honda|toyota|ford))|\b(?P<ord>\d{1,2})(?:st|nd|rd|th)\b"
    r"|(?:the |el |el dia )(?P<word>first|primero|fifteenth)\b(?! (?:thing|time|payment|of))"
    r"|(?P<tom2>day after tomorrow|pasado manana)|(?P<tom>tomorrow|manana)|(?P<yest>yesterday|ayer)"
    r"|(?P<today>today|right now|right away|now|immediately|at once|straight away|hoy mismo|hoy|ahora mismo|de inmediato|inmediatamente)"
    rf"|(?P<how>next|this|this coming|coming|last|el proximo|este|el|on|by)? ?\b(?P<dow>{_WEEKDAY})\b(?P<after> pasado| que viene)?"
    rf"|(?:in|dentro de|en) (?P<n>{_N}) {_UNIT.format('u')}\b(?! (?:ago|from now on))|(?P<n2>{_N}) {_UNIT.format('u2')} from (?:now|today)"
    rf"|(?P<n3>{_N}) {_UNIT.format('u3')} ago|hace (?P<n4>{_N}) {_UNIT.format('u4')}"
    r"|(?P<past>last (?:week|month|year|summer|spring|fall|winter)|(?:la )?semana pasada|(?:el )?mes pasado))"
)
_STRONG = re.compile(
    r"\b(?:from|effective|starting|beginning|starts|as of|as from|backdated? to|back to|take effect|retroactive(?:ly)? to|desde"
    r"|a partir de[l]?|efectivo|con efecto)(?: on| the| el| as of| from)?(?: ,| :)? ?$"
)
_VAGUE = re.compile(
    r"\b(?:before|after|until|till|within|sometime|around|antes del?|despues del?|hasta)(?: the| el| on| about)? ?$"
)
_STATED = re.compile(
    r"\b(?:sold|sells?|bought|closed|moved|moves|sent|paid|lost|switched|died|totaled|wrecked|passed|turned|turns|got|since|was"
    r"|were|signed|married|graduated|received|born|birthday|birthdate|dob|nacid[oa]|nacio|vendi|compre|mude|pague|mande|envie|firme)\b"
)
_CLAUSE = re.compile(r" [.,;!?] | and | so | then | y | but ")
_HALF_YEAR = 183


@dataclass(frozen=True, slots=True)
class Found:
    """A day and where its words stand; ``counts`` where they say that something begins then, ``told`` where they tell a story."""

    day: date
    start: int
    end: int
    counts: bool
    told: bool


@dataclass(frozen=True, slots=True)
class DayRead:
    """The day that a request counts from, if it names one, and where; ``several`` where it names more than one."""

    found: Found | None
    several: bool = False


def days_in(plain: str, today: date) -> list[Found]:
    """Every day that the words name, in order; words that name no real day are none."""
    return list(_days(plain, today))


def effective_day(plain: str, today: date) -> DayRead:
    """The day that a request counts from: one that is said to begin something before one that is merely named, and no day of a
    story ("sold it yesterday") unless it is said so.
    """
    found = days_in(plain, today)
    wanted = [one for one in found if one.counts] or [one for one in found if not one.told]
    if not wanted:
        return DayRead(None)
    if len({one.day for one in wanted}) > 1:
        return DayRead(None, several=True)
    return DayRead(wanted[0])


def stated_day(plain: str, today: date) -> date | None:
    """The one day of a story ("signed it on Monday"), looked for in the past; None where there is none or several."""
    days = {one.day for one in days_in(plain, today) if one.day <= today}
    return days.pop() if len(days) == 1 else None


def _days(plain: str, today: date) -> Iterator[Found]:
    for match in _POINT.finditer(plain):
        try:
            day = _day(match, today)
        except (ValueError, OverflowError):
            continue
        if day is None:
            continue
        before = plain[: match.start()]
        if _VAGUE.search(before):  # "before Friday" is no day
            continue
        counts = _STRONG.search(before) is not None
        begins = [one.end() for one in _CLAUSE.finditer(before)]
        told = _STATED.search(before[begins[-1] if begins else 0 :]) is not None
        yield Found(day, match.start(), match.end(), counts, told)


def _day(match: re.Match[str], today: date) -> date | None:  # noqa: PLR0911 - one for each way to say a day
    if match["iso"]:
        return date.fromisoformat("-".join(part.zfill(2) for part in match["iso"].split("-")))
    if match["us"]:
        parts = [int(part) for part in re.split("[/-]", match["us"])]
        year = parts[2] + (2000 if parts[2] < 100 else 0) if len(parts) > 2 else None  # noqa: PLR2004 - two digits of a year
        return _nearest(parts[0], parts[1], year, today)
    if month := match["mon"] or match["mon2"] or match["mon3"]:
        told = match["y1"] or match["y2"]
        return _nearest(
            MONTHS[month], _count(match["md"] or match["dm"] or match["mo"]), int(told) if told else None, today
        )
    if match["eom"]:
        return today.replace(day=monthrange(today.year, today.month)[1])
    following = months_after(today.replace(day=1), 1)
    if match["eonm"]:
        return following.replace(day=monthrange(following.year, following.month)[1])
    if match["fonm"]:
        return following
    if match["fom"] or match["word"]:
        return _coming(_ORDINALS[match["word"]] if match["word"] else 1, today)
    if match["dom"] or match["ord"]:
        return _coming(int(match["dom"] or match["ord"]), today)
    return _relative(match, today)


def _relative(match: re.Match[str], today: date) -> date | None:  # noqa: PLR0911 - likewise
    if match["today"]:
        return today
    for name, days in (("tom2", 2), ("tom", 1), ("yest", -1)):
        if match[name]:
            return today + timedelta(days=days)
    if match["dow"]:
        ahead = (WEEKDAYS[match["dow"]] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead - 7 if match["how"] == "last" or match["after"] == " pasado" else ahead)
    if match["past"]:
        return today - timedelta(days=7 if "week" in match["past"] or "semana" in match["past"] else 30)
    if count := match["n"] or match["n2"]:
        return _moved(today, _count(count), match["u"] or match["u2"])
    if count := match["n3"] or match["n4"]:
        return _moved(today, -_count(count), match["u3"] or match["u4"])
    return None


def _moved(day: date, count: int, unit: str) -> date:
    if unit.startswith(("d", "w", "s")):
        return day + timedelta(days=count * (1 if unit.startswith("d") else 7))
    return months_after(day, count * (12 if unit.startswith(("y", "a")) else 1))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else {**_NUMBERS, **_ORDINALS}[word]


def _nearest(month: int, day: int, year: int | None, today: date) -> date:
    """Without a year the one that is nearest: in November 5 January is ahead, and 1 October is past."""
    if year is not None:
        return date(year, month, day)
    found = date(today.year, month, day)
    apart = (found - today).days
    return found if abs(apart) <= _HALF_YEAR else found.replace(year=today.year + (1 if apart < 0 else -1))


def _coming(day: int, today: date) -> date:
    """The next such day of a month, today included; a month that has no such day is passed over."""
    for months in range(13):
        first = months_after(today.replace(day=1), months)
        if day <= monthrange(first.year, first.month)[1] and first.replace(day=max(day, 1)) >= today:
            return first.replace(day=day)
    raise ValueError(day)
