"""Days, instalments and grace over changes of the clocks: each begins once, in its order, also where midnight itself is
skipped or comes twice (DOMAIN T47, T54, T59).
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.billing import Frequency, Grace, account, schedule
from domain.policies.calendar import Clock, begins, day_at, zone_of
from tests.domain.policies.policies import a_contract

CHANGING = {
    "America/Chicago": (date(2026, 3, 8), date(2026, 11, 1)),
    "America/Phoenix": (date(2026, 3, 8), date(2026, 11, 1)),  # has none
    "America/Indiana/Indianapolis": (date(2006, 4, 2), date(2006, 10, 29)),  # the first after 35 years without
    "America/Indiana/Knox": (date(2006, 4, 2), date(2007, 11, 4)),  # changed its zone besides
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),  # 0:00 becomes 1:00; 1:00 becomes 0:00
    "America/Asuncion": (date(2023, 10, 1), date(2024, 3, 24)),  # midnight is skipped, and comes twice
    "Pacific/Honolulu": (date(2026, 3, 8), date(2026, 11, 1)),
}
NEAR = [(zone, day + timedelta(days=off)) for zone, days in CHANGING.items() for day in days for off in (-1, 0, 1, 2)]


@pytest.mark.parametrize(
    ("zone", "day", "wall", "standard"),
    [
        ("America/Chicago", "2026-03-08", "06:01", "06:01"),  # the clocks change at two
        ("America/Chicago", "2026-03-09", "05:01", "06:01"),
        ("America/Chicago", "2026-11-01", "05:01", "06:01"),
        ("America/Chicago", "2026-11-02", "06:01", "06:01"),
        ("America/Phoenix", "2026-03-09", "07:01", "07:01"),
        ("America/Havana", "2026-03-08", "05:01", "05:01"),  # 12:01 is skipped: the instant at which it would have come
        (
            "America/Havana",
            "2026-11-01",
            "04:01",
            "05:01",
        ),  # 12:01 comes twice: the first, and on standard time the second
        ("America/Havana", "2026-11-02", "05:01", "05:01"),
    ],
)
def test_t47_when_a_day_begins_where_the_clocks_change(zone: str, day: str, wall: str, standard: str) -> None:
    for clock, wanted in ((Clock.WALL, wall), (Clock.STANDARD, standard)):
        found = begins(date.fromisoformat(day), zone_of(zone), clock)
        assert found == datetime.fromisoformat(f"{day}T{wanted}+00:00"), clock


@pytest.mark.parametrize(("zone", "day"), NEAR)
@pytest.mark.parametrize("clock", Clock)
def test_t47_every_minute_near_a_change_is_of_one_day_and_days_do_not_go_back(
    zone: str, day: date, clock: Clock
) -> None:
    of = zone_of(zone)
    moment, last = datetime(day.year, day.month, day.day, tzinfo=UTC), date.min
    starts = []
    for minute in range(24 * 60):
        found = day_at(moment + timedelta(minutes=minute), of, clock)
        assert found >= last
        if last not in {found, date.min}:
            starts.append((found, moment + timedelta(minutes=minute)))
        last = found
    assert [(one, begins(one, of, clock)) for one, _ in starts] == starts
    assert len(starts) == 1


@given(
    st.sampled_from(sorted(CHANGING)), st.sampled_from(list(Clock)), st.booleans(), st.integers(-40, 2),
    st.integers(1, 62), st.sampled_from([Frequency.MONTHLY, Frequency.QUARTERLY]),
)  # fmt: skip
def test_t54_instalments_fall_overdue_once_each_and_grace_ends_behind_its_last_day_across_a_change(
    zone: str, clock: Clock, fall: bool, off: int, days: int, frequency: Frequency
) -> None:
    start = CHANGING[zone][fall] + timedelta(days=off)
    end = date(start.year + 1, start.month, min(start.day, 28))
    contract = replace(
        a_contract(min(start, date(start.year, start.month, end.day)).isoformat(), end.isoformat(), zone=zone),
        clock=clock,
    )
    plan = schedule(contract, 120_000, frequency)
    turns = [begins(one.due_on + timedelta(days=1), contract.zone, clock) for one in plan]
    assert turns == sorted(set(turns))
    for number, turn in enumerate(turns):
        before, at = (account(plan, [], contract, moment) for moment in (turn - timedelta(microseconds=1), turn))
        assert (before.due, at.due) == (
            sum(one.amount for one in plan[:number]),
            sum(one.amount for one in plan[: number + 1]),
        )
        assert at.overdue
        assert before.overdue == (number > 0)
    due = plan[0].due_on
    over = Grace(days=days).over_at(due, contract)
    assert day_at(over, contract.zone, clock) == due + timedelta(days=days + 1)
    assert day_at(over - timedelta(microseconds=1), contract.zone, clock) == due + timedelta(days=days)
