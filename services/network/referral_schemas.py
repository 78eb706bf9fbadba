"""Commands and views of referrals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.network.referrals import ReferralState
from domain.referral_law import Event
from services.lead_view import UntakenLead


class ReferralIn(BaseModel):
    """A lead that is passed on. Without ``to_id`` the network is searched, and after a refusal the next best is asked."""

    model_config = ConfigDict(extra="forbid")

    lead_id: UUID
    to_id: UUID | None = Field(None, description="Who is asked; left out, the best match is, and then the next.")
    from_id: UUID | None = Field(None, description="Who passes it on; only for people of the agency.")
    expires_at: AwareDatetime | None = Field(None, description="The first instant too late to answer; else three days.")
    note: str | None = Field(None, max_length=1_000, description="For the receiver; nothing personal of the consumer.")


class AnswerIn(BaseModel):
    """An answer. ``said_at`` is when it was given, where somebody of the agency enters it later (DOMAIN T27)."""

    model_config = ConfigDict(extra="forbid")

    said_at: AwareDatetime | None = Field(
        None, description="Only for people of the agency; else the moment it arrives."
    )


class DeclineIn(AnswerIn):
    """Why a referral is declined."""

    reason: str | None = Field(None, max_length=500)


class WithdrawIn(BaseModel):
    """Why a referral is taken back, or a conversion reversed."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)


class ReferredLead(UntakenLead):
    """What the receiver is told of a lead before taking it: no name, no address, no way to reach the person."""


class ReferralView(BaseModel):
    """A referral. ``matched`` says why this receiver was chosen, by factor."""

    id: UUID
    version: int
    state: ReferralState
    from_id: UUID
    to_id: UUID
    searching: bool
    previous_id: UUID | None
    matched: dict[str, Any]
    repeated: bool
    note: str | None
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    premium_minor: int | None
    currency: str | None
    lead: ReferredLead
    allowed_actions: list[str]


class ReferralPage(BaseModel):
    """Referrals, newest first."""

    items: list[ReferralView]
    next_cursor: UUID | None


class MatchView(BaseModel):
    """A producer who may have the lead: the score, 0 to 1, and its factors."""

    producer_id: UUID
    name: str
    score: Decimal
    factors: dict[str, Decimal]
    degrees: int | None


class Matches(BaseModel):
    """Best first. ``refused`` counts those near whom a gate or the consent rules refuse, by code."""

    lead_id: UUID
    items: list[MatchView]
    refused: dict[str, int]


class CreditView(BaseModel):
    """Who is credited for an event, and whether a reward may accrue by law; ``code`` says why. ``earned_by`` is the referral that
    was accepted or sold: another of the same person where that one came later.
    """

    id: UUID
    event: Event
    earned_by: UUID
    producer_id: UUID
    at: datetime
    state: str | None
    licensed: bool | None
    allowed: bool
    code: str
    citation: str | None
    law_version: str
    reversed_at: datetime | None


class Credits(BaseModel):
    """What a referral is credited for; empty where an earlier one is."""

    referral_id: UUID
    items: list[CreditView]


class ReferralCounts(BaseModel):
    """How many of a producer's referrals are in each state, sent and received."""

    producer_id: UUID
    sent: dict[ReferralState, int]
    received: dict[ReferralState, int]
