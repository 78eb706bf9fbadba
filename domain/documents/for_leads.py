"""From the fields of a stored document to what they say of the lead it was sent for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from domain.documents.fields import DocumentField
from domain.documents.specs import by_name
from domain.leads.documents import DocumentFact, LeadDocument
from domain.leads.reading.declared_line import declared_lines
from domain.lines import Line

PRESENT_COVER = "declarations"
"""The one kind of document that says what a person has; a quote says what somebody offers."""
_BUSINESS = frozenset({"employees", "turnover", "payroll", "tax_id", "naics", "business_activity", "total_locations"})
_BUSINESS_GROUPS = frozenset({"exposure", "sum_insured"})
_COVERAGES: Mapping[Line, frozenset[str]] = {
    Line.AUTO: frozenset({
        "bodily injury", "collision", "comprehensive", "uninsured motorist", "underinsured motorist",
        "uninsured motorist property damage", "personal injury protection", "rental reimbursement", "roadside assistance",
    }),
    Line.HOME: frozenset({"dwelling", "other structures"}),
    Line.COMMERCIAL: frozenset({
        "general aggregate", "products and completed operations aggregate", "personal and advertising injury",
        "damage to rented premises", "general liability", "workers compensation", "employers liability", "public liability",
        "products liability", "public and products liability", "professional indemnity", "directors and officers",
        "employment practices", "cyber", "business personal property", "business interruption", "commercial auto",
        "liquor liability", "hired and non owned auto", "contract works", "goods in transit",
    }),
    Line.UMBRELLA: frozenset({"umbrella"}),
    Line.LIFE: frozenset({"death benefit"}),
}  # fmt: skip
"""Coverages that only policies of one line have."""
_TERMS = {"half_year": (178, 186), "year": (360, 370)}
"""Days of a policy of that term, first to last."""
_SINGLE: Mapping[str, str] = {
    "employees": "employees", "business_activity": "business_kind", "target_premium": "budget",
    "location.year_built": "year_built", "driver.date_of_birth": "date_of_birth",
}  # fmt: skip
"""Fields of a lead by the field of a document that states the same in the same form; of several things of a group, none."""


def lead_document(
    name: str, status: str, kind: tuple[str, float], came: date, fields: Sequence[DocumentField], *, doubtful: bool
) -> LeadDocument:
    """The document as specialists may see it; ``came`` is the day it was sent. What it states in two ways is no fact."""
    against = {(field.name, field.item) for field in fields if field.rank and by_name()[field.name].kind != "text"}
    clear = [field for field in fields if field.rank == 0 and (field.name, field.item) not in against]
    single = _single(clear)
    dated, ends = single.get("document_date"), single.get("expiration_date")
    last = date.fromisoformat(ends.value) if ends else None
    facts = [*_facts(clear, single)]
    if kind[0] == PRESENT_COVER and (last is None or last >= came):
        facts += _present(single)
    return LeadDocument(
        name, status, *kind, doubtful or bool(against), date.fromisoformat(dated.value) if dated else came, last,
        lines_of(clear), tuple(facts),
    )  # fmt: skip


def lines_of(fields: Sequence[DocumentField]) -> frozenset[Line]:
    """The lines of business that the fields are about: as the document names them, else by coverages and things that only
    policies of one line have. Empty where nothing says it.
    """
    named = [field.value for field in fields if field.name == "line_of_business"]
    lines = frozenset(line for text in named for line in declared_lines(str(text)))
    if lines:
        return lines
    names = {field.name for field in fields}
    groups = {name.partition(".")[0] for name in names if "." in name}
    covers = {str(field.value) for field in fields if field.name == "coverage.name"}
    lines = frozenset(line for line, known in _COVERAGES.items() if covers & known)
    if names & _BUSINESS or groups & _BUSINESS_GROUPS or Line.COMMERCIAL in lines:
        return (lines - {Line.AUTO, Line.HOME}) | {Line.COMMERCIAL}
    return lines or (frozenset({Line.AUTO}) if "vehicle" in groups else frozenset())


def _single(fields: Sequence[DocumentField]) -> dict[str, DocumentField]:
    """Fields that the document states once: of a group, only where it has one such thing."""
    found: dict[str, DocumentField] = {}
    several = set()
    for field in fields:
        if found.setdefault(field.name, field) is not field:
            several.add(field.name)
    return {name: field for name, field in found.items() if name not in several}


def _facts(fields: Sequence[DocumentField], single: Mapping[str, DocumentField]) -> Iterator[DocumentFact]:
    for name, ours in _SINGLE.items():
        if (field := single.get(name)) is not None:
            yield _fact(ours, field.value, field)
    area = single.get("location.area")
    if area is not None and area.value["unit"] == "sq_ft":
        yield _fact("square_feet", round(area.value["amount"]), area)
    place = single.get("location.address") or single.get("mailing_address")
    if place is not None:
        for ours in ("state", "zip"):
            if place.value.get(ours):
                yield _fact(ours, place.value[ours], place)
    yield from _vehicles(fields)


def _vehicles(fields: Sequence[DocumentField]) -> Iterator[DocumentFact]:
    by_item: dict[int | None, dict[str, DocumentField]] = {}
    for field in fields:
        if field.name in {"vehicle.year", "vehicle.make", "vehicle.model"}:
            by_item.setdefault(field.item, {})[field.name.partition(".")[2]] = field
    made = {item: parts for item, parts in by_item.items() if "make" in parts}
    if made:
        value = [
            {part: parts[part].value for part in ("year", "make", "model") if part in parts} for parts in made.values()
        ]
        first = next(iter(made.values()))["make"]
        sure = min(field.confidence for parts in made.values() for field in parts.values())
        yield DocumentFact("vehicles", value, first.page, first.quote, sure)


def _present(single: Mapping[str, DocumentField]) -> Iterator[DocumentFact]:
    """What only a policy in force says: who covers the person now, until when, for how much."""
    if (carrier := single.get("carrier")) is not None:
        yield _fact("current_carrier", carrier.value, carrier)
    if (premium := single.get("premium")) is not None:
        yield _fact("premium", {**premium.value, "period": premium.value["period"] or _term(single)}, premium)
    if (ends := single.get("expiration_date")) is not None:
        yield _fact("renewal_date", {"from": ends.value, "to": ends.value}, ends)


def _term(single: Mapping[str, DocumentField]) -> str | None:
    """The period that a total premium is for: the policy's own, where that is half a year or a year."""
    begins, ends = single.get("effective_date"), single.get("expiration_date")
    if begins is None or ends is None:
        return None
    days = (date.fromisoformat(ends.value) - date.fromisoformat(begins.value)).days
    return next((period for period, (least, most) in _TERMS.items() if least <= days <= most), None)


def _fact(ours: str, value: Any, field: DocumentField) -> DocumentFact:
    return DocumentFact(ours, value, field.page, field.quote, field.confidence)
