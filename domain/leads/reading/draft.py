"""The typed lead as read from a row of a file or from JSON, by the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.leads.reading import details
from domain.leads.reading.cells import Cells
from domain.leads.reading.columns import ColumnMapping
from domain.leads.reading.contact import Contact, read_contact
from domain.leads.reading.email import Email
from domain.leads.reading.headers import FIELDS
from domain.leads.reading.names import PersonName
from domain.leads.reading.phone import Phone
from domain.leads.reading.problems import problem
from domain.lines import Line
from kernel.errors import FieldError
from kernel.money import Money


@dataclass(frozen=True, slots=True)
class LeadDraft:
    """One lead, typed. None means not said or not readable; what was not readable stands in ``extras`` as it came.

    ``phone_e164`` is set only for a valid number; ``phone_key`` also for one that is only possible, and is for matching.
    ``email`` is for sending and ``email_key`` for matching. ``state`` comes from a place the row names, never from the
    phone. ``submitted_at`` is naive where the sender named no time zone. ``consent`` is the sender's claim with the keys
    granted, text, at, ip, url. ``extras`` has the sender's own headers as keys.
    """

    name: PersonName | None = None
    email: str | None = None
    email_key: str | None = None
    email_alternates: tuple[Email, ...] = ()
    phone_e164: str | None = None
    phone_ext: str | None = None
    phone_raw: str | None = None
    phone_valid: bool = False
    phone_key: str | None = None
    phone_alternates: tuple[Phone, ...] = ()
    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    date_of_birth: date | None = None
    age: int | None = None
    language: str | None = None
    declared_line: Line | None = None
    declared_lines: tuple[Line, ...] = ()
    message: str = ""
    source: str | None = None
    source_status: str | None = None
    submitted_at: datetime | None = None
    consent: dict[str, Any] | None = None
    company: str | None = None
    employees: int | None = None
    current_carrier: str | None = None
    premium: Money | None = None
    budget: Money | None = None
    referred_by: str | None = None
    external_id: str | None = None
    extras: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowReading:
    """What one row gave: a draft, or the ``errors`` for which there is none. ``warnings`` never stop a lead."""

    draft: LeadDraft | None
    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldError, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether the row holds nothing at all, which is not a lead refused."""
        return any(error.code == "blank_row" for error in self.errors)


def read_row(
    cells: Mapping[str, str], mapping: ColumnMapping, *, region: str | None = "US", today: date | None = None
) -> RowReading:
    """Read one row of a file. ``cells`` are texts by header; a header missing from them, or one that ``mapping`` does not
    know, is a row with too few or too many cells: a warning, and surplus cells are kept.

    ``region`` is the ISO country of phone numbers without a country code (None: assume none). ``today`` settles the
    century of two-digit birth years and finds birth dates in the future.
    """
    known = {use.header for use in mapping.columns}
    surplus = {name: text for name, text in cells.items() if name not in known}
    extras = {use.header: cells.get(use.header, "") for use in mapping.columns if use.field is None} | surplus
    values = [
        (use.field, use.header, cells.get(use.header, ""))
        for use in mapping.columns
        if use.field not in {None, "ignore"}
    ]
    row = Cells([(name, header, text) for name, header, text in values if name], extras)
    if not row.blank:
        missing = [use.header for use in mapping.columns if use.header not in cells]
        if missing:
            row.warn("row_short", missing[0])
        if any(text.strip() for text in surplus.values()):
            row.warn("row_long", next(iter(surplus)))
    return _read(row, region, today)


def read_fields(values: Mapping[str, str], *, region: str | None = "US", today: date | None = None) -> RowReading:
    """Read a lead given by canonical field names, as JSON doors do; names that are not canonical are kept as extras."""
    known = [(name, name, text) for name, text in values.items() if name in FIELDS and name != "ignore"]
    extras = {name: text for name, text in values.items() if name not in FIELDS}
    return _read(Cells(known, extras), region, today)


def _read(cells: Cells, region: str | None, today: date | None) -> RowReading:
    if cells.blank:
        return RowReading(None, (problem("blank_row", "row"),))
    contact_labels = {cells.label(name) for name in ("email", "email_alt", "phone", "phone_alt", "contact")}
    contact = read_contact(cells, region)
    if not contact.emails and not contact.phones:
        reasons = tuple(item for item in cells.warnings if item.field in contact_labels)
        others = tuple(item for item in cells.warnings if item not in reasons)
        return RowReading(None, (problem("no_contact", "contact"), *reasons), others)
    draft = _draft(cells, contact, today)
    return RowReading(draft, (), tuple(cells.warnings))


def _draft(cells: Cells, contact: Contact, today: date | None) -> LeadDraft:
    email = contact.emails[0] if contact.emails else None
    phone = contact.phones[0] if contact.phones else None
    place = details.read_place(cells)
    lines = details.read_lines(cells)
    return LeadDraft(
        name=contact.name,
        email=email.address if email else None,
        email_key=email.key if email else None,
        email_alternates=contact.emails[1:],
        phone_e164=phone.e164 if phone else None,
        phone_ext=phone.extension if phone else None,
        phone_raw=contact.phone_raw,
        phone_valid=phone.valid if phone else False,
        phone_key=phone.key if phone else None,
        phone_alternates=contact.phones[1:],
        street=place.street,
        city=place.city,
        state=place.state,
        zip_code=place.zip_code,
        date_of_birth=details.read_day(cells, "date_of_birth", today, birth=True).day,
        age=details.read_age(cells),
        language=details.read_spoken(cells),
        declared_line=lines[0] if lines else None,
        declared_lines=lines,
        message=cells.take("message"),
        source=cells.take("source") or None,
        source_status=cells.take("source_status") or None,
        submitted_at=details.read_instant(cells, "submitted_at", today),
        consent=details.read_consent(cells, today),
        company=cells.take("company") or None,
        employees=details.read_count(cells, "employees"),
        current_carrier=cells.take("current_carrier") or None,
        premium=details.read_amount(cells, "premium"),
        budget=details.read_amount(cells, "budget"),
        referred_by=cells.take("referred_by") or None,
        external_id=cells.take("external_id") or None,
        extras=cells.extras,
    )
