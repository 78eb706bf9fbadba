"""Contactable minutes, held against a count of seconds that knows nothing of windows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.availability import On, shift_now, shifts_between
from domain.routing.offer_hours import due_at
from domain.routing.profile import ProducerProfile, Shift
from tests.domain.routing.conftest import producer

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
_SPAN = 3 * 3600

window = st.tuples(st.integers(0, _SPAN), st.integers(0, 4000)).map(
    lambda pair: (T0 + timedelta(seconds=pair[0]), T0 + timedelta(seconds=pair[0] + pair[1]))
)
some = st.lists(window, max_size=5)


def counted(start: datetime, minutes: int, windows: list, shifts: list) -> datetime | None:  # type: ignore[type-arg]
    """Second after second: is this one open on both sides? Done when enough were."""
    open_seconds = 0
    for second in range(int((start - T0).total_seconds()), _SPAN + 4001):
        at = T0 + timedelta(seconds=second)
        if any(a <= at < b for a, b in windows) and any(a <= at < b for a, b in shifts):
            open_seconds += 1
            if open_seconds == minutes * 60:
                return at + timedelta(seconds=1)
    return None


@given(start=st.integers(0, _SPAN), minutes=st.integers(1, 60), windows=some, shifts=some)
def test_the_due_second_is_that_of_a_plain_count(start: int, minutes: int, windows: list, shifts: list) -> None:  # type: ignore[type-arg]
    begin = T0 + timedelta(seconds=start)
    assert due_at(begin, minutes, windows, shifts) == counted(begin, minutes, windows, shifts)


def test_minutes_that_end_with_a_window_are_due_then() -> None:
    windows = [(T0, T0 + timedelta(minutes=10)), (T0 + timedelta(hours=1), T0 + timedelta(hours=2))]
    assert due_at(T0, 10, windows, windows) == T0 + timedelta(minutes=10)
    assert due_at(T0, 11, windows, windows) == T0 + timedelta(minutes=61)


def test_part_of_a_second_is_kept() -> None:
    begin = T0 + timedelta(microseconds=1)
    assert due_at(begin, 1, [(T0, T0 + timedelta(hours=1))], [(T0, T0 + timedelta(hours=1))]) == begin + timedelta(
        minutes=1
    )


def test_a_clock_without_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        due_at(T0, 0, [], [])


clock = st.times().map(lambda at: at.replace(second=0, microsecond=0))
shift = st.builds(Shift, st.integers(0, 6), clock, clock)
zones = st.sampled_from(
    ["America/Chicago", "America/New_York", "Europe/London", "America/Havana", "Australia/Lord_Howe"]
)


def _worker(shifts: list[Shift], zone: str, absences: set[date]) -> ProducerProfile:
    return producer(schedule=tuple(shifts), time_zone=zone, absences=frozenset(absences)).profile


@given(
    shifts=st.lists(shift, max_size=4), zone=zones, start=st.datetimes(datetime(2026, 3, 5), datetime(2026, 11, 10)),
    absent=st.sets(st.integers(0, 4), max_size=2),
)  # fmt: skip
def test_shifts_between_are_the_minutes_on_shift(
    shifts: list[Shift], zone: str, start: datetime, absent: set[int]
) -> None:
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    profile = _worker(shifts, zone, {(begin + timedelta(days=days)).date() for days in absent})
    found = shifts_between(profile, begin, begin + timedelta(hours=40))
    for minute in range(0, 40 * 60, 7):
        at = begin + timedelta(minutes=minute)
        assert any(a <= at < b for a, b in found) == isinstance(shift_now(profile, at), On), at


@pytest.mark.parametrize(("minutes", "due"), [(120, "04:00"), (240, "06:00"), (360, "08:00")])
def test_a_shift_over_the_night_the_clocks_go_back_counts_its_hour_twice(minutes: int, due: str) -> None:
    """DOMAIN T11: 21:00 to 02:00 in Chicago on 31 October 2026 is five hours on the clock and six by the minute."""
    profile = _worker([Shift(5, time(21), time(2))], "America/Chicago", set())
    begin = datetime(2026, 10, 31, 20, tzinfo=UTC)
    end = begin + timedelta(days=2)
    found = due_at(begin, minutes, [(begin, end)], shifts_between(profile, begin, end))
    assert found is not None
    assert found.strftime("%H:%M") == due
    assert due_at(begin, 361, [(begin, end)], shifts_between(profile, begin, end)) is None


def test_an_absence_of_one_day_stops_the_clock_for_the_local_day() -> None:
    """DOMAIN T11: Friday evening, absent on Saturday, goes on on Sunday morning."""
    every_day = [Shift(day, time(9), time(17)) for day in range(7)]
    profile = _worker(every_day, "America/Chicago", {date(2026, 3, 7)})
    friday = datetime(2026, 3, 6, 22, 30, tzinfo=UTC)  # 16:30 in Chicago; on Sunday the clocks go forward
    end = friday + timedelta(days=5)
    due = due_at(friday, 60, [(friday, end)], shifts_between(profile, friday, end))
    assert due == datetime(2026, 3, 8, 14, 30, tzinfo=UTC)
