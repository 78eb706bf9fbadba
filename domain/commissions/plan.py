"""An agency's commission plan: schedule, contract table and terms. A version is never changed; another takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.commissions.chargeback import Contract, contract_of
from domain.commissions.rates import Rate, Term, first_fit, share
from domain.commissions.refusing import refuse
from domain.lines import Line
from kernel.ids import digest

_DAYS = 366


@dataclass(frozen=True, slots=True)
class Plan:
    """``overrides`` are shares of a seller's own share for those above, the nearest first, paid by the house.

    ``hold_days`` pass between earning and release. ``rescission_days`` are how long a change of the agent of record may still be
    taken back (T42). ``tolerance`` is what a carrier's statement may differ, ``least_payout`` below what nothing is paid, both in
    minor units.
    """

    rates: tuple[Rate, ...]
    contracts: tuple[Contract, ...]
    overrides: tuple[Decimal, ...] = ()
    hold_days: int = 0
    rescission_days: int = 10
    tolerance: int = 0
    least_payout: int = 0

    def __post_init__(self) -> None:
        if not self.rates:
            refuse("rates", "", "are empty", "give at least one row")
        for one in self.overrides:
            share("overrides", one)
        for name in ("hold_days", "rescission_days"):
            if not 0 <= getattr(self, name) <= _DAYS:
                refuse(name, getattr(self, name), "is no number of days", f"give 0 to {_DAYS}")
        for name in ("tolerance", "least_payout"):
            if getattr(self, name) < 0:
                refuse(name, getattr(self, name), "is negative", "give minor units from 0 up")

    def rate(self, line: Line, carrier: str, state: str, term: Term) -> Rate:
        """The schedule's row for such a policy. Raises Invalid where there is none."""
        found = first_fit(self.rates, line, carrier, state, term)
        if found is None:
            refuse(
                "rates",
                f"{line.value}, {carrier}, {state}, {term.value}",
                "have no row for this",
                "add one to the plan",
            )
        return found

    def contract(self, line: Line, carrier: str, state: str, term: Term) -> Contract:
        """The contract table's row. Raises Invalid where there is none: what comes back is not guessed."""
        found = contract_of(self.contracts, line, carrier, state, term)
        if found is None:
            wanted = f"{line.value}, {carrier}, {state}, {term.value}"
            refuse("contracts", wanted, "have no row for this", "add what the carrier's contract says to the plan")
        return found

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "rates": [one.as_dict() for one in self.rates], "contracts": [one.as_dict() for one in self.contracts],
            "overrides": [str(one) for one in self.overrides], "hold_days": self.hold_days,
            "rescission_days": self.rescission_days, "tolerance": self.tolerance, "least_payout": self.least_payout,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """The inverse of :meth:`as_dict`."""
        return cls(
            tuple(map(Rate.from_dict, data["rates"])), tuple(map(Contract.from_dict, data["contracts"])),
            tuple(map(Decimal, data.get("overrides", ()))), data.get("hold_days", 0), data.get("rescission_days", 10),
            data.get("tolerance", 0), data.get("least_payout", 0),
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digest(self.as_dict())
