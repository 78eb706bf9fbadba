"""Commands and views of leads: the shapes that the API, the tools and the command line share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.lead_view import LeadView, view_of, view_values
from store.sql.models import ImportRow

__all__ = ["LeadView", "view_of", "view_values"]


class ConsentIn(BaseModel):
    """Evidence that the person agreed to be contacted (DOMAIN T20): exact text, when, where, to whom."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=10_000, description="The exact words the person agreed to.")
    at: AwareDatetime = Field(description="When, with a UTC offset.")
    page_url: str | None = Field(None, max_length=2_000, description="The page it was given on.")
    ip: str | None = Field(None, max_length=64, description="The address it came from.")
    sellers: list[str] = Field(default_factory=list, max_length=200, description="Sellers named in the text.")
    certificate_url: str | None = Field(None, max_length=2_000, description="A consent certificate, if there is one.")


class LeadIn(BaseModel):
    """A lead as a partner sends it. Everything is optional but one way to reach the person."""

    model_config = ConfigDict(extra="forbid")

    full_name: str | None = Field(None, max_length=300)
    first_name: str | None = Field(None, max_length=150)
    last_name: str | None = Field(None, max_length=150)
    email: str | None = Field(None, max_length=500)
    phone: str | None = Field(None, max_length=200)
    street: str | None = Field(None, max_length=300)
    city: str | None = Field(None, max_length=150)
    state: str | None = Field(None, max_length=50, description="State of the insured thing or person.")
    zip: str | None = Field(None, max_length=20, description="ZIP as text; leading zeros matter.")
    date_of_birth: str | None = Field(None, max_length=40)
    language: str | None = Field(None, max_length=40)
    line: str | None = Field(None, max_length=100, description="Line of business in your own words.")
    message: str | None = Field(None, max_length=20_000, description="What the person wrote.")
    source: str | None = Field(None, max_length=100)
    referred_by: str | None = Field(None, max_length=200, description="Your id of the producer who referred the lead.")
    current_carrier: str | None = Field(None, max_length=100)
    carrier: str | None = Field(None, max_length=100, description="The carrier this lead must be placed with.")
    external_id: str | None = Field(None, max_length=200)
    consent: ConsentIn | None = None
    extras: dict[str, str] = Field(default_factory=dict, max_length=100, description="Anything else, kept as sent.")


class FieldNote(BaseModel):
    """One thing wrong or doubtful in one field."""

    field: str
    code: str
    message: str
    remedy: str
    value: str | None


class LeadAccepted(BaseModel):
    """The answer to one accepted lead."""

    lead_id: UUID
    status: str
    warnings: list[FieldNote]


class LeadNearby(LeadView):
    """A lead with its distance from the point asked about, in statute miles along the great circle."""

    miles: float


class Lookalike(BaseModel):
    """A lead that could be of the same person."""

    lead: LeadView
    same: bool = Field(
        description="Whether the duplicate rule is certain; else it is a suspicion for a person to judge."
    )
    bits: float = Field(description="Evidence for one person in bits; from 17 on it is a suspicion.")
    why: list[str] = Field(description="The parts that speak for it.")


class Lookalikes(BaseModel):
    """Leads that could be of the same person, the likeliest first."""

    items: list[Lookalike]


class DecisionView(BaseModel):
    """What one specialist decided, and on which words."""

    specialist: str
    at: datetime
    value: dict[str, Any]
    confidence: float
    source: str
    version: str
    evidence: list[dict[str, Any]]
    needs_review: bool
    degraded: bool


class ActivityView(BaseModel):
    """One event of a lead's history."""

    id: UUID
    version: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]


class LeadDetail(LeadView):
    """A lead with everything known about it."""

    street: str | None
    date_of_birth: date | None
    text: str
    declared_line: str | None
    extras: dict[str, Any]
    consent: dict[str, Any] | None
    repeats: list[UUID] = Field(description="Leads that repeat this one or were merged into it.")
    apart: list[UUID] = Field(description="Leads that a person has told apart from it.")
    decisions: list[DecisionView]
    activities: list[ActivityView]


class LeadPage(BaseModel):
    """A page of leads; ``next_cursor`` is null on the last one."""

    items: list[LeadView]
    next_cursor: str | None


class Answer(BaseModel):
    """What a POST answers: the status and body, and whether they were remembered from an earlier call with the key."""

    status: int
    body: dict[str, Any]
    replayed: bool


class ImportFailure(BaseModel):
    """Why a file could not be taken in."""

    detail: str
    errors: list[FieldNote]


class ImportView(BaseModel):
    """A file taken in, with what each column was read as, and how far it has come."""

    id: UUID
    filename: str
    format: str | None = Field(description="csv, xlsx, json, jsonl, adf or acord.")
    size: int | None = Field(description="Bytes.")
    sha256: str | None
    scan: str | None = Field(description="clean, or not_scanned where no scanner is configured.")
    state: str = Field(description="waiting, reading, taken (every row is in), or failed.")
    rows: int = Field(description="Rows of the file; 0 until it has been read through once.")
    taken: int = Field(description="Rows that became leads so far.")
    refused: int = Field(description="Rows that could not; their errors say why.")
    warned: int = Field(description="Rows with warnings.")
    mapping: list[dict[str, Any]]
    problems: list[FieldNote] = Field(description="What was odd about the file as a whole.")
    failure: ImportFailure | None
    sent_by: str | None
    created_at: datetime
    accepted_at: datetime | None = Field(description="When every row was in.")


def import_view(row: ImportRow) -> ImportView:
    """A stored import as it is shown."""
    return ImportView.model_validate({name: getattr(row, name) for name in ImportView.model_fields})


class ImportPage(BaseModel):
    """A page of imports; ``next_cursor`` is null on the last one."""

    items: list[ImportView]
    next_cursor: str | None


class RowResult(BaseModel):
    """What became of one row of a file. ``sources`` says who made each decision (local, llm, rules, given, person)."""

    row: int
    lead_id: UUID | None
    status: str
    line: str | None
    intent: str | None
    urgency: str | None
    score: int | None
    confidence: float | None
    sources: dict[str, str]
    producer_id: UUID | None
    producer: str | None
    receipt_id: UUID | None
    duplicate_of: UUID | None
    reason: str | None
    errors: list[FieldNote]
    warnings: list[FieldNote]


class RowPage(BaseModel):
    """A page of rows by number; ``next_after`` is null on the last one so far."""

    items: list[RowResult]
    next_after: int | None
