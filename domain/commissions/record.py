"""Agent of record: whose a policy is when another producer takes it over (T42)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Chargebacks(StrEnum):
    """A term of the contract: who answers for what comes back of terms that began before the change."""

    ORIGINAL = "original"
    SUCCESSOR = "successor"


@dataclass(frozen=True, slots=True)
class RecordChange:
    """``before`` hands a policy to ``after`` from ``effective_on``. The carrier had the letter on ``received_on``; the insured
    may take it back for some days, and did so where ``rescinded``.
    """

    before: str
    after: str
    effective_on: date
    received_on: date
    chargebacks: Chargebacks = Chargebacks.ORIGINAL
    rescinded: bool = False

    def settles_on(self, rescission_days: int) -> date:
        """The first day on which it cannot be taken back any more."""
        return self.received_on + timedelta(days=rescission_days)


@dataclass(frozen=True, slots=True)
class OfRecord:
    """Whose the term is. Until ``waits_until`` the change that made it theirs may be taken back; None: it is settled."""

    payee: str
    waits_until: date | None = None


def of_record(
    payee: str, term_effective_on: date, changes: Iterable[RecordChange], today: date, rescission_days: int
) -> OfRecord:
    """Who is paid for a term: whoever had the policy when the *term* began. A change within a term counts from the next one."""
    waits: date | None = None
    for change in sorted(changes, key=lambda one: (one.effective_on, one.received_on)):
        if change.rescinded or change.before != payee or change.effective_on > term_effective_on:
            continue
        payee, settles = change.after, change.settles_on(rescission_days)
        if settles > today:
            waits = settles if waits is None else max(waits, settles)
    return OfRecord(payee, waits)


def successors(changes: Iterable[RecordChange], today: date) -> dict[str, str]:
    """Who answers today for whose chargebacks, where the contract gives them to the successor."""
    found: dict[str, str] = {}
    for change in sorted(changes, key=lambda one: (one.effective_on, one.received_on)):
        if change.rescinded or change.effective_on > today:
            continue
        if change.chargebacks is Chargebacks.SUCCESSOR:
            found[change.before] = change.after
    return {first: _last(first, found) for first in found}


def _last(first: str, heirs: dict[str, str]) -> str:
    """Whoever took over from whoever took over, and so on; a circle ends where it would begin again."""
    seen, here = {first}, heirs[first]
    while here in heirs and here not in seen:
        seen.add(here)
        here = heirs[here]
    return here
