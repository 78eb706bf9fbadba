"""What parties of a policy say of themselves, by role: birth, licence, relation to the named insured, share of a benefit.

A licence number is an identifier that opens accounts elsewhere: it is shown by its last signs only (:func:`shown`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.geo import STATES
from domain.policies.contents import Items
from kernel.errors import FieldError

LICENCE = "licence_number"
OWN = ("date_of_birth", LICENCE, "licence_state", "relation", "share")
"""Fields that only some roles have; name and ways to reach somebody are everybody's."""
_SEEN = 4
_HIDDEN = re.compile(r"\*{4}[A-Za-z0-9]{0,4}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{2,29}")


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may state of a person; ``shares``: those of one role divide a benefit among them."""

    fields: tuple[str, ...] = ()
    shares: bool = False


def party_faults(parties: Items, roles: Mapping[str, Role], relations: tuple[str, ...]) -> Iterator[FieldError]:
    """What is wrong with what parties state beside their names. Values are not repeated: they are personal."""
    for key, one in parties.items():
        place, role = f"party.{key}", str(one.get("role"))[:80]
        mine = roles.get(role, Role()).fields
        for name in OWN:
            if one.get(name) is not None and name not in mine:
                yield FieldError(f"{place}.{name}", "unknown", f"a {role} has none here", "leave it out")
        if one.get("date_of_birth") is not None and not _is_date(one["date_of_birth"]):
            yield FieldError(f"{place}.date_of_birth", "not_date", "is no date", "use YYYY-MM-DD")
        if one.get("relation") is not None and one["relation"] not in relations:
            yield FieldError(f"{place}.relation", "unknown", "no such relation", f"use one of {', '.join(relations)}")
        yield from _licence(place, one)
    for role, rule in roles.items():
        if rule.shares:
            yield from _shares(role, {key: one for key, one in parties.items() if one.get("role") == role})


def hidden(number: object) -> bool:
    """Whether a licence number is one as views show it, and not the number itself."""
    return isinstance(number, str) and _HIDDEN.fullmatch(number) is not None


def shown(contents: Mapping[str, Any]) -> dict[str, Any]:
    """Contents for a view: of each licence number the last signs."""
    parties = {key: shown_party(one) for key, one in (contents.get("party") or {}).items()}
    return {**contents, "party": parties}


def shown_party(one: Mapping[str, Any]) -> dict[str, Any]:
    """A party, or some fields of one, for a view."""
    number = one.get(LICENCE)
    return dict(one) if not isinstance(number, str) else {**one, LICENCE: _short(number)}


def restored(given: Items, known: Items) -> dict[str, dict[str, Any]]:
    """Parties as a view gave them back, with the licence numbers that stood behind what it showed of the same parties."""
    found = {}
    for key, one in given.items():
        before = known.get(key, {}).get(LICENCE)
        kept = isinstance(before, str) and one.get(LICENCE) == _short(before)
        found[key] = {**one, LICENCE: before} if kept else dict(one)
    return found


def _short(number: str) -> str:
    signs = re.sub(r"[^A-Za-z0-9]", "", number)
    # Of a short number the last signs would be most of it.
    return "****" + (signs[-_SEEN:] if len(signs) > 2 * _SEEN - 2 else "")


def _licence(place: str, one: Mapping[str, Any]) -> Iterator[FieldError]:
    number, state = one.get(LICENCE), one.get("licence_state")
    if number is not None and (not isinstance(number, str) or not _NUMBER.fullmatch(number)):
        code = "hidden" if hidden(number) else "malformed"
        yield FieldError(f"{place}.{LICENCE}", code, "is no licence number", "write the whole number")
    if state is not None and state not in STATES:
        yield FieldError(f"{place}.licence_state", "unknown", "is no state", "use two capital letters")
    for given, lacking in ((number, "licence_state"), (state, LICENCE)):
        if given is not None and one.get(lacking) is None:
            yield FieldError(f"{place}.{lacking}", "missing", "a licence has a number and a state", "fill it in")


def _shares(role: str, parties: Items) -> Iterator[FieldError]:
    """Either nobody of a role states a share, which the clause of the contract divides, or all do and they make one."""
    stated = {key: _share(one["share"]) for key, one in parties.items() if one.get("share") is not None}
    wrong = [key for key, share in stated.items() if share is None or not 0 < share <= 1]
    for key in wrong:
        yield FieldError(f"party.{key}.share", "out_of_range", "is no share", "write a number above 0, up to 1")
    if not stated or wrong:
        return
    for key in parties.keys() - stated.keys():
        remedy = "state it, or nobody's"
        yield FieldError(f"party.{key}.share", "missing", f"others of the role {role} state theirs", remedy)
    total = sum((share for share in stated.values() if share is not None), Decimal(0))
    if len(stated) == len(parties) and total != 1:
        yield FieldError("party", "shares", f"the shares of {role} make {total}", "let them make 1", str(total))


def _share(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
