"""The tables in force, with the holidays of the years around an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from domain.citations import Cited
from domain.contact.tables import FEDERAL, ContactTables, Holidays, contact_tables
from integrations.holiday_calendar import holiday_table
from services.contact.schemas import RuleView


def tables_around(at: datetime) -> ContactTables:
    """The tables that a question about ``at`` reads."""
    return _of_year(at.year)


@lru_cache(maxsize=8)
def _of_year(year: int) -> ContactTables:
    tables = contact_tables()
    closing = sorted(row.state for row in tables.hours if not row.on_holidays)
    found = holiday_table([FEDERAL, *(f"{FEDERAL}-{state}" for state in closing)], year)
    days = {name.removeprefix(f"{FEDERAL}-"): kept for name, kept in found.regions.items()}
    holidays = Holidays(found.version, found.first, found.last, days)
    return replace(tables, version=f"{tables.version}+{found.version}", holidays=holidays)


def rules() -> list[RuleView]:
    """Every row with its citation."""
    return list(_rules(contact_tables()))


def _rules(tables: ContactTables) -> Iterator[RuleView]:
    for row in tables.hours:
        spans = (row.weekday, row.saturday, row.sunday)
        days = ["closed" if span is None else f"{span[0]:%H:%M}-{span[1]:%H:%M}" for span in spans]
        holds = f"Mon-Fri {days[0]}, Sat {days[1]}, Sun {days[2]}{'' if row.on_holidays else ', closed on holidays'}"
        yield _view("hours", row.state, holds, row.cited)
    for channel in tables.channels:
        bound = [name for name in ("quiet_hours", "registry", "written_consent") if getattr(channel, name)]
        yield _view("channels", channel.channel.value, ", ".join(bound) or "free", channel.cited)
    for number in tables.numbers:
        yield _view("numbers", number.name, f"{number.value} {number.unit}", number.cited)


def _view(table: str, key: str, holds: str, cited: Cited) -> RuleView:
    return RuleView(
        table=table, key=key, holds=holds, effective=cited.effective, until=cited.until, source=cited.origin.value,
        citation=cited.citation, note=cited.note,
    )  # fmt: skip
