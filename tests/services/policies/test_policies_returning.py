"""From which instant to which a policy covers and what goes back of it, through services and database: T47 to T55, T64."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.policies.calendar import DayCount
from domain.policies.words import Reason
from tests.services.policies.book import Book, contents
from tests.services.policies.test_policy_letters import read

LEAP = date(2024, 1, 1)


async def returned(book: Book, on: str, **changes: Any) -> int:
    """What the insured who cancels on a day gets back of the premium."""
    policy_id = await book.active(**changes)
    before = (await book.see(policy_id)).written_minor
    with book.on(on):
        await book.cancel(policy_id, day=on)
        return before - (await book.see(policy_id)).written_minor


async def test_t47_the_day_of_expiration_is_not_covered(book: Book) -> None:
    policy_id = await book.active(starts_on=LEAP)
    assert (await book.see(policy_id)).ends_on == date(2025, 1, 1)
    ends = datetime(2025, 1, 1, 6, 1, tzinfo=UTC)  # 12:01 a.m. in Chicago
    for moment, covers in (
        (ends - timedelta(seconds=1), True),
        (ends, False),
        (ends.replace(hour=14, minute=0), False),
    ):
        seen = await book.policies.reading.as_of(book.actor, policy_id, moment, None)
        counted = await book.policies.reading.in_force(book.actor, moment, None)
        assert (seen.covered, counted.count) == (covers, int(covers)), moment


@pytest.mark.parametrize(
    ("basis", "back", "said"),
    [("term", 60_328, "184 days remain of 366 days in the term"), ("wheel", 60_493, "184 days remain of 365 days of the wheel")],
)  # fmt: skip
async def test_t48_t49_either_way_of_counting_is_named_on_the_letter(
    book: Book, basis: str, back: int, said: str
) -> None:
    policy_id = await book.active(starts_on=LEAP, returns={"basis": basis})
    with book.on("2024-07-01"):
        await book.cancel(policy_id, day="2024-07-01")
        assert (await book.see(policy_id)).written_minor == 120_000 - back
        assert said in await read(book, policy_id, "confirmation")


@pytest.mark.parametrize(("start", "months", "premium"), [("2024-01-01", 12, 120_000), ("2023-01-01", 6, 60_000)])
async def test_t49_a_wheel_returns_the_whole_premium_on_the_first_day_and_no_more(
    book: Book, start: str, months: int, premium: int
) -> None:
    first = date.fromisoformat(start)
    back = await returned(
        book, start, starts_on=first, months=months, contents=contents(premium), returns={"basis": "wheel"}
    )
    assert back == premium


async def test_t50_the_insured_pays_a_penalty_where_the_state_allows_it_and_nobody_else_does(book: Book) -> None:
    florida: dict[str, Any] = {
        "state": "FL",
        "zone": "America/New_York",
        "starts_on": LEAP,
        "returns": {"method": "short_rate_90"},
    }
    policy_id = await book.active(**florida)
    by_insurer = await book.policies.reading.quote_cancel(book.actor, policy_id, date(2024, 7, 1), Reason.NONPAYMENT)
    assert (by_insurer.method, by_insurer.premium_return_minor) == ("pro_rata", 60_328)
    assert await returned(book, "2024-07-01", **florida) == 54_295
    illinois: dict[str, Any] = {"starts_on": LEAP, "returns": {"method": "short_rate_90"}}
    assert await returned(book, "2024-07-01", **illinois) == 60_328


@pytest.mark.parametrize(("count", "back"), [(DayCount.THIRTY_360, 40_333), (DayCount.ACTUAL, 40_438)])
async def test_t51_how_days_are_counted_is_the_contracts_and_is_kept_with_it(
    book: Book, count: DayCount, back: int
) -> None:
    policy_id = await book.active(starts_on=date(2023, 1, 1), count=count)
    assert (await book.see(policy_id)).contract["count"] == count.value
    with book.on("2023-08-31"):
        await book.cancel(policy_id, day="2023-08-31")
        assert (await book.see(policy_id)).written_minor == 120_000 - back


async def test_t53_a_quarter_is_earned_after_ten_days_and_flat_fees_stay(book: Book) -> None:
    policy_id = await book.active(
        starts_on=date(2023, 1, 1), contents=contents(100_000), fees_minor=2_500, returns={"minimum": "0.25"}
    )
    with book.on("2023-01-11"):
        await book.cancel(policy_id, day="2023-01-11")
        ended = await book.see(policy_id)
    assert (ended.written_minor, ended.fees_minor) == (25_000, 2_500)


async def test_t54_instalments_of_a_policy_count_from_its_first_day(book: Book) -> None:
    policy_id = await book.active(starts_on=date(2024, 1, 31), frequency="monthly")
    dates = [one.due_on for one in (await book.see(policy_id)).schedule]
    assert dates[:4] == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]


async def test_t64_a_renewal_is_offered_forty_five_days_before_and_not_earlier(book: Book) -> None:
    offered = await book.active(auto_renew=True)
    await book.tick("2026-11-16")
    assert "renewal_offered" not in await book.kinds(offered)
    await book.tick("2026-11-17")
    assert (date(2027, 1, 1) - date(2026, 11, 17)).days == 45
    assert "renewal_offered" in await book.kinds(offered)
