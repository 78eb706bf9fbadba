"""T67: names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.reading.names import PersonName, compatible, read_name, read_name_parts


def _name(text: str) -> PersonName:
    name = read_name(text)
    assert name
    return name


def test_both_apostrophes_name_one_person() -> None:
    assert _name("Mary O'Neil").key == _name("Mary O\u2019Neil").key


def test_accents_make_two_persons_and_unicode_forms_do_not() -> None:
    assert _name("Müller").key != _name("Muller").key
    assert _name("Müller").key == _name(unicodedata.normalize("NFD", "MÜLLER")).key


@pytest.mark.parametrize(
    ("text", "display", "first", "last"),
    [
        ("Martinez, Carlos", "Carlos Martinez", "Carlos", "Martinez"),
        ("Anderson, Jennifer M.", "Jennifer M. Anderson", "Jennifer", "Anderson"),
        ("MICHAEL WILSON JR.", "Michael Wilson Jr.", "Michael", "Wilson"),
        ("Smith, Jr., Robert", "Robert Smith Jr.", "Robert", "Smith"),
        ("Dr. Emily Williams", "Dr. Emily Williams", "Emily", "Williams"),
        ("kumar, rajesh", "Rajesh Kumar", "Rajesh", "Kumar"),
        ("O\u2019NEIL, MARY-JANE", "Mary-Jane O\u2019Neil", "Mary-Jane", "O\u2019Neil"),
        ("juan de la cruz", "Juan de la Cruz", "Juan", "de la Cruz"),
        ("RONALD MCDONALD", "Ronald McDonald", "Ronald", "McDonald"),
        ("KIM LE", "Kim Le", "Kim", "Le"),
        ("JOHN SMITH III", "John Smith III", "John", "Smith"),
        ('Robert "Bob" Smith', 'Robert "Bob" Smith', "Robert", "Smith"),
        ("DeShawn McCoy", "DeShawn McCoy", "DeShawn", "McCoy"),
    ],
)
def test_order_and_case_are_put_right_for_display(text: str, display: str, first: str, last: str) -> None:
    name = _name(text)
    assert (name.raw, name.display, name.first, name.last) == (text, display, first, last)


def test_a_company_keeps_its_commas() -> None:
    assert _name("Smith & Sons, LLC").display == "Smith & Sons, LLC"


@given(st.text(max_size=40))
def test_display_never_loses_a_character(text: str) -> None:
    name = read_name(text)
    if name:
        shown = sorted(char for char in unicodedata.normalize("NFKD", name.display).casefold() if char not in " ,")
        typed = sorted(char for char in unicodedata.normalize("NFKD", name.raw).casefold() if char not in " ,")
        assert shown == typed


def test_a_text_without_letters_is_no_name() -> None:
    assert read_name("--- 12") is None
    assert read_name_parts("", " ") is None


def test_parts_of_their_own_are_never_split() -> None:
    name = read_name_parts("ANA MARIA", "DE LA VEGA JR")
    assert name
    assert (name.first, name.last, name.suffix, name.display) == (
        "Ana Maria",
        "de la Vega",
        "Jr",
        "Ana Maria de la Vega Jr",
    )


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Martinez, Carlos", "CARLOS MARTINEZ", True),
        ("J. Smith", "John Smith", True),
        ("Wei Chen", "Chen Wei", True),
        ("John A. Smith", "John Smith", True),
        ("María García López", "María García", True),
        ("Mary-Jane Lee", "Mary Lee", True),
        ("Smith", "John Smith", True),
        ("Ann Smith", "Bob Smith", False),
        ("John Doe", "John Smith", False),
        ("John Smith Jr.", "John Smith Sr.", False),
        ("Juan de la Cruz", "Juan de la Vega", False),
        ("Hans Müller", "Hans Muller", False),
    ],
)
def test_names_that_could_be_one_person(a: str, b: str, same: bool) -> None:
    assert compatible(_name(a), _name(b)) is same
    assert compatible(_name(b), _name(a)) is same


def test_a_missing_name_fits_any() -> None:
    assert compatible(None, _name("Ann Lee"))
