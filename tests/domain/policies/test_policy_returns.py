"""What goes back when a policy is cancelled: DOMAIN T48 to T53. Amounts are minor units."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policies.amounts import cents
from domain.policies.calendar import DayCount, months_after
from domain.policies.returning import (
    Basis,
    Method,
    ReturnTerms,
    Standing,
    factor,
    give_back,
    table_percent,
    unearned_exact,
)
from domain.policies.term import priced
from kernel.errors import Conflict, Invalid
from tests.domain.policies.policies import Story, a_contract, insuring, terms, total, wheel


def standing(premium: int, start: str, end: str, on: str, count: DayCount = DayCount.ACTUAL) -> Standing:
    first, last, day = (date.fromisoformat(text) for text in (start, end, on))
    earned = Fraction(premium * count.between(first, day), count.between(first, last))
    return Standing(first, last, day, premium, premium, earned)


LEAP = ("2024-01-01", "2025-01-01", "2024-07-01")


def test_t48_pro_rata_divides_by_the_actual_days_of_the_term() -> None:
    at = standing(120_000, *LEAP)
    assert factor(at, terms()) == (184, 366)
    assert give_back(at, terms()).premium == 60_328


def test_t49_the_wheel_divides_by_365_or_183_and_is_capped_at_the_premium() -> None:
    at = standing(120_000, "2024-01-01", "2025-01-01", "2024-01-01")
    assert cents(unearned_exact(at, wheel())) == 120_329
    assert give_back(at, wheel()).premium == 120_000
    half = standing(60_000, "2023-01-01", "2023-07-01", "2023-01-01")
    assert cents(unearned_exact(half, wheel())) == 59_344
    assert give_back(half, wheel()).premium == 60_000  # flat: everything goes back (T52)
    later = give_back(standing(120_000, *LEAP), wheel())
    assert later.premium == cents(Fraction(120_000 * 184, 365)) == 60_493
    assert "184 days remain of 365 days of the wheel" in later.words


def test_t49_a_wheel_is_refused_for_a_term_it_does_not_know() -> None:
    with pytest.raises(Invalid, match="wheel"):
        give_back(standing(10_000, "2024-01-01", "2024-04-01", "2024-02-01"), wheel())


def test_t50_short_rate_keeps_a_tenth_of_what_is_unearned() -> None:
    found = give_back(standing(120_000, *LEAP), terms(Method.SHORT_RATE_90))
    assert (found.unearned, found.premium, found.penalty) == (60_328, 54_295, 6_033)
    day = give_back(standing(100_000, "2023-01-01", "2024-01-01", "2023-01-02"), terms(Method.SHORT_RATE_90))
    assert 100_000 - day.premium == 10_247  # the first day earns 10.2% of the year


def test_t50_the_table_keeps_five_percent_on_the_first_day_and_all_on_the_last() -> None:
    assert [table_percent(days, 365) for days in (0, 1, 2, 3, 4, 30, 182, 355, 365)] == [0, 5, 6, 7, 7, 19, 60, 98, 100]
    found = give_back(standing(100_000, "2023-01-01", "2024-01-01", "2023-01-02"), terms(Method.SHORT_RATE_TABLE))
    assert found.premium == 95_000
    assert table_percent(90, 181) == 60  # half of a half-year is half of a year


def test_t50_a_holdback_is_kept_on_top_of_what_is_earned() -> None:
    held = terms(Method.HOLDBACK, holdback=Fraction(5, 100))
    assert give_back(standing(120_000, *LEAP), held).premium == 60_328 - 6_000
    assert give_back(standing(120_000, "2024-01-01", "2025-01-01", "2024-12-31"), held).premium == 0


@given(st.integers(1, 365), st.sampled_from([365, 366, 181, 184, 90]))
def test_t50_the_table_never_keeps_less_the_longer_it_lasted(days: int, whole: int) -> None:
    assert 5 <= table_percent(days, whole) <= 100
    assert table_percent(days, whole) <= table_percent(days + 1, whole)
    if days >= whole:
        assert table_percent(days, whole) == 100


def test_t51_thirty_day_months_give_another_amount_and_the_contract_says_which() -> None:
    by_month = standing(120_000, "2023-01-01", "2024-01-01", "2023-08-31", DayCount.THIRTY_360)
    assert give_back(by_month, terms(count=DayCount.THIRTY_360)).premium == 40_333
    assert give_back(standing(120_000, "2023-01-01", "2024-01-01", "2023-08-31"), terms()).premium == 40_438


def test_t52_flat_returns_everything_with_taxes_and_fees_and_nothing_is_earned() -> None:
    story = Story(a_contract(tax="0.04", fees=2_500), insuring(100_000))
    story.cancel("2024-01-01", terms(Method.SHORT_RATE_TABLE, minimum=Fraction(1, 4)))
    term = priced(story.contract, story.changes)
    assert term.returned is not None
    assert term.returned.method is Method.FLAT
    assert [total(term.lines, name) for name in ("premium", "tax", "fee")] == [0, 0, 0]
    assert term.money_on(date(2024, 12, 31)).earned == 0
    assert term.cover() == []


def test_t53_a_minimum_is_earned_at_once_and_flat_fees_stay() -> None:
    story = Story(a_contract("2023-01-01", "2024-01-01", tax="0.04", fees=2_500), insuring(100_000))
    story.cancel("2023-01-11", terms(minimum=Fraction(25, 100)))
    term = priced(story.contract, story.changes)
    assert term.written == 25_000
    assert total(term.lines, "tax") == 1_000
    assert total(term.lines, "fee") == 2_500
    assert term.returned is not None
    assert "At least 25%" in term.returned.words


def test_t53_a_minimum_that_is_earned_already_changes_nothing() -> None:
    at = standing(120_000, *LEAP)
    assert give_back(at, terms(minimum=Fraction(25, 100))).premium == 60_328


def test_a_day_outside_the_term_is_refused_by_name() -> None:
    for day in ("2023-12-31", "2025-01-02"):
        with pytest.raises(Conflict) as refused:
            give_back(standing(1_000, "2024-01-01", "2025-01-01", day), terms())
        assert refused.value.fields[0].value == day


@given(
    st.integers(0, 10_000_000), st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.sampled_from([6, 12]), st.integers(0, 366),
    st.sampled_from(list(Method)), st.sampled_from(list(Basis)), st.sampled_from(list(DayCount)),
    st.fractions(0, 1, max_denominator=100), st.fractions(0, 1, max_denominator=100),
)  # fmt: skip
def test_t48_to_t53_what_goes_back_is_never_less_than_nothing_nor_more_than_was_written(
    premium: int, start: date, months: int, day: int, method: Method, basis: Basis, count: DayCount, least: Fraction,
    held: Fraction,
) -> None:  # fmt: skip
    end = months_after(start, months)
    on = min(date.fromordinal(start.toordinal() + day), end)
    earned = Fraction(premium * count.between(start, on), count.between(start, end))
    found = give_back(
        Standing(start, end, on, premium, premium, earned), ReturnTerms(method, basis, count, least, held)
    )
    assert 0 <= found.premium <= premium
    if found.method is not Method.FLAT:
        assert premium - found.premium >= min(cents(least * premium), premium)
        plain = give_back(
            Standing(start, end, on, premium, premium, earned), ReturnTerms(Method.PRO_RATA, basis, count)
        )
        assert found.premium <= plain.premium
