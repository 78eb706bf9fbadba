"""T65: phone numbers."""

import pytest

from domain.leads.reading.phone import read_phone, read_phones


@pytest.mark.parametrize(
    ("text", "e164", "extension"),
    [
        ("+44 (0) 20 7946 0958", "+442079460958", None),
        ("1 (617) 555-0123 x45", "+16175550123", "45"),
        ("6175550123, ext 4", "+16175550123", "4"),
        ("001-617-555-0123", "+16175550123", None),
        ("0044 20 7946 0958", "+442079460958", None),
        ("011 44 20 7946 0958", "+442079460958", None),
        ("16175550123.0", "+16175550123", None),
        ('="6175550123"', "+16175550123", None),
        ("'6175550123", "+16175550123", None),
        ("1-800-FLOWERS", "+18003569377", None),
        ("Cell: 617.555.0123", "+16175550123", None),
    ],
)
def test_a_valid_number_becomes_e164_with_its_extension_apart(text: str, e164: str, extension: str | None) -> None:
    phone = read_phone(text, "US")
    assert (phone.e164, phone.key, phone.extension, phone.valid, phone.problem) == (e164, e164, extension, True, None)
    assert phone.raw == text


def test_a_possible_but_unassigned_number_matches_and_is_never_for_dialling() -> None:
    phone = read_phone("001-555-678-9012", "US")
    assert (phone.e164, phone.key, phone.valid, phone.problem) == (None, "+15556789012", False, "phone_invalid")


@pytest.mark.parametrize("text", ["1.61E+10", "1,61E+10", "1.6175550123e10", "6.18E+09"])
def test_a_number_that_a_spreadsheet_rounded_is_a_problem_and_no_number(text: str) -> None:
    (phone,) = read_phones(text, "US")
    assert (phone.e164, phone.key, phone.problem) == (None, None, "phone_spreadsheet_damage")


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("555-1234", "US", "phone_impossible"),
        ("617555012345678901", "US", "phone_impossible"),
        ("617 555 0123", None, "phone_no_country"),
        ("none", "US", "phone_unreadable"),
        ("555-0123 mom", "US", "phone_unreadable"),
    ],
)
def test_what_is_no_number_says_why(text: str, region: str | None, code: str) -> None:
    (phone,) = read_phones(text, region)
    assert (phone.key, phone.problem) == (None, code)


def test_the_region_is_used_only_where_the_number_has_no_country() -> None:
    assert read_phone("020 7946 0958", "GB").e164 == "+442079460958"
    assert read_phone("+1 617 555 0123", None).e164 == "+16175550123"


@pytest.mark.parametrize(
    "text",
    [
        "(617) 555-0123 or 617-555-0199",
        "617-555-0123 / 617-555-0199",
        "Cell 617-555-0123; Home (617) 555-0199",
        "+1 617 555 0123 +1 617 555 0199",
        "617-555-0123, 617-555-0199, 617.555.0123",
        "617-555-0123\n617-555-0199",
    ],
)
def test_several_numbers_in_a_cell_are_all_found_once_and_in_order(text: str) -> None:
    assert [phone.e164 for phone in read_phones(text, "US")] == ["+16175550123", "+16175550199"]


def test_slashes_inside_one_number_do_not_part_it() -> None:
    assert [phone.key for phone in read_phones("555/456/7890", "US")] == ["+15554567890"]


def test_a_blank_cell_has_no_phones() -> None:
    assert read_phones("  ", "US") == ()
