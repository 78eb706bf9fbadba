"""ZIP code and state said in a text. A five-digit number is a ZIP only where words around it say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.geo import STATES
from domain.leads.extraction.found import CERTAIN, FAIR, LIKELY, WEAK, Found, found
from domain.leads.extraction.text import Text
from domain.leads.reading.place import read_zip
from domain.leads.reading.states import read_state

_CODES = "|".join(sorted(STATES))
_NAMES = (
    "alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|district of columbia|florida|georgia|hawaii|"
    "idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|luisiana|maine|maryland|massachusetts|michigan|minnesota|"
    "mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|nueva jersey|new mexico|nuevo mexico|"
    "new york state|new york|nueva york|north carolina|carolina del norte|north dakota|ohio|oklahoma|oregon|pennsylvania|"
    "pensilvania|puerto rico|rhode island|south carolina|carolina del sur|south dakota|tennessee|texas|utah|vermont|"
    "west virginia|virginia|washington,? d\\.?c\\b\\.?|washington state|washington|wisconsin|wyoming|guam"
)
_NAME = re.compile(rf"\b(?:{_NAMES})\b")
_CODE_ZIP = re.compile(rf"\b({_CODES}),?\s(?=\d{{5}}\b)")
_CITY_CODE = re.compile(rf"\b([A-Za-z][A-Za-z'-]{{1,24}}),\s?({_CODES})\b(?!')")
_IN_CODE = re.compile(rf"\b(?:in|In|IN|near|from|to|en|En|EN|state of|estado de)\s({_CODES})\b(?![-'])")
_IN_CITY_CODE = re.compile(
    rf"\b(?:in|In|near|from|en|En)\s((?:[A-Z][a-z'.-]{{1,16}}\s){{1,3}})({_CODES})\b(?![-'])|"
    rf"\b((?:[A-Z][a-z'-]{{2,16}}\s))({_CODES})(?=\s?(?:[.,;!?]|$))"
)
_PLACED_CITY = re.compile(r"\b(?:in|near|en|live in|vivo en)\s[a-z]{3,16}\s(?:[a-z]{3,16}\s)?$")
# Codes that are words or well-known short forms in capitals too: "OK", "HI", "ME", "IN", "OR", "LA" (a city), "MA" (a degree).
_WORDS = frozenset(
    ("OR", "IN", "ME", "OK", "HI", "OH", "LA", "PA", "MA", "DE", "AL", "ID", "CO", "MS", "MD", "PR", "AS", "VI")
)
_AMBIGUOUS_AFTER_IN = frozenset(("LA", "PR", "CO", "IN", "AS", "ID"))
_GREETINGS = re.compile(
    r"hi|hello|hey|thanks|thank|yes|no|sure|well|ok|okay|please|quote|now|anyway|so|hola|gracias|si|bueno"
)
_FORMER = re.compile(
    r"\b(?:from|left|leaving|out of|used to live in|lived in|originally|vengo de|me mude de|nos mudamos de|vivia en)\s$"
)
_STILL_FROM = re.compile(r"\b(?:i'?m|i am|we'?re|we are|calling|writing|hi|hello|soy)\s(?:from|de)\s$")
_PLACED = re.compile(r"\b(?:in|near|to|live in|living in|located in|of|en|de|hacia|a)\s$|,\s$")
_NOT_THE_STATE = re.compile(
    r"\s(?:ave|avenue|st|street|blvd|road|rd|county|life|mutual|city|river|university|roadhouse|plates?)\b"
)
_CODE_AFTER = re.compile(rf",\s(?:D\.C|{_CODES})\b")
_CITY_NAMED_SO = frozenset({"new york", "oklahoma", "iowa"})  # "New York City" lies in New York; "Kansas City" may not
_ALSO_NAMES = frozenset({"georgia", "virginia", "washington", "new york"})  # a person's name, or a city

_FIVE = re.compile(r"(?<![\d$#.,/-])\d{5}(?:-\d{4})?(?![\d/]|[.,]\d|-\d)")
_LABEL = re.compile(
    r"\b(?:zip(?:\s?code)?|postal code|postcode|codigo postal|c\.?p\.?)[\s:#]{0,2}(?:is|es|of|are)?[\s:]{0,2}$"
)
_LABEL_AFTER = re.compile(r"^\s(?:zip|is my zip|es mi codigo postal)\b")
_CODE_BEFORE = re.compile(rf"\b(?:{_CODES}),?\s$")
_NAME_BEFORE = re.compile(rf"\b(?:{_NAMES}),?\s$")
_IN_BEFORE = re.compile(
    r"(?:\b(?:live|living|located|home|house|property|am|are|is|reside|vivo|vivimos|"
    r"esta|estoy|queda)|'m|'re)\s(?:in|near|at|en)\s$|\barea\s$"
)
_COMMA_BEFORE = re.compile(r"[a-z]{3},\s$")
_QUANTITY = re.compile(
    r"^\s?(?:k\b|%|\+|mi\b|miles?|mile|millas|dollars?|bucks|usd|grand|dolares|pesos|"
    r"sq|square|pies|feet|ft\b|per\b|a year|a month|"
    r"year|al ano|al mes|employees|people|empleados|coverage|cover|deductible|limit|"
    r"deducible|income|salary|in\s(?:coverage|cover)|"
    r"lbs|gvw|pounds|or less|or more|a\s\d)"
)  # fmt: skip
_MONEY_BEFORE = re.compile(
    r"\b(?:pay|paid|paying|cost|costs|owe|worth|make|making|earn|about|over|under|up to|pago|vale|gano|cuesta)\s$"
)


def zips(text: Text) -> Iterator[Found]:
    """Every ZIP code that its surroundings mark as one."""
    for match in _FIVE.finditer(text.low):
        before, after = text.before(match.start()), text.after(match.end())
        confidence = _zip_confidence(before, after, text.cased[max(0, match.start() - 5) : match.start()])
        code = read_zip(match.group()).text
        if confidence and code:
            yield found(text, "zip", code, match.span(), confidence)


def _zip_confidence(before: str, after: str, cased: str) -> float:
    if _LABEL.search(before) or _LABEL_AFTER.search(after):
        return CERTAIN
    if _QUANTITY.search(after) or _MONEY_BEFORE.search(before):
        return 0.0
    if _NAME_BEFORE.search(before) or _CODE_BEFORE.search(cased):
        return CERTAIN
    if _IN_BEFORE.search(before):
        return LIKELY
    return FAIR if _COMMA_BEFORE.search(before) else 0.0


def states(text: Text, taken: tuple[tuple[int, int], ...] = ()) -> Iterator[Found]:
    """Every state the person may live in or insure in; ``taken`` spans (names of carriers) are passed over.

    A state somebody left is not one. A two-letter code counts only in capitals and beside a city, a ZIP or a preposition.
    """
    for match in _NAME.finditer(text.low):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        confidence = _name_confidence(text, match)
        code = read_state(match.group().replace(",", " "))
        if confidence and code:
            yield found(text, "state", code, match.span(), confidence)
    yield from _codes(text)


def _name_confidence(text: Text, match: re.Match[str]) -> float:
    before, after, name = text.before(match.start()), text.after(match.end()), match.group()
    left = _FORMER.search(before) and not _STILL_FROM.search(before)
    other = _NOT_THE_STATE.match(after) and not (name in _CITY_NAMED_SO and after.startswith(" city"))
    # "Washington, DC" and "Indiana, PA" are cities.
    if left or other or _CODE_AFTER.match(text.cased[match.end() : match.end() + 6]):
        return 0.0
    if re.match(r",?\s\d{5}\b", text.low[match.end() : match.end() + 8]):
        return CERTAIN
    if _PLACED.search(before) or _STILL_FROM.search(before):
        return FAIR if name == "washington" else LIKELY
    if _PLACED_CITY.search(before):
        return FAIR + 0.1
    return WEAK - 0.1 if name in _ALSO_NAMES else WEAK + 0.1


def _codes(text: Text) -> Iterator[Found]:
    for match in _CODE_ZIP.finditer(text.cased):
        if not (text.shouted and match.group(1) in _WORDS and not text.cased[: match.start()].endswith(", ")):
            yield found(text, "state", match.group(1), match.span(1), CERTAIN)
    for match in _CITY_CODE.finditer(text.cased):
        word, code = match.group(1), match.group(2)
        doubtful = code in _WORDS and (text.shouted or not word[0].isupper() or _GREETINGS.fullmatch(word.lower()))
        former = _FORMER.search(text.before(match.start())) and not _STILL_FROM.search(text.before(match.start()))
        if not doubtful and not former:
            yield found(text, "state", code, match.span(), LIKELY + 0.05)
    for match in _IN_CODE.finditer(text.cased):
        code, before = match.group(1), text.low[max(0, match.start(1) - 40) : match.start(1)]
        former = _FORMER.search(before) and not _STILL_FROM.search(before)
        if not former and not (code in _AMBIGUOUS_AFTER_IN or (text.shouted and code in _WORDS)):
            yield found(text, "state", code, match.span(1), FAIR if code in _WORDS else LIKELY)
    for match in _IN_CITY_CODE.finditer(text.cased):
        city, code = (match.group(1), match.group(2)) if match.group(1) else (match.group(3), match.group(4))
        placed = match.group(1) is not None
        left = match.group().lower().startswith("from ") and not _STILL_FROM.search(text.low[: match.start() + 5][-24:])
        if not (read_state(city) or left or (code in _WORDS and not placed) or text.shouted):
            start = match.start(1 if placed else 3)
            yield found(text, "state", code, (start, match.end()), LIKELY if placed else FAIR)
