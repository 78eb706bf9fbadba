"""Everything that decided about one commission, frozen when it was earned: what it is computed from again, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.commissions.licensing import Verdict
from domain.commissions.promoting import Promised
from domain.commissions.rates import Rate
from domain.commissions.refusing import refuse

REFERRER = "referrer"
TEAM_POOL = "team:"
"""Before a team's id: the pool of whoever is in that team on the day of earning."""
"""The role of whoever is credited with the referral that the sale came by: theirs alone is multiplied by a network tier (T29)."""
HOUSE_MOST = Decimal(2)
"""The largest multiplier that is taken: a typing error must not pay somebody a hundred times over."""


@dataclass(frozen=True, slots=True)
class Above:
    """Somebody above a seller, with the licence that an override needs as well."""

    payee: str
    licence: Verdict

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"payee": self.payee, "licence": self.licence.as_dict()}


@dataclass(frozen=True, slots=True)
class Sharer:
    """One who shares in what the house does not keep, by ``weight``; through ``pool`` where it is a pool's share (T32).

    ``multiplier`` is of a referrer's network tier on the day (T29). ``above`` are those over them, the nearest first.
    ``promised`` are bonuses of promotions for whoever wrote the policy.
    """

    payee: str
    role: str
    weight: Fraction
    licence: Verdict
    multiplier: Decimal = Decimal(1)
    pool: str | None = None
    above: tuple[Above, ...] = ()
    promised: tuple[Promised, ...] = ()

    def __post_init__(self) -> None:
        if self.weight <= 0:
            refuse("weight", self.weight, "is not above 0", "give each party a positive weight")
        if not self.multiplier.is_finite() or not 1 <= self.multiplier <= HOUSE_MOST:
            refuse("multiplier", self.multiplier, "is out of range", f"give 1 to {HOUSE_MOST}")

    def as_dict(self) -> dict[str, Any]:
        """JSON types; the weight is a fraction, so that pools of pools stay exact."""
        return {
            "payee": self.payee, "role": self.role, "weight": str(self.weight), "licence": self.licence.as_dict(),
            "multiplier": str(self.multiplier), "pool": self.pool, "above": [one.as_dict() for one in self.above],
            "promised": [one.as_dict() for one in self.promised],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Sharer:
        """The inverse of :meth:`as_dict`."""
        above = tuple(Above(one["payee"], Verdict.from_dict(one["licence"])) for one in data["above"])
        return cls(
            data["payee"], data["role"], Fraction(data["weight"]), Verdict.from_dict(data["licence"]),
            Decimal(data["multiplier"]), data["pool"], above,
            tuple(map(Promised.from_dict, data.get("promised", ()))),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """``premium`` is commissionable: without ``taxes`` and ``fees``, which are kept to show that they do not count (T44).

    With ``months`` above 1 it is an advance: the commission of one month's premium, so many times. ``tie order`` is the order of
    ``sharers``, the house last (T33). ``before`` is premium of the same term that earned earlier: a change of it earns what the
    whole earns more, so that a bracket goes on, and a flat or least commission is not earned twice.
    """

    rule_version: int
    rule_digest: str
    rate: Rate
    overrides: tuple[Decimal, ...]
    currency: str
    premium: int
    taxes: int
    fees: int
    sharers: tuple[Sharer, ...]
    months: int = 1
    before: int = 0

    def __post_init__(self) -> None:
        if not self.sharers:
            refuse("parties", "", "are empty", "name who sold the policy")
        if self.months < 1:
            refuse("months", self.months, "is no number of months", "give 1 or more")

    @property
    def once(self) -> int:
        """The commission on ``premium``, for one month where it is an advance; minor units."""
        return self.rate.commission(self.before + self.premium) - (
            self.rate.commission(self.before) if self.before else 0
        )

    @property
    def gross(self) -> int:
        """What the carrier owes the agency, in minor units."""
        return self.months * self.once

    def ended(self, day: date | None, retained: Fraction) -> Terms:
        """With promotions whose holding is over by the day standing where they do; None: as if it had never begun."""
        return self._promising(lambda one: one.settled(day, retained))

    def reinstated(self) -> Terms:
        """With promotions that go with the commission again."""
        return self._promising(lambda one: replace(one, stands=None))

    def _promising(self, change: Callable[[Promised], Promised]) -> Terms:
        sharers = tuple(replace(one, promised=tuple(map(change, one.promised))) for one in self.sharers)
        return replace(self, sharers=sharers)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "rule_version": self.rule_version, "rule_digest": self.rule_digest, "rate": self.rate.as_dict(),
            "overrides": [str(one) for one in self.overrides], "currency": self.currency, "premium": self.premium,
            "taxes": self.taxes, "fees": self.fees, "sharers": [one.as_dict() for one in self.sharers],
            "months": self.months, "before": self.before,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """The inverse of :meth:`as_dict`."""
        return cls(
            data["rule_version"], data["rule_digest"], Rate.from_dict(data["rate"]),
            tuple(map(Decimal, data["overrides"])), data["currency"], data["premium"], data["taxes"], data["fees"],
            tuple(map(Sharer.from_dict, data["sharers"])), data["months"], data.get("before", 0),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """A producer or a pool of them who takes part in a sale."""

    weight: Fraction
    role: str
    producer: str | None = None
    pool: str | None = None


def spread(
    parties: Sequence[Party], members: Mapping[str, Sequence[tuple[str, Fraction]]]
) -> list[tuple[str, str, Fraction, str | None]]:
    """Payee, role, weight and pool of everyone who shares: a pool's weight goes to its members of the day, by theirs (T32).

    Raises Invalid for a pool that nobody was in.
    """
    found: list[tuple[str, str, Fraction, str | None]] = []
    for party in parties:
        if party.pool is None:
            assert party.producer is not None, "a party is a producer or a pool"
            found.append((party.producer, party.role, party.weight, None))
            continue
        inside = members.get(party.pool, ())
        whole = sum((weight for _, weight in inside), Fraction(0))
        if whole <= 0:
            refuse("pool", party.pool, "had no members on the day of earning", "give it members from an earlier day")
        found += [(who, party.role, party.weight * weight / whole, party.pool) for who, weight in inside]
    return found


def chain(payee: str, above: Mapping[str, str], at_most: int) -> list[str]:
    """Those above a payee, the nearest first. Raises Invalid where the hierarchy runs in a circle."""
    found: list[str] = []
    seen = {payee}
    while len(found) < at_most and (upper := above.get(found[-1] if found else payee)) is not None:
        if upper in seen:
            refuse("upline", upper, "is above themselves", "end one of the two relations")
        seen.add(upper)
        found.append(upper)
    return found


def has_circle(above: Mapping[str, str], of: Iterable[str]) -> bool:
    """Whether anyone of ``of`` comes to stand above themselves."""
    for start in of:
        seen, here = {start}, above.get(start)
        while here is not None:
            if here in seen:
                return True
            seen.add(here)
            here = above.get(here)
    return False
