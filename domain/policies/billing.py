"""Instalments from an anchor (DOMAIN T54, T55), what payments have settled of them, and the clock of grace (T58, T59)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.policies.calendar import begins, day_at, day_in_month, months_after, months_between
from domain.policies.changes import Contract
from kernel.errors import FieldError, Invalid
from kernel.money import apportion


class Frequency(StrEnum):
    """How often is paid; ``FULL`` is the whole term at once, ``ANNUAL`` each year of it."""

    FULL = "full"
    ANNUAL = "annual"
    SEMIANNUAL = "semiannual"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"


MONTHS = {Frequency.ANNUAL: 12, Frequency.SEMIANNUAL: 6, Frequency.QUARTERLY: 3, Frequency.MONTHLY: 1}


@dataclass(frozen=True, slots=True)
class Instalment:
    """Minor units due by the end of a policy day."""

    number: int
    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Paid:
    """One movement of money, minor units: payments are positive, refunds negative. ``at`` is when it was received;
    ``reversed_at`` when the bank took a payment back, or a refund came back: it counts no more from then. Attempts that failed
    are not given at all.
    """

    amount: int
    at: datetime
    reversed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where payment stands at an instant. ``paid`` is net; ``due`` what should have been paid by then; ``credit`` what lies
    beyond everything billed. ``unpaid`` is the first instalment that is not settled, ``clock_on`` the day its grace begins.
    """

    billed: int
    due: int
    paid: int
    credit: int
    unpaid: Instalment | None
    overdue: bool
    clock_on: date | None


def schedule(contract: Contract, total: int, frequency: Frequency) -> list[Instalment]:
    """Instalments that add up to ``total`` (minor units, fees and taxes included); the fees are due with the first.

    The first is due on the first day of the term. The others count from it, or fall on the day of the month that the contract
    names, from the last such day on or before the first one: never later than the days they pay for. Raises Invalid where the
    term has no whole number of such periods.
    """
    if frequency is Frequency.FULL:
        return [Instalment(1, contract.start, total)]
    months, step = months_between(contract.start, contract.end), MONTHS[frequency]
    if months is None or months % step:
        fault = FieldError(
            "frequency", "does_not_fit", "the term has no whole number of them", "use full", frequency.value
        )
        raise Invalid("the term cannot be paid so often", fields=(fault,))
    count = months // step
    fees = min(contract.fees, max(total, 0))
    parts = apportion(total - fees, [1] * count)
    dates = [contract.start, *(_due(contract, step * number) for number in range(1, count))]
    return [
        Instalment(number + 1, day, part + (0 if number else fees))
        for number, (day, part) in enumerate(zip(dates, parts, strict=True))
    ]


def _due(contract: Contract, months: int) -> date:
    """So many months after the anchor, counted from there each time (T54)."""
    start = contract.start
    day = contract.due_day or max(
        start.day, contract.end.day
    )  # a term that a short month cut has the day of its anchor
    begun = day_in_month(start, 0, day) <= start
    return day_in_month(start, months if begun else months - 1, day)


def rebilled(instalments: Sequence[Instalment], total: int, today: date) -> list[Instalment]:
    """The same schedule for another total: what is due already stays, the rest is spread over what is to come in the same
    proportion; without any to come it is due today. What is too much is taken off the last ones first, and beyond all of them
    off what was due, so that the account shows a credit.
    """
    difference = total - sum(one.amount for one in instalments)
    coming = [one for one in instalments if one.due_on > today]
    gone = [one for one in instalments if one.due_on <= today]
    if difference == 0:
        return list(instalments)
    if difference > 0 and not coming:
        return [*gone, Instalment(max((one.number for one in gone), default=0) + 1, today, difference)]
    if difference > 0:
        weights = [max(one.amount, 0) for one in coming]
        parts = apportion(difference, weights if any(weights) else [1] * len(coming))
        return [*gone, *(replace(one, amount=one.amount + part) for one, part in zip(coming, parts, strict=True))]
    return _less(list(instalments), -difference)


def _less(instalments: list[Instalment], amount: int) -> list[Instalment]:
    for place in range(len(instalments) - 1, -1, -1):
        cut = min(amount, max(instalments[place].amount, 0))
        instalments[place] = replace(instalments[place], amount=instalments[place].amount - cut)
        amount -= cut
    return instalments


def account(
    instalments: Sequence[Instalment],
    payments: Iterable[Paid],
    contract: Contract,
    at: datetime,
    *,
    reversal_restarts: bool = False,
) -> Account:
    """The account at ``at``: payments settle the oldest instalment first, in part or ahead of time.

    Another attempt to pay never moves the clock of grace (T59); where the contract says so, a payment that was reversed begins it
    on the day of the reversal.
    """
    known = [one for one in payments if one.at <= at]
    paid = sum(one.amount for one in known if one.reversed_at is None or one.reversed_at > at)
    billed = sum(one.amount for one in instalments)
    today = day_at(at, contract.zone, contract.clock)
    due = sum(one.amount for one in instalments if one.due_on < today)
    unpaid, running = None, 0
    for one in sorted(instalments, key=lambda one: (one.due_on, one.number)):
        running += one.amount
        if running > paid:
            unpaid = one
            break
    overdue = unpaid is not None and unpaid.due_on < today
    clock = unpaid.due_on if unpaid is not None else None
    if clock is not None and reversal_restarts:
        taken_back = [
            one.reversed_at for one in known if one.amount > 0 and one.reversed_at is not None and one.reversed_at <= at
        ]
        days = [day_at(moment, contract.zone, contract.clock) for moment in taken_back]
        clock = max([clock, *days])
    return Account(billed, due, paid, max(paid - billed, 0), unpaid, overdue, clock)


@dataclass(frozen=True, slots=True)
class Grace:
    """How long cover goes on behind a due date that passed without payment, in days or months; where ``ends_after_months`` is set
    cover ends with so many months of it, looking back (45 CFR 156.270).
    """

    days: int = 0
    months: int = 0
    ends_after_months: int | None = None

    def over_at(self, clock_on: date, contract: Contract) -> datetime:
        """The instant at which grace is over: behind its last whole day, in the policy's zone."""
        return begins(self._end(clock_on), contract.zone, contract.clock)

    def lapse_on(self, clock_on: date) -> date:
        """The day from which there is no cover once it is over."""
        return self._end(clock_on) if self.ends_after_months is None else months_after(clock_on, self.ends_after_months)

    def _end(self, clock_on: date) -> date:
        if self.ends_after_months is not None:  # whole months, the first of them the one that is not paid
            return months_after(clock_on, self.months)
        last = months_after(clock_on, self.months) + timedelta(days=self.days)
        return last + timedelta(days=1)
