"""The versioned tables that the gates read: authorities by line, and public holidays by region."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from domain.lines import Authority, Line
from domain.routing.checks import counted

_AROUND = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class AuthorityTable:
    """Which authorities a line needs: any one alternative suffices, all of its members are needed. No row: nobody may."""

    version: str
    rows: Mapping[Line, tuple[frozenset[Authority], ...]]

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        rows = {
            line.value: [sorted(part.value for part in alternative) for alternative in alternatives]
            for line, alternatives in self.rows.items()
        }
        return {"version": self.version, "rows": rows}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AuthorityTable:
        """From JSON types; other keys of the table's file (citation, note) are for readers."""
        rows = {
            Line(line): tuple(frozenset(map(Authority, alternative)) for alternative in alternatives)
            for line, alternatives in data["rows"].items()
        }
        return cls(data["version"], rows)


@dataclass(frozen=True, slots=True)
class HolidayTable:
    """Public holidays by region for the days ``first`` to ``last``. A day outside them, or a region not listed, is unknown."""

    version: str
    first: date
    last: date
    regions: Mapping[str, frozenset[date]] = field(default_factory=dict)

    def is_holiday(self, region: str | None, day: date) -> bool | None:
        """Whether the region keeps the day; no region keeps none, and None means the table cannot say."""
        if region is None:
            return False
        days = self.regions.get(region)
        if days is None or not self.first <= day <= self.last:
            return None
        return day in days

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        regions = {name: sorted(day.isoformat() for day in days) for name, days in self.regions.items()}
        return {
            "version": self.version,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "regions": regions,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HolidayTable:
        """The inverse of :meth:`as_dict`."""
        regions = {name: frozenset(map(date.fromisoformat, days)) for name, days in data["regions"].items()}
        return cls(data["version"], date.fromisoformat(data["first"]), date.fromisoformat(data["last"]), regions)


NO_HOLIDAYS = HolidayTable("none", date.max, date.min)
"""A table that knows no region: enough while no producer names one, and refusing those who do."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one decision. ``licence_max_age_days``: a licence not re-read for longer counts as unknown; None: never."""

    authorities: AuthorityTable
    holidays: HolidayTable = NO_HOLIDAYS
    licence_max_age_days: int | None = None

    def __post_init__(self) -> None:
        counted("licence_max_age_days", self.licence_max_age_days)

    def narrowed(self, line: Line, regions: Iterable[str | None], as_of: datetime) -> Tables:
        """Only the rows a decision at ``as_of`` can read, so that a receipt carries them and needs no file to be recomputed."""
        as_of = as_of.astimezone(UTC)
        rows = {line: self.authorities.rows[line]} if line in self.authorities.rows else {}
        first, last = (as_of - _AROUND).date(), (as_of + _AROUND).date()
        known = {name for name in regions if name is not None} & set(self.holidays.regions)
        days = {name: frozenset(d for d in self.holidays.regions[name] if first <= d <= last) for name in sorted(known)}
        holidays = replace(
            self.holidays, first=max(first, self.holidays.first), last=min(last, self.holidays.last), regions=days
        )
        return replace(self, authorities=replace(self.authorities, rows=rows), holidays=holidays)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "authorities": self.authorities.as_dict(), "holidays": self.holidays.as_dict(),
            "licence_max_age_days": self.licence_max_age_days,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tables:
        """The inverse of :meth:`as_dict`."""
        return cls(
            AuthorityTable.from_dict(data["authorities"]), HolidayTable.from_dict(data["holidays"]),
            data["licence_max_age_days"],
        )  # fmt: skip


@cache
def authority_table() -> AuthorityTable:
    """The table in force, from the file that ships beside the rules (``data/authorities.json``)."""
    text = files("domain.routing.data").joinpath("authorities.json").read_text(encoding="utf-8")
    return AuthorityTable.from_dict(json.loads(text))


def standard_tables(holidays: HolidayTable = NO_HOLIDAYS, licence_max_age_days: int | None = None) -> Tables:
    """The tables in force, with the caller's holidays."""
    return Tables(authority_table(), holidays, licence_max_age_days)
