"""What an event says to other systems, by kind: the shapes behind ``docs/events``.

Consumers keep what they do not know, so fields may be added; a field that goes, may be missing, or takes another type makes
another version (:mod:`services.event_schemas` refuses it under the old one).
"""

from __future__ import annotations

from typing import Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.leads.lifecycle import Happening


class EventData(BaseModel):
    """What is told of one kind of event beside the envelope."""

    model_config = ConfigDict(extra="allow")


class Received(EventData):
    """A lead came in."""

    source: str = Field(description="Where it came from, as the agency names it.")
    city: str | None
    state: str | None = Field(description="Two letters.")
    zip: str | None
    lat: float | None = Field(description="Degrees, of the ZIP's centre.")
    lon: float | None
    language: str | None
    declared_line: str | None = Field(description="Line of business that the sender named.")
    phone_valid: bool | None
    source_id: UUID | None = Field(None, description="Of a configured source.")
    test: bool = Field(default=False, description="A test of the source; nobody's lead.")
    unconfirmed: bool = Field(default=False, description="Nobody's lead before the person confirms it (confirmed).")


class Qualified(EventData):
    """The specialists have read it. A place is told only where the person's words gave it."""

    line: str
    lines: list[str]
    intent: str
    urgency: str
    tier: str | None
    score: int | None = Field(description="0 to 100.")
    confidence: float = Field(description="Of the line, 0 to 1.")
    needs_review: bool
    language: str | None
    do_not_call: bool
    state: str | None = None
    zip: str | None = None
    lat: float | None = None
    lon: float | None = None


class Assigned(EventData):
    """A producer has it."""

    producer_id: UUID
    receipt_id: UUID | None = Field(None, description="Why; missing where a person assigned it.")


class Queued(EventData):
    """A person must look."""

    reason: str
    receipt_id: UUID | None = None


class FoundDuplicate(EventData):
    """It repeats another lead."""

    duplicate_of: UUID
    reason: str


class Worked(EventData):
    """A person did something with it, for a reason if they gave one."""

    reason: str | None = Field(None, description="A person's words or a code.")


class Won(Worked):
    """It became a policy."""

    premium_minor: int | None = Field(None, description="Its yearly premium in minor units, where it was given.")
    currency: str | None = Field(None, description="Of the premium.")


class Before(EventData):
    """What a merged lead was before."""

    status: str
    duplicate_of: UUID | None
    producer_id: UUID | None
    receipt_id: UUID | None
    reason: str | None


class Merged(EventData):
    """A person made it one with another lead, which stays."""

    duplicate_of: UUID
    reason: str
    was: Before
    assignment_id: UUID | None


class Unmerged(EventData):
    """A merge or a finding was taken back; the rest is missing where the lead goes through the pipeline again."""

    status: str
    from_: UUID = Field(alias="from", description="The lead that it is no longer one with.")
    duplicate_of: UUID | None = None
    producer_id: UUID | None = None
    receipt_id: UUID | None = None
    reason: str | None = None


class Exchanged(EventData):
    """It took over from a merged lead what it lacked, or gave that back: names of columns, no values."""

    from_: UUID = Field(alias="from")
    columns: list[str]


class RefusedCalls(EventData):
    """The person does not want to be called."""

    from_: UUID = Field(alias="from", description="The lead in which they said so.")
    revocation: UUID | None = Field(None, description="The recorded wish; absent where the lead's own text says it.")


class Rescored(EventData):
    """What its documents state changed the score of an open lead."""

    score: int | None = Field(description="0 to 100.")
    tier: str | None
    needs_review: bool
    was: int | None = Field(description="The score before.")


class Confirmed(EventData):
    """The person has confirmed it: it counts as received from now on."""

    opt_in_id: UUID


class Returned(EventData):
    """It went back to its source."""

    reason: str
    return_reason: str = Field(description="One of those agreed with the source.")
    credit_minor: int = Field(description="What the source gives back, in minor units of the currency.")
    currency: str


class Certified(EventData):
    """Its consent certificate was claimed, or could not be."""

    vendor: str
    at: AwareDatetime
    outcome: str
    words: str
    previously_retained: bool = Field(description="Somebody had retained it before: a sign of a resale.")
    email_match: bool | None
    phone_match: bool | None
    kept_until: str | None


class OfferedBeside(EventData):
    """Another producer who is asked at the same time; whoever accepts first has the lead."""

    offer_id: UUID
    producer_id: UUID
    due_at: AwareDatetime
    may_call: bool | None = None
    contact_verdict_id: UUID | None = None


class Offered(EventData):
    """A producer is asked whether they take it."""

    offer_id: UUID
    producer_id: UUID
    receipt_id: UUID | None = Field(None, description="Why this one.")
    due_at: AwareDatetime = Field(description="When the offer expires.")
    may_call: bool | None = Field(
        None, description="Whether the person may be called by this producer at that instant."
    )
    contact_verdict_id: UUID | None = Field(None, description="The contact verdict that says so, with its rules.")
    beside: list[OfferedBeside] = Field(default_factory=list, description="Who is asked at the same time, if anybody.")
    producer_ids: list[UUID] = Field(default_factory=list, description="Everybody asked, where several are.")


class Accepted(EventData):
    """The producer has it."""

    offer_id: UUID
    producer_id: UUID


class Declined(EventData):
    """The producer does not take it and is not asked again for this lead."""

    offer_id: UUID
    producer_id: UUID
    decline_reason: str = Field(description="A code, such as too_busy.")


class Expired(EventData):
    """The producer did not answer in time and is not asked again for this lead."""

    offer_id: UUID
    producer_id: UUID


class Passed(EventData):
    """One of several who are asked at once turned it down, or did not answer; the others still may accept."""

    offer_id: UUID
    producer_id: UUID
    why: str = Field(description="A code of a decline, or expired.")
    holder_id: UUID = Field(description="Who is asked still; of several, one.")


class Withdrawn(EventData):
    """A person took the offer back; the lead waits for a person."""

    offer_id: UUID
    producer_id: UUID
    reason: str


class Escalated(EventData):
    """A person must decide now. The same is told once."""

    code: str = Field(description="Such as all_declined, declined_too_often, offers_too_slow, not_contacted.")
    producer_id: UUID | None = Field(None, description="Who has it, where somebody does.")
    receipt_id: UUID | None = Field(None, description="The last routing decision.")


DATA: dict[Happening, type[EventData]] = {
    Happening.RECEIVED: Received,
    Happening.QUALIFIED: Qualified,
    Happening.ASSIGNED: Assigned,
    Happening.QUEUED: Queued,
    Happening.FOUND_DUPLICATE: FoundDuplicate,
    Happening.CONTACTED: Worked,
    Happening.WON: Won,
    Happening.LOST: Worked,
    Happening.REJECTED: Worked,
    Happening.RELEASED: Worked,
    Happening.REOPENED: Worked,
    Happening.MERGED: Merged,
    Happening.UNMERGED: Unmerged,
    Happening.ABSORBED: Exchanged,
    Happening.GAVE_BACK: Exchanged,
    Happening.REFUSED_CALLS: RefusedCalls,
    Happening.RESCORED: Rescored,
    Happening.CONFIRMED: Confirmed,
    Happening.RETURNED: Returned,
    Happening.CERTIFIED: Certified,
    Happening.OFFERED: Offered,
    Happening.ACCEPTED: Accepted,
    Happening.DECLINED: Declined,
    Happening.EXPIRED: Expired,
    Happening.WITHDRAWN: Withdrawn,
    Happening.ESCALATED: Escalated,
    Happening.PASSED: Passed,
}

D = TypeVar("D", bound=EventData)


class Event(BaseModel, Generic[D]):
    """The envelope, the same on the bus and to subscribers."""

    model_config = ConfigDict(extra="allow")

    id: UUID = Field(description="Of the event; the same at every repetition. Whoever has seen it ignores it.")
    agency_id: UUID
    lead_id: UUID
    version: int = Field(ge=1, description="Of the lead after the event; a lead's events count 1, 2, 3 and so on.")
    kind: Happening
    at: AwareDatetime
    data: D


def event_model(kind: Happening) -> type[Event[EventData]]:
    """The whole message of a kind."""
    return Event[DATA[kind]]  # type: ignore[valid-type]
