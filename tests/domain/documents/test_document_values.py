"""Values inside the words of documents, each with the words it was read from."""

from __future__ import annotations

from typing import Any

import pytest

from domain.documents.values import Conventions, conventions_of, read_value, vin_is_valid

US, UK = Conventions(), Conventions("GBP", day_first=True, region="GB")


def minor(text: str, conventions: Conventions = US) -> tuple[int, str] | None:
    value = read_value("money", text, conventions)
    return None if value is None else (value.value["minor"], value.value["currency"])


@pytest.mark.parametrize(
    ("text", "conventions", "wanted"),
    [
        ("$1,234.50", US, (123450, "USD")),
        ("\u00a365,000 + IPT", US, (6500000, "GBP")),
        ("\u00a32m Gross Profit (12 months)", UK, (200000000, "GBP")),
        ("3200000", UK, (320000000, "GBP")),
        ("$500,000*", US, (50000000, "USD")),
        ("USD 1.5 million", US, (150000000, "USD")),
        ("($500)", US, (-50000, "USD")),
        ("$4,200,000 (assessed 2024)", US, (420000000, "USD")),
        ("\u20ac500", US, (50000, "EUR")),
        ("N/A", US, None),
        ("01/15/2026", US, None),
        ("see the 2019 report for all of the details", US, None),
    ],
)
def test_money(text: str, conventions: Conventions, wanted: tuple[int, str] | None) -> None:
    assert minor(text, conventions) == wanted


@pytest.mark.parametrize(
    ("text", "amounts", "terms"),
    [
        ("$100,000/$300,000", [10000000, 30000000], None),
        ("$100,000 each person / $300,000 each accident", [10000000, 30000000], None),
        ("$1,000,000 Each Occurrence $2,000,000 Aggregate", [100000000, 200000000], None),
        ("\u00a310m Limit of Indemnity", [1000000000], None),
        ("Actual Cash Value", [], "actual cash value"),
        ("See attached schedule", [], "see attached schedule"),
    ],
)
def test_limits(text: str, amounts: list[int], terms: str | None) -> None:
    value = read_value("limit", text, US)
    assert value is not None
    assert [amount["minor"] for amount in value.value["amounts"]] == amounts
    assert value.value["terms"] == terms
    assert value.words in text


@pytest.mark.parametrize(
    ("text", "day_us", "day_uk"),
    [
        ("24th January 2026", "2026-01-24", "2026-01-24"),
        ("28/02/2026", "2026-02-28", "2026-02-28"),
        ("02/03/2026", "2026-02-03", "2026-03-02"),
        ("January15, 2026", "2026-01-15", "2026-01-15"),
        ("03/15/2026 12:01 A.M. standard time", "2026-03-15", "2026-03-15"),
        ("soon", None, None),
    ],
)
def test_dates_follow_the_conventions_of_the_document(text: str, day_us: str | None, day_uk: str | None) -> None:
    for conventions, wanted in ((US, day_us), (UK, day_uk)):
        value = read_value("date", text, conventions)
        assert (value.value if value else None) == wanted


def test_a_period_needs_two_dates_in_order() -> None:
    value = read_value("period", "From 01/15/2026 to 01/15/2027 12:01 AM", US)
    assert value is not None
    assert value.value == {"from": "2026-01-15", "to": "2027-01-15"}
    assert read_value("period", "01/15/2027 to 01/15/2026", US) is None


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("identifier", "PA 4471 0093 22", "PA 4471 0093 22"),
        ("identifier", "HO3-77120456", "HO3-77120456"),
        ("identifier", "123/AB45678", "123/AB45678"),
        ("identifier", "Holder", None),
        ("identifier", "01/02/2026", None),
        ("phone", "+44 (0)20 7946 0123", "+442079460123"),
        ("email", "write to a.b@example.com.", "a.b@example.com"),
        ("person", "Sarah Jenkins (Account Director)", "Sarah Jenkins"),
        ("name", "$1,200", None),
        ("year", "Built 1998", 1998),
        ("whole", "1,250", 1250),
        ("stories", "Single story", 1),
        ("stories", "3", 3),
        ("area", "45,000 square feet", {"amount": 45000, "unit": "sq_ft"}),
        ("area", "3,500 sq meters.", {"amount": 3500, "unit": "sq_m"}),
        ("deductible", "2% of Coverage A", {"amount": None, "percent": 2.0}),
    ],
)
def test_other_kinds(kind: str, text: str, wanted: Any) -> None:
    value = read_value(kind, text, US)
    assert (value.value if value else None) == wanted


def test_addresses_of_both_countries() -> None:
    us = read_value("address", "2847 Westwood Boulevard, Los Angeles, CA 90064", US)
    uk = read_value("address", "Unit 5, Logistics Way, Coventry, CV6 4BX", UK)
    assert us is not None
    assert uk is not None
    assert (us.value["street"], us.value["state"], us.value["zip"]) == ("2847 Westwood Boulevard", "CA", "90064")
    assert (uk.value["street"], uk.value["city"], uk.value["zip"]) == ("Unit 5, Logistics Way", "Coventry", "CV6 4BX")
    assert read_value("address", "to be agreed with the underwriter", US) is None


def test_a_wrong_check_digit_costs_confidence() -> None:
    assert vin_is_valid("1HGCM82633A004352")
    assert not vin_is_valid("1HGCM82633A004353")
    good, bad = (read_value("vin", f"VIN {vin}", US) for vin in ("1HGCM82633A004352", "1HGCM82633A004353"))
    assert good is not None
    assert bad is not None
    assert good.sure > bad.sure


def test_conventions_come_from_the_whole_document() -> None:
    assert conventions_of("Turnover \u00a314.5m, Apex Ltd, B24 9QZ") == UK
    assert conventions_of("Premium $900, Ironwood LLC") == US
    assert conventions_of("") == US
