"""The keys survive what people do to addresses, and tell places apart."""

from __future__ import annotations

from datetime import date

import pytest

from domain.leads.likeness import Described
from domain.leads.lookup import LOOKUP, LOOKUP_CERTAIN, house_key, lookup_keys, street_key
from domain.leads.reading.place import read_street


@pytest.mark.parametrize(
    ("line", "number", "name"),
    [
        ("1254 N. Maplewood Ave Apt 2", "1254", "maplewood"), ("1710-1718 S. Loomis", "1710", "loomis"),
        ("65-12 Austin St", "65-12", "austin"), ("5500 N. St Louis", "5500", "louis"), ("Oak Street #4", "", "oak"),
        ("PO Box 12", "12", "po box"), ("12", "12", ""), (None, "", ""), ("221B Baker Street", "221b", "baker"),
    ],
)  # fmt: skip
def test_streets_are_split(line: str | None, number: str, name: str) -> None:
    assert read_street(line) == (number, name)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("9 Heysen Street", "9 heysenmstreet", True), ("1900 W. VanBuren", "1900 West Van Buren Street 1608", True),
        ("9 Heysen Street", "8 Heysen Street", False), ("9 Heysen Street", "9 Oak Street", False),
    ],
)  # fmt: skip
def test_a_house_is_found_by_number_and_first_letters(one: str, other: str, *, same: bool) -> None:
    assert (house_key(one) == house_key(other)) is same


def test_a_key_needs_all_its_parts() -> None:
    assert house_key("Oak St") is None
    assert house_key("12") is None
    assert street_key("12 Oak St", None) is None
    assert street_key("12 Oak St", "60601-1234") == street_key("40 Oak Ave", "60601") == "oak|60601"
    assert lookup_keys(Described()) == {}


def test_every_key_is_a_column_of_the_lookup() -> None:
    who = Described(
        "Ann Lee", "a@x.example", "+13125550142", "12 Oak St", "60601", None, date(1980, 5, 17), "ann lee", "12 oak|1"
    )
    assert set(lookup_keys(who)) == set(LOOKUP)
    assert set(LOOKUP_CERTAIN) < set(LOOKUP)
