"""What the next term is offered at beside this one: the prices, what of the contents changes, and why, as far as it is known.

It says codes, keys, days and amounts. Names and what a thing is like stay in the contents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from domain.policies.contents import Contents, Part


class OfferBasis(StrEnum):
    """Whose price it is: the carrier's quote, that of the term that ends, or one that a person entered with the contents."""

    CARRIER_QUOTE = "carrier_quote"
    AS_EXPIRING = "as_expiring"
    ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Owed:
    """A term's money, minor units: ``price`` of a full term, ``premium`` as written, taxes and fees; ``months`` it runs."""

    price: int
    premium: int
    taxes: int
    fees: int
    months: int | None

    @property
    def total(self) -> int:
        """Everything owed for it."""
        return self.premium + self.taxes + self.fees


@dataclass(frozen=True, slots=True)
class ContentChange:
    """One difference: ``change`` is added, removed or changed; ``what`` a code, kind or role. ``field`` is what changed of a
    thing, with ``before`` and ``after`` where it is an amount (minor units) or a factor.
    """

    part: str
    change: str
    key: str
    what: str
    object: str | None = None
    field: str | None = None
    before: int | str | None = None
    after: int | str | None = None


@dataclass(frozen=True, slots=True)
class OfferReason:
    """Why it costs what it does. ``amount`` is minor units by which it moves the total, None where that is not known alone."""

    code: str
    amount: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The next term beside this one. ``stated`` are the carrier's reasons in its own words."""

    basis: OfferBasis
    before: Owed
    after: Owed
    changes: tuple[ContentChange, ...]
    reasons: tuple[OfferReason, ...]
    reference: str | None = None
    valid_until: str | None = None
    stated: tuple[str, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "basis": self.basis.value, "before": asdict(self.before), "after": asdict(self.after),
            "changes": [asdict(one) for one in self.changes], "reasons": [asdict(one) for one in self.reasons],
            "reference": self.reference, "valid_until": self.valid_until, "stated": list(self.stated),
        }  # fmt: skip

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Offer:
        """From JSON as :meth:`as_row` wrote it."""
        return cls(
            OfferBasis(row["basis"]), Owed(**row["before"]), Owed(**row["after"]),
            tuple(ContentChange(**one) for one in row["changes"]), tuple(OfferReason(**one) for one in row["reasons"]),
            row["reference"], row["valid_until"], tuple(row["stated"]),
        )  # fmt: skip


def rise(before: Owed, after: Owed) -> Fraction:
    """By what share a month of the next term costs more; 1 where this one costs nothing and the next one something."""
    old, new = (Fraction(one.price, one.months or 12) for one in (before, after))
    if old == 0:
        return Fraction(int(new > 0))
    return (new - old) / old


def is_worse(before: Contents, after: Contents) -> bool:
    """Whether the insured would have less: a coverage gone, a limit lower or gone, a deductible higher or new."""
    kept = after.of(Part.COVERAGE)
    for key, old in before.of(Part.COVERAGE).items():
        new = kept.get(key)
        if new is None or new.get("code") != old.get("code"):
            return True
        limits = new.get("limits") or {}
        if any(int(limits.get(name, -1)) < int(amount) for name, amount in (old.get("limits") or {}).items()):
            return True
        if int(new.get("deductible_minor") or 0) > int(old.get("deductible_minor") or 0):
            return True
    return False


def changes_between(before: Contents, after: Contents) -> tuple[ContentChange, ...]:
    """Everything that differs, by part and key."""
    return tuple(change for part in Part for change in _differences(part, before, after))


def reasons_between(
    basis: OfferBasis, before: Owed, after: Owed, old: Contents, new: Contents, *, endorsed: bool
) -> tuple[OfferReason, ...]:
    """Why the next term costs what it does beside this one; ``endorsed`` says that this one was changed on its way."""
    return tuple(_reasons(basis, before, after, old, new, endorsed=endorsed))


def _reasons(
    basis: OfferBasis, before: Owed, after: Owed, old: Contents, new: Contents, *, endorsed: bool
) -> Iterator[OfferReason]:
    if basis is OfferBasis.AS_EXPIRING:
        yield OfferReason("as_expiring", 0, "the price of the present term; the carrier has given no other yet")
    olds, news = old.of(Part.COVERAGE), new.of(Part.COVERAGE)
    for key in dict.fromkeys([*olds, *news]):
        was, now = (int((one.get(key) or {}).get("premium_minor") or 0) for one in (olds, news))
        if was != now:
            what = str((news.get(key) or olds[key])["code"])
            words = "is new" if key not in olds else "is gone" if key not in news else "has another premium"
            yield OfferReason("coverage", now - was, f"{_plain(what)} ({key}) {words}")
    for one in _differences(Part.ADJUSTMENT, old, new):
        yield OfferReason(
            "adjustment", None, f"adjustment {one.key}: factor {one.before or 1} before, {one.after or 1} after"
        )
    if before.months != after.months:
        yield OfferReason("months", None, f"{after.months} months, after {before.months or 'no whole'} months")
    if before.premium != before.price:
        words = (
            "changes of this term count for all of the next one" if endorsed else "this term had no cover for a time"
        )
        yield OfferReason("endorsed" if endorsed else "gap", before.price - before.premium, words)
    for name, moved in (("taxes", after.taxes - before.taxes), ("fees", after.fees - before.fees)):
        if moved:
            yield OfferReason(name, moved, f"{name} {'more' if moved > 0 else 'less'}")


def _differences(part: Part, before: Contents, after: Contents) -> Iterator[ContentChange]:
    olds, news = before.of(part), after.of(part)
    for key in dict.fromkeys([*olds, *news]):
        old, new = olds.get(key), news.get(key)
        if old == new:
            continue
        known = new or old or {}
        what, of = str(known.get("code") or known.get("kind") or known.get("role") or part.value), known.get("object")
        if old is None or new is None:
            change = "added" if old is None else "removed"
            was, now = _amount(part, old), _amount(part, new)
            yield ContentChange(part.value, change, key, what, of, _PRICED.get(part), was, now)
        else:
            for field, was, now in _fields(part, old, new):
                yield ContentChange(part.value, "changed", key, what, of, field, was, now)


_PRICED = {Part.COVERAGE: "premium_minor", Part.ADJUSTMENT: "factor"}


def _amount(part: Part, thing: Mapping[str, Any] | None) -> int | str | None:
    if thing is None or part not in _PRICED:
        return None
    value = thing.get(_PRICED[part])
    return str(value) if part is Part.ADJUSTMENT else int(value or 0)


def _fields(
    part: Part, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, int | str | None, int | str | None]]:
    """Names of fields that differ; amounts and factors with their values, everything else without."""
    flat = [_flat(part, one) for one in (old, new)]
    for name in dict.fromkeys([*flat[0], *flat[1]]):
        was, now = (one.get(name) for one in flat)
        if was != now:
            told = name.startswith("limits.") or name.endswith("_minor") or name == "factor"
            yield name, _said(was) if told else None, _said(now) if told else None


def _said(value: Any) -> int | str | None:
    return value if value is None or isinstance(value, int) else str(value)


def _flat(part: Part, thing: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"premium_minor": 0, "deductible_minor": None} if part is Part.COVERAGE else {}
    for name, value in thing.items():
        if name in {"limits", "data"} and isinstance(value, Mapping):
            found |= {f"{name}.{inner}": deep for inner, deep in value.items()}
        else:
            found[name] = value
    return found


def _plain(code: str) -> str:
    return code.replace("_", " ")
