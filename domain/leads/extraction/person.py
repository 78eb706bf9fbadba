"""Age, date of birth and household of the person to be insured. Another person's age is not the lead's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from domain.leads.extraction.found import CERTAIN, FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import NUMBER, Text, whole
from domain.leads.reading.dates import read_date

_OLDEST = 120
_YOUNGEST_ALONE = 14  # younger numbers beside "year old" are children, pets or things

_SELF_AGE = re.compile(
    r"\b(?:i'?m|i am|im|tengo)\s(?:a\s|only\s|now\s|just\s|almost\s)?(\d{2,3})(?=\s(?:years|"
    r"yrs|yr|yo|y/o|anos|and|y|male|female|non|healthy|with|married|single)\b|[,.;!?\n]|"
    r"$)"
)
_LABEL_AGE = re.compile(r"\b(?:age|aged|edad)(?:\sis|\sde)?[\s:]{1,2}(\d{1,3})\b(?!\s?(?:%|k\b|-))")
_YEARS_OLD = re.compile(r"\b(\d{2,3})[\s-]?(?:(?:years?|yrs?)[\s-]old|y\.?/?o\.?\b|anos de edad)")
_SEX_AGE = re.compile(
    r"\b(\d{2})[\s,]{1,2}(?:year old\s)?(?:male|female|m/|f/|woman|man|non-?smoker)\b|"
    r"\b(?:male|female|hombre|mujer)[\s,]{1,2}(?:de\s)?(\d{2})\b(?!\s?(?:k|%))"
)
_PARENT_AGE = re.compile(
    r"\b(?:she|he)(?:'s|\sis)\s(\d{2,3})\b(?!\s(?:miles|minutes|weeks|months|days|"
    r"k\b|%))|\btiene\s(\d{2,3})\sanos\b"
)
_TURNING = re.compile(
    r"\b(?:i'?m\s|i am\s|i'?ll be\s|i will\s)?(?:turning|turn|about to turn|cumplo|voy a cumplir)\s(\d{2})\b"
)
_LATER = re.compile(r"\b(?:when|until|till|once|before|if|cuando|hasta)\s(?:i\s|que\s)?$")
_THING = re.compile(
    r"\b(?:roof|house|home|car|truck|vehicle|building|boiler|furnace|policy|business|"
    r"company|boat|dog|cat|puppy|techo|casa|carro)\b"
)
_CHILD = re.compile(
    r"\b(?:son|daughter|kid|kids|child|children|grandson|granddaughter|teen|teenager|"
    r"driver|hijo|hija|hijos|nieto|nieta|nino)\b"
)
_CHILD_AFTER = re.compile(
    r"^\s(?:\w{1,6}\s)?(?:son|daughter|kid|child|driver|boy|girl|roof|house|home|car|truck|dog|cat|building)\b"
)
_OTHER_PERSON = re.compile(
    r"\b(?:my|mi)\s(?:wife|husband|spouse|brother|sister|partner|friend|boss|esposa|esposo|hermano|hermana)\b"
)
_PARENT = re.compile(
    r"\b(?:my|mi|our)\s(?:mom|mother|dad|father|parents|grandma|grandmother|grandfather|"
    r"mama|papa|madre|padre|abuela|abuelo)\b"
)

_BIRTH = re.compile(
    r"\b(?:d\.?o\.?b\.?|date of birth|birth\s?date|birthday|born(?:\son)?|fecha de nacimiento|"
    r"naci(?:\sel)?|nacida?\sel)(?:\sis|\ses)?[\s:]{1,2}"
    r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|[a-z]{3,10}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|"
    r"\d{1,2}\s(?:de\s)?[a-z]{3,10}\.?\s(?:de\s|del\s)?\d{4})"
)  # fmt: skip
_BIRTH_YEAR = re.compile(r"\b(?:i was born in|born in|naci en)\s(19\d{2}|20\d{2})\b")

_FAMILY = re.compile(
    rf"\b(?:family|household|familia|hogar)\sof\s({NUMBER})\b|\bfamilia\sde\s({NUMBER})\b|"
    rf"\b({NUMBER})\s(?:people in (?:my|our|the) (?:household|family|house)|of us\b|"
    r"personas en (?:mi|la) (?:casa|familia))"
)
_KIDS = re.compile(
    rf"\b({NUMBER})\s(?:young\s|small\s|little\s|minor\s|school age\s|teenage\s)?(?:kids|"
    r"children|kid|child|sons|daughters|hijos|hijas|ninos|hijo|hija|dependents|dependientes)\b"
)
_MOTHER_OF = re.compile(rf"\b(?:mom|mother|dad|father|parent|mama|madre|padre)\s(?:of|de)\s({NUMBER})\b")
_NO_KIDS = re.compile(r"\b(?:no kids|no children|without kids|without children|sin hijos|no tengo hijos)\b")
_SPOUSE = re.compile(
    r"\b(?:my|mi)\s(?:wife|husband|spouse|(?:domestic\s|life\s)?partner|esposa|esposo|marido|conyuge|pareja)\b|\b(?:i'?m|"
    r"i am|we'?re|we are)\s(?:happily\s|newly\s)?married\b|\bmarried (?:with|and)\b|"
    r"\bestoy casad[oa]\b|\bsoy casad[oa]\b|(?:^|(?<=[,.;\n])|(?<=[,.;\n]\s))married\b(?!\s(?:couple|people))"
)
_LOST_SPOUSE = re.compile(r"\b(?:late|ex|ex-)\s?$|\b(?:ex|late)[\s-](?:wife|husband)")
_TRADING = re.compile(
    r"^\s(?:and (?:i|me|myself)\s)?(?:(?:just|also|both|have|jointly|recently)\s){0,2}(?:run|operate|manage|start|open|"
    r"own(?!\s(?:a|an|our|the|two)\s(?:\w+\s)?(?:home|house|condo|car|cars|truck|boat|dog|cat)\b)|"
    r"in (?:the|our|my)\s(?:business|shop))"
)
"""After a partner: what partners in business do. They are no couple."""
_DIED = re.compile(r"^\s(?:just\s|recently\s)?(?:passed|died|is deceased|fallecio|murio)\b")
_SINGLE = re.compile(
    r"\b(?:i'?m|i am|soy|estoy)\s(?:single|divorced|widowed|a widow|a widower|soltera|"
    r"soltero|divorciad[oa]|viud[oa])\b|\b(?:single mom|single mother|single dad|"
    r"single father|madre soltera|padre soltero|getting divorced|separated from my)\b"
)
_MAX_CHILDREN = 15


def ages(text: Text, today: date) -> Iterator[Found]:
    """Age in whole years on ``today`` and date of birth (ISO), in each wording that states one."""
    for pattern, confidence in (
        (_SELF_AGE, LIKELY),
        (_LABEL_AGE, LIKELY),
        (_SEX_AGE, LIKELY),
        (_YEARS_OLD, LIKELY),
        (_PARENT_AGE, LIKELY),
    ):
        for match in pattern.finditer(text.low):
            age = int(match.group(1) or match.group(2))
            own = pattern is _SELF_AGE
            whose = 0.0 if _CHILD_AFTER.match(text.after(match.end(), 16)) else _whose(text.before(match.start(), 60))
            if _LATER.search(text.before(match.start(), 16)):
                continue
            sure = confidence if own else confidence * whose
            if pattern is _PARENT_AGE and whose == 1.0:  # "he is 45" with nobody named before it
                continue
            if (0 if pattern is _LABEL_AGE else _YOUNGEST_ALONE) <= age <= _OLDEST and sure:
                yield found(text, "age", age, match.span(), round(sure, 4))
    for match in _TURNING.finditer(text.low):
        before = text.before(match.start(), 60)
        if _whose(before) == 1.0 and not _LATER.search(before):
            yield found(text, "age", int(match.group(1)) - 1, match.span(), FAIR)
    yield from _births(text, today)


def _whose(before: str) -> float:
    # 1 for the lead, less for a parent to be insured, 0 for a child, another relative or a thing.
    if _THING.search(before) or _CHILD.search(before) or _OTHER_PERSON.search(before):
        return 0.0
    return 0.8 if _PARENT.search(before) else 1.0


def _births(text: Text, today: date) -> Iterator[Found]:
    for match in _BIRTH.finditer(text.low):
        before = text.before(match.start(), 60)
        reading = read_date(match.group(1), today=today, birth=True)
        if reading.day is None or _whose(before) < 1.0:
            continue
        sure = CERTAIN if reading.problem is None else FAIR if reading.problem == "date_ambiguous" else WEAK
        yield found(text, "date_of_birth", reading.day.isoformat(), match.span(), sure)
        age = today.year - reading.day.year - ((today.month, today.day) < (reading.day.month, reading.day.day))
        if 0 <= age <= _OLDEST:
            yield found(text, "age", age, match.span(), sure)
    for match in _BIRTH_YEAR.finditer(text.low):
        age = today.year - int(match.group(1))
        if 0 <= age <= _OLDEST and _whose(text.before(match.start(), 60)) == 1.0:
            yield found(text, "age", age, match.span(), WEAK)


def household(text: Text) -> Iterator[Found]:
    """Household size, number of children, and whether there is a spouse.

    The size is taken from "family of four", or counted from the children and the spouse named, which may leave somebody out.
    """
    sizes = list(_FAMILY.finditer(text.low))
    for match in sizes:
        size = whole(next(word for word in match.groups() if word))
        if size:
            yield found(text, "household_size", size, match.span(), LIKELY)
    kids = [(match, whole(match.group(1))) for pattern in (_KIDS, _MOTHER_OF) for match in pattern.finditer(text.low)]
    kids = [(match, count) for match, count in kids if 0 < count <= _MAX_CHILDREN and not _cared_for(text, match)]
    for match, count in kids:
        yield found(text, "children", count, match.span(), LIKELY)
    for match in _NO_KIDS.finditer(text.low):
        yield found(text, "children", 0, match.span(), LIKELY)
    spouse = [
        match
        for match in _SPOUSE.finditer(text.low)
        if not (
            _LOST_SPOUSE.search(text.before(match.start(), 10))
            or _DIED.match(text.after(match.end(), 20))
            or (match.group().endswith("partner") and _TRADING.match(text.after(match.end(), 40)))
        )
    ]
    single = list(_SINGLE.finditer(text.low))
    for match in spouse:
        yield found(text, "spouse", True, match.span(), LIKELY)  # noqa: FBT003 - the value of the field
    for match in single:
        yield found(text, "spouse", False, match.span(), LIKELY)  # noqa: FBT003 - the value of the field
    if kids and not sizes and len({count for _, count in kids}) == 1 and (spouse or single):
        match, count = kids[0]
        adults = 2 if spouse and not single else 1
        yield found(text, "household_size", count + adults, match.span(), FAIR)


def _cared_for(text: Text, match: re.Match[str]) -> bool:
    # The children of a day-care are customers, not family.
    return bool(re.search(r"\b(?:daycare|day care|school|class|guarderia|camp)\b", text.before(match.start(), 60)))
