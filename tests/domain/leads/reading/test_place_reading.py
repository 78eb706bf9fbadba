"""T3 and T5: places come from what names a place, and ZIP codes are text."""

import pytest

from domain.leads.reading import read_fields
from domain.leads.reading.place import read_address, read_state_cell, read_zip


@pytest.mark.parametrize(
    ("text", "zip_code", "code"),
    [
        ("02138", "02138", None),
        ("04101", "04101", None),
        ("02138-1234", "02138-1234", None),
        ("021381234", "02138-1234", None),
        ("2138", "02138", "zip_leading_zero"),
        ("4101.0", "04101", "zip_leading_zero"),
        ("2138-1234", "02138-1234", "zip_leading_zero"),
        ("MA 02138", "02138", None),
        ('="02138"', "02138", None),
        ("SW1A 1AA", None, "zip_invalid"),
        ("00000", None, "zip_invalid"),
        ("021389", None, "zip_invalid"),
    ],
)
def test_zip_codes_are_text_and_keep_their_zero(text: str, zip_code: str | None, code: str | None) -> None:
    assert read_zip(text) == (zip_code, code)


@pytest.mark.parametrize(
    ("text", "code", "problem"),
    [
        ("MA", "MA", None), ("mass.", "MA", None), ("Massachusetts", "MA", None), ("D.C.", "DC", None),
        ("Puerto Rico", "PR", None), ("Texas (TX)", "TX", None), ("US-CA", "CA", None), ("Nueva York", "NY", None),
        ("Massachusets", "MA", "state_corrected"), ("KA", None, "state_unknown"), ("Ontario", None, "state_unknown"),
    ],
)  # fmt: skip
def test_states_by_name_code_and_short_form(text: str, code: str | None, problem: str | None) -> None:
    assert read_state_cell(text) == (code, problem)


@pytest.mark.parametrize(
    ("text", "street", "city", "state", "zip_code"),
    [
        ("123 Main St, Boston MA 02138", "123 Main St", "Boston", "MA", "02138"),
        ("PO Box 12, Austin, Texas 78701-1234", "PO Box 12", "Austin", "TX", "78701-1234"),
        ("12 Elm Street Apt 4B Springfield IL 62701", "12 Elm Street Apt 4B", "Springfield", "IL", "62701"),
        ("500 Oak Ave, Suite 9, Reno, NV, 89501, USA", "500 Oak Ave, Suite 9", "Reno", "NV", "89501"),
        ("Salt Lake City UT 84101", None, "Salt Lake City", "UT", "84101"),
        ("Atlanta, Georgia", None, "Atlanta", "GA", None),
        ("Boston MA", None, "Boston", "MA", None),
        ("Texas", None, None, "TX", None),
        ("02138", None, None, None, "02138"),
        ("Mumbai, India", None, "Mumbai", None, None),
        ("Bangalore, KA", None, "Bangalore", None, None),
        ("1 Rue Cler, Paris, France", "1 Rue Cler", "Paris", None, None),
        ("Delhi", None, "Delhi", None, None),
    ],
)
def test_addresses_in_one_cell(
    text: str, street: str | None, city: str | None, state: str | None, zip_code: str | None
) -> None:
    found = read_address(text)
    assert (found.street, found.city, found.state, found.zip_code) == (street, city, state, zip_code)


def test_a_phone_never_says_the_state() -> None:
    draft = read_fields({"full_name": "Ann Lee", "phone": "617-555-0123", "zip": ""}).draft
    assert draft
    assert (draft.phone_e164, draft.state, draft.city, draft.zip_code) == ("+16175550123", None, None, None)
