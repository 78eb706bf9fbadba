"""Referrals of leads between producers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import LeadReader, LeadWriter, Provided, RoutingWriter
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from domain.network.referrals import ReferralState, Step
from services.network.referral_schemas import (
    AnswerIn,
    Credits,
    DeclineIn,
    Matches,
    ReferralCounts,
    ReferralIn,
    ReferralPage,
    ReferralView,
    WithdrawIn,
)

router = APIRouter(prefix="/broker-network", tags=["broker network"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$",
        description="The same key finds the first referral; with another lead or receiver it is refused.",
    ),
]  # fmt: skip


class ReferralList(BaseModel):
    """Which referrals."""

    model_config = ConfigDict(extra="forbid")

    state: list[ReferralState] = Field(default_factory=list, max_length=10)
    producer_id: UUID | None = Field(None, description="Sent or received by this producer.")
    lead_id: UUID | None = None
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class Sender(BaseModel):
    """Who would pass the lead on."""

    model_config = ConfigDict(extra="forbid")

    from_id: UUID | None = Field(None, description="Only for people of the agency.")


@router.get("/referrals", responses=_READ)
async def list_referrals(
    services: Provided, actor: LeadReader, query: Annotated[ReferralList, Query()]
) -> ReferralPage:
    """Referrals that one sent or received, newest first."""
    return await services.brokers.referrals.page(
        actor, query.state, query.producer_id, query.lead_id, query.cursor, query.limit
    )


@router.post("/referrals", status_code=201, responses=_SEND)
async def refer_lead(
    services: Provided, actor: LeadWriter, body: ReferralIn, response: Response, key: Key = None
) -> ReferralView:
    """Pass a lead on to a producer, or without `to_id` to the best match and, after each refusal, to the next."""
    return tagged(await services.brokers.referring.refer(actor, body, key=key), response)


@router.get("/referrals/{referral_id}", responses=_READ_ONE)
async def get_referral(services: Provided, actor: LeadReader, referral_id: UUID, response: Response) -> ReferralView:
    """One referral; its `allowed_actions` name what may be done now."""
    return tagged(await services.brokers.referrals.one(actor, referral_id), response)


@router.post("/referrals/{referral_id}/accept", responses=_CHANGE)
async def accept_referral(
    services: Provided, actor: LeadWriter, referral_id: UUID, body: AnswerIn, expected: Expected, response: Response
) -> ReferralView:
    """Take the lead; what counts is when it was said (`said_at`, for people of the agency)."""
    found = await services.brokers.referring.answer(
        actor, referral_id, Step.ACCEPT, said_at=body.said_at, expected=expected
    )
    return tagged(found, response)


@router.post("/referrals/{referral_id}/decline", responses=_CHANGE)
async def decline_referral(
    services: Provided, actor: LeadWriter, referral_id: UUID, body: DeclineIn, expected: Expected, response: Response
) -> ReferralView:
    """Turn the lead down; where the network is searched the next best is asked."""
    found = await services.brokers.referring.answer(
        actor, referral_id, Step.DECLINE, said_at=body.said_at, reason=body.reason, expected=expected
    )
    return tagged(found, response)


@router.post("/referrals/{referral_id}/withdraw", responses=_CHANGE)
async def withdraw_referral(
    services: Provided, actor: LeadWriter, referral_id: UUID, body: WithdrawIn, expected: Expected, response: Response
) -> ReferralView:
    """The sender takes an open referral back; the lead stays where it is."""
    return tagged(
        await services.brokers.referring.withdraw(actor, referral_id, body.reason, expected=expected), response
    )


@router.post("/referrals/{referral_id}/reverse", responses=_CHANGE)
async def reverse_referral(
    services: Provided,
    actor: RoutingWriter,
    referral_id: UUID,
    body: WithdrawIn,
    expected: Expected,
    response: Response,
) -> ReferralView:
    """Take a conversion back, with its credit: the policy was cancelled from its beginning."""
    return tagged(await services.brokers.settling.reverse(actor, referral_id, body.reason, expected=expected), response)


@router.get("/referrals/{referral_id}/credits", responses=_READ_ONE)
async def list_referral_credits(services: Provided, actor: LeadReader, referral_id: UUID) -> Credits:
    """Who is credited for what, and whether a reward may accrue by law."""
    return await services.brokers.referrals.credits(actor, referral_id)


@router.get("/leads/{lead_id}/matches", responses=_READ_ONE)
async def list_referral_matches(
    services: Provided, actor: LeadWriter, lead_id: UUID, query: Annotated[Sender, Query()]
) -> Matches:
    """Who in the network may have the lead, best first; nothing is sent."""
    return await services.brokers.referrals.matches(actor, lead_id, query.from_id)


@router.get("/brokers/{producer_id}/referrals", responses=_READ_ONE)
async def get_referral_counts(services: Provided, actor: LeadReader, producer_id: UUID) -> ReferralCounts:
    """How a producer's referrals ended, sent and received."""
    return await services.brokers.referrals.counts(actor, producer_id)
