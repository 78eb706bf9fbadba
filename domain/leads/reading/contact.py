"""Ways to reach a person, read together: an address in the name cell or a number in the e-mail cell is put right here."""

from __future__ import annotations

from dataclasses import dataclass

from domain.leads.reading.cells import Cells
from domain.leads.reading.email import Email, read_emails
from domain.leads.reading.evidence import is_email
from domain.leads.reading.names import PersonName, read_name, read_name_parts
from domain.leads.reading.phone import Phone, read_phones

_NAMES = ("full_name", "first_name", "last_name")
_ADDRESSES = ("email", "email_alt")
_NUMBERS = ("phone", "phone_alt")
# In the order of trust: a cell of the right kind first.
_EMAIL_ORDER = (*_ADDRESSES, "contact", *_NUMBERS)
_PHONE_ORDER = (*_NUMBERS, "contact", *_ADDRESSES)
_MIN_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Contact:
    """Everything found, best first. A phone stands in ``phones`` when it is at least possible, valid ones before others;
    ``phone_raw`` is the cell that the first phone, or what was meant as one, came from.
    """

    name: PersonName | None
    emails: tuple[Email, ...]
    phones: tuple[Phone, ...]
    phone_raw: str | None


def read_contact(cells: Cells, region: str | None) -> Contact:
    """Take the cells of name, e-mail and phone out of ``cells``; what cannot be read is warned of and kept as an extra."""
    _put_right(cells)
    held = [(field, label, text) for field in _EMAIL_ORDER for label, text in cells.take_every(field)]
    emails = _emails(cells, held)
    held.sort(key=lambda item: _PHONE_ORDER.index(item[0]))
    phones, raw = _phones(cells, held, region)
    return Contact(_name(cells), emails, phones, raw)


def _put_right(cells: Cells) -> None:
    # Exchange two cells that hold each other's kind. Only a clear case: one is an address and the other cannot be one.
    theirs = cells.peek("email")
    if not theirs or "@" in theirs:
        return
    for field in (*_NAMES, "phone"):
        mine = cells.peek(field)
        wanted = _digits(theirs) >= _MIN_DIGITS if field == "phone" else _nameable(theirs)
        if is_email(mine) and wanted:
            cells.warn("swapped", cells.label(field), mine)
            cells.exchange(field, "email")
            return


def _digits(text: str) -> int:
    return sum(char.isdigit() for char in text)


def _nameable(text: str) -> bool:
    return any(char.isalpha() for char in text) and not _digits(text)


def _emails(cells: Cells, held: list[tuple[str, str, str]]) -> tuple[Email, ...]:
    found: dict[str, Email] = {}
    for field, label, text in held:
        reading = read_emails(text)
        for email in reading.emails:
            found.setdefault(email.key, email)
        if reading.problem:
            cells.warn(reading.problem, label, reading.rest)
        elif not reading.emails and field in _ADDRESSES:
            cells.warn("email_invalid", label, text)
        if field == "contact" or (field in _ADDRESSES and not (reading.emails and is_email(text))):
            cells.keep(label, text)
    return tuple(found.values())


def _phones(cells: Cells, held: list[tuple[str, str, str]], region: str | None) -> tuple[tuple[Phone, ...], str | None]:
    found: dict[str, tuple[Phone, str]] = {}
    meant = None
    for field, label, text in held:
        phones = read_phones(" ".join(word for word in text.split(" ") if "@" not in word), region)
        usable = [phone for phone in phones if phone.key]
        for phone in usable:
            found.setdefault(phone.key or "", (phone, text))
        for phone in phones:
            if phone.problem and (phone.key or field in _NUMBERS):
                cells.warn(phone.problem, label, phone.raw)
        if field in _NUMBERS:
            meant = meant or text
            if not usable or len(usable) > 1 or field == "phone_alt":
                cells.keep(label, text)
    # Stable: a valid number before one that is only possible, else in the order of the cells.
    ordered = sorted(found.values(), key=lambda pair: not pair[0].valid)
    return tuple(phone for phone, _ in ordered), ordered[0][1] if ordered else meant


def _name(cells: Cells) -> PersonName | None:
    texts = {}
    for field in _NAMES:
        text = cells.take(field)
        if is_email(text):
            cells.unread("name_is_email", field, text)
            text = ""
        texts[field] = text
    whole, parts = read_name(texts["full_name"]), read_name_parts(texts["first_name"], texts["last_name"])
    name = whole if parts is None or (whole and not (texts["first_name"] and texts["last_name"])) else parts
    for field, text in texts.items():
        source = whole if field == "full_name" else parts
        if text and source is not name and not (source and name and source.key == name.key):
            cells.keep(cells.label(field), text)
    return name
