"""The arguments of what may be asked and done, each field with its meaning. Times carry an offset from UTC; ids are records'."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.geo import STATES
from domain.leads.lifecycle import Status
from domain.lines import Line, Tier
from domain.routing.offers import WORDS, DeclineReason

MOST = 50
"""The longest list that an answer holds."""
State = Annotated[str, StringConstraints(pattern=f"^({'|'.join(sorted(STATES))})$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
LongWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class Sort(StrEnum):
    """What a list of leads is ordered by; ``VALUE`` is the premium of won leads."""

    SCORE = "score"
    RECEIVED = "received"
    LAST_CONTACT = "last_contact"
    VALUE = "value"


class By(StrEnum):
    """What leads are counted by."""

    LINE = "line"
    STATUS = "status"
    STATE = "state"
    TIER = "tier"
    PRODUCER = "producer"
    SOURCE = "source"


class Metric(StrEnum):
    """What is measured. Leads by the day they came in; assigned, accepted and won by when it happened; ``CONVERSION_RATE`` is
    won of closed, ``MEDIAN_RESPONSE`` minutes from assignment to the first contact, ``VALUE`` the yearly premium of won leads.
    """

    LEADS = "leads"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    WON = "won"
    CONVERSION_RATE = "conversion_rate"
    MEDIAN_RESPONSE = "median_response"
    VALUE = "value"


class Written(StrEnum):
    """A way in which a person may be written to."""

    EMAIL = "email"
    SMS = "sms"


class Topic(StrEnum):
    """Whole fields of work that may be asked about."""

    NETWORK = "network"
    REFERRALS = "referrals"
    POLICIES = "policies"
    COMMISSIONS = "commissions"


class Recorded(StrEnum):
    """The statuses that a person may record."""

    CONTACTED = Status.CONTACTED.value
    WON = Status.WON.value
    LOST = Status.LOST.value
    REJECTED = Status.REJECTED.value
    QUEUED = Status.QUEUED.value


class Arguments(BaseModel):
    """The base of all: nothing but what is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LeadFilters(Arguments):
    """Which leads. What is left out leaves a part open; lists mean any of theirs."""

    mine: bool = Field(default=False, description="only the asking producer's own")
    status: list[Status] = Field(default_factory=list, max_length=len(Status))
    line: list[Line] = Field(default_factory=list, max_length=len(Line))
    state: list[State] = Field(default_factory=list, max_length=len(STATES), description="risk states, two letters")
    place: Words | None = Field(None, description="a city, 'Austin' or 'Austin, TX', or a ZIP")
    within_miles: int | None = Field(None, ge=1, le=500, description="around the place; without it the place itself")
    tier: list[Tier] = Field(default_factory=list, max_length=len(Tier))
    producer: Words | None = Field(None, description="key, id or name of the producer who has the lead")
    name: Words | None = Field(None, description="of the lead's person, or a part of it")
    source: Words | None = None
    not_contacted_since: AwareDatetime | None = Field(None, description="never contacted, or last before this")
    contacted_since: AwareDatetime | None = Field(None, description="contacted at this instant or later")
    received_from: AwareDatetime | None = None
    received_until: AwareDatetime | None = Field(None, description="before this instant")
    score_at_least: int | None = Field(None, ge=0, le=100)
    score_at_most: int | None = Field(None, ge=0, le=100)


class FindLeads(LeadFilters):
    """Leads that fit, in order."""

    sort: Sort = Sort.RECEIVED
    descending: bool = True
    limit: int = Field(10, ge=1, le=MOST)


class CountLeads(LeadFilters):
    """How many fit; by something, or in all."""

    by: By | None = None


class OneLead(Arguments):
    """One lead."""

    lead_id: UUID


class NextBest(Arguments):
    """What to do next: with one lead, or among one's own."""

    lead_id: UUID | None = None


class DraftMessage(Arguments):
    """A draft to the lead's person, for the asking person to read and send. Nothing is sent."""

    lead_id: UUID
    channel: Written
    purpose: Words = Field(description="what the message is about, in a few words")
    language: str = Field("en", pattern="^[a-z]{2}$", description="two letters, ISO 639-1")


class OpenOffers(Arguments):
    """Offers that wait for an answer."""

    mine: bool = True


class _Between(Arguments):
    since: AwareDatetime | None = Field(None, description="from this instant; without it 30 days back")
    until: AwareDatetime | None = Field(None, description="before this instant; without it now")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            msg = "since must lie before until"
            raise ValueError(msg)
        return self


class MyNumbers(_Between):
    """A producer's numbers: the asking one's, or that of ``producer`` for who sees the whole agency."""

    producer: Words | None = None


class FindProducers(Arguments):
    """Producers that fit."""

    line: Line | None = None
    state: State | None = None
    has_room: bool | None = Field(None, description="whether the producer has room for another lead today")
    language: str | None = Field(None, pattern="^[a-z]{2}$")


class AskDocuments(Arguments):
    """A question to the agency's own documents."""

    question: LongWords


class Measure(_Between):
    """A figure over a time, in all or by something."""

    metric: Metric
    by: By | None = None
    filters: LeadFilters = LeadFilters()


class Lookup(Arguments):
    """What is known of a whole field of work; says what is not kept yet."""

    what: Topic


class ChangeStatus(Arguments):
    """Record what became of a lead. ``lost`` and ``rejected`` need a reason."""

    lead_id: UUID
    status: Recorded
    reason: LongWords | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.status in {Recorded.LOST, Recorded.REJECTED} and self.reason is None:
            msg = f"a lead that is {self.status.value} needs a reason"
            raise ValueError(msg)
        return self


class ScheduleFollowUp(Arguments):
    """Be reminded of a lead."""

    lead_id: UUID
    at: AwareDatetime
    note: LongWords | None = None


class _Offered(Arguments):
    lead_id: UUID | None = None
    offer_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.lead_id is None) == (self.offer_id is None):
            msg = "give either lead_id or offer_id"
            raise ValueError(msg)
        return self


class AcceptOffer(_Offered):
    """Take an offered lead, named by itself or by its offer."""


class DeclineOffer(_Offered):
    """Turn an offered lead down. ``other`` needs ``words``."""

    reason: DeclineReason
    words: str | None = Field(None, max_length=WORDS)

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.reason is DeclineReason.OTHER and not (self.words or "").strip():
            msg = "the reason 'other' needs words"
            raise ValueError(msg)
        return self


class ReassignLead(Arguments):
    """Give a lead to another producer; for who sees the whole agency."""

    lead_id: UUID
    producer: Words = Field(description="key, id or name")
    reason: LongWords


class SendMessage(Arguments):
    """Write to the lead's person; the contact rules are asked before it leaves."""

    lead_id: UUID
    channel: Written
    text: LongWords
