"""Facts of a business: how many people it employs and what it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from domain.leads.extraction.found import FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import Text, whole

_COUNT = (
    r"(\d{1,3}(?:,\d{3})|\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|un|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|"
    r"doce)"
)
_EMPLOYEES = re.compile(
    rf"(?<![\d$.,]){_COUNT}\s(?:\+\s)?(?:full[\s-]time\s|part[\s-]time\s|w-?2\s|total\s)?(?:employees|"
    r"employee|workers|staff|people on payroll|empleados|empleado|trabajadores)\b|"
    rf"\b(?:crew|staff|team|payroll)\sof\s{_COUNT}\b(?!,)|\bemploys?\s{_COUNT}\b|\b(?:employees|empleados):\s?{_COUNT}\b"
)
_NO_EMPLOYEES = re.compile(
    r"\b(?:no employees|without employees|zero employees|no workers|just me,? no|sin empleados|no tengo empleados)\b"
)
_FIRM = r"(?:company|business|contractor|crew|firm|llc|inc|service|services|corp|shop|startup|practice|operation|fleet)"
_FIRM_ES = r"(?:empresa|compania|negocio|companeria)"
_OWNS = re.compile(
    r"\b(?:my|our|own|owns|run|runs|open|opening|opened|start|starting|started|have|"
    r"bought|buying|for a|for my|mi|nuestr[oa]|tengo un|tengo una|abrir un|abrir una|"
    r"duen[oa] de un|duen[oa] de una)\s(?:a\s|an\s|the\s|my\s|small\s|new\s|family\s|"
    r"\w{1,12}\s){0,2}$"
)
_VISITOR = re.compile(
    r"\b(?:at|in|from|inside|to|near|outside|behind)\s(?:a|an|the|some)\s(?:\w{1,12}\s)?$|\b(?:en|de)\s(?:un|una|el|la)\s$"
)
_AM = re.compile(r"\b(?:i'?m|i am|as|soy|for)\s(?:a|an|un|una)?\s?(?:\w{1,12}\s){0,2}$|\bself[\s-]employed\s$|\bsoy\s$")

_HIRED = re.compile(r"^\s(?:i|we|they)\s(?:hire|use|pay)")
_GOES_ON = re.compile(r"^(?:,|$|\s(?:business|needs?|needing|insurance|looking|seeking|with|no|here|trucking|\d))")


@cache
def _table() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    data = json.loads(files("domain.leads.extraction.data").joinpath("businesses.json").read_text(encoding="utf-8"))

    def by_word(part: str) -> dict[str, str]:
        return {word: kind for kind, words in data[part].items() for word in words}

    return by_word("trades"), by_word("trade_people"), by_word("places")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    trades, people, places = ("|".join(sorted(map(re.escape, words), key=len, reverse=True)) for words in _table())
    trade = rf"\b({trades})\s(?:and\s\w{{1,14}}\s)?{_FIRM}\b|\b{_FIRM_ES}\sde\s({trades})\b"
    return re.compile(trade), re.compile(rf"\b({people})s?\b"), re.compile(rf"\b({places})\b")


def businesses(text: Text, taken: tuple[tuple[int, int], ...] = ()) -> Iterator[Found]:
    """``employees`` (whole number, none is 0) and ``business_kind`` by the word of the table.

    ``taken`` spans (names of carriers) are passed over: State Farm is no farm.
    """
    for match in _EMPLOYEES.finditer(text.low):
        word = next(part for part in match.groups() if part)
        count = whole(word) if word.isalpha() else int(word.replace(",", ""))
        yield found(text, "employees", count, match.span(), LIKELY)
    for match in _NO_EMPLOYEES.finditer(text.low):
        yield found(text, "employees", 0, match.span(), LIKELY)
    for item in _kinds(text):
        if not any(start < item.end and item.start < end for start, end in taken):
            yield item


def _kinds(text: Text) -> Iterator[Found]:
    trade, person, place = _patterns()
    trades, people, places = _table()
    for match in trade.finditer(text.low):
        word = match.group(1) or match.group(2)
        yield found(text, "business_kind", trades[word], match.span(), LIKELY)
    for match in person.finditer(text.low):
        after = text.after(match.end(), 16)
        if _HIRED.match(after):
            continue
        if _AM.search(text.before(match.start(), 30)) or (match.start() == 0 and _GOES_ON.match(after)):
            yield found(text, "business_kind", people[match.group(1)], match.span(), FAIR)
    for match in place.finditer(text.low):
        before = text.before(match.start(), 40)
        if _VISITOR.search(before) and not _OWNS.search(before):
            continue
        yield found(
            text, "business_kind", places[match.group(1)], match.span(), LIKELY if _OWNS.search(before) else WEAK
        )
