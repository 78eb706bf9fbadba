"""What whoever asks about Medicare must be told before anything else: the TPMO disclaimer, with the agency's own numbers.

42 CFR 422.2267(e)(41) has it conveyed electronically in an online chat. The words are rows with their citation and days; the
numbers of organizations and plans belong to the person's area and to a plan year. Without a row or without numbers that hold
there is no disclaimer, and without one no request about Medicare is taken (DOMAIN T18).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from domain.geo import STATES
from kernel.errors import FieldError, Invalid
from kernel.ids import digest

SETTING = "medicare"
"""The name of the agency's setting."""
_AREA = re.compile(r"[A-Z]{2}|\d{3,5}")
_PARTS = frozenset({"organizations", "plans", "every_organization", "until"})


@dataclass(frozen=True, slots=True)
class Represented:
    """What the agency sells in an area: how many organizations with how many plans, whether these are all organizations there,
    and the last day on which the numbers hold.
    """

    organizations: int
    plans: int
    every_organization: bool
    until: date


@dataclass(frozen=True, slots=True)
class Disclaimer:
    """Words to show. ``key`` names the row, its language and their hash, for the evidence of having shown them."""

    text: str
    key: str
    citation: str


@dataclass(frozen=True, slots=True)
class MedicareOffers:
    """The agency's numbers by area: a state, or the first three to five digits of a ZIP, which go before their state's."""

    areas: Mapping[str, Represented] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, zip_code: str | None, state: str | None, day: date) -> Represented | None:
        """The numbers for a place on a day; None where there are none that hold."""
        names = [zip_code[:length] for length in (5, 4, 3)] if zip_code else []
        found = next((self.areas[name] for name in (*names, state or "") if name in self.areas), None)
        return found if found is not None and day <= found.until else None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MedicareOffers:
        """Out of the agency's setting. Raises Invalid with an entry for each thing wrong."""
        read, wrong = {}, []
        for area, given in data.items():
            fault = _fault(area, given)
            if fault is not None:
                wrong.append(fault)
            else:
                read[area] = Represented(
                    given["organizations"], given["plans"], given.get("every_organization", False),
                    date.fromisoformat(given["until"]),
                )  # fmt: skip
        if wrong:
            raise Invalid("the numbers for Medicare cannot be used", fields=tuple(wrong))
        return cls(MappingProxyType(read))

    def as_dict(self) -> dict[str, Any]:
        """JSON types; round trip through :meth:`from_dict` is exact."""
        return {
            area: {
                "organizations": one.organizations, "plans": one.plans, "every_organization": one.every_organization,
                "until": one.until.isoformat(),
            }
            for area, one in self.areas.items()
        }  # fmt: skip


def disclaimer(numbers: Represented, language: str, day: date) -> Disclaimer | None:
    """The words with their numbers; None where no row in this language is in force."""
    name = "tpmo_all" if numbers.every_organization else "tpmo_some"
    row = next(
        (one for one in _rows() if (one["name"], one["language"]) == (name, language) and _holds(one, day)), None
    )
    if row is None:
        return None
    said = {"organizations": str(numbers.organizations), "plans": str(numbers.plans)}
    text = re.sub(r"\{(\w+)\}", lambda gap: said[gap.group(1)], row["text"])
    mark = {"primary": "", "secondary": " (secondary source)"}.get(row["source"], " (not read)")
    return Disclaimer(text, f"{name}/{language}/{digest(text)}", f"{row['citation']}{mark}")


def _holds(row: Mapping[str, str], day: date) -> bool:
    until = date.fromisoformat(row["until"]) if row["until"] else None
    return date.fromisoformat(row["effective"]) <= day and (until is None or day < until)


def _fault(area: str, given: object) -> FieldError | None:
    def wrong(field_name: str, remedy: str, value: object) -> FieldError:
        return FieldError(f"{SETTING}.{area}{field_name}", "not_usable", "cannot be used", remedy, str(value)[:80])

    if not _AREA.fullmatch(area) or (area.isalpha() and area not in STATES):
        return wrong("", "use two capital letters of a US state, or three to five digits of a ZIP", area)
    if not isinstance(given, Mapping) or set(given) - _PARTS:
        return wrong("", f"give {', '.join(sorted(_PARTS))}", given)
    for name in ("organizations", "plans"):
        if type(given.get(name)) is not int or given[name] < 1:
            return wrong(f".{name}", "give a whole number from 1 on", given.get(name))
    if not isinstance(given.get("every_organization", False), bool):
        return wrong(".every_organization", "give true or false", given["every_organization"])
    try:
        date.fromisoformat(given["until"])
    except (KeyError, TypeError, ValueError):
        return wrong(".until", "give the last day on which the numbers hold, such as 2026-12-31", given.get("until"))
    return None


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    text = files("domain.chat.data").joinpath("disclaimers.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
