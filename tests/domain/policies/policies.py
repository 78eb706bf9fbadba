"""Policies for tests, short to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from domain.policies.calendar import Clock, DayCount, begins, zone_of
from domain.policies.changes import Change, ChangeKind, Contract
from domain.policies.contents import Contents, Operation, Part, Verb
from domain.policies.returning import Basis, Method, ReturnTerms

ZONE = "America/Chicago"
RECORDED = datetime(2023, 6, 1, tzinfo=UTC)


def a_contract(
    start: str = "2024-01-01", end: str = "2025-01-01", *, zone: str = ZONE, count: DayCount = DayCount.ACTUAL, tax: str = "0",
    fees: int = 0, clock: Clock = Clock.WALL,
) -> Contract:  # fmt: skip
    return Contract(
        date.fromisoformat(start), date.fromisoformat(end), zone_of(zone), clock, count, Fraction(tax), fees
    )


def insuring(*premiums: int, **factors: str) -> Contents:
    """Coverages c0, c1, ... with these premiums in minor units."""
    return Contents({
        Part.COVERAGE: {f"c{number}": {"code": "x", "premium_minor": amount} for number, amount in enumerate(premiums)},
        Part.ADJUSTMENT: {key: {"factor": factor} for key, factor in factors.items()},
    })  # fmt: skip


class Story:
    """Changes one after another, recorded a minute apart."""

    def __init__(self, contract: Contract, contents: Contents) -> None:
        self.contract = contract
        self.changes: list[Change] = []
        self._add(ChangeKind.INCEPTION, contract.start, contents=contents)

    def _add(self, kind: ChangeKind, day: date, **parts: Any) -> Change:
        number = len(self.changes) + 1
        made = Change(f"change-{number}", number, kind, day, RECORDED + timedelta(minutes=number), **parts)
        self.changes.append(made)
        return made

    def endorse(self, day: str, *operations: Operation) -> Change:
        return self._add(ChangeKind.ENDORSEMENT, date.fromisoformat(day), operations=operations)

    def cancel(self, day: str, terms: ReturnTerms | None = None) -> Change:
        return self._add(ChangeKind.CANCELLATION, date.fromisoformat(day), terms=terms or ReturnTerms())

    def reinstate(self, day: str | None = None, *, resumes_at: datetime | None = None) -> Change:
        """Without a day, as if the cancellation had never been."""
        if day is None:
            return self._add(ChangeKind.REINSTATEMENT, self.contract.start)
        on = date.fromisoformat(day)
        return self._add(ChangeKind.REINSTATEMENT, on, resumes_at=resumes_at or begins(on, self.contract.zone))


def add(key: str, premium: int) -> Operation:
    return Operation(Verb.ADD, Part.COVERAGE, key, {"code": "x", "premium_minor": premium})


def remove(key: str) -> Operation:
    return Operation(Verb.REMOVE, Part.COVERAGE, key)


def reprice(key: str, premium: int) -> Operation:
    return Operation(Verb.CHANGE, Part.COVERAGE, key, {"premium_minor": premium})


def surcharge(key: str, factor: str) -> Operation:
    return Operation(Verb.ADD, Part.ADJUSTMENT, key, {"factor": factor})


def terms(method: Method = Method.PRO_RATA, **parts: Any) -> ReturnTerms:
    return ReturnTerms(method, **parts)


def wheel(method: Method = Method.PRO_RATA) -> ReturnTerms:
    return ReturnTerms(method, Basis.WHEEL)


def total(lines: Iterable[Any], name: str = "premium") -> int:
    return sum(getattr(line, name) for line in lines)
