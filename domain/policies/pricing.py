"""The carrier's price of an endorsement: whether it has one, and how one that comes later is written into it (decision 50).

Nothing here rates a risk: an amount is the carrier's, or what stood in the policy before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from domain.policies.amounts import cents
from domain.policies.contents import Contents, Operation, Part, Verb
from kernel.errors import Conflict, FieldError, Invalid
from kernel.money import apportion

_CONTACT = frozenset({"email", "phone", "address"})
_BYSTANDERS = frozenset(
    {
        "mortgagee",
        "lienholder",
        "owner",
        "beneficiary",
        "contingent_beneficiary",
        "assignee",
        "designee",
        "certificate_holder",
    }
)
"""Roles that bear no risk: who they are changes no price. Every other role may."""


class PriceKind(StrEnum):
    """How a person says the price: premiums of coverages for a full term, what the whole change adds to the premium of a full
    term, or that what has no price of its own costs nothing.
    """

    PREMIUMS = "premiums"
    CHANGE = "change"
    NO_CHARGE = "no_charge"


def unrated(operations: Sequence[Operation], before: Contents) -> tuple[Operation, ...]:
    """The operations whose price only the carrier knows and nobody has said; ``before`` is what they change.

    A premium of a coverage or a factor among them is the carrier's price of them all. Without one, only what is taken off with
    the premium that it has in the policy has a price.
    """
    if any(says_price(one) for one in operations):
        return ()
    return tuple(one for one in operations if _is_rated(one, before) and not _taken_off(one, operations, before))


def premium_operations(after: Contents, premiums: Mapping[str, int]) -> tuple[Operation, ...]:
    """The premiums of a full term set to the carrier's. Raises Invalid for a coverage that is not in ``after``."""
    there = after.of(Part.COVERAGE)
    faults = tuple(
        FieldError(f"premiums.{key}", "unknown", "no such coverage after the change", _one_of(there), str(premiums[key]))
        for key in premiums if key not in there
    )  # fmt: skip
    if faults:
        raise Invalid("a premium is that of a coverage", fields=faults)
    return tuple(
        Operation(Verb.CHANGE, Part.COVERAGE, key, {"premium_minor": minor}) for key, minor in premiums.items()
    )


def change_operations(before: Contents, operations: Sequence[Operation], change: int) -> tuple[Operation, ...]:
    """What makes a full term cost ``change`` more than before: it is spread over the coverages of what is touched, by their
    premiums, so that every cent is somewhere.

    Raises Invalid where a premium would fall below nothing, or factors leave no premium that comes to exactly this: then the
    carrier's premiums of the coverages are to be entered.
    """
    after = before.after(operations, "the endorsement")
    target, factor = before.price + change, _factor(after)
    present = {key: int(one.get("premium_minor") or 0) for key, one in after.of(Part.COVERAGE).items()}
    wanted = cents(Fraction(target) / factor)
    if target < 0 or cents(wanted * factor) != target:
        raise _by_coverage(change, "no premiums of the coverages come to exactly this")
    keys = _touched(after, operations) or sorted(present)
    weights = [present[key] for key in keys]
    if sum(weights) == 0:
        weights = [int(key == keys[0]) for key in keys]
    parts = apportion(wanted - sum(present.values()), weights) if keys else []
    shared = {key: present[key] + part for key, part in zip(keys, parts, strict=True)}
    if not keys or min(shared.values()) < 0:
        raise _by_coverage(change, "it is more than what is changed costs")
    return premium_operations(after, {key: minor for key, minor in shared.items() if minor != present[key]})


def refusal(operations: Sequence[Operation]) -> Conflict:
    """Why what has no price is not agreed to, with its parts and the remedy."""
    remedy = "enter the carrier's price with its reference (PUT .../endorsements/{id}/price), or state that it charges nothing"
    faults = tuple(
        FieldError(f"operations.{one.part.value}.{one.key}", "unrated", "the carrier's price is not known", remedy)
        for one in operations
    )
    return Conflict(f"the carrier's price of this change is awaited; {remedy}", fields=faults, code="unrated")


def says_price(one: Operation) -> bool:
    """Whether it brings the carrier's price along: a factor, a coverage's premium; an added coverage's only where it is one."""
    if one.part is Part.ADJUSTMENT:
        return one.verb is not Verb.REMOVE and "factor" in one.value
    if one.part is not Part.COVERAGE or "premium_minor" not in one.value:
        return False
    return one.verb is Verb.CHANGE or int(one.value["premium_minor"]) > 0


def _is_rated(one: Operation, before: Contents) -> bool:
    """Whether it touches what a price is made from."""
    if one.part is not Part.PARTY:
        return True
    roles = {
        str(thing["role"]) for thing in (before.of(Part.PARTY).get(one.key), one.value) if thing and thing.get("role")
    }
    if roles <= _BYSTANDERS and roles:
        return False
    return one.verb is not Verb.CHANGE or not _CONTACT.issuperset(one.value)


def _taken_off(one: Operation, operations: Sequence[Operation], before: Contents) -> bool:
    """Whether what goes has its price in the policy: a coverage its premium, an object that of its coverages, which go too."""
    if one.verb is not Verb.REMOVE:
        return False
    coverages = before.of(Part.COVERAGE)
    if one.part is Part.ADJUSTMENT:
        return True
    if one.part is Part.COVERAGE:
        return _premium(coverages.get(one.key, {})) > 0
    gone = {other.key for other in operations if other.part is Part.COVERAGE and other.verb is Verb.REMOVE}
    own = {key: _premium(cover) for key, cover in coverages.items() if cover.get("object") == one.key}
    return one.part is Part.OBJECT and sum(own.values()) > 0 and gone.issuperset(own)


def _touched(after: Contents, operations: Sequence[Operation]) -> list[str]:
    """Coverages of what is changed; none where it is about people or the whole, and then all of them carry it."""
    if any(one.part in {Part.PARTY, Part.ADJUSTMENT} for one in operations):
        return []
    objects = {one.key for one in operations if one.part is Part.OBJECT}
    own = {one.key for one in operations if one.part is Part.COVERAGE}
    return sorted(key for key, cover in after.of(Part.COVERAGE).items() if key in own or cover.get("object") in objects)


def _factor(contents: Contents) -> Fraction:
    product = Fraction(1)
    for one in contents.of(Part.ADJUSTMENT).values():
        product *= Fraction(Decimal(str(one["factor"])))
    return product


def _premium(cover: Mapping[str, Any]) -> int:
    return int(cover.get("premium_minor") or 0)


def _one_of(there: Mapping[str, Any]) -> str:
    return f"name {' or '.join(sorted(there)) or 'a coverage that the change adds'}"


def _by_coverage(change: int, message: str) -> Invalid:
    remedy = "enter the carrier's premiums of the coverages instead"
    fault = FieldError("change_minor", "cannot_be_spread", message, remedy, str(change))
    return Invalid("the change cannot be spread over the coverages", fields=(fault,))
