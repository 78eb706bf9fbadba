"""A share of the house's income of a month for those whose network tier brings it, from a frozen basis, to the cent.

The pool is the share of the month's income, rounded down; below zero there is none. It goes to the kinds of business (line and
state) that earned something, by what each earned, and each part in equal shares to those who may be paid for such business. What
nobody may be paid of stays with the house. The history of tiers holds no scores, so equal shares are the only ones that the same
month gives again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.commissions.ledger import Account, Batch, Happening, Place, Posting
from domain.commissions.refusing import refuse
from kernel.money import Money, apportion

WHOLE = 10_000
"""Basis points of all."""
PERMITTED = "permitted"


@dataclass(frozen=True, slots=True)
class Earned:
    """What the house earned of one kind of business in the month, in minor units; ``line`` and ``state`` are "" where it was of
    no policy. ``verdicts`` say of each who has the tier whether they may be paid for it: ``permitted``, or why not.
    """

    line: str
    state: str
    minor: int
    verdicts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of business, its part of the pool, and who is given what of it."""

    earned: Earned
    minor: int
    given: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SharedMonth:
    """Everything that decided about a month in one currency. ``month`` as YYYY-MM; ``law`` is the version of the table asked."""

    month: str
    currency: str
    rule_version: int
    basis_points: int
    law: str
    earned: tuple[Earned, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.basis_points <= WHOLE:
            refuse("basis_points", self.basis_points, "is no share", f"give 0 to {WHOLE}")

    @property
    def income(self) -> int:
        """The house's income of the month; what came back in it is taken off."""
        return sum(one.minor for one in self.earned)

    @property
    def pool(self) -> int:
        """What is shared at most."""
        return max(self.income, 0) * self.basis_points // WHOLE

    @property
    def line(self) -> str:
        """The line that its postings stand in."""
        return f"sharing:{self.month}"

    def parts(self) -> tuple[Part, ...]:
        """The pool over what earned something; equal remainders go to the earlier, of people to the lower id."""
        if not self.pool:
            return ()
        gained = [one for one in self.earned if one.minor > 0]
        minors = apportion(self.pool, [one.minor for one in gained])
        return tuple(Part(one, minor, _equally(minor, one)) for one, minor in zip(gained, minors, strict=True))

    def given(self) -> dict[str, int]:
        """Minor units of each payee in all; who has none is left out."""
        found: dict[str, int] = {}
        for part in self.parts():
            for payee, minor in part.given.items():
                found[payee] = found.get(payee, 0) + minor
        return {payee: minor for payee, minor in sorted(found.items()) if minor}

    def batch(self) -> Batch | None:
        """From the house to everybody in one batch; None where nothing is shared."""
        given = self.given()
        if not given:
            return None
        owed = (Posting(Place(Account.PAYABLE, payee, self.line), -minor) for payee, minor in given.items())
        return Batch(
            Happening.SHARED, self.currency,
            (Posting(Place(Account.SHARING, "", self.line), sum(given.values())), *owed),
        )  # fmt: skip

    def sentences(self) -> list[str]:
        """From the income to what is shared, in words for whoever sees the house's income."""
        income, pool = Money(self.income, self.currency), Money(self.pool, self.currency)
        shared = Money(sum(self.given().values()), self.currency)
        said = [f"The house earned {income} in {self.month}."]
        if self.income <= 0:
            return [*said, "Nothing is shared of a month that earned nothing."]
        share = f"{self.basis_points} basis points (version {self.rule_version} of the terms)"
        return [*said, f"Of that {share} are {pool}; {shared} may be paid by the law ({self.law})."]

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "month": self.month, "currency": self.currency, "rule_version": self.rule_version,
            "basis_points": self.basis_points, "law": self.law,
            "earned": [
                {"line": one.line, "state": one.state, "minor": one.minor, "verdicts": dict(one.verdicts)}
                for one in self.earned
            ],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SharedMonth:
        """The inverse of :meth:`as_dict`."""
        earned = tuple(Earned(one["line"], one["state"], one["minor"], one["verdicts"]) for one in data["earned"])
        return cls(data["month"], data["currency"], data["rule_version"], data["basis_points"], data["law"], earned)


def _equally(minor: int, earned: Earned) -> dict[str, int]:
    permitted: Sequence[str] = sorted(who for who, code in earned.verdicts.items() if code == PERMITTED)
    if not permitted:
        return {}
    return dict(zip(permitted, apportion(minor, [1] * len(permitted)), strict=True))
