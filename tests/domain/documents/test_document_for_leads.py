"""From a document's fields to facts of its lead."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.documents.fields import DocumentField
from domain.documents.for_leads import lead_document, lines_of
from domain.leads.documents import LeadDocument
from domain.lines import Line

CAME = date(2026, 11, 25)
ADDRESS = {"text": "1 A St, Dallas, TX 75201", "street": "1 A St", "city": "Dallas", "state": "TX", "zip": "75201"}


def field(name: str, value: Any, item: int | None = None, rank: int = 0) -> DocumentField:
    return DocumentField(name, value, 2, f"{name} {value}", 0.9, "text", "", item, rank)


def document(*fields: DocumentField, kind: str = "declarations", doubtful: bool = False) -> LeadDocument:
    return lead_document("a.pdf", "read", (kind, 0.9), CAME, fields, doubtful=doubtful)


def facts(*fields: DocumentField, kind: str = "declarations") -> dict[str, Any]:
    return {fact.field: fact.value for fact in document(*fields, kind=kind).facts}


def money(minor: int, period: str | None = None) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD", "period": period}


def test_present_cover_is_said_by_a_policy_in_force_only() -> None:
    stated = (field("carrier", "Harbor Gate"), field("premium", money(90000)), field("expiration_date", "2027-02-01"))
    assert facts(*stated) == {
        "current_carrier": "Harbor Gate", "premium": money(90000), "renewal_date": {"from": "2027-02-01", "to": "2027-02-01"},
    }  # fmt: skip
    assert facts(*stated, kind="quote") == {}
    assert facts(stated[0], field("expiration_date", "2026-11-24")) == {}
    assert "current_carrier" in facts(stated[0], field("expiration_date", "2026-11-25"))


@pytest.mark.parametrize(
    ("ends", "period"), [("2027-02-01", "year"), ("2026-08-01", "half_year"), ("2026-12-01", None)]
)
def test_a_premium_without_a_period_is_for_the_term(ends: str, period: str | None) -> None:
    dates = (field("effective_date", "2026-02-01"), field("expiration_date", ends))
    found = lead_document(
        "a", "read", ("declarations", 0.9), date(2026, 3, 1), (*dates, field("premium", money(5))), doubtful=False
    )
    assert {fact.field: fact.value for fact in found.facts}["premium"] == money(5, period)


def test_things_that_come_several_times_are_no_facts_of_the_lead() -> None:
    one, two = field("location.year_built", 1998, 1), field("location.year_built", 2004, 2)
    assert facts(one) == {"year_built": 1998}
    assert facts(one, two) == {}
    assert facts(field("driver.date_of_birth", "1984-07-22", 1)) == {"date_of_birth": "1984-07-22"}


def test_what_is_stated_in_two_ways_is_no_fact_and_makes_the_document_doubtful() -> None:
    found = document(field("employees", 11), field("employees", 12, rank=1))
    assert found.facts == ()
    assert found.doubtful


def test_places_areas_and_vehicles() -> None:
    assert facts(field("mailing_address", ADDRESS)) == {"state": "TX", "zip": "75201"}
    assert facts(field("location.area", {"amount": 1800, "unit": "sq_ft"}, 1)) == {"square_feet": 1800}
    assert facts(field("location.area", {"amount": 180, "unit": "sq_m"}, 1)) == {}
    cars = (field("vehicle.year", 2019, 1), field("vehicle.make", "Honda", 1), field("vehicle.model", "Civic", 1),
            field("vehicle.make", "Subaru", 2))  # fmt: skip
    assert facts(*cars) == {"vehicles": [{"year": 2019, "make": "Honda", "model": "Civic"}, {"make": "Subaru"}]}


def test_a_document_is_dated_by_itself_else_by_the_day_it_came() -> None:
    assert document(field("document_date", "2026-01-12")).as_of == date(2026, 1, 12)
    assert document().as_of == CAME


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ((field("line_of_business", "Homeowners"),), {Line.HOME}),
        ((field("vehicle.make", "Honda", 1),), {Line.AUTO}),
        ((field("coverage.name", "collision", 1),), {Line.AUTO}),
        ((field("coverage.name", "dwelling", 1),), {Line.HOME}),
        ((field("coverage.name", "collision", 1), field("coverage.name", "dwelling", 2)), {Line.AUTO, Line.HOME}),
        ((field("vehicle.make", "Ford", 1), field("payroll", money(5))), {Line.COMMERCIAL}),
        ((field("coverage.name", "general aggregate", 1),), {Line.COMMERCIAL}),
        ((field("policy_number", "A1"),), set()),
        ((), set()),
    ],
)
def test_lines_that_a_document_is_about(fields: tuple[DocumentField, ...], lines: set[Line]) -> None:
    assert lines_of(fields) == lines
