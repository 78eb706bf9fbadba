"""How much of a commission stays earned when a policy ends early, by contract (T36, T37)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from domain.commissions.rates import Match, Term, first_fit
from domain.commissions.refusing import refuse
from domain.lines import Line

_MONTHS = 12
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class ReturnPremium:
    """What is returned of the premium, the same share of the commission comes back: property and casualty."""

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"kind": "return_premium"}


@dataclass(frozen=True, slots=True)
class Window:
    """Within ``full`` months everything comes back, from there to ``months`` the unearned months do, and then nothing: life.

    An advance of n months is earned month by month: ``Window(0, n)``.
    """

    full: int
    months: int

    def __post_init__(self) -> None:
        if not 0 <= self.full <= self.months <= _LONGEST or self.months == 0:
            refuse(
                "window", f"{self.full} of {self.months}", "is no window", "give 0 <= full <= months <= 120, months > 0"
            )

    def retained(self, months_in_force: int) -> Fraction:
        """The share that stays earned after so many completed months."""
        if months_in_force >= self.months:
            return Fraction(1)
        return Fraction(0) if months_in_force < self.full else Fraction(max(months_in_force, 0), self.months)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"kind": "window", "full": self.full, "months": self.months}


Clause = ReturnPremium | Window


@dataclass(frozen=True, slots=True)
class Contract:
    """A row of the contract table. ``advance`` months of commission are paid at the start; 0 pays as it is earned."""

    match: Match
    clause: Clause
    advance: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.advance <= _LONGEST:
            refuse("advance", self.advance, "is no number of months", f"give 0 to {_LONGEST}")
        if self.advance and isinstance(self.clause, ReturnPremium):
            refuse("advance", self.advance, "has no window to be earned in", "give the contract a window")

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"match": self.match.as_dict(), "clause": self.clause.as_dict(), "advance": self.advance}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contract:
        """The inverse of :meth:`as_dict`."""
        said = data["clause"]
        clause = Window(said["full"], said["months"]) if said["kind"] == "window" else ReturnPremium()
        return cls(Match.from_dict(data["match"]), clause, data.get("advance", 0))


def contract_of(contracts: Iterable[Contract], line: Line, carrier: str, state: str, term: Term) -> Contract | None:
    """The first row for such a policy; None where the table says nothing, and then nobody may guess."""
    return first_fit(contracts, line, carrier, state, term)


def months_in_force(effective: date, ended: date) -> int:
    """Completed months from the effective date to the end, each counted from the first day and never from the last (T54)."""
    months = (ended.year - effective.year) * _MONTHS + ended.month - effective.month
    return max(months if ended >= _month_after(effective, months) else months - 1, 0)


def _month_after(anchor: date, months: int) -> date:
    year, month = divmod(anchor.year * _MONTHS + anchor.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))
