"""A document's fact beside the lead's own words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.leads.documents import (
    AGREES,
    CONFLICTS,
    NEW,
    UNCLEAR,
    DocumentFact,
    LeadDocument,
    findings,
    impersonal,
    standing,
)

YEAR = {"minor": 120000, "currency": "USD", "period": "year"}
MONTH = {"minor": 10100, "currency": "USD", "period": "month"}
CIVIC = [{"year": 2019, "make": "Honda", "model": "Civic"}]


@pytest.mark.parametrize(
    ("field", "given", "found", "wanted"),
    [
        ("current_carrier", None, "Geico", NEW),
        ("current_carrier", "GEICO", "Geico General Insurance Company", AGREES),
        ("current_carrier", "State Farm", "Geico General Insurance Company", CONFLICTS),
        ("current_carrier", "insurance company", "Geico", UNCLEAR),
        ("premium", MONTH, YEAR, AGREES),
        ("premium", {**MONTH, "minor": 14000}, YEAR, CONFLICTS),
        ("premium", {**MONTH, "period": None}, YEAR, UNCLEAR),
        ("premium", {**MONTH, "currency": "EUR"}, YEAR, UNCLEAR),
        (
            "renewal_date",
            {"from": "2026-03-01", "to": "2026-03-31"},
            {"from": "2026-03-15", "to": "2026-03-15"},
            AGREES,
        ),
        (
            "renewal_date",
            {"from": "2026-04-01", "to": "2026-04-30"},
            {"from": "2026-03-15", "to": "2026-03-15"},
            CONFLICTS,
        ),
        ("vehicles", CIVIC, [*CIVIC, {"year": 2022, "make": "Subaru"}], AGREES),
        ("vehicles", CIVIC, [{"year": 2022, "make": "Subaru"}], CONFLICTS),
        ("vehicles", [{"make": "Honda"}], [{"year": 2022, "make": "Subaru"}], UNCLEAR),
        ("year_built", 1998, 1998, AGREES),
        ("year_built", 1998, 1999, CONFLICTS),
        ("square_feet", 1800, 1820, AGREES),
        ("employees", 12, 40, CONFLICTS),
        ("employees", "a few", 40, UNCLEAR),
        ("business_kind", "bakery", "Baking and selling bread", UNCLEAR),
        ("state", "TX", "tx", AGREES),
    ],
)
def test_how_a_fact_stands_to_the_leads_own(field: str, given: Any, found: Any, wanted: str) -> None:
    assert standing(DocumentFact(field, found, 1, "q", 0.9), given) == wanted


def test_findings_name_page_and_day_and_lose_everything_personal_for_the_checkpoint() -> None:
    fact = DocumentFact("current_carrier", "Geico", 3, "Carrier: Geico", 0.9)
    paper = LeadDocument("Ada Fontaine.pdf", "read", "declarations", 0.9, False, date(2026, 1, 12), facts=(fact,))
    (found,) = findings([paper], {"current_carrier": "State Farm"})
    assert found == {
        "field": "current_carrier", "value": "Geico", "source": "document Ada Fontaine.pdf p. 3", "as_of": "2026-01-12",
        "confidence": 0.9, "status": CONFLICTS, "given": "State Farm",
    }  # fmt: skip
    value = {"documents": [{"name": paper.name, "kind": paper.kind}], "findings": [found], "conflicts": [found]}
    said = str(impersonal(value))
    assert "declarations" in said
    assert not any(word in said for word in ("Ada", "Geico", "State Farm"))
