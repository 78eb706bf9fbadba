"""By what a lead's person may be found again: one definition for the columns of the lead, the queries, and the measuring."""

from __future__ import annotations

from datetime import date

from domain.leads.likeness import Described
from domain.leads.reading.place import read_street

LOOKUP = ("email_key", "phone_key", "place_key", "house_key", "date_of_birth", "street_key", "name_key")
"""Columns of a lead, each with its index. Leads that share one are compared, all others are not."""
LOOKUP_CERTAIN = LOOKUP[:5]
"""Those by which a certain duplicate is found: name and street without house or birthday are hardly ever evidence enough (only
with a slip in the birthday and in the first letters of the street; that pair a person sees). Whoever decides by them while others
may do the same must hold them."""
_LETTERS = 4  # of a street's name: slips of the pen come later in a word more often than at its start (Pollock and Zamora 1984)


def house_key(street: str | None) -> str | None:
    """House number and the start of the street's name, without town: ZIPs and towns are mistyped or left out."""
    read = read_street(street)
    return f"{read.number}|{_start(read.name)}" if read.number and read.name else None


def street_key(street: str | None, zip_code: str | None) -> str | None:
    """The start of the street's name within a ZIP, without house number."""
    name = read_street(street).name
    return f"{_start(name)}|{zip_code[:5]}" if name and zip_code else None


def lookup_keys(who: Described) -> dict[str, str | date]:
    """The values of :data:`LOOKUP` that a lead has."""
    keys: dict[str, str | date | None] = {
        "email_key": who.email_key,
        "phone_key": who.phone_key,
        "place_key": who.place_key,
        "house_key": house_key(who.street),
        "street_key": street_key(who.street, who.zip_code),
        "date_of_birth": who.born,
        "name_key": who.name_key,
    }
    return {name: value for name, value in keys.items() if value}


def _start(name: str) -> str:
    return name.replace(" ", "")[:_LETTERS]
