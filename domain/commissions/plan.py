"""An agency's commission plan: schedule, contract table and terms. A version is never changed; another takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.commissions.chargeback import Contract, contract_of
from domain.commissions.rates import Match, Rate, Term, first_fit, share
from domain.commissions.refusing import refuse
from domain.lines import Line
from kernel.ids import digest

_DAYS = 366


@dataclass(frozen=True, slots=True)
class ReferralShare:
    """What whoever is credited with the referral has of the parties' part of a commission: 0 to below 1."""

    match: Match
    share: Decimal

    def __post_init__(self) -> None:
        share("referrals.share", self.share)
        if self.share == 1:
            refuse("referrals.share", self.share, "leaves nothing to who sold", "give less than 1")

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"match": self.match.as_dict(), "share": str(self.share)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ReferralShare:
        """The inverse of :meth:`as_dict`."""
        return cls(Match.from_dict(data["match"]), Decimal(data["share"]))


@dataclass(frozen=True, slots=True)
class Plan:
    """``referrals`` are rows of what a referrer has of a sale; where none fits there is no share. ``overrides`` are shares of a
    seller's own share for those above, the nearest first, paid by the house.

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
    referrals: tuple[ReferralShare, ...] = ()

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

    def referral_share(self, line: Line, carrier: str, state: str, term: Term) -> Decimal:
        """What whoever referred the client has of the parties' part of such a sale, 0 to below 1."""
        found = first_fit(self.referrals, line, carrier, state, term)
        return Decimal(0) if found is None else found.share

    def as_dict(self) -> dict[str, Any]:
        """JSON types; a plan without shares of referrers reads as it did before there were any."""
        shares = {"referrals": [one.as_dict() for one in self.referrals]} if self.referrals else {}
        return {
            **shares,
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
            tuple(map(ReferralShare.from_dict, data.get("referrals", ()))),
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return digest(self.as_dict())
