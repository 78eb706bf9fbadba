"""Which location, vehicle or driver a value belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from domain.documents.specs import fold

ANCHORS = {
    "location": ("address", "name", "number"), "vehicle": ("vin", "description", "number", "year"), "driver": ("name", "number"),
    "loss": ("date",), "contact": ("name",), "coverage": ("name",), "exposure": ("class",), "prior_policy": (),
    "sum_insured": (),
}  # fmt: skip
"""Attributes that a thing has once: seeing another value means another thing."""

_HEADING = re.compile(
    r"^(?P<word>property|location|loc|premises|building|site|risk address|risk location|vehicle|veh|auto|unit|car|"
    r"driver|operator|claim|loss|incident)\.?\s*(?:no\.?|number|#)?\s*(?P<number>\d{1,3})\b\s*(?:[:.)\u2013-]+\s*(?P<rest>.*)|\s+(?P<loose>\D.*))?$",
    re.IGNORECASE,
)  # fmt: skip
_GROUPS = {
    "vehicle": "vehicle", "veh": "vehicle", "auto": "vehicle", "unit": "vehicle", "car": "vehicle", "driver": "driver",
    "operator": "driver", "claim": "loss", "loss": "loss", "incident": "loss",
}  # fmt: skip
_ALIKE = 0.6
_COMPARED = 200  # beyond, only equal names are one thing


@dataclass(slots=True)
class _Item:
    number: int | None = None
    held: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemHeading:
    """A heading of one thing: ``Location 2: Warehouse``."""

    group: str
    number: int
    name: str


def item_heading(text: str) -> ItemHeading | None:
    """The thing that a line announces, or None."""
    match = _HEADING.match(" ".join(text.split()))
    if match is None:
        return None
    name = (match.group("rest") or match.group("loose") or "").strip()
    if len(name.split()) > 12:  # noqa: PLR2004 - a sentence
        return None
    return ItemHeading(_GROUPS.get(match.group("word").lower(), "location"), int(match.group("number")), name)


class Items:
    """The things of each group met so far, numbered from 1 as they came."""

    def __init__(self) -> None:
        self._items: dict[str, list[_Item]] = {}
        self._current: dict[str, int] = {}
        self._exact: dict[tuple[str, str, str], int] = {}

    def open(self, group: str, number: int | None = None, **named: Any) -> int:
        """The item with this number or these names (``name``, ``address``, ``vin``), met before or new; it becomes current."""
        items = self._items.setdefault(group, [])
        place = self._same(group, number, named)
        if place is None:
            items.append(_Item(number))
            place = len(items) - 1
        items[place].number = items[place].number or number
        for attribute, value in named.items():
            if value:
                self._hold(group, place, attribute, _plain(value))
        self._current[group] = place
        return place + 1

    def take(self, group: str, attribute: str, value: Any) -> int:
        """The item that a lone value belongs to: the current one, or a new one when it has another value already."""
        items = self._items.setdefault(group, [])
        place = self._current.get(group)
        plain = _plain(value)
        if place is not None and attribute in ANCHORS.get(group, ()):
            held = items[place].held.get(attribute, set())
            if held and not any(_alike(plain, other) for other in held):
                place = self._same(group, None, {attribute: value})
                if place is None:
                    items.append(_Item())
                    place = len(items) - 1
        if place is None:
            found = self._same(group, None, {attribute: value}) if attribute in ANCHORS.get(group, ()) else None
            if found is None:
                items.append(_Item())
                found = len(items) - 1
            place = found
        self._hold(group, place, attribute, plain)
        self._current[group] = place
        return place + 1

    def count(self, group: str) -> int:
        """How many there are."""
        return len(self._items.get(group, ()))

    def _hold(self, group: str, place: int, attribute: str, plain: str) -> None:
        self._items[group][place].held.setdefault(attribute, set()).add(plain)
        self._exact.setdefault((group, attribute, plain), place)

    def _same(self, group: str, number: int | None, named: dict[str, Any]) -> int | None:
        wanted = {attribute: _plain(value) for attribute, value in named.items() if value}
        for attribute, value in wanted.items():
            if (place := self._exact.get((group, attribute, value))) is not None:
                return place
        if number is None and not wanted:
            return None
        for place, item in enumerate(self._items[group][:_COMPARED]):
            for attribute, value in wanted.items():
                if any(_alike(value, other) for other in item.held.get(attribute, ())):
                    return place
        for place, item in enumerate(self._items[group] if number is not None else ()):
            if item.number == number and not _differs(item, wanted):
                return place
        return None


def _differs(item: _Item, wanted: dict[str, str]) -> bool:
    return any(
        attribute == "vin" and item.held.get(attribute) and value not in item.held[attribute]
        for attribute, value in wanted.items()
    )


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("text") or " ".join(str(part) for part in value.values())
    return re.sub(r"^(?:loc|location|property|site)\s(?:no\s)?\d+\s", "", fold(str(value)))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    a, b = set(one.split()), set(other.split())
    if not a or not b:
        return False
    numbers_a, numbers_b = ({word for word in words if word.isdigit()} for words in (a, b))
    if numbers_a and numbers_b and not numbers_a & numbers_b:
        return False
    return len(a & b) / min(len(a), len(b)) >= 1.0 and len(a & b) / max(len(a), len(b)) >= _ALIKE
