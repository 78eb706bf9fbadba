"""Sharing the house's income with those whose network tier brings it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.dependencies import AgencyAdmin, CommissionReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.commissions.sharing_schemas import (
    RevenueTermsIn,
    RevenueTermsList,
    RevenueTermsView,
    SharedMonths,
    SharedMonthView,
    ShareRevenueIn,
)

router = APIRouter(prefix="/commissions", tags=["commissions"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


@router.get("/revenue-terms", responses=_READ)
async def list_revenue_terms(services: Provided, actor: CommissionReader) -> RevenueTermsList:
    """Which share of its income the agency shares, every version, newest first."""
    return await services.commissions.sharing.versions(actor)


@router.put("/revenue-terms", responses=_SEND)
async def save_revenue_terms(services: Provided, actor: AgencyAdmin, body: RevenueTermsIn) -> RevenueTermsView:
    """A new version of the terms. Months that were shared keep the version they were shared under."""
    return await services.commissions.sharing.put(actor, body)


@router.post("/revenue-shares", responses=_SEND)
async def share_revenue(services: Provided, actor: AgencyAdmin, body: ShareRevenueIn) -> SharedMonths:
    """Share the income of a month that is over; the same month again posts nothing."""
    return await services.commissions.sharing.share(actor, body)


@router.get("/revenue-shares/{share_id}", responses=_READ_ONE)
async def explain_revenue_share(services: Provided, actor: CommissionReader, share_id: UUID) -> SharedMonthView:
    """Every cent of a shared month, worked out again from what was frozen with it. A producer sees the own lines."""
    return await services.commissions.sharing.explain(actor, share_id)
