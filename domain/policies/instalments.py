"""The instalments of a term as its changes made them, one after the other (DOMAIN T54, T61)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from domain.policies.billing import Frequency, Instalment, rebilled, schedule
from domain.policies.calendar import day_at
from domain.policies.changes import Change, ChangeKind, Contract
from domain.policies.term import priced
from kernel.money import apportion


def planned(contract: Contract, changes: Sequence[Change], frequency: Frequency) -> list[Instalment]:
    """What is due when, told from every change in the order in which they were recorded.

    An end that is taken back leaves the schedule that stood before it: what was due by then is due again. Behind a gap it is the
    same, less the premium of the gap.
    """
    ordered = sorted(changes, key=lambda one: one.number)
    bills: list[Instalment] = []
    before: list[tuple[date, list[Instalment]]] = []
    for place, change in enumerate(ordered, 1):
        total = priced(contract, ordered[:place]).total
        today = day_at(change.recorded_at, contract.zone, contract.clock)
        if change.kind is ChangeKind.INCEPTION:
            bills = schedule(contract, total, frequency)
            continue
        if change.kind is ChangeKind.CANCELLATION:
            before.append((change.effective_on, bills))
        elif change.kind is ChangeKind.REINSTATEMENT:
            ended_on, bills = before.pop()
            if change.resumes_at is not None:
                bills = _less_gap(bills, total, ended_on, change.effective_on, contract.end)
        bills = rebilled(bills, total, today)
    return bills


def _less_gap(bills: Sequence[Instalment], total: int, gone: date, back: date, end: date) -> list[Instalment]:
    """Take what the term costs less off the instalments whose days lie in [gone, back), by how many do; an instalment pays for
    the days until the next is due, and none gets below 0.
    """
    less = sum(one.amount for one in bills) - total
    until = [*(one.due_on for one in bills[1:]), end]
    days = [max((min(till, back) - max(one.due_on, gone)).days, 0) for one, till in zip(bills, until, strict=True)]
    if less <= 0 or not any(days):
        return list(bills)
    parts = apportion(less, days)
    return [replace(one, amount=max(one.amount - part, 0)) for one, part in zip(bills, parts, strict=True)]
