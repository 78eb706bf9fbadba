"""Days and instants: DOMAIN T47, T51, T54, T55."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.calendar import Clock, DayCount, begins, day_at, months_after, months_between, zone_of
from domain.policies.term import priced
from kernel.errors import Invalid
from tests.domain.policies.policies import Story, a_contract, insuring

ZONES = [
    "America/Chicago",
    "America/New_York",
    "Pacific/Honolulu",
    "America/Phoenix",
    "America/Anchorage",
    "America/Havana",
]
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


def test_t47_cover_begins_and_ends_at_12_01_at_the_insureds_address_and_the_last_day_is_not_covered() -> None:
    story = Story(a_contract("2024-01-01", "2025-01-01"), insuring(120_000))
    term, zone = priced(story.contract, story.changes), story.contract.zone
    assert not term.covers(datetime(2024, 1, 1, 0, 0, 59, tzinfo=zone))
    assert term.covers(datetime(2024, 1, 1, 0, 1, tzinfo=zone))
    assert term.covers(datetime(2025, 1, 1, 0, 0, 59, tzinfo=zone))
    assert not term.covers(datetime(2025, 1, 1, 0, 1, tzinfo=zone))
    assert not term.covers(datetime(2025, 1, 1, 8, 0, tzinfo=zone))


def test_t47_the_same_instant_is_covered_in_one_zone_and_not_in_another() -> None:
    moment = datetime(2024, 1, 1, 6, 0, tzinfo=UTC)  # one in the morning in New York, midnight in Chicago
    covered = []
    for zone in ("America/New_York", "America/Chicago"):
        story = Story(a_contract(zone=zone), insuring(100))
        covered.append(priced(story.contract, story.changes).covers(moment))
    assert covered == [True, False]


def test_t47_standard_time_is_an_hour_later_on_the_wall_in_summer() -> None:
    zone = zone_of("America/Chicago")
    assert begins(date(2024, 7, 1), zone, Clock.WALL) == datetime(2024, 7, 1, 5, 1, tzinfo=UTC)
    assert begins(date(2024, 7, 1), zone, Clock.STANDARD) == datetime(2024, 7, 1, 6, 1, tzinfo=UTC)
    assert begins(date(2024, 1, 1), zone, Clock.WALL) == begins(date(2024, 1, 1), zone, Clock.STANDARD)


@given(DAYS, st.sampled_from(ZONES), st.sampled_from(list(Clock)), st.integers(0, 86_399))
def test_t47_every_instant_belongs_to_the_day_that_began_last(
    day: date, zone_name: str, clock: Clock, second: int
) -> None:
    zone = zone_of(zone_name)
    first, following = begins(day, zone, clock), begins(day + timedelta(days=1), zone, clock)
    assert timedelta(hours=22) < following - first < timedelta(hours=26)
    assert day_at(first, zone, clock) == day
    assert day_at(first - timedelta(microseconds=1), zone, clock) == day - timedelta(days=1)
    moment = first + timedelta(seconds=second)
    found = day_at(moment, zone, clock)
    assert begins(found, zone, clock) <= moment < begins(found + timedelta(days=1), zone, clock)


def test_an_unknown_zone_is_named() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "a\x00b"):
        with pytest.raises(Invalid) as refused:
            zone_of(name)
        assert refused.value.fields[0].field == "zone"


def test_t54_dates_count_from_the_anchor_and_not_from_the_date_before() -> None:
    anchor = date(2024, 1, 31)
    assert [months_after(anchor, k) for k in (1, 2, 3)] == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    day, chained = anchor, []
    for _ in range(3):
        day = months_after(day, 1)
        chained.append(day)
    assert chained[1:] == [date(2024, 3, 29), date(2024, 4, 29)]  # what chaining would give, and why the anchor is kept


def test_t55_29_february_is_28_february_a_year_on_and_29_february_four_years_on() -> None:
    anchor = date(2024, 2, 29)
    assert months_after(anchor, 12) == date(2025, 2, 28)
    assert months_after(anchor, 48) == date(2028, 2, 29)
    day = anchor
    for _ in range(4):
        day = months_after(day, 12)
    assert day == date(2028, 2, 28)  # chained


@given(DAYS, st.integers(0, 240), st.integers(0, 240))
def test_t54_a_later_count_never_gives_an_earlier_date(anchor: date, one: int, other: int) -> None:
    assert (months_after(anchor, one) <= months_after(anchor, other)) == (one <= other)
    assert months_after(anchor, 0) == anchor


@given(DAYS, st.integers(1, 36))
def test_t54_a_term_knows_its_months(start: date, months: int) -> None:
    assert months_between(start, months_after(start, months)) == months


@given(DAYS, st.integers(0, 36), st.integers(1, 36))
def test_t55_a_later_term_of_an_anchor_has_its_months_whatever_month_cut_its_days(
    anchor: date, before: int, months: int
) -> None:
    assert months_between(months_after(anchor, before), months_after(anchor, before + months)) == months


def test_a_term_of_odd_days_has_no_months() -> None:
    assert months_between(date(2024, 1, 1), date(2024, 2, 15)) is None
    assert months_between(date(2024, 1, 1), date(2024, 1, 1)) is None


@given(DAYS, DAYS, DAYS, st.sampled_from(list(DayCount)))
def test_t51_counted_days_add_up(one: date, two: date, three: date, count: DayCount) -> None:
    assert count.between(one, two) + count.between(two, three) == count.between(one, three)


def test_t51_every_month_has_thirty_days_and_february_too() -> None:
    count = DayCount.THIRTY_360
    assert count.between(date(2023, 1, 1), date(2024, 1, 1)) == 360
    assert count.between(date(2023, 2, 28), date(2023, 3, 1)) == 3
    assert count.between(date(2023, 8, 30), date(2023, 8, 31)) == 0
