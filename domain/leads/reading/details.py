"""The other cells of a row: place, dates, amounts, line, consent. Each is typed, or warned of and kept as it came."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

from domain.leads.reading.cells import Cells
from domain.leads.reading.dates import DateReading, read_date
from domain.leads.reading.declared_line import declared_lines
from domain.leads.reading.place import Address, read_address, read_state_cell, read_zip
from domain.leads.reading.values import read_language, read_money, read_whole, read_yes_no
from domain.lines import Line
from kernel.money import Money

_OLDEST = 120
_CONSENT = ("consent", "consent_text", "consent_at", "consent_ip", "consent_url")
Typed = TypeVar("Typed")


def read_place(cells: Cells) -> Address:
    """The risk place from street, city, state, ZIP and one-cell address; cells of their own win over the one cell."""
    street, city, whole = cells.take("street"), cells.take("city"), cells.take("address")
    state, zip_code = _state(cells), _zip(cells)
    found = read_address(whole) if whole else Address()
    if street and not whole and not (city or state or zip_code):
        # A street column often holds the whole address.
        inner = read_address(street)
        found, street = (inner, "") if inner.state or inner.zip_code else (found, street)
    if city and not state and not found.state:
        inner = read_address(city)
        if inner.state and not inner.street:
            found = Address(found.street, inner.city, inner.state, found.zip_code or inner.zip_code)
            city = inner.city or ""
    place = Address(
        street or found.street, city or found.city, state or found.state, zip_code or found.zip_code
    )  # fmt: skip
    if whole and (place.state is None or place.city is None):
        cells.keep(cells.label("address"), whole)
        if place.state is None and place.zip_code is None:
            cells.warn("place_no_state", cells.label("address"), whole)
    return place


def read_day(cells: Cells, field: str, today: date | None, *, birth: bool = False) -> DateReading:
    """A date cell; nothing read from an empty one."""
    text = cells.take(field)
    if not text:
        return DateReading(None)
    reading = read_date(text, today=today, birth=birth)
    if reading.day is None:
        cells.unread(reading.problem or "date_unreadable", field, text)
    elif reading.problem:
        cells.warn(reading.problem, cells.label(field), text)
        cells.keep(cells.label(field), text)
    return reading


def read_instant(cells: Cells, field: str, today: date | None) -> datetime | None:
    """A date cell as an instant: midnight where no time was written, naive where no zone was."""
    reading = read_day(cells, field, today)
    if reading.at is not None or reading.day is None:
        return reading.at
    return datetime.combine(reading.day, time())


def read_age(cells: Cells) -> int | None:
    """Whole years, 0 to 120."""
    return _typed(
        cells,
        "age",
        "age_invalid",
        lambda text: value if (value := read_whole(text)) is not None and value <= _OLDEST else None,
    )


def read_count(cells: Cells, field: str) -> int | None:
    """A whole number of 0 or more."""
    return _typed(cells, field, "number_invalid", read_whole)


def read_spoken(cells: Cells) -> str | None:
    """ISO 639-1 code of the language cell."""
    return _typed(cells, "language", "language_unknown", read_language)


def read_amount(cells: Cells, field: str) -> Money | None:
    """An amount of money; the raw text is kept where it names a period, which the amount does not carry."""
    text = cells.take(field)
    if not text:
        return None
    reading = read_money(text)
    if reading.problem:
        cells.unread(reading.problem, field, text)
    elif reading.period:
        cells.keep(cells.label(field), text)
    return reading.value


def read_lines(cells: Cells) -> tuple[Line, ...]:
    """Every line named in the line cell."""
    text = cells.take("line")
    lines = declared_lines(text) if text else ()
    if text and not lines:
        cells.unread("line_unclear", "line", text)
    elif len(lines) > 1:
        cells.keep(cells.label("line"), text)
    return lines


def read_consent(cells: Cells, today: date | None) -> dict[str, Any] | None:
    """What the row says of consent: granted (True, False, or None for not said), text, at (ISO), ip, url; None without any.

    This is the sender's claim. Whether it permits contact is decided elsewhere, and None never does.
    """
    if not any(cells.peek(field) for field in _CONSENT):
        return None
    granted = _typed(cells, "consent", "consent_unclear", read_yes_no)
    at = read_instant(cells, "consent_at", today)
    return {
        "granted": granted,
        "text": cells.take("consent_text") or None,
        "at": at.isoformat() if at else None,
        "ip": _typed(cells, "consent_ip", "ip_invalid", _ip),
        "url": cells.take("consent_url") or None,
    }


def _typed(cells: Cells, field: str, code: str, read: Callable[[str], Typed | None]) -> Typed | None:
    text = cells.take(field)
    if not text:
        return None
    value = read(text)
    if value is None:
        cells.unread(code, field, text)
    return value


def _ip(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _state(cells: Cells) -> str | None:
    text = cells.take("state")
    if not text:
        return None
    reading = read_state_cell(text)
    if reading.problem:
        cells.unread(reading.problem, "state", text)
    return reading.code


def _zip(cells: Cells) -> str | None:
    text = cells.take("zip")
    if not text:
        return None
    reading = read_zip(text)
    if reading.problem:
        cells.unread(reading.problem, "zip", text)
    return reading.text
