"""What was agreed about a term, each with the day from which it counts and the instant at which it was recorded.

The list only grows: a correction is another change. What is known at an instant are the changes recorded until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from domain.policies.calendar import Clock, DayCount, zone_of
from domain.policies.contents import Contents, Operation
from domain.policies.returning import Basis, Method, ReturnTerms


class ChangeKind(StrEnum):
    """Kinds of changes; ``REINSTATEMENT`` either takes a cancellation back or begins cover again after a gap (T61)."""

    INCEPTION = "inception"
    ENDORSEMENT = "endorsement"
    CANCELLATION = "cancellation"
    REINSTATEMENT = "reinstatement"


@dataclass(frozen=True, slots=True)
class Contract:
    """What does not change within a term. ``fees`` are flat minor units, kept unless all is returned; taxes follow the premium
    at ``tax_rate``; premium is counted by ``count``. ``due_day`` is the day of the month on which instalments fall due, where one
    was chosen.
    """

    start: date
    end: date
    zone: ZoneInfo
    clock: Clock = Clock.WALL
    count: DayCount = DayCount.ACTUAL
    tax_rate: Fraction = Fraction(0)
    fees: int = 0
    due_day: int | None = None

    def days(self, first: date, last: date) -> int:
        """Counted days in [first, last)."""
        return self.count.between(first, last)


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``operations`` belong to endorsements, ``contents`` to the inception, ``terms`` to cancellations;
    ``resumes_at`` is when cover begins again after a gap, and None where a reinstatement takes the cancellation back. What was
    given for one: the day of the statement of no loss, and whether there is evidence of insurability.
    """

    id: str
    number: int
    kind: ChangeKind
    effective_on: date
    recorded_at: datetime
    contents: Contents | None = None
    operations: tuple[Operation, ...] = ()
    terms: ReturnTerms | None = None
    resumes_at: datetime | None = None
    no_loss_on: date | None = None
    evidence: bool = False

    def body(self) -> dict[str, Any]:
        """What is particular to its kind, for JSON."""
        if self.contents is not None:
            return {"contents": self.contents.as_row()}
        if self.terms is not None:
            return {"terms": terms_row(self.terms)}
        if self.kind is ChangeKind.REINSTATEMENT:
            return {
                "resumes_at": None if self.resumes_at is None else self.resumes_at.isoformat(),
                "no_loss_stated_on": None if self.no_loss_on is None else self.no_loss_on.isoformat(),
                "evidence": self.evidence,
            }
        return {"operations": [one.as_row() for one in self.operations]}

    @classmethod
    def read(
        cls, key: str, number: int, kind: str, effective_on: date, recorded_at: datetime, body: Mapping[str, Any]
    ) -> Change:
        """From its stored parts."""
        resumes, no_loss = body.get("resumes_at"), body.get("no_loss_stated_on")
        return cls(
            key, number, ChangeKind(kind), effective_on, recorded_at,
            Contents.read(body["contents"]) if "contents" in body else None,
            tuple(Operation.read(row) for row in body.get("operations", ())),
            read_terms(body["terms"]) if "terms" in body else None,
            datetime.fromisoformat(resumes) if resumes else None, date.fromisoformat(no_loss) if no_loss else None,
            bool(body.get("evidence")),
        )  # fmt: skip


def terms_row(terms: ReturnTerms) -> dict[str, str]:
    """Terms of return for JSON."""
    return {
        "method": terms.method.value, "basis": terms.basis.value, "count": terms.count.value,
        "minimum": str(terms.minimum), "holdback": str(terms.holdback),
    }  # fmt: skip


def read_terms(row: Mapping[str, str]) -> ReturnTerms:
    """Terms of return as :func:`terms_row` wrote them."""
    return ReturnTerms(
        Method(row["method"]),
        Basis(row["basis"]),
        DayCount(row["count"]),
        Fraction(row["minimum"]),
        Fraction(row["holdback"]),
    )


def contract_row(contract: Contract) -> dict[str, Any]:
    """The contract for JSON."""
    chosen = {} if contract.due_day is None else {"due_day": contract.due_day}
    return {
        **chosen, "start": contract.start.isoformat(), "end": contract.end.isoformat(), "zone": contract.zone.key,
        "clock": contract.clock.value, "count": contract.count.value, "tax_rate": str(contract.tax_rate),
        "fees": contract.fees,
    }  # fmt: skip


def read_contract(row: Mapping[str, Any]) -> Contract:
    """A contract as :func:`contract_row` wrote it."""
    return Contract(
        date.fromisoformat(row["start"]), date.fromisoformat(row["end"]), zone_of(row["zone"]), Clock(row["clock"]),
        DayCount(row["count"]), Fraction(row["tax_rate"]), int(row["fees"]),
        row.get("due_day"),
    )  # fmt: skip
