"""Rules from JSON or YAML. Whatever cannot be right is named by its place, with the value and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.routing.availability import zone
from domain.routing.rules.conditions import Between, Condition, Dates, Hours, Is, OneOf
from domain.routing.rules.fields import OF_LEAD, OF_PRODUCER, OF_TIME, Field, Shape, field_of
from domain.routing.rules.rule import Conditions, Do, Every, Per, Rule
from kernel.errors import FieldError, Invalid

MOST = 50
"""Rules an agency may have."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_EDGES = {"min", "max"}
_ENDS = {"from", "to"}
_MINUTES = 30 * 24 * 60
_ASKED = 10
_SAYS: dict[Do, tuple[set[str], set[str]]] = {
    Do.RESTRICT: ({"to"}, {"otherwise"}),
    Do.TEAM: ({"team"}, {"otherwise"}),
    Do.PREFER: ({"to"}, {"points", "first"}),
    Do.CAP: ({"limit", "per", "every"}, {"to"}),
    Do.EXCLUSIVE: ({"to", "minutes"}, set()),
    Do.HOLD: ({"reason"}, set()),
    Do.SHARE: ({"with"}, set()),
    Do.APART: ({"by"}, set()),
}
"""By action, what a rule must say besides name, do, when and zone, and what it may."""


class Faults:
    """What is wrong with a document, gathered, so that its author learns all of it at once."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, field: str, code: str, message: str, remedy: str, value: object = None) -> None:
        """One more."""
        self.found.append(FieldError(field, code, message, remedy, None if value is None else str(value)[:80]))

    def raise_any(self, detail: str) -> None:
        """Raise Invalid with all of them, if there are any."""
        if self.found:
            raise Invalid(detail, fields=tuple(self.found))


def read_rules(given: object) -> tuple[Rule, ...]:
    """Rules in their order. Raises :class:`~kernel.errors.Invalid` that names every fault by its place (``rules[2].to``)."""
    faults = Faults()
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST:
        faults.add("rules", "malformed", "is no list of rules", f"give a list of at most {MOST} rules", given)
        faults.raise_any("the rules cannot be read")
        return ()
    rules = [_rule(f"rules[{number}]", one, faults) for number, one in enumerate(given)]
    names: set[str] = set()
    for number, rule in enumerate(rules):
        if rule is not None and rule.name in names:
            faults.add(
                f"rules[{number}].name", "repeated", "is another rule's name", "give each rule its own", rule.name
            )
        if rule is not None:
            names.add(rule.name)
    faults.raise_any("the rules cannot be read")
    return tuple(rule for rule in rules if rule is not None)


def _rule(at: str, given: object, faults: Faults) -> Rule | None:
    if not isinstance(given, Mapping):
        faults.add(at, "malformed", "is no rule", "give name, do, and what the action needs", given)
        return None
    before = len(faults.found)
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        faults.add(
            f"{at}.name", "malformed", "is no name", "use small letters, digits and hyphens, such as spanish-desk", name
        )
    do = given.get("do")
    if do not in set(Do):
        faults.add(f"{at}.do", "unknown_action", "is no action", f"use one of {', '.join(Do)}", do)
        return None
    _says(at, Do(do), given, faults)
    needs_zone = "every" in given or any(str(one).startswith("time.") for one in given.get("when") or ())
    place = given.get("zone", None if needs_zone else "UTC")
    if not isinstance(place, str) or zone(place) is None:
        faults.add(f"{at}.zone", "unknown_zone", "is no time zone", "give an IANA name such as America/New_York", place)
    to = given.get("to", {}) if do != Do.TEAM else {"producer.team": given.get("team")}
    when = _conditions(f"{at}.when", given.get("when", {}), {**OF_LEAD, **OF_TIME}, faults)
    meant = _conditions(f"{at}.{'team' if do == Do.TEAM else 'to'}", to, OF_PRODUCER, faults)
    if not meant and do in {Do.RESTRICT, Do.PREFER, Do.EXCLUSIVE} and len(faults.found) == before:
        faults.add(f"{at}.to", "missing", "names no producers", "give at least one condition on producers", to)
    parts = _parts(at, Do(do), given, faults)
    if len(faults.found) > before:
        return None
    return Rule(str(name), Do(do), when, meant, dict(given), zone=str(place), **parts)


def _says(at: str, do: Do, given: Mapping[Any, Any], faults: Faults) -> None:
    needed, allowed = _SAYS[do]
    for name in sorted(needed - set(given)):
        faults.add(f"{at}.{name}", "missing", f"is needed by {do.value}", f"add {name}")
    known = {"name", "do", "when", "zone", *needed, *allowed}
    for name in sorted(str(one) for one in given if one not in known):
        faults.add(
            f"{at}.{name}",
            "unknown_field",
            f"means nothing to {do.value}",
            f"use {', '.join(sorted(known))}",
            given.get(name),
        )


def _parts(at: str, do: Do, given: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """What the action says of itself; a part that is missing was named before."""
    parts: dict[str, Any] = {}
    if "otherwise" in given:
        if given["otherwise"] not in ("nobody", "anyone"):
            faults.add(f"{at}.otherwise", "out_of_range", "is neither", "use nobody or anyone", given["otherwise"])
        parts["anyone_else"] = given["otherwise"] == "anyone"
    if do is Do.PREFER:
        parts["points"] = _points(at, given, faults)
    if do is Do.CAP:
        parts |= _cap(at, given, faults)
    if do is Do.EXCLUSIVE:
        parts["minutes"] = _whole(f"{at}.minutes", given.get("minutes"), 1, _MINUTES, faults)
    if do is Do.SHARE:
        parts["among"] = _whole(f"{at}.with", given.get("with"), 2, _ASKED, faults)
    if do is Do.HOLD:
        parts["reason"] = _reason(at, given, faults)
    if do is Do.APART and given.get("by") != "carrier":
        faults.add(f"{at}.by", "out_of_range", "is not possible", "write by: carrier", given.get("by"))
    return parts


def _cap(at: str, given: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    parts["limit"] = _whole(f"{at}.limit", given.get("limit"), 1, 1_000_000, faults)
    for name, kind in (("per", Per), ("every", Every)):
        if given.get(name) not in set(kind):
            faults.add(
                f"{at}.{name}", "out_of_range", "is not possible", f"use one of {', '.join(kind)}", given.get(name)
            )
        else:
            parts[name] = kind(given[name])
    return parts


def _reason(at: str, given: Mapping[str, Any], faults: Faults) -> str:
    reason = given.get("reason")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= 200:  # noqa: PLR2004 - a line
        faults.add(f"{at}.reason", "malformed", "is no reason", "say in 200 letters why a person must look", reason)
    return str(reason)


def _points(at: str, given: Mapping[str, Any], faults: Faults) -> Decimal | None:
    """Points to add; None stands for before everybody else."""
    if ("points" in given) is ("first" in given):
        faults.add(f"{at}.points", "contradictory", "prefer takes one of points and first", "keep one of the two")
        return None
    if "first" in given:
        if given["first"] is not True:
            faults.add(
                f"{at}.first", "out_of_range", "can only be true", "write first: true, or points", given["first"]
            )
        return None
    points = _decimal(given["points"])
    if points is None or points == 0 or abs(points) > 100 or points != round(points, 4):  # noqa: PLR2004 - a whole total
        remedy = "give -100 to 100 with at most four places, as a whole number or a text such as '2.5'"
        faults.add(f"{at}.points", "out_of_range", "are no points", remedy, given["points"])
        return None
    return points


def _whole(at: str, value: object, low: int, high: int, faults: Faults) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        faults.add(at, "out_of_range", "is not possible", f"give a whole number from {low} to {high}", value)
        return low
    return value


def _conditions(at: str, given: object, among: dict[str, Field], faults: Faults) -> Conditions:
    if not isinstance(given, Mapping):
        faults.add(at, "malformed", "are no conditions", "give fields and what is asked of each", given)
        return {}
    found: dict[str, Condition] = {}
    for name, asked in given.items():
        where = f"{at}.{name}"
        known = field_of(str(name), among)
        if known is None:
            remedy = f"use one of {', '.join(among)}" + ("" if among is OF_PRODUCER else " or lead.amount.NAME")
            faults.add(where, "unknown_field", "is no field", remedy, name)
            continue
        condition = _READERS[known.shape](where, asked, known, faults)
        if condition is not None:
            found[str(name)] = condition
    return found


def _one_of(at: str, asked: object, field: Field, faults: Faults) -> Condition | None:
    ruled_out = isinstance(asked, Mapping) and set(asked) == {"not"}
    values = asked["not"] if isinstance(asked, Mapping) and ruled_out else asked
    values = [values] if isinstance(values, str) else values
    if not isinstance(values, list | tuple) or not values:
        faults.add(at, "malformed", "asks for nothing", f"give {field.like}, a list of such, or not: and a list", asked)
        return None
    wrong = [one for one in values if not isinstance(one, str) or not field.written.fullmatch(one)]
    for one in wrong:
        faults.add(at, "unknown_value", "is not possible here", f"give {field.like}", one)
    return None if wrong else OneOf(frozenset(field.read(one) for one in values), ruled_out)


def _between(at: str, asked: object, _: Field, faults: Faults) -> Condition | None:
    if not isinstance(asked, Mapping) or not asked or set(asked) - _EDGES:
        faults.add(at, "malformed", "is no range", "give min, max or both, as in {min: 60}", asked)
        return None
    edges = {name: _decimal(value) for name, value in asked.items()}
    if None in edges.values():
        faults.add(
            at, "malformed", "has an edge that is no number", "give whole numbers, or texts such as '2.5'", asked
        )
        return None
    low, high = edges.get("min"), edges.get("max")
    if low is not None and high is not None and low > high:
        faults.add(at, "contradictory", "nothing lies in this range", "give a min that is no more than max", asked)
        return None
    return Between(low, high)


def _is(at: str, asked: object, _: Field, faults: Faults) -> Condition | None:
    if not isinstance(asked, bool):
        faults.add(at, "malformed", "is neither true nor false", "write true or false", asked)
        return None
    return Is(asked)


def _hours(at: str, asked: object, _: Field, faults: Faults) -> Condition | None:
    remedy = "give from and to as texts, as in {from: '09:00', to: '17:00'}"
    if not isinstance(asked, Mapping) or set(asked) != _ENDS:
        faults.add(at, "malformed", "are no hours", remedy, asked)
        return None
    start, end = (_read(time.fromisoformat, asked[name]) for name in ("from", "to"))
    if start is None or end is None or start.tzinfo or end.tzinfo or start == end:
        faults.add(at, "malformed", "are no hours", remedy, asked)
        return None
    return Hours(start, end)


def _dates(at: str, asked: object, _: Field, faults: Faults) -> Condition | None:
    remedy = "give from, to or both, as in {from: 2026-12-01}"
    if not isinstance(asked, Mapping) or not asked or set(asked) - _ENDS:
        faults.add(at, "malformed", "are no dates", remedy, asked)
        return None
    first, last = (_read(date.fromisoformat, asked[name]) if name in asked else None for name in ("from", "to"))
    if any(name in asked and end is None for name, end in (("from", first), ("to", last))):
        faults.add(at, "malformed", "are no dates", remedy, asked)
        return None
    if first is not None and last is not None and first > last:
        faults.add(at, "contradictory", "no day lies between", "give a from that is no later than to", asked)
        return None
    return Dates(first, last)


def _read(reader: Callable[[str], Any], text: object) -> Any:
    try:
        return reader(str(text))
    except ValueError:
        return None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_READERS: dict[Shape, Callable[[str, object, Field, Faults], Condition | None]] = {
    Shape.ONE_OF: _one_of,
    Shape.BETWEEN: _between,
    Shape.IS: _is,
    Shape.HOURS: _hours,
    Shape.DATES: _dates,
}
