"""May this person be contacted? And the wishes and lists that say no."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.dependencies import LeadReader, LeadWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from services.contact.schemas import (
    ContactCheckIn,
    RevocationIn,
    RevocationList,
    RevocationView,
    RuleView,
    ScrubsIn,
    ScrubsTaken,
    VerdictPage,
    VerdictView,
)
from services.contact.tables import rules

router = APIRouter(tags=["contact"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_ASK = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_SEND = problem_answers(400, 401, 403, 413, 415, 422, 503)


class ContactRules(BaseModel):
    """Every row that verdicts read, with its citation."""

    items: list[RuleView]


@router.post("/leads/{lead_id}/contact-check", responses=_ASK)
async def check_contact(
    services: Provided, actor: LeadReader, lead_id: UUID, body: ContactCheckIn, key: IdempotencyKey = None
) -> VerdictView:
    """Whether the person may be contacted: yes or no, the rules that decided, the next allowed time. The answer is kept."""
    return await services.contact.verdicts.ask(actor, lead_id, body.producer_id, body.channel, body.at, key=key)


@router.get("/leads/{lead_id}/contact-checks", responses=_READ_ONE)
async def list_contact_checks(
    services: Provided,
    actor: LeadReader,
    lead_id: UUID,
    before: Annotated[UUID | None, Query(description="`next` of the page in front.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> VerdictPage:
    """What was answered about a lead, newest first."""
    return await services.contact.verdicts.of_lead(actor, lead_id, before=before, limit=limit)


@router.get("/leads/{lead_id}/revocations", responses=_READ_ONE)
async def list_revocations(services: Provided, actor: LeadReader, lead_id: UUID) -> RevocationList:
    """Wishes of the lead's person not to be contacted, also those said about other leads."""
    return await services.contact.revocations.of_lead(actor, lead_id)


@router.post("/revocations", status_code=201, responses=_ASK)
async def record_revocation(
    services: Provided, actor: LeadWriter, body: RevocationIn, key: IdempotencyKey = None
) -> RevocationView:
    """Record a wish not to be contacted, however it was said. It binds at once, for every lead of the person, for ever."""
    return await services.contact.revocations.record(actor, **dict(body), key=key)


@router.post("/dnc-scrubs", status_code=201, responses=_SEND)
async def record_scrubs(services: Provided, actor: LeadWriter, body: ScrubsIn) -> ScrubsTaken:
    """Record numbers that were compared with a do-not-call list; the same again changes nothing."""
    return await services.contact.scrubs.record(actor, body)


@router.get("/contact-rules", responses=_READ)
async def list_contact_rules(actor: LeadReader) -> ContactRules:
    """The tables that verdicts read."""
    del actor
    return ContactRules(items=rules())
