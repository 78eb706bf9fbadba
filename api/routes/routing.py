"""Receipts: why a lead went where it went, and the same decision again."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.dependencies import Provided, RoutingReader
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.routing.schemas import ReceiptView, ReplayView

router = APIRouter(prefix="/receipts", tags=["routing"], route_class=GuardedRoute)

_ONE = problem_answers(401, 403, 404, 422, 503)


@router.get("/{receipt_id}", responses=_ONE)
async def get_receipt(services: Provided, actor: RoutingReader, receipt_id: UUID) -> ReceiptView:
    """A routing decision as it was made: facts, gates, factors, weights, and who came out first."""
    return await services.receipts.get(actor, receipt_id)


@router.post("/{receipt_id}/replay", responses=_ONE)
async def replay_receipt(services: Provided, actor: RoutingReader, receipt_id: UUID) -> ReplayView:
    """Decide again from the facts in the receipt and compare; nothing changes."""
    return await services.receipts.replay(actor, receipt_id)
