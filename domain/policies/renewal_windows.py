"""When a renewal is offered, and how long before the end its price and its changes must be told: by law where a row with a
citation says so, else by the custom of the line (DOMAIN T64).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files

from domain.citations import Cited, cited, rows_of
from domain.lines import Line
from kernel.ids import digest

EDITION = "2026-11"
CUSTOM = "custom"
"""What is cited where only the trade's custom is known."""


class Duty(StrEnum):
    """What must be told: the offer with its premium, whatever it is; a rise of the premium; terms that are worse."""

    OFFER = "offer"
    DEARER = "dearer"
    CHANGED = "changed"


class Reach(StrEnum):
    """Whether a rise counts that is ``percent`` exactly (``FROM``), or only one beyond it (``OVER``)."""

    FROM = "from"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A statutory duty: ``days`` before the end at least, ``most_days`` at most. ``percent`` is the rise from which it holds."""

    state: str
    line: Line
    duty: Duty
    percent: Fraction | None
    reach: Reach | None
    days: int
    most_days: int | None
    cited: Cited

    def demands(self, rise: Fraction, *, worse: bool) -> bool:
        """Whether a renewal that costs ``rise`` (a share) more, with ``worse`` terms, must have been told in time. One at
        the old price and terms need not: to withhold it would be worse than to send it late.
        """
        if self.duty is Duty.CHANGED:
            return worse
        if self.duty is Duty.OFFER:
            return worse or rise > 0
        limit = (self.percent or Fraction(0)) / 100
        return rise >= limit if self.reach is Reach.FROM else rise > limit

    @property
    def words(self) -> str:
        """The duty for people."""
        rise = "" if self.percent is None else f" {self.reach} {self.percent} percent"
        most = "" if self.most_days is None else f" to {self.most_days}"
        return f"{self.duty.value}{rise}: {self.days}{most} days"


@dataclass(frozen=True, slots=True)
class Custom:
    """The custom of a line: offered ``offer_days`` before the end, ``least_days`` at the latest. It binds nobody."""

    line: Line
    offer_days: int
    least_days: int
    note: str


@dataclass(frozen=True, slots=True)
class WindowTables:
    """Every window; the version covers every byte."""

    version: str
    rows: tuple[WindowRow, ...]
    customs: Mapping[Line, Custom]

    def rows_for(self, state: str, line: Line, day: date) -> tuple[WindowRow, ...]:
        """What the state demands of the line on ``day``; nothing where no row was found, which is not that there is no law."""
        return tuple(one for one in self.rows if (one.state, one.line) == (state, line) and one.cited.in_force(day))

    def broken(
        self, state: str, line: Line, ends_on: date, today: date, rise: Fraction, *, worse: bool
    ) -> WindowRow | None:
        """The duty that an offer on ``today`` would be too late for; the longest where several are."""
        left = (ends_on - today).days
        late = [
            one for one in self.rows_for(state, line, ends_on)
            if left < one.days and one.demands(rise, worse=worse)
        ]  # fmt: skip
        return max(late, key=lambda one: one.days, default=None)


@cache
def window_tables() -> WindowTables:
    """The tables that ship beside the rules."""
    texts = {
        name: files("domain.policies.data").joinpath(f"{name}.csv").read_text(encoding="utf-8")
        for name in ("renewal_windows", "renewal_customs")
    }
    customs = (
        Custom(Line(row["line"]), int(row["offer_days"]), int(row["least_days"]), row["note"])
        for row in rows_of(texts["renewal_customs"])
    )
    return WindowTables(
        f"renewals-{EDITION}-{digest(texts)[:12]}",
        tuple(_row(one) for one in rows_of(texts["renewal_windows"])),
        {one.line: one for one in customs},
    )


def _row(row: Mapping[str, str]) -> WindowRow:
    return WindowRow(
        row["state"], Line(row["line"]), Duty(row["duty"]), Fraction(row["percent"]) if row["percent"] else None,
        Reach(row["reach"]) if row["reach"] else None, int(row["days"]), int(row["most_days"]) if row["most_days"] else None,
        cited(row),
    )  # fmt: skip
