"""The declarations page: who and what is insured, for how much, at which price, until when, and how it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.policies.billing import Instalment
from domain.policies.contents import Part
from domain.policies.letters.letter import (
    About,
    Block,
    Head,
    Letter,
    Listing,
    Named,
    Say,
    Title,
    frame,
    plain,
    said,
    written,
)


@dataclass(frozen=True, slots=True)
class Price:
    """What is written for the term, minor units."""

    premium: int
    taxes: int
    fees: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.premium + self.taxes + self.fees


@dataclass(frozen=True, slots=True)
class DeclarationsFacts:
    """``producers`` are names and roles of record; ``methods`` the forms in which was paid so far. ``instalments`` are empty
    where they are not those of this price any more.
    """

    price: Price
    producers: Sequence[tuple[str, str]]
    frequency: str
    instalments: Sequence[Instalment]
    methods: Sequence[str]
    as_of: date
    version: int


def declarations_letter(about: About, facts: DeclarationsFacts) -> Letter:
    """The page, as of a policy day."""
    blocks: list[Block] = [
        frame(about, ("Shows", f"the policy as of {written(facts.as_of)}, version {facts.version}")),
        Head("Insured and other parties"), _parties(about), *_objects(about),
        Head("Coverages"), _coverages(about), *_adjustments(about), Head("Premium"), _price(about, facts.price),
    ]  # fmt: skip
    if facts.producers:
        blocks += [Head("Producers of record"), Named([(plain(role), said(name)) for name, role in facts.producers])]
    blocks += [Head("Payment"), Say(_forms(facts))]
    if facts.instalments:
        rows = [(str(one.number), written(one.due_on), about.money(one.amount)) for one in facts.instalments]
        blocks.append(
            Listing((Title("instalment", 1), Title("due by the end of", 3), Title("amount", 2, numbers=True)), rows)
        )
    return Letter("Policy declarations", blocks)


def _parties(about: About) -> Named:
    rows = []
    for one in about.contents.of(Part.PARTY).values():
        name, address = said(one.get("name") or ""), said(one.get("address") or "")
        rows.append((plain(str(one.get("role", ""))), f"{name}, {address}" if address else name))
    return Named(rows)


def _objects(about: About) -> list[Block]:
    found: list[Block] = []
    for key, one in about.contents.of(Part.OBJECT).items():
        data = one.get("data") or {}
        pairs = [(plain(name), _value(about, name, value)) for name, value in data.items() if value is not None]
        found += [Head(f"{plain(str(one.get('kind', ''))).capitalize()} ({said(key)})"), Named(pairs)]
    return found


def _value(about: About, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_minor") and isinstance(value, int):
        return about.money(value)
    return plain(value) if isinstance(value, str) and value.islower() and "_" in value else said(value)


def _coverages(about: About) -> Listing:
    rows: list[tuple[str, ...]] = []
    for one in about.contents.of(Part.COVERAGE).values():
        limits = _limits(about, one.get("limits") or {}) or [("", "")]
        deductible = about.money(one["deductible_minor"]) if one.get("deductible_minor") is not None else ""
        premium = about.money(int(one.get("premium_minor") or 0))
        rows.append((plain(str(one.get("code", ""))), said(one.get("object") or ""), *limits[0], deductible, premium))
        rows += [("", "", *limit, "", "") for limit in limits[1:]]
    titles = (
        Title("coverage", 5), Title("of", 3), Title("limit", 4), Title("", 4, numbers=True),
        Title("deductible", 4, numbers=True), Title("full term", 4, numbers=True),
    )  # fmt: skip
    return Listing(titles, rows)


def _limits(about: About, limits: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(plain(name), about.money(int(value))) for name, value in limits.items()]


def _adjustments(about: About) -> list[Block]:
    rows = [(said(key), f"x {said(one['factor'])}") for key, one in about.contents.of(Part.ADJUSTMENT).items()]
    return [Head("Discounts and surcharges"), Named(rows)] if rows else []


def _price(about: About, price: Price) -> Listing:
    rows = [
        ("premium", about.money(price.premium)),
        ("taxes", about.money(price.taxes)),
        ("fees", about.money(price.fees)),
    ]
    total = ("total of the term", about.money(price.total))
    return Listing((Title("", 5), Title("amount", 2, numbers=True)), rows, total)


def _forms(facts: DeclarationsFacts) -> str:
    how = f"Paid {'in one sum' if facts.frequency == 'full' else plain(facts.frequency)}."
    return how + (f" Paid so far by {', '.join(plain(one) for one in facts.methods)}." if facts.methods else "")
