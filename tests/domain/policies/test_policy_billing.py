"""Instalments, accounts and grace: DOMAIN T54, T58, T59."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.policies.billing import Frequency, Grace, Instalment, Paid, account, rebilled, schedule
from domain.policies.calendar import begins, months_after
from domain.policies.instalments import planned
from domain.policies.term import priced
from kernel.errors import Invalid
from tests.domain.policies.policies import Story, a_contract, insuring, reprice

MONTHLY = Frequency.MONTHLY


def test_t55_a_renewal_that_february_cut_is_paid_on_the_days_of_its_anchor() -> None:
    found = schedule(a_contract("2026-02-28", "2026-08-31"), 120_000, MONTHLY)
    assert [one.due_on.isoformat() for one in found] == [
        "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31",
    ]  # fmt: skip
    assert sum(one.amount for one in found) == 120_000


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=a_contract().zone)


def test_t54_instalments_count_from_the_anchor() -> None:
    contract = a_contract("2024-01-31", "2025-01-31")
    dates = [one.due_on for one in schedule(contract, 120_000, MONTHLY)]
    assert dates[:4] == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


def test_instalments_sum_to_the_premium_and_fees_come_first() -> None:
    contract = a_contract(fees=2_500)
    found = schedule(contract, 102_500, MONTHLY)
    assert sum(one.amount for one in found) == 102_500
    assert [one.amount for one in found][:5] == [10_834, 8_334, 8_334, 8_334, 8_333]


def test_annual_is_once_a_year_and_not_for_less() -> None:
    years = schedule(a_contract("2024-02-29", "2026-02-28"), 240_000, Frequency.ANNUAL)
    assert [(one.due_on, one.amount) for one in years] == [(date(2024, 2, 29), 120_000), (date(2025, 2, 28), 120_000)]
    with pytest.raises(Invalid, match="so often"):
        schedule(a_contract("2024-01-01", "2024-07-01"), 100, Frequency.ANNUAL)


def test_a_term_that_has_no_such_periods_is_refused() -> None:
    with pytest.raises(Invalid, match="so often"):
        schedule(a_contract("2024-01-01", "2024-05-15"), 100, Frequency.QUARTERLY)


@given(
    st.integers(0, 10_000_000), st.integers(0, 50_000), st.sampled_from(list(Frequency)),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.sampled_from([6, 12, 24]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12_000_000)), max_size=4),
)  # fmt: skip
def test_instalments_always_sum_to_what_is_owed_through_every_rebilling(
    premium: int, fees: int, frequency: Frequency, start: date, months: int, later: list[tuple[int, int]]
) -> None:
    assume(frequency is not Frequency.ANNUAL or months % 12 == 0)
    contract = a_contract(start.isoformat(), months_after(start, months).isoformat(), fees=fees)
    found = schedule(contract, premium + fees, frequency)
    assert sum(one.amount for one in found) == premium + fees
    for day, total in later:
        today = start + timedelta(days=day)
        settled = {one.number: one for one in found if one.due_on <= today}
        fresh = rebilled(found, total, today)
        assert sum(one.amount for one in fresh) == total
        assert min(one.amount for one in fresh) >= 0
        raised = [one for one in fresh if one.number in settled and one.amount > settled[one.number].amount]
        assert raised == []  # what was due already is never raised
        found = fresh


def test_payments_settle_the_oldest_first_in_part_and_ahead_of_time() -> None:
    contract = a_contract()
    plan = schedule(contract, 120_000, MONTHLY)
    part = account(plan, [Paid(6_000, at("2024-01-01"))], contract, at("2024-01-05"))
    assert (part.unpaid, part.overdue, part.due, part.credit) == (plan[0], True, 10_000, 0)
    ahead = account(plan, [Paid(35_000, at("2024-01-01"))], contract, at("2024-02-05"))
    assert (ahead.unpaid, ahead.overdue) == (plan[3], False)
    over = account(plan, [Paid(130_000, at("2024-01-01")), Paid(-4_000, at("2024-02-01"))], contract, at("2024-03-01"))
    assert (over.unpaid, over.credit) == (None, 6_000)


def test_an_instalment_is_due_by_the_end_of_its_day_in_the_policys_zone() -> None:
    contract = a_contract(zone="Pacific/Honolulu")
    plan = [Instalment(1, date(2024, 3, 1), 100)]
    assert not account(plan, [], contract, begins(date(2024, 3, 2), contract.zone) - timedelta(seconds=1)).overdue
    assert account(plan, [], contract, begins(date(2024, 3, 2), contract.zone)).overdue


def test_t59_another_attempt_does_not_move_the_clock_and_a_reversal_does_where_agreed() -> None:
    contract = a_contract()
    plan = schedule(contract, 120_000, MONTHLY)
    bounced = Paid(10_000, at("2024-01-01"), reversed_at=at("2024-01-20"))
    before = account(plan, [bounced], contract, at("2024-01-19"))
    assert not before.overdue
    kept = account(plan, [bounced], contract, at("2024-01-25"))
    assert (kept.overdue, kept.clock_on) == (True, date(2024, 1, 1))
    moved = account(plan, [bounced], contract, at("2024-01-25"), reversal_restarts=True)
    assert moved.clock_on == date(2024, 1, 20)


def test_t58_grace_is_whole_days_behind_the_due_date_and_cover_goes_on_in_it() -> None:
    contract = a_contract()
    over = Grace(days=31).over_at(date(2024, 1, 1), contract)
    assert over == begins(date(2024, 2, 2), contract.zone)  # 1 February is the 31st day
    assert Grace(days=60).lapse_on(date(2024, 1, 1)) == date(2024, 3, 2)
    assert Grace(months=1).over_at(date(2024, 1, 15), contract) == begins(date(2024, 2, 16), contract.zone)


def test_t58_subsidised_marketplace_cover_ends_with_the_first_of_three_months() -> None:
    grace = Grace(months=3, ends_after_months=1)
    contract = a_contract()
    assert grace.over_at(date(2024, 1, 1), contract) == begins(date(2024, 4, 1), contract.zone)
    assert grace.lapse_on(date(2024, 1, 1)) == date(2024, 2, 1)


@given(
    st.sampled_from(list(Frequency)), st.integers(0, 300_000), st.integers(0, 360), st.integers(0, 40),
    st.integers(-20_000, 90_000), st.integers(0, 2_500),
)  # fmt: skip
def test_t61_what_stands_again_is_what_stood_before_less_the_gap(
    frequency: Frequency, premium: int, ends: int, gap: int, more: int, fees: int
) -> None:
    story = Story(a_contract(fees=fees, tax="0.0367"), insuring(premium))
    start = story.contract.start
    if more and premium:
        story.endorse(str(start), reprice("c0", max(premium + more, 0)))
    before = planned(story.contract, story.changes, frequency)
    day = start + timedelta(days=ends)
    story.cancel(str(day))
    ended = planned(story.contract, story.changes, frequency)
    assert sum(one.amount for one in ended) == priced(story.contract, story.changes).total
    kept = list(story.changes)
    story.reinstate()
    assert planned(story.contract, story.changes, frequency) == before
    story.changes[:] = kept
    back = min(day + timedelta(days=gap), story.contract.end - timedelta(days=1))
    story.reinstate(str(back), resumes_at=begins(back, story.contract.zone))
    after = planned(story.contract, story.changes, frequency)
    assert sum(one.amount for one in after) == priced(story.contract, story.changes).total
    assert min(one.amount for one in after) >= 0
    assert [one.due_on for one in after[: len(before)]] == [one.due_on for one in before]


def test_t54_the_chosen_day_of_the_month_counts_from_an_anchor_and_never_behind_the_first_day() -> None:
    def dates(start: str, end: str, day: int, frequency: Frequency = MONTHLY) -> list[str]:
        contract = replace(a_contract(start, end), due_day=day)
        found = schedule(contract, 120_001, frequency)
        assert sum(one.amount for one in found) == 120_001
        return [one.due_on.isoformat() for one in found]

    before = dates("2024-01-15", "2025-01-15", 1)
    assert (before[:3], before[-1], len(before)) == (["2024-01-15", "2024-02-01", "2024-03-01"], "2024-12-01", 12)
    behind = dates("2024-01-15", "2025-01-15", 31)
    assert behind[:5] == ["2024-01-15", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    assert dates("2024-01-15", "2025-01-15", 20, Frequency.QUARTERLY) == [
        "2024-01-15", "2024-03-20", "2024-06-20", "2024-09-20",
    ]  # fmt: skip
    assert dates("2024-02-29", "2025-02-28", 31)[:3] == ["2024-02-29", "2024-03-31", "2024-04-30"]


@given(
    st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(1, 31), st.sampled_from([MONTHLY, Frequency.QUARTERLY]),
    st.integers(0, 10**9),
)  # fmt: skip
def test_chosen_days_rise_within_the_term_and_none_is_later_than_without_a_choice(
    start: date, day: int, frequency: Frequency, total: int
) -> None:
    contract = a_contract(start.isoformat(), months_after(start, 12).isoformat())
    plain, chosen = schedule(contract, total, frequency), schedule(replace(contract, due_day=day), total, frequency)
    assert [one.amount for one in chosen] == [one.amount for one in plain]
    assert chosen[0].due_on == start
    assert all(one.due_on < other.due_on for one, other in pairwise(chosen))
    assert all(mine.due_on <= other.due_on for mine, other in zip(chosen, plain, strict=True))


def test_a_refund_that_came_back_is_credit_again_and_does_not_move_the_clock() -> None:
    contract = a_contract()
    plan = schedule(contract, 120_000, MONTHLY)
    moves = [Paid(125_000, at("2024-01-01")), Paid(-5_000, at("2024-01-10"), reversed_at=at("2024-02-01"))]
    assert [account(plan, moves, contract, at(day)).credit for day in ("2024-01-09", "2024-01-10", "2024-02-01")] == [
        5_000, 0, 5_000,
    ]  # fmt: skip
    short = [Paid(10_000, at("2024-01-01")), moves[1]]
    clocks = [account(plan, short, contract, at("2024-02-20"), reversal_restarts=one).clock_on for one in (False, True)]
    assert clocks == [date(2024, 2, 1)] * 2
