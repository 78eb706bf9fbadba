"""Windows of caps: half-open, without gap or overlap, on the zone's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sources.windows import WindowKind, local_date, midnight, window_at

NEW_YORK = ZoneInfo("America/New_York")
# Half-hour changes, changes at midnight, at one past midnight, a day that never was, no changes.
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "America/St_Johns", "Pacific/Apia", "Asia/Beirut",
        "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "UTC", "America/Phoenix",
    )
]  # fmt: skip
INSTANTS = st.datetimes(datetime(1985, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(WindowKind))
def test_a_window_holds_its_instant_and_the_next_one_begins_where_it_ends(
    instant: datetime, zone: ZoneInfo, kind: WindowKind
) -> None:
    window = window_at(kind, instant, zone)
    assert window.starts_at <= instant < window.ends_at
    assert window_at(kind, window.starts_at, zone) == window
    assert window_at(kind, window.ends_at - timedelta(microseconds=1), zone) == window
    assert window_at(kind, window.ends_at, zone).starts_at == window.ends_at
    assert window.starts_at.tzinfo is UTC


@given(INSTANTS, st.sampled_from(ZONES))
def test_windows_nest(instant: datetime, zone: ZoneInfo) -> None:
    hour, day, week, month = (window_at(kind, instant, zone) for kind in WindowKind)
    assert day.starts_at <= hour.starts_at < hour.ends_at <= day.ends_at
    assert week.starts_at <= day.starts_at < day.ends_at <= week.ends_at
    assert month.starts_at <= day.starts_at < day.ends_at <= month.ends_at


@given(INSTANTS, st.sampled_from(ZONES))
def test_a_day_is_found_by_its_first_instant(instant: datetime, zone: ZoneInfo) -> None:
    assert midnight(local_date(instant, zone), zone) == window_at(WindowKind.DAY, instant, zone).starts_at


@pytest.mark.parametrize(
    ("moment", "hours"),
    [("2026-03-08T12:00", 23), ("2026-03-09T12:00", 24), ("2026-11-01T12:00", 25)],
)
def test_a_day_has_the_hours_that_its_clock_shows(moment: str, hours: int) -> None:
    day = window_at(WindowKind.DAY, at(moment), NEW_YORK)
    assert day.ends_at - day.starts_at == timedelta(hours=hours)
    assert day.starts_at == at(moment).replace(hour=0).astimezone(UTC)


def test_the_hour_that_comes_twice_is_two_windows() -> None:
    first, second = at("2026-11-01T01:30"), at("2026-11-01T01:30").replace(fold=1)
    one, other = (window_at(WindowKind.HOUR, moment, NEW_YORK) for moment in (first, second))
    assert one.ends_at == other.starts_at
    assert one.starts_at == datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    week = window_at(WindowKind.WEEK, at("2026-11-01T23:59"), NEW_YORK)  # a Sunday
    assert week.starts_at == at("2026-10-26T00:00").astimezone(UTC)
    assert week.ends_at == at("2026-11-02T00:00").astimezone(UTC)
    month = window_at(WindowKind.MONTH, at("2026-12-31T23:59"), NEW_YORK)
    assert (month.starts_at, month.ends_at) == (
        at("2026-12-01T00:00").astimezone(UTC), at("2027-01-01T00:00").astimezone(UTC),
    )  # fmt: skip


def test_a_day_that_never_was_takes_no_time() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    before = window_at(WindowKind.DAY, datetime(2011, 12, 30, 9, 59, tzinfo=UTC), apia)
    assert before.ends_at == window_at(WindowKind.DAY, datetime(2011, 12, 30, 10, tzinfo=UTC), apia).starts_at


def test_a_day_begins_with_the_first_instant_where_midnight_is_skipped() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")  # 2018-11-04 began at 01:00
    day = window_at(WindowKind.DAY, datetime(2018, 11, 4, 12, tzinfo=UTC), sao_paulo)
    assert day.starts_at == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day.ends_at - day.starts_at == timedelta(hours=23)
