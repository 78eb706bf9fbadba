"""Bodies of web forms, with the one character that senders get wrong.

By the standard (application/x-www-form-urlencoded, URL Living Standard, section 5.1) a raw ``+`` is a space and ``%2B`` is a
plus. Senders that build bodies by hand write e-mail addresses and phone numbers with a raw ``+``. A space has no place in
either, so there, and only there, the plus is put back (DOMAIN T66).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from domain.leads.reading.email import read_email
from kernel.errors import FieldError, Invalid

_MOST_FIELDS = 300
_EMAILS = frozenset({"email", "email_alt"})
_PHONES = frozenset({"phone", "phone_alt"})
_NUMBER = re.compile(r"\s*[\d(][\d\s().-]*")


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: ``text`` by the standard, ``literal`` with every raw plus kept."""

    name: str
    text: str
    literal: str


def read_form(body: bytes) -> list[FormField]:
    """The fields of an urlencoded body in their order. Raises Invalid for text that is not UTF-8, and over 300 fields."""
    parts = [part for part in body.split(b"&") if part]
    if len(parts) > _MOST_FIELDS:
        fault = FieldError("body", "too_many", f"{len(parts)} fields", f"send at most {_MOST_FIELDS}")
        raise Invalid("the form has more fields than a lead has", fields=(fault,))
    found = []
    for part in parts:
        name, _, value = part.partition(b"=")
        found.append(
            FormField(_decoded(name.replace(b"+", b" ")), _decoded(value.replace(b"+", b" ")), _decoded(value))
        )
    return found


def fields_of(form: Sequence[FormField], mapping: Mapping[str, str]) -> dict[str, str]:
    """The form by its own names; texts of one name sent several times are joined by commas. What ``mapping`` makes an e-mail
    address or a phone number keeps its plus.
    """
    found: dict[str, str] = {}
    for one in form:
        text = _text(one, mapping.get(one.name, one.name))
        if one.name in found and text.strip():
            found[one.name] = f"{found[one.name]}, {text}" if found[one.name].strip() else text
        else:
            found.setdefault(one.name, text)
    return found


def _text(one: FormField, ours: str) -> str:
    if one.text == one.literal:
        return one.text
    if ours in _EMAILS and read_email(one.text) is None and read_email(one.literal) is not None:
        return one.literal
    # Only a first plus speaks of a country; further ones were spaces.
    if ours in _PHONES and one.literal.startswith("+") and _NUMBER.fullmatch(one.text):
        return f"+{one.text.strip()}"
    return one.text


def _decoded(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as problem:
        fault = FieldError("body", "not_utf8", "is not UTF-8 text", "send the form as UTF-8")
        raise Invalid("the form cannot be read", fields=(fault,)) from problem
    if "\0" in text:
        fault = FieldError("body", "nul_character", "contains the character U+0000", "leave the character out")
        raise Invalid("the form cannot be read", fields=(fault,))
    return text
