"""Cells of CSV that we write (DOMAIN T69): text that a spreadsheet would take for a formula is made plain text again.

Only text is: a typed number keeps its minus, a phone number in E.164 its plus.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal

GUARD = "'"
# What a cell of a formula begins with (OWASP, CSV injection), full-width forms included.
_BEGINS = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def text_cell(text: str | None) -> str:
    """Text as a cell; one that begins like a formula, with or without spaces before, gets an apostrophe."""
    text = text or ""
    return f"{GUARD}{text}" if _BEGINS.match(text.lstrip(" ")) or _BEGINS.match(text) else text


def number_cell(value: Decimal | float | None) -> str:
    """A number as a cell, its sign intact."""
    return "" if value is None else str(value)


def phone_cell(phone: str | None) -> str:
    """A phone number in E.164 as it is; anything else is text."""
    return phone if phone and _PHONE.fullmatch(phone) else text_cell(phone)


def csv_line(cells: Iterable[str]) -> str:
    """Finished cells as one record of RFC 4180, with its line end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(list(cells))
    return buffer.getvalue()
