"""Where the person may be, and whether the hour is a decent one there."""

from __future__ import annotations

from datetime import UTC, timedelta

from domain.contact.facts import Asked, Facts
from domain.contact.findings import Finding, no_row, passed, refused
from domain.contact.quiet_hours import is_open, windows
from domain.contact.tables import FEDERAL, ContactTables

_INSTANT = timedelta(microseconds=1)


def place(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """State and zone are known, and each state has its row."""
    day = asked.at.astimezone(UTC).date()
    bound = tables.channel(asked.channel, day)
    if bound is None or not bound.quiet_hours:
        return None
    if not facts.states or not facts.zones:
        return refused("place_unknown", "where the person is is not known; ask for the state or the ZIP")
    for state in (FEDERAL, *facts.states):
        if tables.hours_of(state, day) is None:
            return no_row(f"calling hours of {state}")
    return None


def quiet_hours(facts: Facts, asked: Asked, tables: ContactTables) -> Finding | None:
    """The instant lies in the hours of every zone and state in which the person may be (T12, T13)."""
    day = asked.at.astimezone(UTC).date()
    bound = tables.channel(asked.channel, day)
    if bound is None or not bound.quiet_hours or not facts.states or not facts.zones:
        return None
    cited = tuple(row.cited.said for state in (FEDERAL, *facts.states) if (row := tables.hours_of(state, day)))
    found = windows(facts.zones, facts.states, asked.channel, asked.at, asked.at + _INSTANT, tables)
    zones = ", ".join(facts.zones)
    if is_open(found, asked.at):
        return passed("open", f"within the hours of {', '.join(facts.states)} in {zones}", *cited)
    return refused("quiet_hours", f"outside the hours of {', '.join(facts.states)} in {zones}", *cited)
