"""What is only alike is a suspicion, and a household is none."""

from __future__ import annotations

from datetime import date

import pytest

from domain.leads.duplicates import Identity, same_person
from domain.leads.likeness import Described, likeness
from kernel.clock import now
from kernel.ids import new_id

BORN = date(1980, 5, 17)


@pytest.mark.parametrize(
    ("one", "other", "suspect"),
    [
        # typing errors in name and street, and a birth date
        (Described("Isabella Tinsley", None, None, "181 Chewings St", "5039", None, BORN),
         Described("Isabeola Tinsley", None, None, "181 Chewigns Street", "5039", None, BORN), True),
        # one phone, one surname, two first names: a household
        (Described("Robert Cole", phone_key="+13125550142"), Described("Susan Cole", phone_key="+13125550142"), False),
        # the same phone and a slip in the name
        (Described("Jonathan Smith", phone_key="+13125550142"), Described("Jonathon Smith", phone_key="+13125550142"), True),
        # a common name alone
        (Described("John Smith"), Described("John Smith"), False),
        (Described("John Smith", zip_code="60601"), Described("John Smith", zip_code="60601"), False),
        # neighbours
        (Described("Ann Lee", street="12 Oak St", zip_code="60601"),
         Described("Bob Ray", street="12 Oak St", zip_code="60601"), False),
        (Described(), Described(), False),
    ],
)  # fmt: skip
def test_suspicions(one: Described, other: Described, *, suspect: bool) -> None:
    assert likeness(one, other).suspect is suspect
    assert likeness(one, other) == likeness(other, one)


def test_name_birth_date_and_zip_are_one_person_and_twins_are_not() -> None:
    def identity(name: str, zip_code: str) -> Identity:
        return Identity(new_id(), now(), name, name.casefold(), born=BORN, zip_code=zip_code)

    assert (
        same_person(identity("Ann Lee", "60601-1234"), identity("Ann Lee", "60601"))
        == "same name, date of birth and ZIP"
    )
    assert same_person(identity("Ann Lee", "60601"), identity("Ann Lee", "60602")) is None
    assert same_person(identity("Dan Lee", "60601"), identity("Dana Lee", "60601")) is None
