"""Promotions: bonuses of the house for new business, for those whose network tier brings them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.dependencies import AgencyAdmin, CommissionReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.commissions.promotion_schemas import PromotionIn, PromotionList, PromotionView

router = APIRouter(prefix="/commissions/promotions", tags=["commissions"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_ACT = problem_answers(401, 403, 404, 409, 422, 503)


@router.get("", responses=_READ)
async def list_promotions(services: Provided, actor: CommissionReader) -> PromotionList:
    """All of them, newest first; a producer sees those that are open to the own tier."""
    return await services.commissions.promotions.all(actor)


@router.post("", responses=_SEND)
async def add_promotion(services: Provided, actor: AgencyAdmin, body: PromotionIn) -> PromotionView:
    """Announce a promotion. It is for policies whose activation is posted from now on."""
    return await services.commissions.promotions.add(actor, body)


@router.post("/{promotion_id}/end", responses=_ACT)
async def end_promotion(services: Provided, actor: AgencyAdmin, promotion_id: UUID) -> PromotionView:
    """End it before its time. What was earned keeps its bonus."""
    return await services.commissions.promotions.end(actor, promotion_id)
