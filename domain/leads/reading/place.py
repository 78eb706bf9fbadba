"""Places: ZIP codes, states, and addresses written in one cell. A place is read from what names a place, never from a phone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import usaddress  # ships no type information

from domain.leads.reading.names import fold
from domain.leads.reading.states import nearest_state, read_state

_ZIP = re.compile(r"(\d{5})(?:[\s-]*(\d{4}))?", re.ASCII)
_SHORT_ZIP = re.compile(r"(\d{4})(?:-(\d{4}))?|(\d{4})(\d{4})|(\d{3})", re.ASCII)
_FLOAT_TAIL = re.compile(r"(\d+)\.0+")
_ZIP_AT_END = re.compile(r"(?:^|[\s,])(\d{5}(?:-\d{4})?)$", re.ASCII)
_LOWEST_ZIP = 501  # 00501 Holtsville, New York, is the lowest ZIP code in use
_HOME_COUNTRY = re.compile(
    r"[,\s]+(?:u\.?s\.?a\.?|u\.?s\.?|united states(?: of america)?|estados unidos)\s*$", re.IGNORECASE
)
_COUNTRIES_WORDS = (
    "afghanistan argentina australia austria bangladesh belgium bolivia brazil brasil bulgaria cambodia canada chile china "
    "colombia croatia cuba denmark ecuador egypt england ethiopia finland france germany deutschland ghana greece guatemala "
    "haiti honduras hungary iceland india indonesia iran iraq ireland israel italy italia jamaica japan kenya kuwait "
    "malaysia mexico méxico morocco nepal netherlands nicaragua nigeria norway pakistan panama paraguay peru perú philippines "
    "poland portugal qatar romania russia scotland singapore spain españa sweden switzerland taiwan thailand turkey uae uk "
    "ukraine uruguay venezuela vietnam wales"
)
_COUNTRIES = frozenset(_COUNTRIES_WORDS.split()) | {
    "costa rica", "czech republic", "dominican republic", "el salvador", "great britain", "hong kong", "new zealand",
    "saudi arabia", "south africa", "south korea", "sri lanka", "united arab emirates", "united kingdom",
}  # fmt: skip
_STREET_KINDS_WORDS = (
    "st street saint ave avenue av blvd boulevard rd road dr drive ln lane ct court pl place ter terrace way pkwy parkway cir "
    "circle hwy highway sq square n s e w ne nw se sw north south east west"
)
_STREET_KINDS = frozenset(_STREET_KINDS_WORDS.split())
_UNIT = re.compile(r"#|\b(?:apt|apartment|unit|suite|ste|fl|floor|bldg|building|rm|room)\b")
_HOUSE_RANGE = re.compile(r"\b(\d{3,})\s*-\s*\d{3,}\b", re.ASCII)
_STREET_WORD = re.compile(r"\d+-\d+|[^\W_]+")
_STREET_LABELS = frozenset(("AddressNumber", "StreetName", "USPSBoxID", "USPSBoxType"))


class ZipReading(NamedTuple):
    """``text`` is 5 digits or 5+4 with its zeros; ``problem`` is a code, also set when a lost zero was put back."""

    text: str | None
    problem: str | None = None


class StateReading(NamedTuple):
    """``code`` is the USPS code; ``problem`` is a code, also set when a misspelling was corrected."""

    code: str | None
    problem: str | None = None


class Street(NamedTuple):
    """House number and name of a street, folded, without the kind of street and the direction; "" where not said."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """Parts of an address; ``state`` is a USPS code and ``zip_code`` text, each None where the text does not say it."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None


def read_zip(text: str) -> ZipReading:
    """Read a cell of a ZIP column. Codes are text: a number that lost its leading zero is repaired and named."""
    plain = _FLOAT_TAIL.sub(r"\1", unicodedata.normalize("NFKC", text).strip().strip("'\"=").strip())
    if full := _ZIP.fullmatch(plain):
        return _checked(full.group(1), full.group(2), None)
    if short := _SHORT_ZIP.fullmatch(plain):
        body, tail = short.group(1) or short.group(3) or short.group(5), short.group(2) or short.group(4)
        return _checked(body.zfill(5), tail, "zip_leading_zero")
    at_end = _ZIP_AT_END.search(plain)
    if at_end and read_state(plain[: at_end.start()].strip(" ,")):  # "MA 02138"
        return _checked(at_end.group(1)[:5], at_end.group(1)[6:] or None, None)
    return ZipReading(None, "zip_invalid")


def read_state_cell(text: str) -> StateReading:
    """Read a cell of a state column: name, code or short form; a near misspelling of a name is corrected and named."""
    if code := read_state(text):
        return StateReading(code)
    near = nearest_state(text)
    return StateReading(near, "state_corrected" if near else "state_unknown")


def read_address(text: str) -> Address:
    """Read an address in one cell. A foreign place keeps its street and city and has no state and no ZIP code."""
    plain = " ".join(text.split())
    home = _HOME_COUNTRY.sub("", plain)
    parts = [part.strip() for part in home.split(",") if part.strip()]
    if not parts:
        return Address()
    if home == plain and parts[-1].casefold() in _COUNTRIES:
        return _abroad(parts[:-1])
    if len(parts) == 1 and not any(char.isdigit() for char in home):
        state = read_state(home)
        return Address(state=state) if state else _words(home)
    return _tagged(home)


def _checked(five: str, tail: str | None, problem: str | None) -> ZipReading:
    if int(five) < _LOWEST_ZIP:
        return ZipReading(None, "zip_invalid")
    return ZipReading(f"{five}-{tail}" if tail else five, problem)


def _abroad(parts: list[str]) -> Address:
    street = parts[0] if len(parts) > 1 and any(char.isdigit() for char in parts[0]) else None
    rest = parts[1:] if street else parts
    return Address(street=street, city=rest[0] if rest else None)


def _words(text: str) -> Address:
    state, tail = _last_state(text)
    return Address(city=_before(text, tail) or None, state=state)


def _tagged(text: str) -> Address:
    match = _ZIP_AT_END.search(text)
    zip_code = read_zip(match.group(1)).text if match else None
    body = text[: match.start()].rstrip(" ,") if match and zip_code else text
    code, tail = _last_state(body, small=zip_code is not None)
    body = _before(body, tail)
    labels: list[tuple[str, str]] = usaddress.parse(body) if any(char.isdigit() for char in body) else []
    if not {kind for _, kind in labels} & _STREET_LABELS:
        return Address(None, body.split(",")[0].strip() or None, code, zip_code)
    street, comma, city = body.rpartition(",")
    if comma:
        # "Apt 4" or "Suite 9" after the last comma belongs to the street.
        alone = any(char.isdigit() for char in city)
        return Address(body if alone else street.strip(), None if alone else city.strip() or None, code, zip_code)
    city = " ".join(word.strip(",") for word, kind in labels if kind == "PlaceName")
    named = bool(city) and body.endswith(city)
    return Address((_before(body, city) if named else body) or None, city if named else None, code, zip_code)


def _before(text: str, tail: str) -> str:
    return text[: len(text) - len(tail)].rstrip(" ,") if tail else text


def _last_state(text: str, *, small: bool = False) -> tuple[str | None, str]:
    # The state that ends ``text`` and the words that name it. Unless ``small``, a two-letter code must be in capitals:
    # "in", "or" and "me" are prose far more often than states.
    head, comma, tail = text.rpartition(",")
    if comma and head and (code := read_state(tail)):
        return code, tail
    words = text.split()
    for count in (3, 2, 1):
        if len(words) < count or (len(words) == count and not small):
            continue
        tail = " ".join(words[-count:])
        if (small or len(tail) > 2 or tail.isupper()) and (code := read_state(tail)):  # noqa: PLR2004
            return code, tail
    return None, ""


def read_street(text: str | None) -> Street:
    """Split a street's line for matching: ``1254 N. Maplewood Ave Apt 2`` is number 1254 of ``maplewood``.

    ``1710-1718`` is the house at 1710; ``65-12``, as in Queens, is one number.
    """
    plain = _HOUSE_RANGE.sub(r"\1", _UNIT.split(fold(text or ""), maxsplit=1)[0])
    words = _STREET_WORD.findall(plain)
    number = next((word for word in words if word[0].isdigit()), "")
    return Street(number, " ".join(word for word in words if word != number and word not in _STREET_KINDS))


def place_key(street: str | None, zip_code: str | None, city: str | None, state: str | None) -> str | None:
    """Street and place in one form for matching; None without a street, since a town alone is shared by many."""
    where = zip_code[:5] if zip_code else f"{city or ''},{state or ''}"
    if not street or where == ",":
        return None
    return f"{fold(street)}|{fold(where)}"
