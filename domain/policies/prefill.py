"""A draft's contents told from several sources: what they agree on is filled in, what they say differently is empty and named.

Nothing is guessed: a value that its field could not hold is left out, and no premium is divided among coverages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from domain.policies.amounts import cents
from domain.policies.parties import LICENCE, party_faults
from domain.policies.types import Field, PolicyType, catalogue, fits

DRIVER, INSURED = "driver", "named_insured"
_SEVERAL = ("vehicle", "location")
"""Kinds of objects of which a source may tell several; of any other kind all sources tell of the same one."""
_IDENTITY: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "vehicle": (("vin",), ("make", "model", "year")), "location": (("street", "zip"),), DRIVER: (("name",),),
}  # fmt: skip
"""By kind, fields that tell one thing from another: the first of these that two things both state in full decides."""
_MOST = 50
_YEAR = 12


class Source(StrEnum):
    """Where a value is from: the lead's own words and columns, one of its documents, a vendor, or the record that it was won."""

    LEAD = "lead"
    DOCUMENT = "document"
    ENRICHMENT = "enrichment"
    WIN = "win"


@dataclass(frozen=True, slots=True)
class Origin:
    """A source; ``document_id`` says which document."""

    source: Source
    document_id: str | None = None

    def row(self) -> dict[str, str | None]:
        """For JSON."""
        return {"source": self.source.value, "document_id": self.document_id}


@dataclass(frozen=True, slots=True)
class Told:
    """What one source tells of one thing: ``kind`` is that of an object, or a role of a party."""

    kind: str
    origin: Origin
    values: Mapping[str, Any]


@dataclass(slots=True)
class Prefilled:
    """Contents as JSON, with the origin of each value by its place (``object.vehicle-1.vin``), and who differ about a place."""

    contents: dict[str, Any]
    filled: dict[str, Origin] = field(default_factory=dict)
    differing: dict[str, list[Origin]] = field(default_factory=dict)


def prefilled(of: PolicyType, told: Sequence[Told], insured: Told | None, yearly: int | None, months: int) -> Prefilled:
    """A draft's contents of everything ``told``, surest sources first. ``yearly`` is the premium (minor units a year) that the
    lead was won with: where the type needs exactly one coverage it is that one's, else nobody can divide it.
    """
    found = Prefilled({"object": {}, "party": {}, "coverage": {}})
    for kind, (least, most) in of.objects.items():
        mine = [Told(kind, one.origin, _fitting(kind, one.values)) for one in told if one.kind == kind]
        groups = _groups(kind, mine) if kind in _SEVERAL and most != 1 else [mine]
        _put(found, "object", kind, _padded(groups, least), lambda values, kind=kind: {"kind": kind, "data": values})
    if insured is not None:
        found.contents["party"]["insured-1"] = {"role": INSURED, **insured.values}
        found.filled |= {f"party.insured-1.{name}": insured.origin for name in insured.values}
    if DRIVER in of.parties:
        drivers = [Told(DRIVER, one.origin, _personal(one.values)) for one in told if one.kind == DRIVER]
        named = [one for one in drivers if one.values.get("name")]
        _put(found, "party", DRIVER, _groups(DRIVER, named), lambda values: {"role": DRIVER, **values})
    if yearly is not None and len(of.required) == 1:
        code = of.required[0]
        premium = term_premium(yearly, months)
        found.contents["coverage"][code] = {"code": code, "premium_minor": premium}
        found.filled[f"coverage.{code}.premium_minor"] = Origin(Source.WIN)
    return found


def term_premium(yearly: int, months: int) -> int:
    """What a yearly premium is for a term, minor units."""
    return cents(Fraction(yearly * months, _YEAR))


def unrevised(kept: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft keeps of its origins once it is revised: a value that somebody changed is theirs, and one that they filled in
    is no open question any more.
    """
    filled, differing = kept["filled"], kept["differing"]
    return {
        **kept,
        "filled": {place: one for place, one in filled.items() if _at(place, before) == _at(place, after) is not None},
        "differing": {place: one for place, one in differing.items() if _at(place, after) is None},
    }


def _at(place: str, contents: Mapping[str, Any]) -> Any:
    part, key, name = place.split(".")
    thing = (contents.get(part) or {}).get(key) or {}
    return (thing.get("data") or {}).get(name) if part == "object" else thing.get(name)


def _put(found: Prefilled, part: str, kind: str, groups: Sequence[Sequence[Told]], shape: Any) -> None:
    for number, group in enumerate(groups[:_MOST], 1):
        key = f"{kind}-{number}"
        values: dict[str, Any] = {}
        for name in dict.fromkeys(name for one in group for name in one.values):
            saying = [one for one in group if name in one.values]
            place = f"{part}.{key}.{name}"
            if len({_plain(name, one.values[name]) for one in saying}) == 1:
                values[name], found.filled[place] = saying[0].values[name], saying[0].origin
            else:
                found.differing[place] = list(dict.fromkeys(one.origin for one in saying))
        found.contents[part][key] = shape(values)


def _groups(kind: str, told: Sequence[Told]) -> list[list[Told]]:
    """Things that are the same together. What tells of none in particular is of the only one there is, or of no one."""
    groups: list[list[Told]] = []
    loose: list[Told] = []
    for one in told:
        if not any(_stated(one, names) for names in _IDENTITY[kind]):
            loose.append(one)
            continue
        same = next((group for group in groups if all(_same(kind, one, other) for other in group)), None)
        if same is None:
            groups.append([one])
        else:
            same.append(one)
    if not groups and loose:
        return [loose]
    for one in loose:
        # Where a car is kept is where the insured lives, however many there are.
        shared = {name: value for name, value in one.values.items() if name == "garaging_zip"}
        for group in groups:
            group.append(one if len(groups) == 1 else Told(kind, one.origin, shared))
    return groups


def _same(kind: str, one: Told, other: Told) -> bool:
    for names in _IDENTITY[kind]:
        if _stated(one, names) and _stated(other, names):
            return all(_plain(name, one.values[name]) == _plain(name, other.values[name]) for name in names)
    return False


def _stated(one: Told, names: tuple[str, ...]) -> bool:
    return all(one.values.get(name) is not None for name in names)


def _padded(groups: list[list[Told]], least: int) -> list[list[Told]]:
    """With as many as the type needs, empty where nothing is known; none that it does not need and nobody tells of."""
    told = [group for group in groups if any(one.values for one in group)]
    return [*told, *([] for _ in range(least - len(told)))]


def _fitting(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the fields of the kind can hold, as they hold them."""
    return {one.name: value for one in catalogue().fields[kind] for value in _read(one, values.get(one.name))}


def _read(of: Field, given: Any) -> Iterator[Any]:
    value = given.strip() if isinstance(given, str) else given
    if value is None or value == "":
        return
    if of.kind == "integer" and isinstance(value, str):
        digits = value.replace(",", "")
        value = int(digits) if digits.isascii() and digits.isdigit() else value
    elif of.kind == "choice" and isinstance(value, str):
        value = re.sub(r"[\s-]+", "_", value.casefold())
    elif of.name == "vin" and isinstance(value, str):
        value = value.upper()
    if fits(of, value):
        yield value


def _personal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of a driver, the values that a party can hold."""
    known = catalogue()
    given = {name: value for name, value in values.items() if value not in (None, "")}
    wrong = {
        one.field.rpartition(".")[2]
        for one in party_faults({"x": {"role": DRIVER, **given}}, {DRIVER: known.roles[DRIVER]}, known.relations)
        if one.code != "missing"
    }
    return {name: value for name, value in given.items() if name not in wrong}


def _plain(name: str, value: Any) -> str:
    """A value as it is compared: case, spaces and signs apart do not differ."""
    text = str(value).casefold()
    return re.sub(r"[^a-z0-9]", "", text) if name in {LICENCE, "vin"} else re.sub(r"[\W_]+", " ", text).strip()
