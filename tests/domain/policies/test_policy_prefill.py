"""What several sources tell of a lead becomes one draft: agreed values are filled in, others are named."""

from typing import Any

import pytest

from domain.policies.prefill import DRIVER, Origin, Prefilled, Source, Told, prefilled, term_premium, unrevised
from domain.policies.types import catalogue

LEAD, VENDOR = Origin(Source.LEAD), Origin(Source.ENRICHMENT)
ONE, TWO = Origin(Source.DOCUMENT, "one"), Origin(Source.DOCUMENT, "two")
VIN, OTHER = "1HGCM82633A004352", "2T1BURHE5JC034461"


def draft(*told: Told, key: str = "auto.standard", yearly: int | None = None, months: int = 12) -> Prefilled:
    return prefilled(catalogue().of(key), told, None, yearly, months)


def car(origin: Origin, **values: Any) -> Told:
    return Told("vehicle", origin, values)


def data(found: Prefilled, key: str = "vehicle-1") -> dict[str, Any]:
    return dict(found.contents["object"][key]["data"])


def test_the_same_car_of_two_sources_is_one_and_each_value_says_where_it_is_from() -> None:
    found = draft(
        car(LEAD, garaging_zip="60614"), car(LEAD, make="Honda", model="Civic", year=2021),
        car(ONE, make="HONDA", model="CIVIC", year=2021, vin=VIN),
    )  # fmt: skip
    assert list(found.contents["object"]) == ["vehicle-1"]
    assert data(found) == {"garaging_zip": "60614", "make": "Honda", "model": "Civic", "year": 2021, "vin": VIN}
    assert (found.filled["object.vehicle-1.make"], found.filled["object.vehicle-1.vin"]) == (LEAD, ONE)
    assert found.differing == {}


def test_what_two_sources_say_differently_is_left_empty_and_named() -> None:
    found = draft(car(ONE, vin=VIN, year=2021, make="Honda"), car(TWO, vin=VIN.lower(), year=2020, make="honda"))
    assert data(found) == {"vin": VIN, "make": "Honda"}
    assert found.differing == {"object.vehicle-1.year": [ONE, TWO]}
    assert "object.vehicle-1.year" not in found.filled


def test_other_numbers_are_other_cars_and_all_are_kept_where_the_insured_lives() -> None:
    found = draft(car(LEAD, garaging_zip="60614", use="commute"), car(ONE, vin=VIN), car(ONE, vin=OTHER))
    assert [data(found, f"vehicle-{one}") for one in (1, 2)] == [
        {"vin": VIN, "garaging_zip": "60614"}, {"vin": OTHER, "garaging_zip": "60614"},
    ]  # fmt: skip


def test_a_value_that_its_field_cannot_hold_is_left_out() -> None:
    found = draft(
        car(LEAD, vin="123", year="2,021", use="Commute", annual_miles="many", garaging_zip="6061", colour="red")
    )
    assert data(found) == {"year": 2021, "use": "commute"}


def test_what_the_type_needs_is_there_empty_where_nothing_is_known() -> None:
    assert draft().contents == {"object": {"vehicle-1": {"kind": "vehicle", "data": {}}}, "party": {}, "coverage": {}}


def test_drivers_of_one_name_are_one_and_a_licence_is_compared_by_its_signs() -> None:
    found = draft(
        Told(DRIVER, LEAD, {"name": "Ann Lee", "date_of_birth": "1990-02-03", "relation": "self"}),
        Told(
            DRIVER,
            ONE,
            {"name": "ANN LEE", "licence_number": "L123-4567", "licence_state": "IL", "date_of_birth": None},
        ),
        Told(DRIVER, TWO, {"name": "Ann Lee", "licence_number": "L1234567", "date_of_birth": "1990-03-02"}),
        Told(DRIVER, TWO, {"name": "Bo Lee", "licence_number": "/", "date_of_birth": "1970-01-01"}),
        Told(DRIVER, TWO, {"name": None, "licence_number": "L9999999"}),
    )
    assert found.contents["party"] == {
        "driver-1": {
            "role": "driver", "name": "Ann Lee", "relation": "self", "licence_number": "L123-4567", "licence_state": "IL",
        },
        "driver-2": {"role": "driver", "name": "Bo Lee", "date_of_birth": "1970-01-01"},
    }  # fmt: skip
    assert found.differing == {"party.driver-1.date_of_birth": [LEAD, TWO]}


def test_a_home_is_the_only_one_that_sources_can_mean() -> None:
    home = {"street": "12 Elm St", "city": "Chicago", "state": "IL", "zip": "60614"}
    found = draft(
        Told("dwelling", LEAD, home), Told("dwelling", ONE, {**home, "year_built": 1950, "construction": "Masonry Veneer"}),
        Told("dwelling", VENDOR, {"year_built": 1951, "square_feet": 1800}), key="home.standard",
    )  # fmt: skip
    assert data(found, "dwelling-1") == {**home, "construction": "masonry_veneer", "square_feet": 1800}
    assert found.differing == {"object.dwelling-1.year_built": [ONE, VENDOR]}
    assert found.filled["object.dwelling-1.square_feet"] == VENDOR


@pytest.mark.parametrize(("key", "codes"), [("life.term", ["death_benefit"]), ("auto.standard", [])])
def test_a_premium_is_of_the_only_coverage_or_of_none(key: str, codes: list[str]) -> None:
    found = draft(key=key, yearly=120_000)
    assert list(found.contents["coverage"]) == codes
    for code in codes:
        assert found.contents["coverage"][code]["premium_minor"] == 120_000
        assert found.filled[f"coverage.{code}.premium_minor"] == Origin(Source.WIN)


def test_a_yearly_premium_is_for_a_term_in_whole_cents() -> None:
    assert [term_premium(yearly, 6) for yearly in (120_000, 1, 3)] == [60_000, 1, 2]


def test_what_somebody_changed_is_theirs_and_what_they_filled_in_is_no_question_any_more() -> None:
    places = ("object.vehicle-1.make", "object.vehicle-1.model", "party.driver-1.name")
    kept = {
        "filled": {place: LEAD.row() for place in places}, "differing": {"object.vehicle-1.year": [], "object.vehicle-1.vin": []},
        "expected_premium_minor": 5, "currency": "USD",
    }  # fmt: skip
    before = {
        "object": {"vehicle-1": {"data": {"make": "Honda", "model": "Civic"}}}, "party": {"driver-1": {"name": "Ann"}},
    }  # fmt: skip
    after = {"object": {"vehicle-1": {"data": {"make": "Honda", "model": "Fit", "vin": VIN}}}}
    found = unrevised(kept, before, after)
    assert found == {**kept, "filled": {places[0]: LEAD.row()}, "differing": {"object.vehicle-1.year": []}}
