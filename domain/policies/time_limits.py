"""Until when cover that ended may be taken up again, and until when a policy may be made void: cited rows, as of notices.

A row of custom is no law: the contract decides, and may carry a window of its own. No row means that a person must find the law.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.citations import Cited, cited
from domain.lines import Line
from domain.policies.calendar import months_after
from domain.policies.words import Reason

ANY = "any"
EVERYWHERE = "US"


class Basis(StrEnum):
    """Whether a state's law gives the window at least, or carriers commonly do."""

    STATUTE = "statute"
    CUSTOM = "custom"


class CountsFrom(StrEnum):
    """Whether the window begins with the end of cover or with the due date that was not paid."""

    END = "end"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ReinstatementRow:
    """Cover may be taken up again for ``months`` and ``days``, with evidence of insurability where ``evidence``."""

    state: str
    line: Line
    months: int
    days: int
    counts_from: CountsFrom
    evidence: bool
    basis: Basis
    cited: Cited

    def until(self, ended_on: date, unpaid_since: date | None = None, agreed_days: int | None = None) -> date:
        """The last day. ``agreed_days`` from the end of cover are what the contract says: instead of a custom, and beside a
        statute where they are more, which is the least that an insured has.
        """
        start = unpaid_since or ended_on if self.counts_from is CountsFrom.DEFAULT else ended_on
        own = months_after(start, self.months) + timedelta(days=self.days)
        if agreed_days is None:
            return own
        agreed = ended_on + timedelta(days=agreed_days)
        return agreed if self.basis is Basis.CUSTOM else max(own, agreed)

    @property
    def cells(self) -> tuple[object, ...]:
        """Everything that it rules."""
        of = ("reinstatement", self.state, self.line.value, self.months, self.days)
        return *of, self.counts_from.value, self.evidence, self.basis.value


@dataclass(frozen=True, slots=True)
class ContestRow:
    """For ``reason`` a policy may be made void within so many months of its first day, or of its first term where ``or_term`` and
    that is less; without ``months`` no clause ends it.
    """

    state: str
    line: Line
    reason: str
    months: int | None
    or_term: bool
    cited: Cited

    def until(self, first_started_on: date, first_ends_on: date) -> date | None:
        """The last day; None without an end. Once the policy was in force for that long it stands."""
        if self.months is None:
            return None
        whole = months_after(first_started_on, self.months)
        return (min(whole, first_ends_on) if self.or_term else whole) - timedelta(days=1)

    @property
    def cells(self) -> tuple[object, ...]:
        """Everything that it rules."""
        return "contest", self.state, self.line.value, self.reason, self.months, self.or_term


def reinstatement_for(
    rows: Iterable[ReinstatementRow], state: str, line: Line, ended_on: date
) -> ReinstatementRow | None:
    """The row in force on the day on which cover ended; the state's before the custom of all."""
    fits = [
        row for row in rows
        if row.line is line and row.state in {state, EVERYWHERE} and row.cited.in_force(ended_on)
    ]  # fmt: skip
    return min(fits, key=lambda row: row.state == EVERYWHERE, default=None)


def contest_for(
    rows: Iterable[ContestRow], state: str, line: Line, reason: Reason, first_started_on: date
) -> ContestRow | None:
    """The row in force on the policy's first day, as its clause was written; the state's before that of all, one of the reason
    before one of any.
    """
    fits = [
        row for row in rows
        if row.line is line and row.state in {state, EVERYWHERE} and row.reason in {ANY, reason.value}
        and row.cited.in_force(first_started_on)
    ]  # fmt: skip
    return min(fits, key=lambda row: (row.state == EVERYWHERE, row.reason == ANY), default=None)


def read_reinstatement(row: Mapping[str, str]) -> ReinstatementRow:
    """A row of ``reinstatement.csv``."""
    return ReinstatementRow(
        row["state"], Line(row["line"]), int(row["months"]), int(row["days"]), CountsFrom(row["counts_from"]),
        row["evidence"] == "yes", Basis(row["basis"]), cited(row),
    )  # fmt: skip


def read_contest(row: Mapping[str, str]) -> ContestRow:
    """A row of ``contestability.csv``."""
    months = int(row["months"]) if row["months"] else None
    return ContestRow(row["state"], Line(row["line"]), row["reason"], months, row["or_term"] == "yes", cited(row))
