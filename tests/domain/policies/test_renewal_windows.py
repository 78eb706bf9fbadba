"""Windows for renewals: a law that was read where there is one, the custom of the line where there is none (DOMAIN T64)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from domain.citations import Origin
from domain.lines import Line
from domain.policies.notices import legal_tables
from domain.policies.renewal import window
from domain.policies.renewal_windows import CUSTOM, Duty, WindowRow, window_tables

WINDOWS = window_tables()
ENDS = date(2027, 1, 1)


def late(state: str, line: Line, days: int, percent: str = "0", *, worse: bool = False) -> WindowRow | None:
    rise = Fraction(percent) / 100
    return WINDOWS.broken(state, line, ENDS, ENDS - timedelta(days=days), rise, worse=worse)


@pytest.mark.parametrize("row", WINDOWS.rows, ids=lambda row: f"{row.state}-{row.line.value}-{row.duty.value}")
def test_every_row_is_cited_read_somewhere_and_whole(row: WindowRow) -> None:
    assert row.cited.citation
    assert row.cited.origin is not Origin.UNREAD
    assert 20 <= row.days <= 120
    assert (row.percent is None) == (row.reach is None) == (row.duty is not Duty.DEARER)
    assert row.most_days is None or row.most_days > row.days


def test_every_line_has_its_custom() -> None:
    assert set(WINDOWS.customs) == set(Line)
    assert all(20 < one.least_days < one.offer_days for one in WINDOWS.customs.values())


@pytest.mark.parametrize(
    ("state", "line", "on", "by"),
    [
        ("IL", Line.AUTO, 45, 30), ("GA", Line.AUTO, 45, 30), ("OH", Line.COMMERCIAL, 90, 60), ("OH", Line.HEALTH, 60, 30),
        ("FL", Line.AUTO, 45, 30), ("CA", Line.HOME, 60, 45), ("NY", Line.UMBRELLA, 60, 45), ("GA", Line.HEALTH, 75, 60),
        ("CA", Line.AUTO, 45, 20),
    ],
)  # fmt: skip
def test_the_window_is_the_laws_or_the_customs(state: str, line: Line, on: int, by: int) -> None:
    found = window(ENDS, state, line, 365, legal_tables())
    offer_on = (ENDS - found.offer_on).days
    decide = 0 if found.decide_by is None else (ENDS - found.decide_by).days
    assert (offer_on, (ENDS - found.offer_by).days) == (max(on, decide), by)
    assert (found.offer_citation == CUSTOM) == (not found.duties)


def test_a_row_counts_from_its_day() -> None:
    assert not WINDOWS.rows_for("TX", Line.HOME, date(2017, 8, 31))
    assert [one.duty for one in WINDOWS.rows_for("TX", Line.HOME, date(2017, 9, 1))] == [Duty.CHANGED]


def test_a_rise_is_late_from_its_percent_on_and_only_when_it_is_late() -> None:
    assert late("NY", Line.COMMERCIAL, 59, "10") is None
    assert late("NY", Line.COMMERCIAL, 60, "10.01") is None
    broken = late("NY", Line.COMMERCIAL, 59, "10.01")
    assert broken is not None
    assert "3426(e)(1)(B)" in broken.cited.said
    assert late("IL", Line.COMMERCIAL, 59, "30") is not None, "thirty percent or more"
    assert late("IL", Line.COMMERCIAL, 59, "29.99") is None


def test_worse_terms_are_late_by_their_own_row() -> None:
    assert late("NY", Line.AUTO, 44, "50") is None, "of the premium that section says nothing"
    assert late("NY", Line.AUTO, 44, worse=True) is not None
    assert late("NY", Line.AUTO, 45, worse=True) is None


def test_an_offer_at_the_old_price_is_never_too_late_to_send() -> None:
    for row in WINDOWS.rows:
        assert late(row.state, row.line, 0) is None
    assert late("FL", Line.HOME, 44, "1") is not None


def test_without_a_row_nothing_is_refused() -> None:
    assert late("OH", Line.AUTO, 1, "500", worse=True) is None
