"""Typed values in the words of documents. Each reader finds its value inside a text and says which words it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.documents.amounts import read_amount, read_deductible, read_limit
from domain.documents.days import read_day, read_period
from domain.leads.reading.email import read_email
from domain.leads.reading.phone import read_phone
from domain.leads.reading.place import read_address

_BLANK = re.compile(
    r"[\s\-\u2013\u2014_.*/]*|(?:n/?a|n\.a\.|none|nil|tbd|tba|tbc|to be (?:determined|advised|confirmed)|unknown|"
    r"not (?:applicable|provided|stated|available|known)|see (?:below|above|attached.*)|\?+|x+)\.?",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"(?:[A-Z]{1,5}\s(?=[A-Z-]*\d))?(?=[A-Z/._-]*\d)[A-Z0-9][A-Z0-9/._-]{0,24}(?:\s[A-Z-]{0,3}\d[A-Z0-9-]*|\s-\s\d+){0,5}",
    re.IGNORECASE,
)  # fmt: skip
_LEAST_OF_IDENTIFIER = 3
_DATE_ALONE = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?:\+|\(|\b)[\d(][\d\s().\-/\u2013]{6,22}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
_VIN = re.compile(r"(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])")
_YEAR = re.compile(r"(?<![\d$\u00a3.,/-])(1[789]\d{2}|20\d{2})(?![\d,/-]|\.\d)")
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:\s*[-/\u2013]\s*((?:19|20)?\d{2}))?(?!\d)")
_WHOLE = re.compile(r"(?<![\w.,$\u00a3])(\d{1,3}(?:,\d{3})+|\d{1,7})(?![\d,]|\.\d|%)")
_AREA = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s*"
    r"(sq(?:uare)?\.?\s*(?:feet|foot|ft|f)\b|sf\b|sqft\b|ft2|ft\u00b2|sq(?:uare)?\.?\s*(?:met(?:er|re)s?|m)\b|sqm\b|m2|m\u00b2)?",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b")
_STREET = re.compile(
    r"\b\d+[\w\-/]*\s+\S|\bunit\s\w|\bp\.?\s?o\.?\s?box\b|\b(?:street|road|avenue|lane|drive|way|park|house|court|place|"
    r"boulevard|highway|square|close|estate|centre|center|plaza)\b", re.IGNORECASE,
)  # fmt: skip
_CITY_STATE = re.compile(r"[A-Za-z .'-]{2,},?\s+[A-Z]{2}\b(?:\s+\d{5}(?:-\d{4})?)?")
_WORD_NUMBERS = {"single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_STORIES = re.compile(rf"\b({'|'.join(_WORD_NUMBERS)}|\d{{1,3}})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?:[A-Za-z.#]{0,10}\s*)?(\d{1,4})[A-Za-z]?\.?")
_LONGEST = 400
_LONGEST_NAME = 120
_LETTERS_OF_VIN = {letter: value for letters, value in (("AJ", 1), ("BKS", 2), ("CLT", 3), ("DMU", 4), ("ENV", 5),
    ("FW", 6), ("GPX", 7), ("HY", 8), ("RZ", 9)) for letter in letters}  # fmt: skip
_WEIGHTS_OF_VIN = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class Conventions:
    """How this document writes what could be read in two ways: the currency where none is named, day before month or after,
    and the country of phone numbers without a code.
    """

    currency: str = "USD"
    day_first: bool = False
    region: str = "US"


class Value(NamedTuple):
    """``value`` is JSON-ready, ``words`` the part of the text it was read from, ``sure`` a factor on the confidence (0 to 1)."""

    value: Any
    words: str
    sure: float = 1.0


Reader = Callable[[str, Conventions], Value | None]


def conventions_of(text: str) -> Conventions:
    """The conventions that the currency signs, postcodes and company forms of a whole document speak for."""
    british = text.count("\u00a3") + len(re.findall(r"\b(?:GBP|Ltd|PLC|plc|\+44)\b|\+44", text)) + 2 * len(
        _POSTCODE.findall(text)
    )  # fmt: skip
    european = text.count("\u20ac") + len(re.findall(r"\b(?:EUR|GmbH|S\.?A\.?R\.?L|B\.V\.)\b", text))
    american = text.count("$") + len(re.findall(r"\b(?:USD|LLC|Inc)\b|\b[A-Z]{2} \d{5}\b", text))
    if max(british, european) > american:
        return Conventions("GBP", True, "GB") if british >= european else Conventions("EUR", True, "DE")  # noqa: FBT003
    return Conventions()


def blank(text: str) -> bool:
    """Whether the text only says that there is nothing to say: N/A, TBD, a dash."""
    return _BLANK.fullmatch(text.strip()) is not None


def read_value(kind: str, text: str, conventions: Conventions) -> Value | None:
    """The value of ``kind`` in ``text``, or None where the text holds none that passes its check."""
    text = " ".join(text.split())[:_LONGEST]
    if not text or (kind != "limit" and blank(text)):  # "Nil" and "see schedule" are terms of a limit
        return None
    return _READERS[kind](text, conventions)


def vin_is_valid(vin: str) -> bool:
    """Whether the check digit (position 9) of a 17-character VIN is right (49 CFR 565.15)."""
    total = sum(
        weight * (int(char) if char.isdigit() else _LETTERS_OF_VIN.get(char, 0))
        for char, weight in zip(vin, _WEIGHTS_OF_VIN, strict=True)
    )
    return vin[8] == "0123456789X"[total % 11]


def _identifier(text: str, _: Conventions) -> Value | None:
    match = _IDENTIFIER.match(text.lstrip("#: "))
    if match is None:
        return None
    found = match.group().rstrip(" -./")
    if sum(char.isalnum() for char in found) < _LEAST_OF_IDENTIFIER or _DATE_ALONE.fullmatch(found):
        return None
    return Value(found, found, 1.0 if len(found) == len(text.strip("#: .")) else 0.85)


def _text(text: str, _: Conventions) -> Value | None:
    return Value(text, text) if any(char.isalnum() for char in text) else None


def _name(text: str, _: Conventions) -> Value | None:
    if sum(char.isalpha() for char in text) < 2 or len(text) > _LONGEST_NAME:  # noqa: PLR2004
        return None
    if "@" in text or re.match(r"[$\u00a3\u20ac\d]+[\d,.]*$", text):
        return None
    bare = text.strip(" ,;:")
    sentence = bare.endswith(".") and len(bare.split()) > 8  # noqa: PLR2004
    return Value(bare, bare, 0.6 if sentence else 1.0)


def _person(text: str, conventions: Conventions) -> Value | None:
    # "Sarah Jenkins (Account Director)", "Michael Rodriguez, Director of Operations": the name ends where the office begins.
    words = re.split(r"\s*(?:[(|,;/]|\s[-\u2013]\s|\bEmail\b|\bPhone\b|\bTel\b)", text, maxsplit=1)[0].strip()
    if any(char.isdigit() for char in words) or len(words.split()) > 6:  # noqa: PLR2004 - a sentence or an address
        return None
    if re.fullmatch(r"[A-Z][\w'-]+,\s[A-Z][\w'.-]+(?:\s\w\.?)?", text):  # "Martinez, Carlos"
        words = text
    return _name(words, conventions)


def _email(text: str, _: Conventions) -> Value | None:
    match = _EMAIL.search(text)
    email = read_email(match.group()) if match else None
    return Value(email.address, match.group()) if match and email else None


def _phone(text: str, conventions: Conventions) -> Value | None:
    for match in _PHONE.finditer(text):
        phone = read_phone(match.group().replace("(0)", ""), conventions.region)
        if phone.key:
            return Value(phone.key, match.group().strip(), 1.0 if phone.valid else 0.85)
    return None


def _vin(text: str, _: Conventions) -> Value | None:
    match = _VIN.search(text.upper())
    if match is None or not any(char.isdigit() for char in match.group()):
        return None
    return Value(match.group(), text[match.start() : match.end()], 1.0 if vin_is_valid(match.group()) else 0.7)


def _year(text: str, _: Conventions) -> Value | None:
    match = _YEAR.search(text)
    return Value(int(match.group(1)), match.group(1)) if match else None


def _years(text: str, _: Conventions) -> Value | None:
    match = _YEARS.search(text)
    return Value(match.group(), match.group()) if match else None


def _whole(text: str, _: Conventions) -> Value | None:
    match = _WHOLE.search(text)
    return Value(int(match.group(1).replace(",", "")), match.group(1)) if match else None


def _number(text: str, _: Conventions) -> Value | None:
    match = _NUMBER.fullmatch(text)
    return Value(int(match.group(1)), text) if match else None


def _area(text: str, conventions: Conventions) -> Value | None:
    found = max(_AREA.finditer(text), key=lambda match: bool(match.group(2)), default=None)
    if found is None:
        return None
    unit = (found.group(2) or "").lower()
    metric = ("m" in unit) if unit else conventions.region != "US"
    number = float(found.group(1).replace(",", ""))
    value = {"amount": int(number) if number.is_integer() else number, "unit": "sq_m" if metric else "sq_ft"}
    return Value(value, found.group().strip(), 1.0 if unit else 0.85)


def _stories(text: str, _: Conventions) -> Value | None:
    match = _STORIES.search(text)
    if match is None:
        return None
    word = match.group(1).lower()
    return Value(_WORD_NUMBERS.get(word) or int(word), match.group())


def _address(text: str, _: Conventions) -> Value | None:
    if postcode := _POSTCODE.search(text):
        parts = [part.strip() for part in text[: postcode.start()].split(",") if part.strip()]
        value = {"text": text, "street": ", ".join(parts[:-1]) or None, "city": parts[-1] if parts else None,
                 "state": None, "zip": f"{postcode.group(1)} {postcode.group(2)}"}  # fmt: skip
        return Value(value, text)
    placed = _CITY_STATE.search(text)
    if not placed and not _STREET.search(text):
        return None
    body = re.sub(r"\s*\([^)]*\)\s*$", "", text)
    read = read_address(body)
    value = {"text": text, "street": read.street, "city": read.city, "state": read.state, "zip": read.zip_code}
    return Value(value, text, 1.0 if read.state or read.zip_code else 0.75)


def _vehicle(text: str, _: Conventions) -> Value | None:
    match = re.match(r"\W*((?:19|20)\d{2})\s+([A-Za-z][A-Za-z-]+)\s+(.+)", text)
    if match is None:
        return None
    model = _VIN.sub("", match.group(3).upper()).strip(" -,;:()")
    model = match.group(3)[: len(model)].strip(" -,;:()") if model else match.group(3)
    model = re.split(r"\s*(?:,|\bVIN\b|\s-\s|\()", model, maxsplit=1)[0].strip()
    value = {"year": int(match.group(1)), "make": match.group(2), "model": model}
    return Value(value, match.group().strip()) if model else None


def _dated(birth: bool) -> Reader:  # noqa: FBT001 - two readers of one form
    def read(text: str, conventions: Conventions) -> Value | None:
        found = read_day(text, day_first=conventions.day_first, birth=birth)
        return Value(found.day.isoformat(), found.words, found.sure) if found else None

    return read


def _loss_date(text: str, conventions: Conventions) -> Value | None:
    return _dated(birth=False)(text, conventions) or _years(text, conventions)


def _period(text: str, conventions: Conventions) -> Value | None:
    found = read_period(text, day_first=conventions.day_first)
    if found is None:
        return None
    start, end = found
    value = {"from": start.day.isoformat(), "to": end.day.isoformat()}
    words = text[text.index(start.words) : text.rindex(end.words) + len(end.words)]
    return Value(value, words, min(start.sure, end.sure))


def _money(text: str, conventions: Conventions) -> Value | None:
    found = read_amount(text, conventions.currency)
    return Value(found.as_json(), found.words, found.sure) if found else None


def _limit(text: str, conventions: Conventions) -> Value | None:
    found = read_limit(text, conventions.currency)
    return Value(*found) if found else None


def _deductible(text: str, conventions: Conventions) -> Value | None:
    found = read_deductible(text, conventions.currency)
    return Value(*found) if found else None


_READERS: dict[str, Reader] = {
    "identifier": _identifier, "text": _text, "name": _name, "person": _person, "email": _email, "phone": _phone,
    "vin": _vin, "year": _year, "years": _years, "whole": _whole, "number": _number, "area": _area, "stories": _stories,
    "address": _address, "vehicle": _vehicle, "date": _dated(birth=False), "birth": _dated(birth=True),
    "loss_date": _loss_date, "period": _period, "money": _money, "limit": _limit, "deductible": _deductible,
}  # fmt: skip
