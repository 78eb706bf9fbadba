from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from domain.routing.availability import Off, On, day_begins, next_available, shift_now
from domain.routing.profile import ProducerProfile, Shift
from domain.routing.tables import HolidayTable

SATURDAY, SUNDAY = 5, 6


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.fixture
def night(make: SimpleNamespace) -> ProducerProfile:
    return make.producer(schedule=(Shift(SATURDAY, time(21), time(2)),)).profile


@pytest.mark.parametrize(
    ("instant", "working"),
    [
        ("2025-11-01T20:59:59-04:00", False),
        ("2025-11-01T21:00:00-04:00", True),
        ("2025-11-02T01:30:00-04:00", True),  # before the clocks go back
        ("2025-11-02T01:30:00-05:00", True),  # and once more
        ("2025-11-02T01:59:59-05:00", True),
        ("2025-11-02T02:00:00-05:00", False),
        ("2025-11-02T21:30:00-05:00", False),
    ],
)
def test_a_night_shift_covers_both_half_past_ones_when_the_clocks_go_back(
    night: ProducerProfile, instant: str, working: bool
) -> None:
    """DOMAIN T11."""
    assert isinstance(shift_now(night, at(instant)), On) is working


def test_that_shift_lasts_six_hours_and_the_usual_five(night: ProducerProfile) -> None:
    assert shift_now(night, at("2025-11-01T21:00:00-04:00")).until - at("2025-11-01T21:00:00-04:00") == timedelta(
        hours=6
    )
    assert shift_now(night, at("2025-10-25T21:00:00-04:00")).until - at("2025-10-25T21:00:00-04:00") == timedelta(
        hours=5
    )


def test_bounds_inside_the_repeated_hour_take_its_first_start_and_last_end(make: SimpleNamespace) -> None:
    starts = make.producer(schedule=(Shift(SUNDAY, time(1, 30), time(5)),)).profile
    assert isinstance(shift_now(starts, at("2025-11-02T01:10:00-05:00")), On)  # between the two 01:30s: already begun
    assert isinstance(shift_now(starts, at("2025-11-02T01:10:00-04:00")), Off)
    ends = make.producer(schedule=(Shift(SATURDAY, time(21), time(1, 30)),)).profile
    assert isinstance(shift_now(ends, at("2025-11-02T01:45:00-04:00")), On)
    assert isinstance(shift_now(ends, at("2025-11-02T01:30:00-05:00")), Off)


def test_a_time_the_clocks_skip_is_the_moment_they_jump(make: SimpleNamespace) -> None:
    starts = make.producer(schedule=(Shift(SUNDAY, time(2, 30), time(4)),)).profile
    assert isinstance(shift_now(starts, at("2025-03-09T01:59:00-05:00")), Off)
    assert isinstance(shift_now(starts, at("2025-03-09T03:00:00-04:00")), On)
    ends = make.producer(schedule=(Shift(SUNDAY, time(0), time(2, 30)),)).profile
    assert shift_now(ends, at("2025-03-09T01:59:00-05:00")).until == at("2025-03-09T03:00:00-04:00")


def test_the_zone_is_a_place_not_an_offset(make: SimpleNamespace) -> None:
    hours = {"schedule": tuple(Shift(day, time(9), time(17)) for day in range(7))}
    phoenix = make.producer(time_zone="America/Phoenix", **hours).profile
    assert isinstance(shift_now(phoenix, at("2025-07-02T09:00:00-07:00")), On)
    assert isinstance(shift_now(phoenix, at("2025-07-02T08:59:00-07:00")), Off)
    denver = make.producer(time_zone="America/Denver", **hours).profile
    assert isinstance(shift_now(denver, at("2025-07-02T08:30:00-07:00")), On)  # 09:30 in Denver's summer


def test_an_absence_takes_the_whole_local_day_and_the_shift_that_begins_on_it(make: SimpleNamespace) -> None:
    nights = tuple(Shift(day, time(21), time(2)) for day in range(7))
    away = make.producer(schedule=nights, absences=frozenset({date(2025, 3, 12)})).profile
    for instant, code in [
        ("2025-03-12T00:30:00-04:00", "schedule_absent"),  # the night before, reaching into the day
        ("2025-03-12T23:59:59-04:00", "schedule_absent"),
        ("2025-03-13T01:00:00-04:00", "schedule_off_shift"),  # would have begun on the absent day
    ]:
        assert shift_now(away, at(instant)).code == code
    assert shift_now(away, at("2025-03-11T22:00:00-04:00")).until == at("2025-03-12T00:00:00-04:00")
    assert isinstance(shift_now(away, at("2025-03-13T21:00:00-04:00")), On)


def test_a_holiday_ends_the_evening_before_at_midnight(make: SimpleNamespace) -> None:
    table = HolidayTable("t", date(2025, 1, 1), date(2025, 12, 31), {"US": frozenset({date(2025, 7, 4)})})
    profile = make.producer(
        schedule=tuple(Shift(day, time(0), time(0)) for day in range(7)), holiday_region="US"
    ).profile
    assert shift_now(profile, at("2025-07-03T12:00:00-04:00"), table).until == at("2025-07-04T00:00:00-04:00")
    assert shift_now(profile, at("2025-07-04T12:00:00-04:00"), table).code == "schedule_holiday"
    assert next_available(profile, at("2025-07-04T12:00:00-04:00"), table) == at("2025-07-05T00:00:00-04:00")


def test_shifts_that_touch_count_as_one(make: SimpleNamespace) -> None:
    profile = make.producer(
        schedule=(Shift(2, time(9), time(12)), Shift(2, time(12), time(17)), Shift(2, time(18), time(19)))
    ).profile
    assert shift_now(profile, at("2025-03-12T11:55:00-04:00")).until == at("2025-03-12T17:00:00-04:00")


def test_next_available_is_now_on_shift_and_the_next_start_off_it(
    make: SimpleNamespace, night: ProducerProfile
) -> None:
    on = at("2025-03-08T22:00:00-05:00")
    assert next_available(night, on) == on
    assert next_available(night, at("2025-03-09T12:00:00-04:00")) == at("2025-03-15T21:00:00-04:00")
    assert next_available(make.producer(schedule=None).profile, on) is None
    assert next_available(make.producer(time_zone=None).profile, on) is None
    assert next_available(make.producer(schedule=()).profile, on) is None


def test_next_available_skips_absent_days(make: SimpleNamespace) -> None:
    away = frozenset(date(2025, 3, 13) + timedelta(days=n) for n in range(4))
    profile = make.producer(absences=away).profile
    assert next_available(profile, at("2025-03-12T18:00:00-04:00")) == at("2025-03-17T09:00:00-04:00")


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 2, 28), 24), (date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)],
)
def test_t74_a_day_is_half_open_and_has_23_or_25_hours_where_the_clocks_change(day: date, hours: int) -> None:
    chicago = ZoneInfo("America/Chicago")
    begins, ends = day_begins(day, chicago), day_begins(day + timedelta(days=1), chicago)
    assert ends - begins == timedelta(hours=hours)
    assert begins <= datetime(day.year, day.month, day.day, 21, 23, tzinfo=chicago) < ends
    assert (begins - timedelta(microseconds=1)).astimezone(chicago).date() == day - timedelta(days=1)
    assert (ends - timedelta(microseconds=1)).astimezone(chicago).date() == day
