"""Events of policies on their way into the commission ledger: what is held, tried again, laid aside."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import CommissionWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.earning import EarningPage, EarningsWoken, EarningView

router = APIRouter(prefix="/commissions/policy-events", tags=["commissions"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_ACT = problem_answers(401, 403, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
State = Literal["waiting", "posted", "nothing", "held", "dismissed"]


class EarningList(BaseModel):
    """Which events, and how far."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list, max_length=5, description="All where none is named.")
    cursor: int | None = Field(None, ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class DismissIn(BaseModel):
    """Why an event is laid aside."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")


@router.get("", responses=_READ)
async def list_policy_earnings(
    services: Provided, actor: CommissionWriter, query: Annotated[EarningList, Query()]
) -> EarningPage:
    """Events of policies that earn a commission or bring one back, oldest first, with what became of each."""
    return await services.earning.page(actor, query.state, cursor=query.cursor, limit=query.limit)


@router.post("/retry", responses=_ACT)
async def retry_policy_earnings(services: Provided, actor: CommissionWriter) -> EarningsWoken:
    """Try everything that is held again, now that what stood in its way may be mended."""
    return await services.earning.retry(actor)


@router.post("/{event_id}/dismiss", responses=_SEND)
async def dismiss_policy_earning(
    services: Provided, actor: CommissionWriter, event_id: UUID, body: DismissIn
) -> EarningView:
    """Lay a held event aside: its commission is recorded by hand, or there is none. Later events of the policy go on."""
    return await services.earning.dismiss(actor, event_id, body.why)
