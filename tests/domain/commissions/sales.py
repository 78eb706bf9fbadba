"""Sales, plans and a ledger in memory for the tests of commissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.commissions.ledger import Account, Batch, Happening, Place, Posting, folded, moved
from domain.commissions.licensing import Verdict
from domain.commissions.rates import Match, Percent, Rate
from domain.commissions.splitting import Standing, answered, balances
from domain.commissions.terms import Above, Sharer, Terms

YES = Verdict(permits=True, known=True, code="licensed", reason="licensed")
NO = Verdict(permits=False, known=True, code="licence_ended", reason="licence in FL ended on 2026-01-31")
CARRIER = "acme"


def a_rate(rate: str = "0.10", house: str = "0", **more: Any) -> Rate:
    return Rate(Match(), Percent(Decimal(rate)), Decimal(house), **more)


def a_sharer(payee: str, weight: int | str = 1, **more: Any) -> Sharer:
    return Sharer(payee, "writer", Fraction(weight), more.pop("licence", YES), **more)


def some_terms(*sharers: Sharer, premium: int = 100_000, rate: Rate | None = None, **more: Any) -> Terms:
    given = {"overrides": (), "currency": "USD", "taxes": 0, "fees": 0} | more
    return Terms(1, "0" * 64, rate or a_rate(), premium=premium, sharers=sharers, **given)


def above(*payees: str, licence: Verdict = YES) -> tuple[Above, ...]:
    return tuple(Above(payee, licence) for payee in payees)


class Book:
    """A ledger in memory: each batch goes through the domain's own check."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.of: dict[str, list[Posting]] = {}
        self.terms: dict[str, Terms] = {}
        self.standing: dict[str, Standing] = {}

    def bring(
        self, name: str, terms: Terms, standing: Standing, successors: Mapping[str, str] | None = None
    ) -> tuple[Posting, ...]:
        """Post what brings the commission to where it now stands."""
        current = folded(self.of.get(name, ()))
        target = answered(terms, current, balances(terms, CARRIER, standing), successors or {})
        postings = moved(current, target)
        self.terms[name], self.standing[name] = terms, standing
        if postings:
            self.batches.append(Batch(Happening.ACCRUED, terms.currency, postings))
            self.of[name] = [*self.of.get(name, ()), *postings]
        return postings

    def post(self, happening: Happening, postings: Iterable[Posting]) -> None:
        self.batches.append(Batch(happening, "USD", tuple(postings)))

    def balance(self, account: Account, owner: str = "") -> int:
        return sum(
            one.minor
            for batch in self.batches
            for one in batch.postings
            if one.place.account is account and one.place.owner == owner
        )

    def owed(self, payee: str) -> int:
        """What the agency owes a payee, released or not."""
        return -self.balance(Account.PENDING, payee) - self.balance(Account.PAYABLE, payee)

    def pay(self, payee: str) -> int:
        """Pay what is payable, if it is above 0."""
        minor = -self.balance(Account.PAYABLE, payee)
        if minor <= 0:
            return 0
        payable, moving = Place(Account.PAYABLE, payee, ""), Place(Account.IN_PAYMENT, payee, "")
        self.post(Happening.PAYOUT, (Posting(payable, minor), Posting(moving, -minor)))
        self.post(Happening.PAID, (Posting(moving, minor), Posting(Place(Account.CASH, "", ""), -minor)))
        return minor
