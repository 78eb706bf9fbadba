"""Commands and views of requests for help."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.network.support import SUBJECT_CHARS, WORDS_CHARS, SupportState
from domain.network.tiers import Tier

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WORDS_CHARS)]
Subject = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SUBJECT_CHARS)]


class SupportIn(BaseModel):
    """A request for help. It may be about one lead, policy or commission that the producer sees."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject
    words: Words
    producer_id: UUID | None = Field(None, description="Who asks; only for people of the agency.")
    lead_id: UUID | None = None
    policy_id: UUID | None = None
    accrual_id: UUID | None = Field(None, description="A commission.")

    @model_validator(mode="after")
    def _about_one(self) -> Self:
        if sum(one is not None for one in (self.lead_id, self.policy_id, self.accrual_id)) > 1:
            msg = "a request is about one lead, policy or commission; leave the others out, or ask twice"
            raise ValueError(msg)
        return self


class AnswerIn(BaseModel):
    """The answer to a request."""

    model_config = ConfigDict(extra="forbid")

    answer: Words


class SupportView(BaseModel):
    """A request. ``tier`` is the producer's when they asked; ``dedicated``: it brought dedicated support then."""

    id: UUID
    version: int
    producer_id: UUID
    subject: str
    words: str
    lead_id: UUID | None
    policy_id: UUID | None
    accrual_id: UUID | None
    tier: Tier
    dedicated: bool
    state: SupportState
    created_at: datetime
    created_by: str
    taken_at: datetime | None
    taken_by: str | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    ended_at: datetime | None = Field(description="When it was closed or withdrawn.")
    ended_by: str | None


class SupportPage(BaseModel):
    """Requests in the order in which they are worked: dedicated support first, then the oldest."""

    items: list[SupportView]
    next_cursor: UUID | None


class NextSupport(BaseModel):
    """The request that was taken; null where nobody waits."""

    request: SupportView | None
