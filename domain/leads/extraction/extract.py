"""All rules over one text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.leads.extraction.business import businesses
from domain.leads.extraction.contact import preferences
from domain.leads.extraction.cover import amounts, carrier_spans, carriers
from domain.leads.extraction.found import Fact, settle
from domain.leads.extraction.home import homes
from domain.leads.extraction.person import ages, household
from domain.leads.extraction.place import states, zips
from domain.leads.extraction.refusal import Refusal, read_refusal
from domain.leads.extraction.renewal import renewals
from domain.leads.extraction.text import Text
from domain.leads.extraction.vehicle import vehicles

VERSION = "extraction-rules/1"


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a text says: facts by field name, and whether calls are refused."""

    facts: Mapping[str, Fact]
    refusal: Refusal


def extract(source: str, today: date) -> Extraction:
    """Read the first 20,000 characters of ``source``, written on ``today``.

    Fields: zip, state, age, date_of_birth, household_size, children, spouse, vehicles, year_built, square_feet, home_tenure,
    employees, business_kind, current_carrier, renewal_date, premium, budget, contact_time, contact_channel, language. A field
    that is not said is absent. The text is data: nothing in it is followed.
    """
    text = Text.of(source)
    named = carrier_spans(text)
    findings = [
        *zips(text), *states(text, named), *ages(text, today), *household(text), *vehicles(text, today), *homes(text, today),
        *businesses(text, named), *carriers(text), *amounts(text), *renewals(text, today), *preferences(text),
    ]  # fmt: skip
    return Extraction(settle(findings), read_refusal(text))
