import math

import pytest

from integrations.local.tabular.columns import Kind, number_of, type_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234.5", 1234.5), ("$20", 20), ("45%", 45), (" -3 ", -3), ("1e3", 1000), (".5", 0.5), ("+7", 7)],
)
def test_numbers_are_read(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "x", "1,23", "nan", "inf", "1e999", "0x10", "1_000", "12-34"])
def test_what_is_no_number_is_missing(text: str) -> None:
    assert math.isnan(number_of(text))


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("age", [str(20 + number % 50) for number in range(300)], Kind.NUMBER),
        ("premium", [f"${number * 1.37:.2f}" for number in range(300)], Kind.NUMBER),
        ("Lead Number", [str(9_000_000 - 37 * number) for number in range(300)], Kind.IDENTIFIER),
        ("row", [str(number) for number in range(300)], Kind.IDENTIFIER),
        ("token", [f"{number:08x}zq" for number in range(300)], Kind.IDENTIFIER),
        ("state", ["TX", "FL", "", "CA"] * 75, Kind.CATEGORY),
        ("city", [f"town {number % 120}" for number in range(300)], Kind.CATEGORY),
        ("Magazine", ["No"] * 298 + ["Yes"] * 2, Kind.CONSTANT),
        ("x", [""] * 300, Kind.CONSTANT),
        ("notes", [f"please call me about policy {number} soon" for number in range(300)], Kind.TEXT),
        ("created", [f"2026-0{1 + number % 9}-1{number % 10} 10:00" for number in range(300)], Kind.DATE),
        ("when", [f"{1 + number % 12}/{1 + number % 28}/2025" for number in range(300)], Kind.DATE),
        ("who", [f"p{number}@leads.example" for number in range(300)], Kind.PERSONAL),
        ("Phone Number", [f"312555{number:04}" for number in range(300)], Kind.PERSONAL),
        ("Last Name", [f"name{number % 90}" for number in range(300)], Kind.PERSONAL),
        ("marital status", ["single", "married", "divorced"] * 100, Kind.CATEGORY),
    ],
)  # fmt: skip
def test_the_kind_of_a_column(name: str, cells: list[str], kind: Kind) -> None:
    assert type_of(name, cells).kind is kind


def test_numbers_with_a_few_odd_cells_are_numbers() -> None:
    column = type_of("age", [str(20 + number % 50) for number in range(297)] + ["?", "n/a", "forty"])
    assert column.kind is Kind.NUMBER
    assert column.whole
