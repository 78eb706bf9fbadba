"""What a carrier pays an agency for a policy: percent, flat amount or brackets, by line, carrier, state and term."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from domain.commissions.refusing import refuse
from domain.lines import Line
from kernel.money import rounded


class Term(StrEnum):
    """First term of a policy with its carrier, or a later one."""

    NEW = "new"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of the commissionable premium, 0 to 1."""

    rate: Decimal

    def __post_init__(self) -> None:
        share("rate", self.rate)

    def on(self, base: int) -> int:
        """Minor units of commission on ``base``, a magnitude."""
        return rounded(base * Fraction(self.rate))

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"kind": "percent", "rate": str(self.rate)}


@dataclass(frozen=True, slots=True)
class Flat:
    """So many minor units a policy, whatever its premium."""

    minor: int

    def __post_init__(self) -> None:
        if self.minor < 0:
            refuse("flat", self.minor, "is negative", "give minor units from 0 up")

    def on(self, base: int) -> int:
        """The flat amount."""
        del base
        return self.minor

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"kind": "flat", "minor": self.minor}


@dataclass(frozen=True, slots=True)
class Tiered:
    """Rates by premium. A bracket begins at its ``floor`` (included) and ends where the next begins, so there are no gaps (T40).

    ``marginal``: each bracket's rate counts for its own slice of the premium; else the rate of the bracket counts for all of it.
    """

    brackets: tuple[tuple[int, Decimal], ...]
    marginal: bool = False

    def __post_init__(self) -> None:
        floors = [floor for floor, _ in self.brackets]
        if not floors or floors[0] != 0 or any(after <= before for before, after in pairwise(floors)):
            refuse(
                "brackets", floors, "do not cover every premium once", "begin at 0 and let each floor be above the last"
            )
        for _, rate in self.brackets:
            share("brackets.rate", rate)

    def bracket(self, base: int) -> int:
        """Which bracket, counted from 1, the magnitude ``base`` falls into."""
        return bisect_right([floor for floor, _ in self.brackets], base)

    def on(self, base: int) -> int:
        """Minor units of commission on ``base``, a magnitude; slices are added before they are rounded."""
        if not self.marginal:
            return rounded(base * Fraction(self.brackets[self.bracket(base) - 1][1]))
        ends = [floor for floor, _ in self.brackets[1:]] + [max(base, self.brackets[-1][0])]
        slices = (
            Fraction(rate) * max(min(base, end) - floor, 0)
            for (floor, rate), end in zip(self.brackets, ends, strict=True)
        )
        return rounded(sum(slices, Fraction(0)))

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        brackets = [{"floor": floor, "rate": str(rate)} for floor, rate in self.brackets]
        return {"kind": "tiered", "brackets": brackets, "marginal": self.marginal}


Basis = Percent | Flat | Tiered


@dataclass(frozen=True, slots=True)
class Match:
    """Which policies a row is for; an empty set is all. Carriers compare without case and outer spaces."""

    lines: frozenset[Line] = frozenset()
    carriers: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    terms: frozenset[Term] = frozenset()

    def fits(self, line: Line, carrier: str, state: str, term: Term) -> bool:
        """Whether the row is for such a policy."""
        wanted = ((self.lines, line), (self.carriers, carrier_key(carrier)), (self.states, state), (self.terms, term))
        return all(not allowed or value in allowed for allowed, value in wanted)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "lines": sorted(one.value for one in self.lines), "carriers": sorted(self.carriers),
            "states": sorted(self.states), "terms": sorted(one.value for one in self.terms),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Match:
        """The inverse of :meth:`as_dict`."""
        return cls(
            frozenset(Line(one) for one in data.get("lines", ())), frozenset(map(carrier_key, data.get("carriers", ()))),
            frozenset(one.strip().upper() for one in data.get("states", ())), frozenset(map(Term, data.get("terms", ()))),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rate:
    """A row of the schedule. ``house`` is the share of the commission that the agency keeps, 0 to 1.

    ``least`` and ``most`` bound a commission in minor units, and a positive one only: what comes back is never enlarged (T41).
    """

    match: Match
    basis: Basis
    house: Decimal
    least: int | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        share("house", self.house)
        for name, value in (("least", self.least), ("most", self.most)):
            if value is not None and value < 0:
                refuse(name, value, "is negative", "give minor units from 0 up")
        if self.least is not None and self.most is not None and self.least > self.most:
            refuse("least", self.least, "is above most", "give a least that is at most the most")

    def commission(self, premium: int) -> int:
        """Commission on a commissionable premium in minor units; a negative premium gives a negative commission (T40, T41)."""
        found = self.basis.on(abs(premium))
        if premium < 0:
            return -found
        if found > 0 and self.most is not None:
            found = min(found, self.most)
        if found > 0 and self.least is not None:
            found = max(found, self.least)
        return found

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "match": self.match.as_dict(), "basis": self.basis.as_dict(), "house": str(self.house), "least": self.least,
            "most": self.most,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rate:
        """The inverse of :meth:`as_dict`."""
        return cls(
            Match.from_dict(data["match"]), basis_of(data["basis"]), Decimal(data["house"]), data.get("least"),
            data.get("most"),
        )  # fmt: skip


def basis_of(data: Mapping[str, Any]) -> Basis:
    """A basis from JSON types."""
    if data["kind"] == "percent":
        return Percent(Decimal(data["rate"]))
    if data["kind"] == "flat":
        return Flat(data["minor"])
    brackets = tuple((one["floor"], Decimal(one["rate"])) for one in data["brackets"])
    return Tiered(brackets, data.get("marginal", False))


class Matched(Protocol):
    """A row of one of a plan's tables."""

    @property
    def match(self) -> Match:
        """Which policies it is for."""


RowT = TypeVar("RowT", bound=Matched)


def first_fit(rows: Iterable[RowT], line: Line, carrier: str, state: str, term: Term) -> RowT | None:
    """The first row that is for such a policy; None where the table says nothing of it."""
    return next((row for row in rows if row.match.fits(line, carrier, state, term)), None)


def carrier_key(carrier: str) -> str:
    """A carrier's name for comparing."""
    return " ".join(carrier.split()).casefold()


def share(field: str, value: Decimal) -> None:
    """Refuse what is no share of 0 to 1."""
    if not value.is_finite() or not 0 <= value <= 1:
        refuse(field, value, "is no share", "give a decimal from 0 to 1")
