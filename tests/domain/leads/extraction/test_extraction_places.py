from datetime import date

import pytest

from domain.leads.extraction.extract import extract

TODAY = date(2026, 3, 10)


def read(text: str, field: str) -> object:
    fact = extract(text, TODAY).facts.get(field)
    return fact.value if fact else None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("my zip is 02138", "02138"), ("Zip: 10001-1234", "10001-1234"), ("código postal 33101", "33101"),
        ("I live in 60614", "60614"), ("Austin, TX 78701", "78701"), ("vivo en Houston Texas 77002", "77002"),
        ("ZIP CODE 04101 PLEASE CALL", "04101"),
    ],
)  # fmt: skip
def test_a_zip_is_read_where_its_surroundings_say_so(text: str, code: str) -> None:
    assert read(text, "zip") == code


@pytest.mark.parametrize(
    "text",
    [
        "the loan is 12500 dollars", "my car cost 15000", "$25000 of coverage", "driven 45000 miles", "moved here in 2021",
        "about 10500 a year", "policy number 123456789", "I make 62000",
        "order 12,345", "he drove 12000.50 km", "00123 is my zip", "I put in 15000 already", "give me 30000 or 50000",
    ],
)  # fmt: skip
def test_a_price_a_year_or_a_distance_is_no_zip(text: str) -> None:
    assert read(text, "zip") is None


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("I live in Texas", "TX"), ("Austin, TX", "TX"), ("house in GA", "GA"), ("Portland, OR needs renters", "OR"),
        ("I'm from Ohio", "OH"), ("vivo en Carolina del Norte", "NC"), ("in Georgia", "GA"), ("moving to Nevada", "NV"),
        ("West Virginia home", "WV"), ("Washington, DC", "DC"), ("AUSTIN, TX NEED QUOTE", "TX"), ("Kansas City, MO", "MO"),
        ("moved from Ohio to Texas", "TX"), ("Tampa FL. Thanks", "FL"), ("I live in Baton Rouge LA", "LA"),
        ("I live in Texas, my house is old", "TX"), ("en San Antonio Texas", "TX"),
    ],
)  # fmt: skip
def test_a_state_is_read(text: str, state: str) -> None:
    assert read(text, "state") == state


@pytest.mark.parametrize(
    "text",
    [
        "Hi, OK I need help. Tell ME more. OR maybe later", "call me in a week", "ok or in me hi", "I got my MA in May",
        "OK THEN CALL ME OR TEXT", "I just left Ohio", "I used to live in Maine", "my tx insurance", "Michigan Ave is closed",
        "New York Life policy", "I moved here from Ohio", "hello, HI there", "I have a dog. OK.", "Jane Smith MD.",
    ],
)  # fmt: skip
def test_words_and_former_states_are_no_state(text: str) -> None:
    assert read(text, "state") is None


def test_a_persons_name_is_a_weak_state() -> None:
    fact = extract("my friend Georgia sent me", TODAY).facts["state"]
    assert fact.confidence < 0.5


def test_two_states_cost_confidence_and_keep_both_quotes() -> None:
    fact = extract("I live in TX but the house is in Florida", TODAY).facts["state"]
    assert fact.confidence < 0.6
    assert {fact.value, *fact.others} == {"TX", "FL"}
    assert set(fact.quotes) == {"TX", "Florida"}
