"""Payouts: what may be paid now, the life of a payment, and the file that a bank's upload takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.csv_cells import csv_line, number_cell, text_cell
from kernel.money import Money

_CHECKING_CREDIT, _SAVINGS_CREDIT = "22", "32"  # Nacha transaction codes
FILE_CURRENCY = "USD"
"""The only currency that ACH pays."""
_ABA_DIGITS = 9
_ABA_WEIGHTS = (3, 7, 1)
_NAME_LENGTH = 22  # of the individual name in a Nacha entry detail record
_COLUMNS = (
    "transaction_code", "routing_number", "account_number", "amount", "currency", "individual_id", "individual_name",
    "entry_description", "effective_entry_date", "trace_number",
)  # fmt: skip


class PayoutState(StrEnum):
    """``PENDING`` is set aside, ``PROCESSED`` handed to the bank, ``PAID`` confirmed; ``RETURNED`` is owed again."""

    PENDING = "pending"
    PROCESSED = "processed"
    PAID = "paid"
    RETURNED = "returned"


class PayoutVerb(StrEnum):
    """What is done with a payout."""

    PROCESS = "process"
    CONFIRM = "confirm"
    RETURN = "return"


TRANSITIONS: dict[tuple[PayoutState, PayoutVerb], PayoutState] = {
    (PayoutState.PENDING, PayoutVerb.PROCESS): PayoutState.PROCESSED,
    (PayoutState.PENDING, PayoutVerb.RETURN): PayoutState.RETURNED,
    (PayoutState.PROCESSED, PayoutVerb.CONFIRM): PayoutState.PAID,
    (PayoutState.PROCESSED, PayoutVerb.RETURN): PayoutState.RETURNED,
    (PayoutState.PAID, PayoutVerb.RETURN): PayoutState.RETURNED,
}
"""What may follow on what. A bank may return a payment that it had confirmed: then its cash comes back, and nobody was paid."""


@dataclass(frozen=True, slots=True)
class Payable:
    """What a payee has coming: ``minor`` below 0 is owed back. ``held`` says why nothing may go out; of a payee who is not held
    ``stays`` is what commissions that are held keep back.
    """

    payee: str
    currency: str
    minor: int
    held: str | None = None
    stays: int = 0


def due(one: Payable, least: int) -> tuple[int, str | None]:
    """How much is paid now, and why nothing is. A debt is carried and never made 0 (T38)."""
    if one.minor < 0:
        return 0, "owed_back"
    if one.held is not None:
        return 0, "held"
    free = one.minor - one.stays
    if free <= 0:
        return 0, "held" if one.stays else "nothing_due"
    return (free, None) if free >= least else (0, "below_least")


@dataclass(frozen=True, slots=True)
class Lot:
    """What of a payee's balance is of one commission (``of``), or of none; below 0 is owed back."""

    of: UUID | None
    minor: int


def unpaid(lots: Sequence[Lot]) -> dict[UUID, int]:
    """What is owed and not paid of each commission, by a payee's lots, oldest first.

    A payout names the commissions that it pays. Those before it did named none: what they took was of the oldest.
    """
    taken = max(-sum(one.minor for one in lots if one.of is None), 0)
    found = {}
    for one in lots:
        if one.of is not None and one.minor > 0:
            before = min(one.minor, taken)
            taken -= before
            found[one.of] = one.minor - before
    return found


def kept_back(lots: Sequence[Lot], held: Collection[UUID]) -> dict[UUID, int]:
    """What stays of a payee's commissions that are held."""
    return {of: minor for of, minor in unpaid(lots).items() if minor and of in held}


@dataclass(frozen=True, slots=True)
class Bank:
    """Where a payee is paid. ``routing`` is an ABA number; a leading 0 belongs to it."""

    routing: str
    account: str
    savings: bool = False


def routing_holds(routing: str) -> bool:
    """Whether nine digits are an ABA routing number: weighted 3, 7, 1 they sum to a multiple of ten."""
    if len(routing) != _ABA_DIGITS or not (routing.isascii() and routing.isdigit()):
        return False
    weighted = sum(int(digit) * _ABA_WEIGHTS[place % 3] for place, digit in enumerate(routing))
    return weighted > 0 and weighted % 10 == 0


@dataclass(frozen=True, slots=True)
class Instruction:
    """One payment for the bank."""

    payee: str
    name: str
    bank: Bank
    minor: int
    currency: str
    trace: str


def payout_file(instructions: Iterable[Instruction], on: date, description: str) -> str:
    """CSV with the fields of Nacha entry detail records, for uploads that take such; text never begins a formula."""
    rows = [csv_line(_COLUMNS)]
    rows += [
        csv_line((
            _SAVINGS_CREDIT if one.bank.savings else _CHECKING_CREDIT, one.bank.routing, text_cell(one.bank.account),
            number_cell(Money(one.minor, one.currency).amount), one.currency, text_cell(one.payee),
            text_cell(one.name[:_NAME_LENGTH]), text_cell(description), on.strftime("%y%m%d"), text_cell(one.trace),
        ))
        for one in instructions
    ]  # fmt: skip
    return "".join(rows)
