"""Dates, money, yes and no, numbers and languages."""

from datetime import UTC, date, datetime

import pytest

from domain.leads.reading.dates import read_date
from domain.leads.reading.values import read_language, read_money, read_whole, read_yes_no

_TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    "text",
    [
        "May 13 2026", "2026/05/13", "2026-05-13", "13-May-2026", "5/13/2026", "13/5/2026", "13.5.2026", "20260513",
        "May 13th, 2026", "13 de mayo de 2026", "Wed, 13 May 2026", "13may2026",
    ],
)  # fmt: skip
def test_usual_ways_to_write_a_day(text: str) -> None:
    assert read_date(text) == (date(2026, 5, 13), None, None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-05-15 10:00:00", datetime(2026, 5, 15, 10)),
        ("5/15/2026 10:00 PM", datetime(2026, 5, 15, 22)),
        ("2023-05-12T10:00:00Z", datetime(2023, 5, 12, 10, tzinfo=UTC)),
        ("2023-05-12T05:00:00.000-05:00", datetime(2023, 5, 12, 10, tzinfo=UTC)),
        ("1683885600", datetime(2023, 5, 12, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_kept_and_a_zone_only_where_written(text: str, at: datetime) -> None:
    assert read_date(text).at == at


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [
        ("3/4/2026", date(2026, 3, 4), "date_ambiguous"),
        ("4.3.2026", date(2026, 3, 4), "date_ambiguous_day_first"),
        ("5/13/26", date(2026, 5, 13), "date_two_digit_year"),
        ("2026-99-99", None, "date_impossible"),
        ("02/29/2025", None, "date_impossible"),
        ("2026-05-13 25:00", None, "date_impossible"),
        ("Yesterday", None, "date_relative"),
        ("2 days ago", None, "date_relative"),
        ("46155", None, "date_spreadsheet_serial"),
        ("soon-ish", None, "date_unreadable"),
    ],
)
def test_what_is_unclear_has_a_name(text: str, day: date | None, code: str) -> None:
    reading = read_date(text)
    assert (reading.day, reading.problem) == (day, code)


def test_a_two_digit_birth_year_is_the_latest_that_is_past() -> None:
    assert read_date("3/14/61", today=_TODAY, birth=True).day == date(1961, 3, 14)
    assert read_date("3/14/05", today=_TODAY, birth=True).day == date(2005, 3, 14)
    assert read_date("3/14/05", birth=True) == (None, None, "date_no_century")


def test_a_birth_date_is_not_in_the_future() -> None:
    assert read_date("2031-01-01", today=_TODAY, birth=True) == (None, None, "date_in_future")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", "1234.50 USD"), ("1.2k", "1200.00 USD"), ("€1.234,50", "1234.50 EUR"), ("£20", "20.00 GBP"),
        ("1 234,50 €", "1234.50 EUR"), ("(50)", "-50.00 USD"), ("-340.00", "-340.00 USD"), ("1,234", "1234.00 USD"),
        ("1.5 million", "1500000.00 USD"), ("Rs 5,00,000", "500000.00 INR"), ("USD 500", "500.00 USD"),
    ],
)  # fmt: skip
def test_amounts_of_money(text: str, amount: str) -> None:
    assert str(read_money(text).value) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("$100-150", "money_range"),
        ("1.234", "money_ambiguous"),
        ("lots", "money_unreadable"),
        ("$5 €6", "money_unreadable"),
        ("9" * 90, "money_unreadable"),
    ],
)
def test_what_is_no_single_amount_says_why(text: str, code: str) -> None:
    assert (read_money(text).value, read_money(text).problem) == (None, code)


def test_the_period_of_an_amount_is_read() -> None:
    assert [read_money(text).period for text in ("500/mo", "$1,200 per year", "$600 6 months", "5")] == [
        "month", "year", "half_year", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Yes", True),
        ("opt-in", True),
        ("Sí", True),
        ("1", True),
        ("No", False),
        ("opted_out", False),
        ("maybe", None),
        ("", None),
    ],
)
def test_only_a_clear_yes_is_a_yes(text: str, value: bool | None) -> None:
    assert read_yes_no(text) is value


def test_whole_numbers_and_languages() -> None:
    assert [read_whole(text) for text in ("12", "1,200", "12.0", "50+", "10-50", "-3")] == [
        12,
        1200,
        12,
        50,
        None,
        None,
    ]
    assert [read_language(text) for text in ("en-US", "Español", "Mandarin", "Klingon")] == ["en", "es", "zh", None]
