"""The double-entry ledger: accounts, postings, batches that sum to zero. Debits are positive, credits negative (T45)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Account(StrEnum):
    """What stands in an account; what the agency owes a payee is a credit, so a negative balance.

    ``RECEIVABLE`` carriers owe us, ``SUSPENSE`` they paid and we do not know for what, ``CASH`` is in the bank, ``VARIANCE`` is
    what statements differed within the tolerance. ``HOUSE`` is what the agency keeps; ``BONUS``, ``OVERRIDE``, ``FEE``,
    ``PROMOTION`` and ``SHARING`` are what it gives of it, ``WRITTEN_OFF``
    what it does not ask back. ``PENDING`` is earned and not released, ``PAYABLE`` may be paid,
    ``IN_PAYMENT`` is on its way, ``WITHHELD`` may not be paid for want of a licence.
    """

    RECEIVABLE = "receivable"
    SUSPENSE = "suspense"
    CASH = "cash"
    VARIANCE = "variance"
    HOUSE = "house"
    BONUS = "bonus"
    OVERRIDE = "override"
    FEE = "fee"
    PROMOTION = "promotion"
    SHARING = "sharing"
    WRITTEN_OFF = "written_off"
    PENDING = "pending"
    PAYABLE = "payable"
    IN_PAYMENT = "in_payment"
    WITHHELD = "withheld"


OF_PAYEE = frozenset({Account.PENDING, Account.PAYABLE, Account.IN_PAYMENT, Account.WITHHELD})
OF_CARRIER = frozenset({Account.RECEIVABLE, Account.SUSPENSE})
OF_HOUSE = frozenset({Account.HOUSE, Account.BONUS, Account.OVERRIDE, Account.FEE, Account.PROMOTION})
"""What is together the agency's own income, before it is shared."""


class Happening(StrEnum):
    """Why a batch was posted."""

    ACCRUED = "accrued"
    REVERSED = "reversed"
    REINSTATED = "reinstated"
    RECHECKED = "rechecked"
    RELEASED = "released"
    RECEIVED = "received"
    APPLIED = "applied"
    FEE = "fee"
    SHARED = "shared"
    PAYOUT = "payout"
    PAID = "paid"
    RETURNED = "returned"
    BOUNCED = "bounced"
    """Returned after it was confirmed."""
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


class Place(NamedTuple):
    """Where a posting stands. ``owner`` is the payee or the carrier, "" for the agency's own accounts.

    ``line`` says which line of a commission it belongs to, in which it moves through accounts.
    """

    account: Account
    owner: str
    line: str


@dataclass(frozen=True, slots=True)
class Posting:
    """So many minor units in one place; never 0."""

    place: Place
    minor: int

    def __post_init__(self) -> None:
        if self.minor == 0:
            msg = f"a posting of nothing to {self.place}"
            raise ValueError(msg)
        if bool(self.place.owner) != (self.place.account in OF_PAYEE | OF_CARRIER):
            msg = f"{self.place.account.value} with the owner {self.place.owner!r}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Batch:
    """Postings of one happening, in one currency. Raises ValueError unless they sum to zero."""

    happening: Happening
    currency: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        off = sum(one.minor for one in self.postings)
        if off or len(self.postings) < 2:  # noqa: PLR2004 - double entry
            msg = f"{self.happening.value}: {len(self.postings)} postings that sum to {off}, not to 0"
            raise ValueError(msg)


Balances = Mapping[Place, int]


def folded(postings: Iterable[Posting]) -> dict[Place, int]:
    """The balance of every place that is not at 0."""
    found: Counter[Place] = Counter()
    for one in postings:
        found[one.place] += one.minor
    return {place: minor for place, minor in found.items() if minor}


def moved(current: Balances, target: Balances) -> tuple[Posting, ...]:
    """The postings that bring ``current`` to ``target``, in the order of their places."""
    return tuple(
        Posting(place, difference)
        for place in sorted(current.keys() | target.keys())
        if (difference := target.get(place, 0) - current.get(place, 0))
    )


def transfer(minor: int, *, debit: Place, credit: Place) -> tuple[Posting, ...]:
    """One debit and one credit; nothing for 0. Below 0 they change sides."""
    return (Posting(debit, minor), Posting(credit, -minor)) if minor else ()
