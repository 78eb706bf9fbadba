"""Offers: a producer's own, a manager's all; accept, decline, take back, and queued leads spread over the producers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.dependencies import AgencyAdmin, LeadReader, LeadWriter, Provided, RoutingReader, RoutingWriter
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from api.queries import IdList
from domain.routing.offers import OfferState
from services.routing.offer_schemas import (
    BulkIn,
    BulkOutcome,
    DeclineIn,
    OfferHistory,
    OfferPage,
    OfferTermsIn,
    OfferTermsView,
    OfferView,
    WithdrawIn,
)

router = APIRouter(tags=["offers"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)
_SET = problem_answers(400, 401, 403, 412, 413, 415, 422, 428, 503)
_BULK = problem_answers(400, 401, 403, 413, 415, 422, 503)


class OfferList(IdList):
    """Which offers."""

    state: list[OfferState] = Field(default_factory=list, max_length=20)
    producer_id: UUID | None = Field(None, description="Of this producer; a producer sees the own ones only.")


@router.get("/offers", responses=_READ)
async def list_offers(services: Provided, actor: LeadReader, query: Annotated[OfferList, Query()]) -> OfferPage:
    """Leads offered and given to producers, newest first."""
    return await services.offers.page(actor, query.state, query.producer_id, query.cursor, query.limit)


@router.get("/offers/{offer_id}", responses=_READ_ONE)
async def get_offer(services: Provided, actor: LeadReader, offer_id: UUID, response: Response) -> OfferView:
    """One offer; its `allowed_actions` name what may be done now."""
    return _tagged(await services.offers.one(actor, offer_id), response)


@router.post("/offers/{offer_id}/accept", responses=_CHANGE)
async def accept_offer(
    services: Provided, actor: LeadWriter, offer_id: UUID, expected: Expected, response: Response
) -> OfferView:
    """Take the lead, for oneself or, as a manager, on behalf of the producer. The same again gets the same answer; with 409
    `current` says how the offer stands.
    """
    return _tagged(await services.offers.answering.accept(actor, offer_id, expected=expected), response)


@router.post("/offers/{offer_id}/decline", responses=_CHANGE)
async def decline_offer(
    services: Provided, actor: LeadWriter, offer_id: UUID, body: DeclineIn, expected: Expected, response: Response
) -> OfferView:
    """Turn the lead down. The producer is not asked again for it; the next best is, or a person decides."""
    told = await services.offers.answering.decline(actor, offer_id, body.reason.value, body.words, expected=expected)
    return _tagged(told, response)


@router.post("/offers/{offer_id}/withdraw", responses=_CHANGE)
async def withdraw_offer(
    services: Provided, actor: RoutingWriter, offer_id: UUID, body: WithdrawIn, expected: Expected, response: Response
) -> OfferView:
    """Take an open offer back; the lead waits for a person."""
    return _tagged(await services.offers.answering.withdraw(actor, offer_id, body.reason, expected=expected), response)


@router.get("/leads/{lead_id}/offers", responses=_READ_ONE)
async def list_lead_offers(services: Provided, actor: LeadReader, lead_id: UUID) -> OfferHistory:
    """Whom a lead was offered and given to, oldest first, and how each answered."""
    return await services.offers.history(actor, lead_id)


@router.post("/leads/assign-bulk", responses=_BULK)
async def assign_leads(services: Provided, actor: RoutingWriter, body: BulkIn) -> BulkOutcome:
    """Give queued leads to the best producers, one after another: each claim counts before the next lead is ranked."""
    return await services.offers.queue.assign_many(actor, body.lead_ids)


@router.get("/routing/offer-terms", responses=_READ)
async def get_offer_terms(services: Provided, actor: RoutingReader, response: Response) -> OfferTermsView:
    """Whether producers are asked before they get a lead, how long they have, and what follows."""
    found = await services.offers.terms(actor)
    put_etag(response, found.version)
    return found


@router.put("/routing/offer-terms", responses=_SET)
async def put_offer_terms(
    services: Provided, actor: AgencyAdmin, body: OfferTermsIn, expected: Expected, response: Response
) -> OfferTermsView:
    """Set the terms, in force from the next lead on; what is left out has its default."""
    saved = await services.offers.configure(actor, body.model_dump(mode="json"), expected=expected)
    view = OfferTermsView.of(saved)
    put_etag(response, view.version)
    return view


def _tagged(offer: OfferView, response: Response) -> OfferView:
    put_etag(response, offer.version)
    return offer
