"""Requests about policies as doors ask and show them. Money is minor units; the currency stands beside it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.policies.asking.deciding import Ends
from services.policies.schemas import Strict

_MOST_DOCUMENTS = 5


class RequestIn(Strict):
    """What is wished for, in words. ``follows`` is the request whose question these words answer; its documents count further
    unless others are named.
    """

    words: Annotated[str, Field(min_length=1, max_length=2_000)]
    follows: UUID | None = None
    documents: Annotated[list[UUID], Field(max_length=_MOST_DOCUMENTS)] = Field(
        default_factory=list, description="Documents of the policy that state what the words leave open."
    )

    @property
    def content(self) -> dict[str, Any]:
        """What makes it another request under the same key. The order of documents does not; none is as before there were any."""
        named = sorted({str(one) for one in self.documents})
        return {**self.model_dump(mode="json", exclude={"documents"}), **({"documents": named} if named else {})}


class WordIn(Strict):
    """A person's word on what was proposed; ``digest`` is the one that was shown."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class MoneyEffect(BaseModel):
    """What a step does to the money of the term. ``unrated`` says that the carrier's price is awaited: not in these amounts,
    and nothing can be approved before it is entered.
    """

    currency: str
    written_before_minor: int
    written_after_minor: int
    premium_change_minor: int
    tax_change_minor: int
    fee_change_minor: int
    refund_minor: int | None = Field(None, description="What the insured gets back, by what is paid; negative is owed.")
    unrated: bool = False
    words: str = ""


class TakenFrom(BaseModel):
    """A value that a document states and the words do not: its name, the document, and the page where it is known."""

    slot: str
    document_id: UUID
    page: int | None


class Proposal(BaseModel):
    """A step that waits for a person's word, bound to exactly this by ``digest``. ``sources``: what it has from documents."""

    step: str
    approval: str
    effective_on: date | None
    assumed_day: bool
    summary: str
    arguments: dict[str, Any]
    money: MoneyEffect
    endorsement_id: UUID | None = None
    sources: list[TakenFrom] = Field(default_factory=list)


class RequestView(BaseModel):
    """A request as it stands. ``day`` is the day that it counts from, ``day_said`` the words that name it. Words are kept for a
    time, until ``forgotten_at``; summary and answer are then told from what is left.
    """

    id: UUID
    version: int
    policy_id: UUID
    follows: UUID | None
    state: Ends
    words: str | None
    documents: list[UUID]
    asked_by: str
    asks: list[str]
    slots: dict[str, Any]
    day: date | None
    day_said: str | None
    read_by: str | None
    missing: list[str]
    proposal: Proposal | None
    digest: str | None
    expires_at: datetime | None
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    code: str | None
    answer: str | None
    result: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    forgotten_at: datetime | None


class RequestPage(BaseModel):
    """Newest first."""

    items: list[RequestView]
    next_cursor: str | None
