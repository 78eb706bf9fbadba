"""The types of policies as data: which objects, parties and coverages each has, with their fields; what is wrong with contents.

``data/types.json`` says everything; a new type is a new entry there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from domain.geo import STATES
from domain.lines import Line
from domain.policies.contents import Contents, Part
from domain.policies.limits import limit_faults
from domain.policies.parties import Role, party_faults
from kernel.errors import FieldError, Invalid
from kernel.ids import digest

_ZIP = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_LONGEST = 200
LARGEST = 10**15
"""Minor units: ten trillion; what is larger is a slip of the keyboard."""
_MOST_THINGS = 500
_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,60}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object. ``low`` and ``high`` bound numbers, ``choices`` words, ``pattern`` the whole text."""

    name: str
    kind: str
    required: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class CoverageShape:
    """Which limits a coverage states, and whether it has a deductible."""

    limits: tuple[str, ...]
    deductible: bool


@dataclass(frozen=True, slots=True)
class PolicyType:
    """One type. Counts are (at least, at most or None)."""

    key: str
    line: Line
    objects: Mapping[str, tuple[int, int | None]]
    parties: Mapping[str, tuple[int, int | None]]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every type with the fields of objects, what roles say of persons, the shapes of coverages, and how limits go together."""

    version: str
    types: Mapping[str, PolicyType]
    fields: Mapping[str, tuple[Field, ...]]
    coverages: Mapping[str, CoverageShape]
    roles: Mapping[str, Role]
    relations: tuple[str, ...]
    ordered_limits: tuple[tuple[str, str], ...]
    caps: frozenset[str]

    def of(self, key: str) -> PolicyType:
        """The type. Raises Invalid for one that is not in the catalogue."""
        found = self.types.get(key)
        if found is None:
            fault = FieldError(
                "type", "unknown", "no such type of policy", f"use one of {', '.join(self.types)}", key[:80]
            )
            raise Invalid("the type of policy is not known", fields=(fault,))
        return found

    def faults(self, of: PolicyType, contents: Contents) -> list[FieldError]:
        """Everything that is wrong with contents as a policy of this type, or missing from them."""
        return [
            *self._objects(of, contents), *self._parties(of, contents), *self._coverages(of, contents),
            *self._adjustments(contents),
        ]  # fmt: skip

    def _objects(self, of: PolicyType, contents: Contents) -> Iterator[FieldError]:
        objects = contents.of(Part.OBJECT)
        yield from _keys(Part.OBJECT, contents)
        for key, one in objects.items():
            kind, place = one.get("kind"), f"object.{key}"
            if not isinstance(kind, str) or kind not in of.objects:
                remedy = f"use one of {', '.join(of.objects)}"
                yield FieldError(f"{place}.kind", "unknown", "no object of this type of policy", remedy, str(kind)[:80])
            else:
                yield from _fields(place, self.fields[kind], one.get("data") or {})
        yield from _counts("object", of.objects, [one.get("kind") for one in objects.values()])

    def _parties(self, of: PolicyType, contents: Contents) -> Iterator[FieldError]:
        parties = contents.of(Part.PARTY)
        yield from _keys(Part.PARTY, contents)
        for key, one in parties.items():
            place = f"party.{key}"
            if one.get("role") not in of.parties:
                remedy = f"use one of {', '.join(of.parties)}"
                yield FieldError(
                    f"{place}.role", "unknown", "no role in this type of policy", remedy, str(one.get("role"))[:80]
                )
            name = one.get("name")
            if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST:
                yield FieldError(
                    f"{place}.name", "missing", "a party has a name of at most 200 characters", "give the name"
                )
        yield from party_faults(parties, {role: self.roles.get(role, Role()) for role in of.parties}, self.relations)
        yield from _counts("party", of.parties, [one.get("role") for one in parties.values()])

    def _coverages(self, of: PolicyType, contents: Contents) -> Iterator[FieldError]:
        coverages, objects = contents.of(Part.COVERAGE), contents.of(Part.OBJECT)
        yield from _keys(Part.COVERAGE, contents)
        for key, one in coverages.items():
            place, code = f"coverage.{key}", one.get("code")
            if code not in {*of.required, *of.optional}:
                remedy = f"use one of {', '.join([*of.required, *of.optional])}"
                yield FieldError(
                    f"{place}.code", "unknown", "no coverage of this type of policy", remedy, str(code)[:80]
                )
                continue
            yield from _coverage(place, self.coverages[code], one)
            yield from limit_faults(place, one, self.ordered_limits, self.caps)
            if one.get("object") is not None and one["object"] not in objects:
                remedy = "name an object of the policy"
                yield FieldError(f"{place}.object", "dangling", "no such object", remedy, str(one["object"])[:80])
        there = {one.get("code") for one in coverages.values()}
        for code in of.required:
            if code not in there:
                yield FieldError(
                    "coverage", "missing", f"a policy of this type covers {code}", f"add the coverage {code}"
                )

    @staticmethod
    def _adjustments(contents: Contents) -> Iterator[FieldError]:
        yield from _keys(Part.ADJUSTMENT, contents)
        for key, one in contents.of(Part.ADJUSTMENT).items():
            yield from _number(f"adjustment.{key}.factor", one.get("factor"), Decimal("0.01"), Decimal(100))


def fits(field: Field, value: Any) -> bool:
    """Whether a field of an object may hold a value."""
    return next(_value(field.name, field, value), None) is None


def too_dear(contents: Contents) -> FieldError | None:
    """What is wrong with a price beyond anything insured: a slip of the keyboard. None where it can be."""
    price = contents.price
    if price <= LARGEST:
        return None
    return FieldError(
        "premium", "out_of_range", f"is beyond {LARGEST} minor units", "correct premiums and factors", str(price)[:80]
    )


@cache
def catalogue() -> Catalogue:
    """The types that ship."""
    text = files("domain.policies.data").joinpath("types.json").read_text(encoding="utf-8")
    read = json.loads(text)
    return Catalogue(
        digest(read)[:12],
        {key: _type(key, row) for key, row in read["types"].items()},
        {kind: tuple(_field(row) for row in rows) for kind, rows in read["objects"].items()},
        {code: CoverageShape(tuple(row["limits"]), row["deductible"]) for code, row in read["coverages"].items()},
        {role: Role(tuple(row["fields"]), row.get("shares", False)) for role, row in read["roles"].items()},
        tuple(read["relations"]),
        tuple((small, large) for small, large in read["ordered_limits"]),
        frozenset(read["caps"]),
    )


def _type(key: str, row: Mapping[str, Any]) -> PolicyType:
    return PolicyType(
        key, Line(row["line"]), _bounds(row["objects"]), _bounds(row["parties"]), tuple(row["required"]),
        tuple(row["optional"]), tuple(row["months"]),
    )  # fmt: skip


def _bounds(rows: Mapping[str, list[int | None]]) -> dict[str, tuple[int, int | None]]:
    return {key: (least or 0, most) for key, (least, most) in rows.items()}


def _field(row: Mapping[str, Any]) -> Field:
    low, high = (None if row.get(name) is None else Decimal(row[name]) for name in ("min", "max"))
    return Field(
        row["name"],
        row["kind"],
        row.get("required", False),
        low,
        high,
        tuple(row.get("choices", ())),
        row.get("pattern"),
    )


def _keys(part: Part, contents: Contents) -> Iterator[FieldError]:
    items = contents.of(part)
    if len(items) > _MOST_THINGS:
        yield FieldError(part.value, "too_many", f"more than {_MOST_THINGS}", "split the policy", str(len(items)))
    for key in items:
        if not _KEY.fullmatch(key):
            remedy = "use up to 60 letters, digits and _ . : -"
            yield FieldError(f"{part.value}.{key[:60]}", "bad_key", "not a key", remedy, key[:80])


def _counts(part: str, bounds: Mapping[str, tuple[int, int | None]], kinds: list[Any]) -> Iterator[FieldError]:
    for kind, (least, most) in bounds.items():
        count = kinds.count(kind)
        if count < least:
            yield FieldError(part, "missing", f"a policy of this type has at least {least} {kind}", f"add a {kind}")
        if most is not None and count > most:
            yield FieldError(
                part, "too_many", f"a policy of this type has at most {most} {kind}", f"leave {most}", str(count)
            )


def _fields(place: str, fields: tuple[Field, ...], data: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in set(data) - {field.name for field in fields}:
        remedy = f"use one of {', '.join(field.name for field in fields)}"
        yield FieldError(f"{place}.{name[:60]}", "unknown", "no such field", remedy)
    for field in fields:
        value = data.get(field.name)
        if value is None or value == "":
            if field.required:
                yield FieldError(f"{place}.{field.name}", "missing", "is needed", "fill it in")
        else:
            yield from _value(f"{place}.{field.name}", field, value)


def _value(place: str, field: Field, value: Any) -> Iterator[FieldError]:
    shown = str(value)[:80]
    if field.kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            yield FieldError(place, "not_integer", "is no whole number", "write digits only", shown)
        else:
            yield from _number(place, value, field.low, field.high)
    elif field.kind == "decimal":
        yield from _number(place, value, field.low, field.high)
    elif field.kind == "bool":
        if not isinstance(value, bool):
            yield FieldError(place, "not_bool", "is neither true nor false", "say true or false", shown)
    elif not isinstance(value, str) or len(value) > _LONGEST:
        yield FieldError(place, "not_text", "is no text of at most 200 characters", "write text", shown)
    elif (wrong := _text(field, value)) is not None:
        yield FieldError(place, wrong[0], wrong[1], wrong[2], shown)


def _text(field: Field, value: str) -> tuple[str, str, str] | None:
    if field.kind == "choice" and value not in field.choices:
        return "unknown", "is none of the choices", f"use one of {', '.join(field.choices)}"
    if field.kind == "state" and value not in STATES:
        return "unknown", "is no state", "use two capital letters"
    if field.kind == "zip" and not _ZIP.fullmatch(value):
        return "not_zip", "is no ZIP", "use five digits, or nine with a hyphen"
    if field.kind == "date" and not _is_date(value):
        return "not_date", "is no date", "use YYYY-MM-DD"
    if field.pattern is not None and not re.fullmatch(field.pattern, value):
        return "malformed", "has not the form it should", f"it matches {field.pattern}"
    return None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _number(place: str, value: Any, low: Decimal | None, high: Decimal | None) -> Iterator[FieldError]:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        yield FieldError(place, "not_number", "is no number", "write a number", str(value)[:80])
    elif (low is not None and number < low) or (high is not None and number > high) or abs(number) > LARGEST:
        yield FieldError(place, "out_of_range", f"is not between {low} and {high}", "correct it", str(value)[:80])


def _coverage(place: str, shape: CoverageShape, one: Mapping[str, Any]) -> Iterator[FieldError]:
    limits = one.get("limits") or {}
    for name in shape.limits:
        yield from _amount(f"{place}.limits.{name}", limits.get(name))
    for name in set(limits) - set(shape.limits):
        remedy = f"its limits are {', '.join(shape.limits) or 'none'}"
        yield FieldError(f"{place}.limits.{name[:60]}", "unknown", "no such limit", remedy)
    if shape.deductible:
        yield from _amount(f"{place}.deductible_minor", one.get("deductible_minor"))
    elif one.get("deductible_minor") is not None:
        yield FieldError(f"{place}.deductible_minor", "unknown", "this coverage has none", "leave it out")
    yield from _amount(f"{place}.premium_minor", one.get("premium_minor"))


def _amount(place: str, value: Any) -> Iterator[FieldError]:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        yield FieldError(
            place, "not_amount", "is no amount in minor units", "write a whole number from 0", str(value)[:80]
        )
