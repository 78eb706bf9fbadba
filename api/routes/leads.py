"""Leads: send, find, look at, move along, give to a producer."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import LeadReader, LeadSender, LeadWriter, Provided, RoutingWriter
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from api.queries import LeadList, NearbyList
from kernel.money import Money
from services.lead_view import LeadView
from services.leads.schemas import (
    ActivityView,
    Answer,
    FieldNote,
    LeadAccepted,
    LeadDetail,
    LeadIn,
    LeadNearby,
    LeadPage,
    Lookalikes,
)

router = APIRouter(prefix="/leads", tags=["leads"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$",
        description="Any word of yours for this request. The same key with the same body gets the same answer again.",
    ),
]  # fmt: skip


class LeadBatchIn(BaseModel):
    """Leads to accept in one transaction."""

    model_config = ConfigDict(extra="forbid")

    leads: list[LeadIn] = Field(description="At most as many as the setting `api.max_batch`, 500 by default.")


class BatchItem(BaseModel):
    """What became of the lead at place `index` (from 0) of the batch."""

    index: int
    lead_id: UUID | None
    status: str
    errors: list[FieldNote]
    warnings: list[FieldNote]


class BatchAccepted(BaseModel):
    """One item for each lead, in the order sent."""

    items: list[BatchItem]


class NearbyLeads(BaseModel):
    """Leads around a point, nearest first."""

    items: list[LeadNearby]


class Timeline(BaseModel):
    """The events of a lead, oldest first."""

    items: list[ActivityView]


class StatusChange(BaseModel):
    """What was done with the lead; a record's `allowed_actions` names what may be done now."""

    model_config = ConfigDict(extra="forbid")

    action: str = Field(min_length=1, max_length=40, description="contact, win, lose, reject, release or reopen.")
    reason: str | None = Field(None, max_length=2_000, description="Needed for lose and reject.")
    premium: Decimal | None = Field(
        None, ge=0, max_digits=12, decimal_places=2, description="For win: the yearly premium, in major units."
    )
    currency: str = Field("USD", pattern="^(?:USD|CAD|EUR|GBP|MXN|INR|JPY)$", description="Of the premium.")


class MergeIn(BaseModel):
    """The lead that stays."""

    model_config = ConfigDict(extra="forbid")

    into: UUID


class ReturnIn(BaseModel):
    """Why a lead goes back to its source; one of the reasons agreed with it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=60)


class AssignmentIn(BaseModel):
    """Who gets the lead."""

    model_config = ConfigDict(extra="forbid")

    producer_id: UUID


@router.post("", status_code=202, response_model=LeadAccepted, responses=_SEND)
async def create_lead(
    services: Provided, actor: LeadSender, request: Request, body: LeadIn, key: IdempotencyKey = None
) -> JSONResponse:
    """Accept a lead. It is on disk before this answers; the pipeline works it next."""
    answer = await services.intake.accept_one(actor, body, key=key)
    lead_id = answer.body.get("lead_id")
    path = request.app.url_path_for("get_lead", lead_id=str(lead_id))
    return _given(answer, {"Location": f"{request.scope.get('root_path', '')}{path}"} if lead_id else {})


@router.post("/batch", status_code=202, response_model=BatchAccepted, responses=_SEND)
async def create_leads(
    services: Provided, actor: LeadSender, body: LeadBatchIn, key: IdempotencyKey = None
) -> JSONResponse:
    """Accept many leads at once. A lead that cannot be accepted is reported in its place; the others go in."""
    return _given(await services.intake.accept_batch(actor, body.leads, key=key), {})


@router.get("", responses=_READ)
async def list_leads(
    services: Provided, actor: LeadReader, query: Annotated[LeadList, Query()], response: Response
) -> LeadPage:
    """Leads, newest first, a page at a time."""
    page = await services.lead_queries.page(actor, query.wanted(), query.cursor, query.limit)
    if query.count:
        response.headers["X-Total-Count"] = str(await services.lead_queries.count(actor, query.wanted()))
    return page


@router.get("/nearby", responses=_READ)
async def list_leads_nearby(
    services: Provided, actor: LeadReader, query: Annotated[NearbyList, Query()]
) -> NearbyLeads:
    """Leads within so many miles of a point, nearest first."""
    lat, lon = await asyncio.to_thread(query.point, services.geography)
    found = await services.lead_queries.nearby(actor, lat, lon, query.miles, query.wanted(), query.limit)
    return NearbyLeads(items=found)


@router.get("/{lead_id}", responses=_READ_ONE)
async def get_lead(services: Provided, actor: LeadReader, lead_id: UUID, response: Response) -> LeadDetail:
    """Everything about a lead."""
    lead = await services.lead_queries.one(actor, lead_id)
    put_etag(response, lead.version)
    return lead


@router.get("/{lead_id}/timeline", responses=_READ_ONE)
async def get_lead_timeline(services: Provided, actor: LeadReader, lead_id: UUID) -> Timeline:
    """What happened to a lead."""
    return Timeline(items=await services.lead_queries.timeline(actor, lead_id))


@router.get("/{lead_id}/lookalikes", responses=_READ_ONE)
async def list_lookalikes(services: Provided, actor: LeadReader, lead_id: UUID) -> Lookalikes:
    """Other leads that could be of the same person, the likeliest first. A suspicion closes nothing: a person judges it."""
    return Lookalikes(items=await services.duplicates.lookalikes(actor, lead_id))


@router.post("/{lead_id}/status", responses=_CHANGE)
async def change_lead_status(
    services: Provided, actor: LeadWriter, lead_id: UUID, body: StatusChange, expected: Expected, response: Response
) -> LeadView:
    """Record what was done with a lead."""
    premium = None if body.premium is None else Money.of(body.premium, body.currency)
    lead = await services.lead_status.change(
        actor, lead_id, body.action, reason=body.reason, expected=expected, premium=premium
    )
    put_etag(response, lead.version)
    return lead


@router.post("/{lead_id}/merge", responses=_CHANGE)
async def merge_lead(
    services: Provided, actor: LeadWriter, lead_id: UUID, body: MergeIn, expected: Expected, response: Response
) -> LeadView:
    """Make a lead one with another of the same person. The other one stays and takes over what it lacks; `unmerge` undoes it."""
    lead = await services.merging.merge(actor, lead_id, body.into, expected=expected)
    put_etag(response, lead.version)
    return lead


@router.post("/{lead_id}/unmerge", responses=_CHANGE)
async def unmerge_lead(
    services: Provided, actor: LeadWriter, lead_id: UUID, expected: Expected, response: Response
) -> LeadView:
    """Undo a merge, or say that a lead is no duplicate: both leads, their consents and producers are as they were."""
    lead = await services.merging.unmerge(actor, lead_id, expected=expected)
    put_etag(response, lead.version)
    return lead


@router.post("/{lead_id}/assign", responses=_CHANGE)
async def assign_lead(
    services: Provided, actor: RoutingWriter, lead_id: UUID, body: AssignmentIn, expected: Expected, response: Response
) -> LeadView:
    """Give a lead to a producer. Licence and the other gates hold for a person's choice too."""
    lead = await services.assignments.assign(actor, lead_id, body.producer_id, expected=expected)
    put_etag(response, lead.version)
    return lead


@router.post("/{lead_id}/return", responses=_CHANGE)
async def return_lead(
    services: Provided, actor: LeadWriter, lead_id: UUID, body: ReturnIn, expected: Expected, response: Response
) -> LeadView:
    """Give a lead back to its source for credit, within the days and for the reasons agreed."""
    lead = await services.accounts.give_back(actor, lead_id, body.reason, expected=expected)
    put_etag(response, lead.version)
    return lead


def _given(answer: Answer, headers: dict[str, str]) -> JSONResponse:
    replayed: dict[str, Any] = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return JSONResponse(answer.body, status_code=answer.status, headers={**headers, **replayed})
