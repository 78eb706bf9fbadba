"""Records of producers: what a file may undo, what licence extracts say, and numbers that are few."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.producers.extract import read_row
from domain.producers.metrics import Share
from domain.producers.record import differences, kept, with_measured

CHECKED = datetime(2026, 1, 2, tzinfo=UTC)
parts = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2))


@given(parts, parts)
def test_the_same_file_again_changes_nothing(now: dict[str, int], file: dict[str, int]) -> None:
    assert kept(now, file, file) == now


@given(parts, parts, parts)
def test_what_a_file_says_anew_stands(now: dict[str, int], before: dict[str, int], file: dict[str, int]) -> None:
    after = kept(now, before, file)
    for name, value in file.items():
        if before.get(name) != value:
            assert after[name] == value
    assert kept(now, None, file) == file


def test_differences_hold_before_and_after() -> None:
    assert differences({"a": 1, "b": 2}, {"a": 1, "c": 3}) == {
        "b": {"before": 2, "after": None}, "c": {"before": None, "after": 3},
    }  # fmt: skip


def test_no_leads_have_no_rate_neither_0_nor_nan() -> None:
    """DOMAIN T75."""
    assert (Share(0, 0).rate, Share(0, 0).interval) == (None, None)
    assert Share(0, 3).rate == 0.0


def test_the_interval_is_wilsons() -> None:
    low, high = Share(1, 10).interval or (None, None)
    assert (low, high) == (pytest.approx(0.01788, abs=1e-5), pytest.approx(0.40415, abs=1e-5))


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_rate_and_stays_within_0_and_1(n: int, data: st.DataObject) -> None:
    share = Share(data.draw(st.integers(0, n)), n)
    low, high = share.interval or (1.0, 0.0)
    assert 0 <= low <= (share.rate or 0) + 1e-12
    assert (share.rate or 0) - 1e-12 <= high <= 1


def test_what_was_measured_is_added_to_what_came_before() -> None:
    earlier = {"conversion": {"won": 10, "tried": 50}, "response": {"value": 60.0, "n": 10}, "satisfaction": None}
    record = with_measured(earlier, won=2, worked=3, minutes=30.0, answers=10, mark=5.0, marks=2)
    assert record == {
        "conversion": {"won": 12, "tried": 53}, "response": {"value": 45.0, "n": 20}, "satisfaction": {"value": 5.0, "n": 2},
    }  # fmt: skip


def test_nothing_measured_and_nothing_stated_stays_unknown() -> None:
    """DOMAIN T77: missing is a value."""
    record = with_measured({}, won=0, worked=0, minutes=None, answers=0, mark=None, marks=0)
    assert record == {"conversion": None, "response": None, "satisfaction": None}


def test_a_row_in_the_databases_own_words() -> None:
    given_row = {
        "Agent ID": "p1", "State Code": "fl", "License Number": "W9", "Line of Authority": "Accident & Health; Life|Bails",
        "License Status": "Active", "Effective Date": "03/01/2020", "Expiration Date": "2031-02-28",
    }  # fmt: skip
    row, faults = read_row(given_row, "nipr", CHECKED)
    assert faults == []
    assert row is not None
    assert row.licence == {
        "state": "FL", "number": "W9", "status": "active", "authorities": ["accident_and_health", "life"],
        "effective": "2020-03-01", "expires": "2031-02-28", "checked_at": "2026-01-02T00:00:00+00:00", "source": "nipr",
    }  # fmt: skip
    assert [(one.field, one.value) for one in row.doubts] == [("authorities", "Bails")]


def test_a_source_that_lists_nothing_does_not_know_yet() -> None:
    """DOMAIN T2."""
    row, faults = read_row({"producer": "p1", "state": ""}, "nipr", CHECKED)
    assert (faults, row and row.licence) == ([], None)
    assert row is not None


def test_an_unknown_status_is_unknown_and_said() -> None:
    given_row = {
        "producer": "p1",
        "state": "FL",
        "number": "1",
        "loa": "life",
        "status": "pending?",
        "effective": "2020-01-01",
    }
    row, _ = read_row(given_row, "nipr", CHECKED)
    assert row is not None
    assert row.licence is not None
    assert row.licence["status"] == "unknown"
    assert [one.field for one in row.doubts] == ["status"]


def test_everything_wrong_with_a_row_is_named() -> None:
    row, faults = read_row(
        {"producer": "p1", "state": "Florida", "effective": "soon", "expires": "later"}, "nipr", CHECKED
    )
    assert row is None
    assert [one.field for one in faults] == ["state", "number", "effective", "expires"]
