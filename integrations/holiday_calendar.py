"""Public holidays by region, out of the `holidays` package, as the table that the schedule gate reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from importlib import metadata

import holidays

from domain.routing.tables import HolidayTable


def holiday_table(regions: Iterable[str], year: int) -> HolidayTable:
    """Holidays of the regions (``US``, ``US-TX``) for the year before, the year and the year after.

    A region that the package does not know is left out, and the gate then refuses whoever names it.
    """
    days = {}
    for region in sorted(set(regions)):
        found = _days(region, year)
        if found is not None:
            days[region] = found
    version = f"holidays-{metadata.version('holidays')}"
    return HolidayTable(version, date(year - 1, 1, 1), date(year + 1, 12, 31), days)


@lru_cache(maxsize=512)
def _days(region: str, year: int) -> frozenset[date] | None:
    country, _, subdivision = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=range(year - 1, year + 2))
    except NotImplementedError:
        return None
    return frozenset(found)
