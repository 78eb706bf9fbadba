from datetime import date
from typing import Any

import pytest

from domain.leads.extraction.extract import extract

TODAY = date(2026, 3, 10)  # a Tuesday


def read(text: str, field: str) -> Any:
    fact = extract(text, TODAY).facts.get(field)
    return fact.value if fact else None


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("34 male nonsmoker", 34), ("I'm 44 and married", 44), ("tengo 63 años", 63), ("turning 65 in june", 64),
        ("a healthy 24 year old", 24), ("couple age 58", 58), ("final expense for my mom she is 78", 78),
        ("dob 03/14/1962", 63), ("born March 9, 1962", 64), ("cumplo 65 en agosto", 64),
    ],
)  # fmt: skip
def test_the_age_of_the_person_to_insure_is_read(text: str, age: int) -> None:
    assert read(text, "age") == age


@pytest.mark.parametrize(
    "text",
    ["my roof is 18 years old", "my son is 16 years old", "my daughter, age 17, got her license", "when I turn 25",
     "who takes care of me when I'm 85", "I'm 100% sure", "I am 5 minutes away", "my wife is 45 years old"],
)  # fmt: skip
def test_an_age_of_a_thing_a_child_or_the_future_is_not_the_leads(text: str) -> None:
    assert read(text, "age") is None


def test_a_date_of_birth_is_iso() -> None:
    assert read("DOB: 3/14/62", "date_of_birth") == "1962-03-14"
    assert read("nací el 14 de marzo de 1962", "date_of_birth") == "1962-03-14"
    assert read("born 13/45/1962", "date_of_birth") is None


@pytest.mark.parametrize(
    ("text", "size", "children", "spouse"),
    [
        ("family of four", 4, None, None), ("my wife and I and our 3 kids", 5, 3, True), ("single mom of 2", 3, 2, False),
        ("mi esposa y mis dos hijos", 4, 2, True), ("familia de cinco", 5, None, None), ("no kids", None, 0, None),
        ("my husband passed away", None, None, None), ("daycare with 6 children", None, None, None),
    ],
)  # fmt: skip
def test_a_household_is_counted(text: str, size: int | None, children: int | None, spouse: bool | None) -> None:
    assert (read(text, "household_size"), read(text, "children"), read(text, "spouse")) == (size, children, spouse)


@pytest.mark.parametrize(
    ("text", "vehicles"),
    [
        ("my 2019 Honda Civic", [{"year": 2019, "make": "Honda", "model": "Civic"}]),
        ("un Nissan Sentra 2017", [{"year": 2017, "make": "Nissan", "model": "Sentra"}]),
        ("pls quote 2015 f150 lariat", [{"year": 2015, "make": "Ford", "model": "F-150"}]),
        ("a 2020 Kia and my Prius", [{"year": 2020, "make": "Kia"}, {"make": "Toyota", "model": "Prius"}]),
        ("an '05 Chevy Silverado", [{"year": 2005, "make": "Chevrolet", "model": "Silverado"}]),
        ("classic 1967 Mustang", [{"year": 1967, "make": "Ford", "model": "Mustang"}]),
        ("I live in Lincoln, NE", None), ("Mr Ford called", None), ("the fleet of vans", None), ("I will dodge it", None),
    ],
)  # fmt: skip
def test_vehicles_are_read(text: str, vehicles: list[dict[str, Any]] | None) -> None:
    assert read(text, "vehicles") == vehicles


def test_home_facts_are_read() -> None:
    text = "3 bed brick ranch built in 1985, 2,400 sq ft, I own my home"
    assert (read(text, "year_built"), read(text, "square_feet"), read(text, "home_tenure")) == (1985, 2400, "own")
    assert read("casa de 1990, 1800 pies cuadrados", "year_built") == 1990
    assert read("I rent an apartment", "home_tenure") == "rent"
    assert read("rento un apartamento", "home_tenure") == "rent"


@pytest.mark.parametrize(
    "text", ["homeowners insurance please", "a rental car", "I rented a car", "I don't own a home"]
)
def test_tenure_is_not_guessed(text: str) -> None:
    assert read(text, "home_tenure") is None


def test_business_facts_are_read() -> None:
    text = "we are a landscaping company with 12 employees"
    assert (read(text, "employees"), read(text, "business_kind")) == (12, "landscaping")
    assert read("tengo cinco empleados y voy a abrir un restaurante", "employees") == 5
    assert read("voy a abrir un restaurante", "business_kind") == "restaurant"
    assert read("just me, no employees", "employees") == 0
    assert read("I slipped in a restaurant", "business_kind") is None


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("with State Farm now for 12 years", "State Farm"), ("ahora pago 200 al mes con Geico", "GEICO"),
        ("switching from Allstate", "Allstate"), ("paying 240 a month with Progressive", "Progressive"),
        ("I have Farmers insurance", "Farmers"), ("my genworth policy", "Genworth"),
        ("hit by a Geico driver", None), ("a progressive illness, farmers nationwide", None), ("I work for State Farm", None),
        ("Allstate denied me", None), ("got a quote from USAA", None),
    ],
)  # fmt: skip
def test_the_present_carrier_is_read(text: str, carrier: str | None) -> None:
    assert read(text, "current_carrier") == carrier


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("renews 6/14", "2026-06-14", "2026-06-14"), ("my policy expires next month", "2026-04-01", "2026-04-30"),
        ("vence el 15 de abril", "2026-04-15", "2026-04-15"), ("renewal is in two weeks", "2026-03-24", "2026-03-24"),
        ("before my policy renews in january", "2027-01-01", "2027-01-31"),
        ("policy expires tonight", "2026-03-10", "2026-03-10"),
        ("policy ends on the 15th of this month", "2026-03-15", "2026-03-15"), ("expires on Friday", "2026-03-13", "2026-03-13"),
        ("x-date 2026-05-01", "2026-05-01", "2026-05-01"), ("se me vence en diez días", "2026-03-20", "2026-03-20"),
    ],
)  # fmt: skip
def test_a_renewal_is_a_span_of_days(text: str, first: str, last: str) -> None:
    assert read(text, "renewal_date") == {"from": first, "to": last}


def test_an_impossible_day_is_no_renewal() -> None:
    assert read("renews 13/45", "renewal_date") is None
    assert read("renews 2/30", "renewal_date") is None


@pytest.mark.parametrize(
    ("text", "field", "minor", "period"),
    [
        ("paying $240 a month", "premium", 24_000, "month"), ("pago 200 al mes", "premium", 20_000, "month"),
        ("premium went up to $1,850 every 6 months", "premium", 185_000, "half_year"), ("I pay $99.50", "premium", 9_950, None),
        ("600/mo budget", "budget", 60_000, "month"), ("my budget is $150", "budget", 15_000, None),
        ("can afford up to $80 per month", "budget", 8_000, "month"), ("presupuesto de 100 al mes", "budget", 10_000, "month"),
    ],
)  # fmt: skip
def test_money_is_in_minor_units_with_its_period(text: str, field: str, minor: int, period: str | None) -> None:
    assert read(text, field) == {"minor": minor, "currency": "USD", "period": period}


@pytest.mark.parametrize(
    "text", ["boys under 25 pay more", "500 deductible", "up to 100k of cover", "$500,000 in coverage"]
)
def test_other_numbers_are_no_price(text: str) -> None:
    assert read(text, "premium") is None
    assert read(text, "budget") is None


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("best time to call is after 5pm", "contact_time", "after 17:00"),
        ("call me between 9 and 11 am", "contact_time", "09:00 to 11:00"),
        ("llámame por la tarde", "contact_time", "afternoon"), ("don't call before 9am", "contact_time", "after 09:00"),
        ("text me please", "contact_channel", "text"), ("mándame un correo", "contact_channel", "email"),
        ("don't call me, e-mail me", "contact_channel", "email"), ("I speak Spanish", "language", "es"),
        ("hablo español", "language", "es"), ("Vietnamese speaking agent", "language", "vi"),
        ("I don't speak English", "language", None),
        ("two german shepherds", "language", None), ("my accident was after 5pm", "contact_time", None),
    ],
)  # fmt: skip
def test_preferences_are_read(text: str, field: str, value: str | None) -> None:
    assert read(text, field) == value


def test_a_contradiction_costs_confidence_and_keeps_both_quotes() -> None:
    calm, torn = extract("I'm 44", TODAY).facts["age"], extract("I'm 44. age 52", TODAY).facts["age"]
    assert torn.confidence < calm.confidence
    assert torn.quotes == ("I'm 44", "age 52")
    assert torn.others == (52,)


@pytest.mark.parametrize(
    ("field", "ways"),
    [
        ("spouse", ["term life for my wife", "term life for my husband", "term life for my partner", "seguro para mi pareja"]),
        ("business_kind", [f"our {house} needs insurance" for house in ("church", "mosque", "synagogue", "temple", "gurdwara")]),
        ("home_tenure", ["renters insurance for my apartment", "seguro de inquilino para mi apartamento"]),
    ],
)  # fmt: skip
def test_whom_somebody_lives_with_prays_with_or_writes_to_us_as_states_the_same(field: str, ways: list[str]) -> None:
    found = [extract(way, TODAY).facts.get(field) for way in ways]
    stated = {(fact.value, fact.confidence) for fact in found if fact is not None}
    assert None not in found
    assert len(stated) == 1


@pytest.mark.parametrize(
    ("text", "spouse"),
    [("my partner and I own a house", True), ("my partner and I own a bakery", None), ("my business partner wants a quote", None),
     ("my partner and i just started a trucking company", None), ("my domestic partner is 40", True)],
)  # fmt: skip
def test_a_partner_in_business_is_no_spouse(text: str, spouse: bool | None) -> None:
    assert read(text, "spouse") is spouse
