"""What is only alike is a suspicion; a household is none of the kind that closes a lead."""

from __future__ import annotations

from datetime import date

import pytest

from domain.leads.duplicates import same_person
from domain.leads.likeness import Described, birthdays_differ, houses_differ, likeness, one_name
from domain.leads.reading.names import read_name
from domain.leads.reading.place import place_key

BORN = date(1980, 5, 17)
PHONE = "+13125550142"


def lead(
    name: str, *, street: str | None = None, zip_code: str | None = None, born: date | None = None,
    phone: str | None = None, email: str | None = None,
) -> Described:  # fmt: skip
    read = read_name(name)
    place = place_key(street, zip_code, None, None)
    return Described(name, email, phone, street, zip_code, None, born, read.key if read else None, place)


@pytest.mark.parametrize(
    ("one", "other", "suspect"),
    [
        # typing errors in name and street, and a birth date
        (Described("Isabella Tinsley", None, None, "181 Chewings St", "5039", None, BORN),
         Described("Isabeola Tinsley", None, None, "181 Chewigns Street", "5039", None, BORN), True),
        # one phone, one surname, two first names: a household
        (Described("Robert Cole", phone_key=PHONE), Described("Susan Cole", phone_key=PHONE), False),
        # husband and wife at home: phone, address and family name are shared by all who live there
        (lead("Robert Cole", street="12 Oak St", zip_code="60601", phone=PHONE, born=BORN),
         lead("Susan Cole", street="12 Oak St", zip_code="60601", phone=PHONE, born=date(1982, 11, 3)), False),
        # the same phone and a slip in the name
        (Described("Jonathan Smith", phone_key=PHONE), Described("Jonathon Smith", phone_key=PHONE), True),
        # a common name alone, and in one ZIP
        (Described("John Smith"), Described("John Smith"), False),
        (Described("John Smith", zip_code="60601"), Described("John Smith", zip_code="60601"), False),
        # a rare one in one ZIP, but not alone
        (Described("Jamie Hashemizadeh", zip_code="60601"), Described("Hashemizadeh Jamie", zip_code="60601"), True),
        (Described("Jamie Hashemizadeh"), Described("Jamie Hashemizadeh"), False),
        # another first name or another family name with the same birthday and ZIP on one street
        (lead("Kyle Ray", street="22 Henty St", zip_code="60601", born=BORN),
         lead("Ella Ray", street="55 Henty St", zip_code="60601", born=BORN), True),
        (lead("Ella Ray", street="22 Henty St", zip_code="60601", born=BORN),
         lead("Ella Moss", street="55 Henty St", zip_code="60601", born=BORN), True),
        # neighbours
        (Described("Ann Lee", street="12 Oak St", zip_code="60601"),
         Described("Bob Ray", street="12 Oak St", zip_code="60601"), False),
        # a firm under two of its names in one house, and two firms there
        (lead("Rauner Family YMCA", street="2700 S. Western Avenue", zip_code="60608"),
         lead("YMCA of Metropolitan Chicago - Rauner", street="2700 S Western Ave", zip_code="60608"), True),
        (lead("Herzl Preparatory", street="1401 S Hamlin Ave", zip_code="60623"),
         lead("Lakeside Dental Care Group Limited", street="1401 S Hamlin Ave", zip_code="60623"), False),
        (Described(), Described(), False),
    ],
)  # fmt: skip
def test_suspicions(one: Described, other: Described, *, suspect: bool) -> None:
    assert likeness(one, other).suspect is suspect
    assert likeness(one, other) == likeness(other, one)


HOME = {"street": "181 Chewings St", "zip_code": "60601"}


@pytest.mark.parametrize(
    "other",
    [
        lead("Isabella Tinsley", street="181 Chewigns Street", zip_code="60610", born=BORN),  # street and ZIP
        lead("Isabella Tinslye", **HOME, born=BORN),  # letters turned in the family name
        lead("Isabella Tinzley", **HOME, born=BORN),
        lead("Isabelal Tinsley", **HOME, born=BORN),  # or in the first name
        lead("Isa bella Tinsley", **HOME, born=BORN),
        lead("Tinsley Isabella", **HOME, born=BORN),
        lead("Isabella Tinsley", street="118 Chewings St", zip_code="60601", born=BORN),  # house number
        lead("Isabella Tinsley", street="181 Chewigns St", zip_code="60601", born=date(1980, 5, 19)),
    ],
)
def test_slips_of_the_pen_leave_one_person(other: Described) -> None:
    one = lead("Isabella Tinsley", **HOME, born=BORN)
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # twins, with all that a household shares
        (lead("Dan Lee", **HOME, born=BORN, phone=PHONE, email="lee@x.example"),
         lead("Dana Lee", **HOME, born=BORN, phone=PHONE)),
        (lead("Jayden Lee", **HOME, born=BORN), lead("Kayden Lee", **HOME, born=BORN)),
        (lead("Marina Tinsley", **HOME, born=BORN), lead("Martina Tinsley", **HOME, born=BORN)),
        (lead("Tinsley Marina", **HOME, born=BORN), lead("Martina Tinsley", **HOME, born=BORN)),
        # father and son: one name, one address, one phone, one e-mail
        (lead("John Tinsley", **HOME, born=date(1950, 5, 17), phone=PHONE, email="t@x.example"),
         lead("John Tinsley", **HOME, born=date(1980, 5, 17), phone=PHONE, email="t@x.example")),
        (lead("John Tinsley Sr.", **HOME, phone=PHONE, email="t@x.example"),
         lead("John Tinsley Jr.", **HOME, phone=PHONE, email="t@x.example")),
        # husband and wife with one e-mail
        (lead("Robert Tinsley", **HOME, email="t@x.example", phone=PHONE),
         lead("Susan Tinsley", **HOME, email="t@x.example", phone=PHONE)),
        (lead("Robert Tinsley", born=BORN, email="t@x.example"),
         lead("Susan Moss", born=date(1982, 11, 3), email="t@x.example")),
        # two houses of one firm
        (lead("Erie House - North", street="1004 N Kedzie Ave", zip_code="60651", phone=PHONE),
         lead("Erie House", street="1254 N Maplewood", zip_code="60622", phone=PHONE)),
        # a namesake with one birthday in another town
        (lead("John Smith", street="12 Oak St", zip_code="60601", born=BORN),
         lead("John Smith", street="500 Elm St", zip_code="94105", born=BORN)),
    ],
)  # fmt: skip
def test_relatives_and_namesakes_are_never_one(one: Described, other: Described) -> None:
    assert same_person(one, other) is None
    assert same_person(other, one) is None


def test_name_birth_date_and_zip_are_one_person() -> None:
    one = lead("Ann Lee", zip_code="60601-1234", born=BORN)
    assert same_person(one, lead("Ann Lee", zip_code="60601", born=BORN)) == "same name, date of birth and ZIP"
    assert same_person(one, lead("Ann Lee", zip_code="60602", born=BORN)) is None


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (BORN, BORN, False), (BORN, None, False), (BORN, date(1980, 5, 19), False), (BORN, date(1908, 5, 17), True),
        (date(1980, 5, 7), date(1980, 7, 5), False), (BORN, date(1950, 5, 17), True), (BORN, date(1981, 6, 18), True),
    ],
)  # fmt: skip
def test_birthdays(one: date, other: date | None, *, differ: bool) -> None:
    assert birthdays_differ(one, other) is birthdays_differ(other, one) is differ


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("12 Oak St", "12 Oak Street Apt 4", False), ("12 Oak St", "21 Oak St", False), ("12 Oak St", "40 Oak St", True),
        ("4216 W 19th St", "4217 W. 18th St.", True), ("12 Oak St", "500 Elm St", True), ("12 Oak St", None, False),
        ("Oak St", "500 Elm St", False),
    ],
)  # fmt: skip
def test_houses(one: str, other: str | None, *, differ: bool) -> None:
    assert houses_differ(one, other) is houses_differ(other, one) is differ


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann Lee", "Lee Ann", True), ("Ann Lee", "Ann Li", False), ("Ann Lee", "Anna Lee", False), ("Lee", "Lee", False),
        ("Mary Ann Lee", "Maryann Lee", True), ("Ann Lee", None, False), ("Ann Ray Lee", "Ann Lee", False),
    ],
)  # fmt: skip
def test_one_name(one: str, other: str | None, *, same: bool) -> None:
    assert one_name(one, other) is one_name(other, one) is same
