"""The legal numbers, as data: hours by state, what each channel needs, ages and deadlines. A missing row means no.

Rows never overlap: a row that was replaced ends (``until``) on the day on which its successor begins, so that losing the
successor leaves nothing in force instead of an older, laxer row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache, cached_property
from importlib.resources import files

from domain.citations import Cited, cited, rows_of
from domain.contact.channels import Channel
from kernel.ids import digest

EDITION = "2026-11"
FEDERAL = "US"
"""The row that binds in every state."""
Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Hours in which a state lets people be called, on the called person's clock, half-open; None: not on such a day."""

    state: str
    weekday: Span | None
    saturday: Span | None
    sunday: Span | None
    on_holidays: bool
    cited: Cited

    def span(self, day: date, *, holiday: bool) -> Span | None:
        """The hours of one day."""
        if holiday and not self.on_holidays:
            return None
        return {5: self.saturday, 6: self.sunday}.get(day.weekday(), self.weekday)


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """What a channel is bound by: quiet hours, the do-not-call registry, written consent."""

    channel: Channel
    quiet_hours: bool
    registry: bool
    written_consent: bool
    cited: Cited


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number by name, in ``unit``."""

    name: str
    value: int
    unit: str
    cited: Cited


@dataclass(frozen=True, slots=True)
class Holidays:
    """Public holidays by state (``US`` for federal ones) in the days ``first`` to ``last``; outside them nothing is known."""

    version: str = "none"
    first: date = date.max
    last: date = date.min
    days: Mapping[str, frozenset[date]] = field(default_factory=dict)

    def on(self, state: str, day: date) -> bool | None:
        """Whether the state keeps the day; None where that is not known."""
        known = self.days.get(state)
        return None if known is None or not self.first <= day <= self.last else day in known


@dataclass(frozen=True)
class ContactTables:
    """Every table that a verdict reads."""

    version: str
    hours: tuple[HoursRow, ...]
    channels: tuple[ChannelRow, ...]
    numbers: tuple[NumberRow, ...]
    holidays: Holidays = Holidays()

    def hours_of(self, state: str, day: date) -> HoursRow | None:
        """The state's hours in force on ``day``."""
        return next((row for row in self._by_state.get(state, ()) if row.cited.in_force(day)), None)

    @cached_property
    def _by_state(self) -> dict[str, list[HoursRow]]:
        found: dict[str, list[HoursRow]] = {}
        for row in self.hours:
            found.setdefault(row.state, []).append(row)
        return found

    def channel(self, channel: Channel, day: date) -> ChannelRow | None:
        """What binds the channel on ``day``."""
        return next((row for row in self.channels if row.channel is channel and row.cited.in_force(day)), None)

    def number(self, name: str, day: date) -> NumberRow | None:
        """The number in force on ``day``."""
        return next((row for row in self.numbers if row.name == name and row.cited.in_force(day)), None)


@cache
def contact_tables() -> ContactTables:
    """The tables that ship beside the rules, without holidays, which come from the caller; the version covers every byte."""
    texts = {name: _text(name) for name in ("hours", "channels", "numbers")}
    hours = tuple(
        HoursRow(
            row["state"], _span(row["weekday"]), _span(row["saturday"]), _span(row["sunday"]),
            row["holidays"] == "open", cited(row),
        )
        for row in rows_of(texts["hours"])
    )  # fmt: skip
    channels = tuple(
        ChannelRow(
            Channel(row["channel"]), row["quiet_hours"] == "yes", row["registry"] == "yes", row["written_consent"] == "yes",
            cited(row),
        )
        for row in rows_of(texts["channels"])
    )  # fmt: skip
    numbers = tuple(
        NumberRow(row["name"], int(row["value"]), row["unit"], cited(row)) for row in rows_of(texts["numbers"])
    )
    return ContactTables(f"contact-{EDITION}-{digest(texts)[:12]}", hours, channels, numbers)


def _text(name: str) -> str:
    return files("domain.contact.data").joinpath(f"{name}.csv").read_text(encoding="utf-8")


def _span(text: str) -> Span | None:
    if text == "closed":
        return None
    opens, closes = text.split("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)
