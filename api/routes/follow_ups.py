"""Follow-ups: one's own reminders of leads."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.dependencies import LeadReader, LeadWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from kernel.ids import new_id
from services.follow_ups.follow_ups import CANCELLED, DONE, FollowUpList, FollowUpView

router = APIRouter(tags=["follow-ups"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


class FollowUpIn(BaseModel):
    """When, and a note for oneself."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    note: str | None = Field(None, max_length=2_000)


class FollowUpQuery(BaseModel):
    """Which follow-ups."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime | None = Field(None, description="Only those before this instant.")
    closed: bool = Field(default=False, description="Also those that are done or cancelled.")


@router.get("/follow-ups", responses=_READ)
async def list_follow_ups(
    services: Provided, actor: LeadReader, query: Annotated[FollowUpQuery, Query()]
) -> FollowUpList:
    """One's own follow-ups, soonest first; `told` ones are due and their person was told."""
    return await services.assistance.follow_ups.mine(actor, until=query.until, closed=query.closed)


@router.post("/leads/{lead_id}/follow-ups", status_code=201, responses=_CHANGE)
async def schedule_follow_up(
    services: Provided, actor: LeadWriter, lead_id: UUID, body: FollowUpIn, key: IdempotencyKey = None
) -> FollowUpView:
    """Be reminded of a lead; the same key again finds the first."""
    own = f"api:{actor.subject}:{key or new_id()}"
    return await services.assistance.follow_ups.schedule(actor, lead_id, body.at, body.note, key=own)


@router.post("/follow-ups/{follow_up_id}/done", responses=_CHANGE)
async def finish_follow_up(services: Provided, actor: LeadWriter, follow_up_id: UUID) -> FollowUpView:
    """Mark it done; the same again changes nothing."""
    return await services.assistance.follow_ups.end(actor, follow_up_id, DONE)


@router.post("/follow-ups/{follow_up_id}/cancel", responses=_CHANGE)
async def cancel_follow_up(services: Provided, actor: LeadWriter, follow_up_id: UUID) -> FollowUpView:
    """Cancel it; the same again changes nothing."""
    return await services.assistance.follow_ups.end(actor, follow_up_id, CANCELLED)
