"""How soon, by phrase and by date: today or tomorrow is immediate, three weeks is soon, later is planned."""

from __future__ import annotations

import re
from datetime import date

from domain.leads.classification.text import Hint, PhraseTable, plain, readable
from domain.lines import Urgency

IMMEDIATE_DAYS = 1
SOON_DAYS = 21
_MONTHS = {name: number for number, names in enumerate((
    "january enero jan", "february febrero feb", "march marzo mar", "april abril apr", "may mayo", "june junio jun", "july julio jul", "august agosto aug",
    "september septiembre sept sep", "october octubre oct", "november noviembre nov", "december diciembre dec",
), start=1) for name in names.split()}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DIA = r"(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)"
_NUMBER = (
    r"(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2}|un|una|dos|tres|cuatro|cinco|seis|diez|quince)"
)
_COUNTS = {word: number for number, words in {
    1: "a an one un una", 2: "two dos", 3: "three tres", 4: "four cuatro", 5: "five cinco", 6: "six seis", 7: "seven", 8: "eight", 9: "nine", 10: "ten diez",
    15: "quince",
}.items() for word in words.split()}  # fmt: skip

_TABLE: PhraseTable[Urgency] = PhraseTable({
    Urgency.IMMEDIATE: {
        3: [
            r"today(?!'s)", r"tonight", r"asap", r"a\.s\.a\.p\.?", r"urgent(?:ly)?", r"right (?:away|now)",
            r"immediately", r"tomm?orr?ow", r"as soon as possible", r"at the dealer(?:ship)?(?: now)?",
            r"end of (?:the )?day", r"this (?:morning|afternoon|evening)",
            r"(?:need|want) (?:it|this|coverage|insurance) now", r"emergency!?$", r"in (?:an|one|\d) hours?",
            r"(?:coverage|policy|insurance) (?:has )?(?:lapsed|expired|ended) (?:yesterday|today)", r"hoy",
            r"urgente(?:mente)?", r"lo antes posible", r"cuanto antes", r"(?:llameme|ahora) (?:ya|mismo)",
            r"esta (?:tarde|noche)", r"ya mismo", r"(?<!la )manana(?! por)", r"para manana",
            r"manana (?:por la manana|temprano)",
        ],
    },
    Urgency.SOON: {
        3: [
            r"this (?:week|weekend|month)", r"next week", r"end of (?:the )?(?:week|month)",
            rf"(?:by|before|until|this|next|on|til|till) {_DAY}", r"(?:next|few) (?:few )?days", r"coming days",
            r"soon", r"esta semana", r"(?:proxima|siguiente) semana|semana que viene", r"este (?:fin de semana|mes)",
            rf"(?:el|antes del|para el|este) {_DIA}", r"pronto", r"fin de mes",
        ],
    },
    Urgency.PLANNED: {
        3: [
            r"no (?:rush|hurry)", r"not in a (?:rush|hurry)",
            r"(?:next|later this|following) (?:month|year|spring|summer|fall|autumn|winter)",
            r"(?:this|in the) (?:spring|summer|fall|autumn|winter)", r"(?:just )?planning ahead",
            r"(?:in|for) the future", r"some ?day", r"whenever", r"couple of months", r"few months", r"sin prisa",
            r"no tengo (?:apuro|prisa)", r"(?:el )?(?:proximo|siguiente) (?:ano|mes)", r"(?:mes|ano) que viene",
            r"par de meses", r"mas adelante", r"para el futuro",
        ],
    },
})  # fmt: skip
_IN = re.compile(
    rf"\b(?:in|within|have|en|dentro de|left|quedan)\s+(?:about |the next |unos )?({_NUMBER})\s+(days?|weeks?|months?|years?|dias?|semanas?|mes(?:es)?|anos?)\b(?! ago)",
    re.IGNORECASE,
)
_DATE_WORDS = re.compile(
    rf"\b(?:({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!,? ?\d{{4}})|(\d{{1,2}}) de ({_MONTH}))\b", re.IGNORECASE
)
_DATE_DIGITS = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{2}|\d{4}))?\b")
_DATE_ISO = re.compile(r"\b(20\d{2})-(\d{2})-(\d{2})\b")
_MONTH_ALONE = re.compile(
    rf"\b(?:in|renews?|until|early|late|by|en|hasta|vence en) ({_MONTH})\b(?!\.? \d)", re.IGNORECASE
)
_UNIT_DAYS = {"d": 1, "w": 7, "s": 7, "m": 30, "y": 365, "a": 365}


def urgency_of_days(days: int) -> Urgency:
    """The band of something ``days`` ahead: up to 1 immediate, up to 21 soon, beyond planned; the past says nothing."""
    if days < 0:
        return Urgency.UNKNOWN
    if days <= IMMEDIATE_DAYS:
        return Urgency.IMMEDIATE
    return Urgency.SOON if days <= SOON_DAYS else Urgency.PLANNED


def urgency_hints(text: str, on: date) -> list[Hint[Urgency]]:
    """The phrases of ``text`` that say how soon, dates read as of ``on`` (US order, month first)."""
    text = readable(text)
    bare = plain(text)
    hints = _TABLE.find(text)
    for match in _IN.finditer(bare):
        days = _count(match[1]) * _UNIT_DAYS[match[2][0].lower()]
        hints.append(_hint(text, match, days))
    for match in [*_DATE_WORDS.finditer(bare), *_DATE_DIGITS.finditer(bare), *_DATE_ISO.finditer(bare)]:
        day = _date(match, on)
        if day is not None and day >= on:
            hints.append(_hint(text, match, (day - on).days))
    for match in _MONTH_ALONE.finditer(bare):
        ahead = (_MONTHS[match[1].lower()] - on.month) % 12
        hints.append(_hint(text, match, ahead * 30))
    return sorted((hint for hint in hints if hint.label is not Urgency.UNKNOWN), key=lambda hint: hint.start)


def _hint(text: str, match: re.Match[str], days: int) -> Hint[Urgency]:
    return Hint(
        urgency_of_days(days),
        match[0] if text.isascii() else text[match.start() : match.end()],
        3.0,
        match.start(),
        match.end(),
    )


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word.lower()]


def _date(match: re.Match[str], on: date) -> date | None:
    """The next such date from ``on``; a written year is taken as it stands. None where there is no such day."""
    groups = match.groups()
    try:
        if match.re is _DATE_ISO:
            return date(int(groups[0]), int(groups[1]), int(groups[2]))
        if match.re is _DATE_DIGITS:
            month, day = int(groups[0]), int(groups[1])
            if groups[2] is not None:
                return date(int(groups[2]) + (2000 if len(groups[2]) == 2 else 0), month, day)  # noqa: PLR2004 - two digits of a year
        else:
            month, day = (
                (_MONTHS[groups[0].lower()], int(groups[1]))
                if groups[0]
                else (_MONTHS[groups[3].lower()], int(groups[2]))
            )
        this_year = date(on.year, month, day)
        return this_year if this_year >= on else date(on.year + 1, month, day)
    except ValueError:
        return None
