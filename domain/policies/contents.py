"""What a policy insures: objects, parties, coverages with limits and deductibles, adjustments of the price; and changes to them.

Premiums are minor units for a full term. Prices come from the carrier's quote; nothing here rates a risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from domain.policies.amounts import cents
from kernel.errors import Conflict, FieldError

Items = Mapping[str, Mapping[str, Any]]


class Part(StrEnum):
    """A kind of thing in a policy; each thing has a key of its own within its kind."""

    OBJECT = "object"
    PARTY = "party"
    COVERAGE = "coverage"
    ADJUSTMENT = "adjustment"


class Verb(StrEnum):
    """What an operation does: ``CHANGE`` sets the named fields of what is there and leaves the others."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one thing."""

    verb: Verb
    part: Part
    key: str
    value: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Operation:
        """From JSON as :meth:`as_row` wrote it."""
        return cls(Verb(row["verb"]), Part(row["part"]), row["key"], dict(row.get("value") or {}))

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return {"verb": self.verb.value, "part": self.part.value, "key": self.key, "value": dict(self.value)}


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything insured at one moment, by kind and key."""

    parts: Mapping[Part, Items] = field(default_factory=dict)

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Contents:
        """From JSON as :meth:`as_row` wrote it; kinds that are missing are empty."""
        return cls({part: {key: dict(one) for key, one in (row.get(part.value) or {}).items()} for part in Part})

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return {part.value: {key: dict(one) for key, one in self.of(part).items()} for part in Part}

    def of(self, part: Part) -> Items:
        """Everything of a kind."""
        return self.parts.get(part, MappingProxyType({}))

    @property
    def price(self) -> int:
        """The premium of a full term: that of the coverages, times every adjustment's factor, rounded once."""
        total = Fraction(sum(int(one.get("premium_minor") or 0) for one in self.of(Part.COVERAGE).values()))
        for one in self.of(Part.ADJUSTMENT).values():
            total *= Fraction(Decimal(str(one["factor"])))
        return cents(total)

    @property
    def insured(self) -> str | None:
        """The name of the named insured, of several the first."""
        first = next((one for one in self.of(Part.PARTY).values() if one.get("role") == "named_insured"), None)
        return first.get("name") if first else None

    def after(self, operations: Iterable[Operation], by: str) -> Contents:
        """With every operation done in order. Raises Conflict where one does not fit what is there; ``by`` names the change."""
        parts = {part: dict(self.of(part)) for part in Part}
        for one in operations:
            items = parts[one.part]
            there = one.key in items
            if (one.verb is Verb.ADD) == there:
                state = "is there already" if there else "is not there"
                remedy = "change it instead" if there else "enter the changes in another order, or leave it out"
                fault = FieldError(f"{one.part.value}.{one.key}", "does_not_fit", state, remedy, one.verb.value)
                raise Conflict(f"{by} does not fit the policy as it is by then", fields=(fault,), code="does_not_fit")
            if one.verb is Verb.REMOVE:
                del items[one.key]
            elif one.verb is Verb.ADD:
                items[one.key] = dict(one.value)
            else:
                items[one.key] = _changed(items[one.key], one.value)
        return Contents(parts)


def _changed(thing: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The named fields set, one level down as well: one limit is changed without naming the others."""
    inner = {
        name: {**thing[name], **new} for name, new in value.items()
        if isinstance(new, Mapping) and isinstance(thing.get(name), Mapping)
    }  # fmt: skip
    return {**thing, **value, **inner}
