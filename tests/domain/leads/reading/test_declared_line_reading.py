"""Lines of business in the words of the trade and of the street."""

import pytest

from domain.leads.reading.declared_line import declared_lines, read_declared_line
from domain.lines import Line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Auto", Line.AUTO), ("Car insurance", Line.AUTO), ("Seguro de auto", Line.AUTO), ("Motorcycle", Line.AUTO),
        ("Homeowners", Line.HOME), ("homeowenrs", Line.HOME), ("HO-3", Line.HOME), ("Mobile Home", Line.HOME),
        ("Renter's", Line.RENTERS), ("term life 20 years", Line.LIFE), ("Final Expense", Line.LIFE),
        ("ACA", Line.HEALTH), ("Medicare Supplement", Line.MEDICARE), ("Medigap Plan G", Line.MEDICARE),
        ("LTC", Line.LONG_TERM_CARE), ("Long-Term Care", Line.LONG_TERM_CARE), ("STD", Line.DISABILITY),
        ("GL", Line.COMMERCIAL), ("workers comp", Line.COMMERCIAL), ("Workers' Comp", Line.COMMERCIAL),
        ("E&O", Line.COMMERCIAL), ("Commercial Auto", Line.COMMERCIAL), ("Business Owners Policy (BOP)", Line.COMMERCIAL),
        ("umbrella policy", Line.UMBRELLA), ("MYGA", Line.ANNUITY), ("Pet Insurance", Line.PET), ("Boat", Line.OTHER),
    ],
)  # fmt: skip
def test_a_declared_line_is_known(text: str, line: Line) -> None:
    assert read_declared_line(text) is line


@pytest.mark.parametrize("text", ["P&C", "not sure", "n/a", "", "home health care", "insurance", "x" * 200])
def test_what_names_no_line_for_certain_is_none(text: str) -> None:
    assert read_declared_line(text) is None


def test_several_lines_are_all_named_in_order() -> None:
    assert declared_lines("Home & Auto") == (Line.HOME, Line.AUTO)
    assert declared_lines("auto/home bundle") == (Line.AUTO, Line.HOME)
