"""Facts of the home: year built, living area, owned or rented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from domain.leads.extraction.found import FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import Text

_OLDEST, _SMALLEST, _LARGEST = 1650, 100, 50_000
_YEAR = r"(1[6-9]\d{2}|20\d{2})"
_HOUSE = r"(?:home|house|ranch|bungalow|condo|colonial|duplex|cottage|townhouse|farmhouse|casa)"
_BUILT = re.compile(
    rf"\b(?:built|constructed|year built|construida|construido)\s?(?:in|:|is|en(?: el)?)?\s?{_YEAR}\b|"
    rf"\b{_YEAR}\s(?:brick\s|frame\s)?{_HOUSE}\b|"
    rf"\bcasa\s(?:de|del)\s{_YEAR}\b|\bano de construccion[\s:]{{1,2}}{_YEAR}\b"
)
_AREA = re.compile(
    r"(?<![\d,.$])(\d{1,2},?\d{3}|\d{3})\s?(?:sq\.?\s?(?:ft|feet|foot)\b|sqft\b|"
    r"square\s(?:feet|foot|ft)\b|sf\b|s\.f\.|pies cuadrados|pies2)"
)
_OWN = re.compile(
    rf"\b(?:i|we)\s(?:currently\s|already\s|also\s)?own\s(?:my|our|a|the|an)\s(?:\w{{1,12}}\s)?{_HOUSE}\b|"
    r"\b(?:i'?m|i am|we are|we're)\s(?:a\s)?home\s?owners?\b|"
    r"\b(?:my|our) (?:house|home|condo)\b(?! rent)|\bsoy duen[oa] de (?:mi |una |"
    r"la )?casa\b|\btengo casa propia\b|\bcasa propia\b|\bmi casa es mia\b"
)
_WEAK_OWN = re.compile(r"\b(?:my|our) (?:house|home|condo)\b")
_RENT = re.compile(
    r"\b(?:i|we)\s(?:currently\s|just\s|only\s|am\s|are\s)?rent(?:ing)?\b(?!\s(?:it\s)?out|"
    r"\sa car|ed)|\b(?:i'?m|we'?re) renting\b(?!\s(?:it\s)?out|\sa car)|"
    r"\brent (?:my|our) (?:house|home|condo|apartment)\b|"
    r"\brenting (?:a|an|my|the) (?:\w{1,12}\s)?(?:apartment|apt|house|home|condo|"
    r"studio|room|place)\b|\bmy (?:landlord|apartment complex|apartment)\b|"
    r"\b(?:rento|alquilo|rentamos|alquilamos)\b|\b(?:rentando|alquilando) (?:un|"
    r"una)\b|\bmi (?:apartamento|departamento)\b|\bi'?m a (?:renter|tenant)\b"
)
_NOT = re.compile(
    r"\b(?:lo|la|los|las|rent|renting|lease|rento|alquilo)\s$|\b(?:not|don't|dont|no|never|no soy|no tengo)\s(?:\w{1,8}\s)?$"
)


def homes(text: Text, today: date) -> Iterator[Found]:
    """Year built, square feet (whole number) and ``home_tenure``: own or rent."""
    for match in _BUILT.finditer(text.low):
        year = int(next(part for part in match.groups() if part))
        if _OLDEST <= year <= today.year + 1:
            yield found(text, "year_built", year, match.span(), LIKELY)
    for match in _AREA.finditer(text.low):
        area = int(match.group(1).replace(",", ""))
        if _SMALLEST <= area <= _LARGEST:
            yield found(text, "square_feet", area, match.span(), LIKELY)
    for pattern, tenure in ((_OWN, "own"), (_RENT, "rent")):
        for match in pattern.finditer(text.low):
            if _NOT.search(text.before(match.start(), 20)):
                continue
            weak = bool(_WEAK_OWN.fullmatch(match.group())) or match.group().startswith(("my ", "mi "))
            yield found(
                text, "home_tenure", tenure, match.span(), WEAK if weak else LIKELY if tenure == "own" else FAIR + 0.1
            )
