"""What is known of a converted lead, source by source, for the draft of its policy: its columns and words, its documents, what
vendors added, and the premium that it was won with. Only what needs no review counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.decision import Decision
from domain.documents.owner import Owner
from domain.documents.specs import by_name
from domain.leads.lifecycle import Happening
from domain.leads.reading.place import place_key
from domain.leads.reading.states import read_state
from domain.lines import Line
from domain.policies.prefill import DRIVER, Origin, Prefilled, Source, Told, prefilled, term_premium
from domain.policies.types import PolicyType
from store.sql.models import DocumentFieldRow, LeadRow
from store.uow import UnitOfWork

SURE = 0.8
"""Confidence from which a value that was read out of text, or came from a vendor, is filled in."""
_LEAD, _ENRICHMENT = Origin(Source.LEAD), Origin(Source.ENRICHMENT)
_HOMES = ("dwelling", "rented_home", "unit", "location")
_FINDINGS = {"company": "legal_name", "company_name": "legal_name"}
_BUSINESS = {"named_insured": "legal_name", "naics": "naics", "employees": "employees"}
"""Fields of a document about a business, by what a policy calls them."""
_HOME = {"year_built", "roof_year", "construction", "occupancy", "protection_class"}
_VALUES = {"building_value": "building_value_minor", "contents_value": "contents_value_minor"}
_ADDRESS = ("street", "city", "state", "zip")
_PERSON = ("name", "date_of_birth", "licence_number")


@dataclass(frozen=True, slots=True)
class Won:
    """What a lead was won with: minor units a year."""

    premium_minor: int
    currency: str


async def known_of(uow: UnitOfWork, lead: LeadRow, of: PolicyType, months: int) -> tuple[Prefilled, dict[str, Any]]:
    """Contents told from everything that is known of the lead, and what the draft keeps beside them: origins by place, what
    sources say differently, and the premium that is expected of the term.
    """
    told = [
        *_of_lead(lead, of),
        *await _of_decisions(uow, lead.id, of),
        *await _of_documents(uow, lead),
    ]
    won = await _won(uow, lead.id)
    yearly = None if won is None or won.currency != "USD" else won.premium_minor
    found = prefilled(of, told, _insured(lead), yearly, months)
    kept = {
        "filled": {place: origin.row() for place, origin in found.filled.items()},
        "differing": {place: [one.row() for one in origins] for place, origins in found.differing.items()},
        "expected_premium_minor": None if won is None else term_premium(won.premium_minor, months),
        "currency": None if won is None else won.currency,
    }  # fmt: skip
    return found, kept


def _insured(lead: LeadRow) -> Told | None:
    if not lead.name:
        return None
    address = ", ".join(part for part in (lead.street, lead.city, lead.state, lead.zip) if part) or None
    values = {
        "name": lead.name, "email": lead.email, "phone": lead.phone, "address": address,
        "date_of_birth": None if _company(lead) else _born(lead),
    }  # fmt: skip
    return Told("named_insured", _LEAD, {name: value for name, value in values.items() if value})


def _of_lead(lead: LeadRow, of: PolicyType) -> Iterator[Told]:
    """Columns that mean the same as a field of the policy; the person of an auto lead drives."""
    known = {
        "street": lead.street, "city": lead.city, "state": lead.state, "zip": lead.zip, "garaging_zip": lead.zip,
        "date_of_birth": _born(lead), "legal_name": lead.extras.get("company"),
        **{name: value for name, value in lead.extras.items() if isinstance(value, str)},
    }  # fmt: skip
    yield from _everywhere(of, _LEAD, known)
    if lead.line == Line.AUTO.value and lead.name and not _company(lead):
        yield Told(DRIVER, _LEAD, {"name": lead.name, "date_of_birth": _born(lead), "relation": "self"})


def _everywhere(of: PolicyType, origin: Origin, values: Mapping[str, Any]) -> list[Told]:
    """The same values for every kind of object of the type: its fields take what is theirs."""
    return [Told(kind, origin, values) for kind in of.objects]


async def _of_documents(uow: UnitOfWork, lead: LeadRow) -> list[Told]:
    found = await uow.documents.of(Owner(lead_id=lead.id))
    rows = [row for row in found if row.status == "read" and not row.needs_review]
    stored = await uow.documents.fields([row.id for row in rows]) if rows else []
    told: list[Told] = []
    for row in rows:
        clear = _clear([one for one in stored if one.document_id == row.id])
        told += _of_document(Origin(Source.DOCUMENT, str(row.id)), clear, lead)
    return told


def _clear(fields: Sequence[DocumentFieldRow]) -> list[DocumentFieldRow]:
    """What a document says surely and in one way."""
    against = {(one.name, one.item) for one in fields if one.rank and by_name()[one.name].kind != "text"}
    return [one for one in fields if one.rank == 0 and one.confidence >= SURE and (one.name, one.item) not in against]


def _of_document(origin: Origin, fields: Sequence[DocumentFieldRow], lead: LeadRow) -> Iterator[Told]:
    whole = {one.name: one.value for one in fields if one.item is None and "." not in one.name}
    things: dict[tuple[str, int | None], dict[str, Any]] = {}
    for one in fields:
        group, _, name = one.name.partition(".")
        if name:
            things.setdefault((group, one.item), {})[name] = one.value
    for (group, _), values in things.items():
        if group == "vehicle":
            yield Told("vehicle", origin, {**values, **(values.get("description") or {})})
        elif group == "driver":
            state = values.get("licence_state")
            person = {name: values.get(name) for name in _PERSON}
            yield Told(DRIVER, origin, {**person, "licence_state": read_state(str(state)) if state else None})
    places = [values for (group, _), values in things.items() if group == "location"]
    for values in places:
        for kind in _HOMES if len(places) == 1 else ("location",):
            yield Told(kind, origin, _place(values, whole, lead))
    business = {ours: whole.get(name) for name, ours in _BUSINESS.items()}
    yield Told("business", origin, {**business, "annual_revenue_minor": _dollars(whole.get("turnover"))})
    yield Told("experience", origin, {"fein": whole.get("tax_id")})


def _place(values: Mapping[str, Any], whole: Mapping[str, Any], lead: LeadRow) -> dict[str, Any]:
    address = values.get("address") or {}
    found = {name: address.get(name) for name in _ADDRESS}
    if lead.place_key and place_key(*(found[name] for name in ("street", "zip", "city", "state"))) == lead.place_key:
        found = {name: getattr(lead, name) for name in _ADDRESS}  # the same house, spelled as the lead spells it
    area = values.get("area")
    if area and area.get("unit") == "sq_ft":
        found["square_feet"] = round(area["amount"])
    found |= {name: values[name] for name in _HOME if name in values}
    found |= {ours: _dollars(values.get(name)) for name, ours in _VALUES.items()}
    return {**found, "mortgagee": whole.get("mortgagee")}


async def _of_decisions(uow: UnitOfWork, lead_id: UUID, of: PolicyType) -> list[Told]:
    """What was read out of the lead's text, and what vendors added."""
    last = {row.specialist: Decision.from_dict(row.body) for row in await uow.leads.decisions([lead_id])}
    told: list[Told] = []
    read = last.get("extractor")
    if read is not None and not read.degraded:
        sure = {
            name: one for name, one in read.value.get("fields", {}).items()
            if one["confidence"] >= SURE and not one.get("others")
        }  # fmt: skip
        vehicles = sure.pop("vehicles", {"value": []})["value"]
        told += [Told("vehicle", _LEAD, one) for one in vehicles]
        told += _everywhere(of, _LEAD, {name: one["value"] for name, one in sure.items()})
    added = last.get("enricher")
    if added is not None and not added.degraded:
        findings = [one for one in added.value.get("findings", []) if one["confidence"] >= SURE]
        facts = {_FINDINGS.get(one["field"], one["field"]): one["value"] for one in findings}
        told += _everywhere(of, _ENRICHMENT, facts)
    return told


async def _won(uow: UnitOfWork, lead_id: UUID) -> Won | None:
    """Of the last time that it was won."""
    wins = [one.data for one in await uow.history.of(lead_id) if one.kind == Happening.WON.value]
    if not wins or wins[-1].get("premium_minor") is None:
        return None
    return Won(wins[-1]["premium_minor"], wins[-1].get("currency") or "USD")


def _dollars(value: Any) -> int | None:
    """Minor units of an amount in the currency of a draft."""
    return value["minor"] if isinstance(value, Mapping) and value.get("currency") == "USD" else None


def _company(lead: LeadRow) -> bool:
    return bool(lead.extras.get("company"))


def _born(lead: LeadRow) -> str | None:
    return lead.date_of_birth.isoformat() if lead.date_of_birth else None
