from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.capacity import available
from domain.routing.facts import ProducerLoad
from domain.routing.profile import ProducerProfile

NEW_YORK = ZoneInfo("America/New_York")


def taken_each_day(profile: ProducerProfile, first: date, days: int, *, anchored: bool = False) -> list[int]:
    """How many leads a producer who takes all they may is given each day."""
    load, taken = ProducerLoad(credit_from=first if anchored else None), []
    for number in range(days):
        day = first + timedelta(days=number)
        if day.day == 1:
            load = replace(load, assigned_this_month=0)
        room = available(profile, load, datetime.combine(day, time(12), NEW_YORK))
        taken.append(room)
        load = replace(
            load,
            assigned_this_month=load.assigned_this_month + room,
            assigned_since_credit=load.assigned_since_credit + room,
        )
    return taken


def test_ten_a_month_gives_exactly_ten_after_thirty_days(make: SimpleNamespace) -> None:
    """DOMAIN T9."""
    profile = make.producer(capacity_monthly=10).profile
    taken = taken_each_day(profile, date(2025, 4, 1), 30)
    assert sum(taken) == 10
    assert taken[0] == 1
    assert max(taken) == 1


@given(monthly=st.integers(0, 400), month=st.integers(1, 12), year=st.sampled_from([2023, 2024]))
def test_a_month_of_any_length_gives_exactly_its_capacity_evenly(
    make: SimpleNamespace, monthly: int, month: int, year: int
) -> None:
    first = date(year, month, 1)
    days = ((first + timedelta(days=32)).replace(day=1) - first).days
    taken = taken_each_day(make.producer(capacity_monthly=monthly, capacity_daily=1000).profile, first, days)
    assert sum(taken) == monthly
    assert max(taken) - min(taken) <= 1


@given(monthly=st.integers(1, 60), start=st.dates(date(2024, 1, 1), date(2025, 12, 31)))
def test_from_an_agreed_day_thirty_days_give_exactly_the_capacity(
    make: SimpleNamespace, monthly: int, start: date
) -> None:
    profile = make.producer(capacity_monthly=monthly, capacity_daily=1000).profile
    assert sum(taken_each_day(profile, start, 30, anchored=True)) == monthly


def test_credit_not_used_stays_within_the_month(make: SimpleNamespace) -> None:
    profile = make.producer(capacity_monthly=30, capacity_daily=100).profile
    noon = datetime(2025, 4, 20, 16, tzinfo=UTC)
    assert available(profile, ProducerLoad(), noon) == 20
    assert available(profile, ProducerLoad(assigned_this_month=18), noon) == 2


def test_who_joins_in_the_month_earns_from_that_day(make: SimpleNamespace) -> None:
    profile = make.producer(capacity_monthly=30, capacity_daily=100, joined_on=date(2025, 4, 16)).profile
    assert available(profile, ProducerLoad(), datetime(2025, 4, 20, 16, tzinfo=UTC)) == 5
    assert available(profile, ProducerLoad(), datetime(2025, 4, 10, 16, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("load", "room"),
    [
        (ProducerLoad(), 3),
        (ProducerLoad(assigned_today=2), 1),
        (ProducerLoad(assigned_today=9), 0),
        (ProducerLoad(assigned_this_month=200), 0),
    ],
)
def test_the_least_room_decides_and_never_below_nothing(make: SimpleNamespace, load: Any, room: Any) -> None:
    assert available(make.producer(capacity_daily=3, capacity_monthly=200).profile, load, make.now) == room


@pytest.mark.parametrize("unknown", ["capacity_daily", "capacity_monthly", "time_zone"])
def test_an_unknown_capacity_or_zone_is_unknown_room(make: SimpleNamespace, unknown: Any) -> None:
    assert available(make.producer(**{unknown: None}).profile, ProducerLoad(), make.now) is None


def test_the_month_turns_at_the_producers_own_midnight(make: SimpleNamespace) -> None:
    profile = make.producer(capacity_monthly=30, capacity_daily=100).profile
    before, after = datetime(2025, 5, 1, 3, 59, tzinfo=UTC), datetime(2025, 5, 1, 4, tzinfo=UTC)
    assert available(profile, ProducerLoad(), before) == 30
    assert available(profile, ProducerLoad(), after) == 1
