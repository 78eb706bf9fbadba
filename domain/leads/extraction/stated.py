"""A field's value as somebody else wrote it down (a language model, a form), read by the same rules as the sender's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from domain.leads.extraction.extract import extract
from domain.leads.reading.values import read_yes_no

_SENTENCE: Mapping[str, str] = {
    "zip": "zip code {}", "state": "I live in {}", "age": "I am {} years old", "date_of_birth": "born {}",
    "household_size": "household of {}", "children": "{} kids", "vehicles": "I drive a {}", "year_built": "built in {}",
    "square_feet": "{} sq ft", "employees": "{} employees", "renewal_date": "renews {}", "premium": "I pay {}",
    "budget": "my budget is {}", "contact_time": "call me {}", "current_carrier": "insured with {}",
}  # fmt: skip
"""What a person would write to state the value, so that the rules read it as they read anybody."""
_CHOICES: Mapping[str, frozenset[str]] = {
    "home_tenure": frozenset({"own", "rent"}),
    "contact_channel": frozenset({"phone", "text", "email", "whatsapp"}),
}
_LANGUAGE_CODE, _BUSINESS_WORDS, _CARRIER_WORDS = 2, 3, 5


def typed(field: str, value: str, today: date) -> Any | None:
    """The value in the form that :func:`~domain.leads.extraction.extract.extract` gives it, or None where it cannot be read.

    ``today`` is the day from which "next month" counts. None for a field that is not known.
    """
    value = " ".join(value.split())
    if not value:
        return None
    if field in _SENTENCE:
        fact = extract(_SENTENCE[field].format(value), today).facts.get(field)
        if fact is not None and not fact.others:
            return fact.value
        return _named(value, _CARRIER_WORDS) if field == "current_carrier" else None
    reader = _READERS.get(field)
    return reader(value.casefold()) if reader else None


def _choice(field: str) -> Callable[[str], str | None]:
    return lambda value: value if value in _CHOICES[field] else None


def _language(value: str) -> str | None:
    return value if len(value) == _LANGUAGE_CODE and value.isascii() and value.isalpha() else None


def _named(value: str, words: int) -> str | None:
    return value if len(value.split()) <= words and any(char.isalpha() for char in value) else None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "spouse": read_yes_no,
    "home_tenure": _choice("home_tenure"),
    "contact_channel": _choice("contact_channel"),
    "language": _language,
    "business_kind": lambda value: _named(value, _BUSINESS_WORDS),
}
