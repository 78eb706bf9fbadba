"""Verdicts, wishes and comparisons as doors speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from domain.contact.channels import Channel, Purpose
from domain.contact.findings import Weight


@dataclass(frozen=True, slots=True)
class Seller:
    """Who wants to make the contact: a producer of the agency, or the agency itself (both None); ``name`` is another company's,
    whose licences nobody here knows.
    """

    producer_id: UUID | None = None
    name: str | None = None


class FindingView(BaseModel):
    """One rule's answer; `refused` makes the verdict a no, `flag` and `duty` do not."""

    rule: str
    weight: Weight
    code: str
    words: str
    citations: list[str]


class VerdictView(BaseModel):
    """The answer: `next_at` is when it would be yes with the same facts, null where waiting does not help."""

    id: UUID
    lead_id: UUID
    allowed: bool
    channel: Channel
    purpose: Purpose
    at: datetime
    next_at: datetime | None
    findings: list[FindingView]
    tables_version: str
    facts_hash: str
    producer_id: UUID | None
    asked_at: datetime

    @property
    def codes(self) -> list[str]:
        """The codes of what refuses, in the order of the rules."""
        return [one.code for one in self.findings if one.weight is Weight.REFUSED]


class VerdictPage(BaseModel):
    """Answers about a lead, newest first; `next` is the `before` of the page behind."""

    items: list[VerdictView]
    next: UUID | None


class ContactCheckIn(BaseModel):
    """May this person be contacted so, by this producer (else by the agency), at this moment (else now)?"""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    producer_id: UUID | None = None
    at: AwareDatetime | None = None


class RevocationIn(BaseModel):
    """A person's wish not to be contacted, however it was said. One of lead, phone and e-mail tells whose it is."""

    model_config = ConfigDict(extra="forbid")

    lead_id: UUID | None = None
    phone: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=500)
    channel: Channel = Field(description="Where it was said.")
    words: str | None = Field(None, max_length=2_000, description="What was said; read for how far it goes, not kept.")
    scope: list[Channel] | None = Field(
        None, min_length=1, description="How far it goes, where you know better than the words."
    )
    at: AwareDatetime | None = Field(None, description="When it was said; else now.")

    @model_validator(mode="after")
    def _somebody(self) -> RevocationIn:
        if self.lead_id is None and self.phone is None and self.email is None:
            msg = "say whose wish it is: lead_id, phone or email"
            raise ValueError(msg)
        return self


class RevocationView(BaseModel):
    """A wish as it stands: contact through these channels is refused from the moment it was recorded."""

    id: UUID
    lead_id: UUID | None
    said_on: Channel
    channels: list[Channel]
    at: datetime
    recorded_at: datetime
    deadline: date | None
    confirm_until: datetime | None
    tables_version: str
    leads: list[UUID] = Field(default_factory=list, description="Leads that learnt of it with this record.")


class RevocationList(BaseModel):
    """Wishes of a lead's person, oldest first."""

    items: list[RevocationView]


class ScrubResult(BaseModel):
    """One number and whether it stands on the list."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(min_length=1, max_length=200)
    listed: bool


Results = list[ScrubResult]


class ScrubsIn(BaseModel):
    """Numbers compared with a do-not-call list at one time: `national`, or a state's two letters."""

    model_config = ConfigDict(extra="forbid")

    list: Annotated[str, Field(pattern=r"^(national|[A-Z]{2})$")] = "national"
    at: AwareDatetime
    results: Results = Field(min_length=1, max_length=10_000)


class ScrubsTaken(BaseModel):
    """How many comparisons were new; the others were here already."""

    taken: int
    known: int


class RuleView(BaseModel):
    """A row of the tables that verdicts read."""

    table: str
    key: str
    holds: str
    effective: date
    until: date | None
    source: str
    citation: str
    note: str
