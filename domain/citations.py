"""Where a legal number was read, shared by every table of them. A row without a citation is no row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Origin(StrEnum):
    """Where the row was read: in the law or order itself (or a reprint), only on a page about it, or nowhere: ``UNREAD`` cites
    from memory and waits for somebody to open what it cites.
    """

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNREAD = "unread"


_MARKS = {Origin.PRIMARY: "", Origin.SECONDARY: " (secondary source)", Origin.UNREAD: " (not read)"}


@dataclass(frozen=True, slots=True)
class Cited:
    """What every row says of itself. In force from ``effective`` until the day before ``until`` (None: still)."""

    citation: str
    origin: Origin
    effective: date
    until: date | None = None
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Whether the row holds on ``day``."""
        return self.effective <= day and (self.until is None or day < self.until)

    @property
    def said(self) -> str:
        """The citation, marked where nobody has read the law itself."""
        return f"{self.citation}{_MARKS[self.origin]}"


def cited(row: Mapping[str, str]) -> Cited:
    """The citation of a table's row: its columns ``citation, source, effective, until, note``."""
    until = date.fromisoformat(row["until"]) if row["until"] else None
    return Cited(row["citation"], Origin(row["source"]), date.fromisoformat(row["effective"]), until, row["note"])


def rows_of(text: str) -> Iterator[dict[str, str]]:
    """The rows of a table as text."""
    return csv.DictReader(text.splitlines())
