"""Commands and views of offers."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.actor import Actor, ActorKind
from domain.lines import Tier
from domain.routing.offer_terms import Drain, OfferTerms, WhenNoCall, WhenStale
from domain.routing.offers import WORDS, DeclineReason, OfferState
from kernel.ids import digest
from services.lead_view import UntakenLead
from store.sql.models import AssignmentRow, LeadRow


class OfferedLead(UntakenLead):
    """What a producer is told of a lead before taking it: no name, no address, no way to reach the person."""


class OfferView(BaseModel):
    """A lead offered or given to a producer. ``due_at`` is when an open offer expires, or an accepted lead is stale."""

    id: UUID
    version: int
    state: OfferState
    producer_id: UUID
    receipt_id: UUID | None
    offered_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    reason: str | None = Field(description="Why it was declined or taken back.")
    words: str | None = Field(description="The decliner's own words.")
    asked: int = Field(description="How many producers were asked at once; whoever accepts first has the lead.")
    lead: OfferedLead
    allowed_actions: list[str]


class OfferPage(BaseModel):
    """Offers, newest first; ``next_cursor`` is null on the last page."""

    items: list[OfferView]
    next_cursor: UUID | None


class OfferHistory(BaseModel):
    """Every offer of a lead, oldest first."""

    items: list[OfferView]


class DeclineIn(BaseModel):
    """Why an offer is declined; ``other`` needs words."""

    model_config = ConfigDict(extra="forbid")

    reason: DeclineReason
    words: str | None = Field(None, max_length=WORDS)


class WithdrawIn(BaseModel):
    """Why an offer is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=200)


class OfferTermsIn(BaseModel):
    """An agency's terms of offers; what is left out has its default. Minutes are contactable ones."""

    model_config = ConfigDict(extra="forbid")

    required: bool = Field(default=False, description="Producers are asked before they get a lead.")
    answer_minutes: dict[Tier, int] = Field(default_factory=dict, description="How long an offer stands.")
    contact_minutes: dict[Tier, int] = Field(
        default_factory=dict, description="How long an accepted lead may stay without contact; without it, for ever."
    )
    max_declines: int = 5
    max_minutes: int = 480
    drain: Drain = Drain.OLDEST
    when_stale: WhenStale = WhenStale.TELL
    when_no_call: WhenNoCall = Field(
        WhenNoCall.HOLD, description="Where the person may not be called yet: the lead waits, or the offer says so."
    )


class OfferTermsView(OfferTermsIn):
    """The terms in force; ``version`` names their content."""

    version: int

    @classmethod
    def of(cls, terms: OfferTerms) -> Self:
        """The terms as they are shown."""
        body = terms.as_dict()
        return cls(**body, version=int(digest(body)[:14], 16) + 1)


class BulkIn(BaseModel):
    """Queued leads to spread over the producers."""

    model_config = ConfigDict(extra="forbid")

    lead_ids: list[UUID] = Field(min_length=1, max_length=200)


class BulkItem(BaseModel):
    """What became of one lead: ``offered`` or ``assigned`` and to whom; ``left`` in the queue, with the code that says why;
    ``moved``: it is not queued, ``code`` says where it stands; ``not_found``.
    """

    lead_id: UUID
    outcome: str
    producer_id: UUID | None
    code: str | None


class BulkOutcome(BaseModel):
    """One item a lead, in the order in which they were tried."""

    items: list[BulkItem]


def offer_view(offer: AssignmentRow, lead: LeadRow, actor: Actor, at: datetime) -> OfferView:
    """A stored offer as it is shown to the actor."""
    return OfferView(
        id=offer.id, version=offer.version, state=OfferState(offer.state), producer_id=offer.producer_id,
        receipt_id=offer.receipt_id, offered_at=offer.assigned_at, due_at=offer.due_at, answered_at=offer.answered_at,
        ended_at=offer.released_at, reason=offer.reason, words=offer.words, asked=offer.asked,
        lead=OfferedLead.of(lead),
        allowed_actions=_allowed(offer, actor, at),
    )  # fmt: skip


def _allowed(offer: AssignmentRow, actor: Actor, at: datetime) -> list[str]:
    if offer.state != OfferState.OFFERED:
        return []
    answers = ["accept", "decline"] if offer.due_at is None or at < offer.due_at else []
    return answers if actor.kind is ActorKind.PRODUCER else [*answers, "withdraw"]
