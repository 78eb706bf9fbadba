"""Phone numbers as people type them. Validity and format come from libphonenumber's numbering plans.

A number never says where a person lives: numbers are portable, so nothing here returns a state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, NumberParseException, PhoneNumberFormat, PhoneNumberMatcher, ValidationResult

_DAMAGED = re.compile(r"[+-]?\d+(?:[.,]\d*)?\s*[eE]\s*\+?\s*\d{1,2}")
_FLOAT_TAIL = re.compile(r"(\+?\d{7,15})\.0+")
_SPREADSHEET_TEXT = re.compile(r'="([^"]*)"|\'(.*)')
_EXTENSION = re.compile(r"[\s,;.]*(?:extension|ext|xtn|x|#)[\s.:=]*\d{1,7}\s*$", re.IGNORECASE)
_VANITY = re.compile(r"(?:\+?1[\s.-]*)?\(?8(?:00|33|44|55|66|77|88)\)?[\s.-]*[A-Z0-9][A-Z0-9\s.-]*", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:tel(?:ephone|[eé]fono)?|ph(?:one)?|cell(?:ular)?|mob(?:ile)?|home|work|office|fax|call|m[oó]vil|[a-z])[\s.:#-]+)+(?=[+(\d])",
    re.IGNORECASE,
)  # fmt: skip
_SEPARATOR = re.compile(r"[;|\n\t]|,(?!\s*(?:ext|x))|\s/\s|/(?=\s*\+)|\s(?:or|and|y|o)\s|&", re.IGNORECASE)
_MIN_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone number as read.

    ``e164`` is set only when the number is ``valid`` (assigned by the numbering plan). ``key`` is its E.164 form when it
    is at least possible (right length for dialling from abroad) and serves to match, never to dial. ``problem`` is a code of
    :mod:`domain.leads.reading.problems`, or None.
    """

    raw: str
    e164: str | None = None
    key: str | None = None
    extension: str | None = None
    valid: bool = False
    problem: str | None = None


def read_phone(text: str, region: str | None) -> Phone:
    """Read ``text`` as exactly one number; ``region`` is the ISO country assumed for numbers without a country code."""
    raw = text.strip()
    plain = _unwrapped(raw)
    if _DAMAGED.fullmatch(plain):
        return Phone(raw, problem="phone_spreadsheet_damage")
    plain = _LABEL.sub("", _FLOAT_TAIL.sub(r"\1", plain))
    digits = sum(char.isdigit() for char in plain)
    body = _EXTENSION.sub("", plain)
    if digits < _MIN_DIGITS and not _VANITY.fullmatch(plain):
        return Phone(raw, problem="phone_impossible" if digits else "phone_unreadable")
    if any(char.isalpha() for char in body) and not _VANITY.fullmatch(body):
        return Phone(raw, problem="phone_unreadable")
    best = _parsed(plain, raw, region)
    if best.key is None and body.lstrip("( ").startswith("00"):
        # "00" dials out of most countries, and people write it in countries where it does not.
        abroad = _parsed("+" + plain.lstrip("( ")[2:], raw, None)
        best = abroad if abroad.key else best
    return best


def read_phones(text: str, region: str | None) -> tuple[Phone, ...]:
    """Every number in a cell, in order and without repeats; one with a ``problem`` when none can be read, none when blank."""
    if not text.strip():
        return ()
    whole = read_phone(text, region)
    if whole.key or whole.problem == "phone_spreadsheet_damage":
        return (whole,)
    pieces = [piece for piece in _SEPARATOR.split(text) if sum(char.isdigit() for char in piece) >= _MIN_DIGITS]
    found = [read_phone(piece, region) for piece in pieces]
    if not found or any(phone.key is None for phone in found):
        matched = (match.raw_string for match in PhoneNumberMatcher(text, region, Leniency.POSSIBLE))
        found = [read_phone(piece, region) for piece in matched] or found
    unique = {phone.key: phone for phone in reversed(found) if phone.key}
    ordered = tuple(phone for phone in found if phone.key and unique[phone.key] is phone)
    return ordered or (whole,)


def _unwrapped(text: str) -> str:
    match = _SPREADSHEET_TEXT.fullmatch(text)
    return (match.group(1) or match.group(2) or "").strip() if match else text


def _parsed(text: str, raw: str, region: str | None) -> Phone:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        code = error.error_type
        if code == NumberParseException.INVALID_COUNTRY_CODE and region is None:
            return Phone(raw, problem="phone_no_country")
        impossible = code in {NumberParseException.TOO_LONG, NumberParseException.TOO_SHORT_NSN}
        return Phone(raw, problem="phone_impossible" if impossible else "phone_unreadable")
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return Phone(raw, extension=number.extension, problem="phone_impossible")
    key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(number):
        return Phone(raw, key, key, number.extension, valid=True)
    return Phone(raw, key=key, extension=number.extension, problem="phone_invalid")
