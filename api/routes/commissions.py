"""Commissions: earned, charged back, explained; and who shares with whom."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, CommissionReader, CommissionWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import tagged
from api.problems import problem_answers
from services.commissions.plan_schemas import PlanIn, PlanList, PlanView
from services.commissions.schemas import (
    AccrualIn,
    AccrualMade,
    AccrualPage,
    AccrualView,
    ExplanationView,
    FeeIn,
    FeeView,
    HoldIn,
    HoldList,
    HoldView,
    PoolList,
    PoolSet,
    PoolView,
    RecheckView,
    RecordChangeIn,
    RecordChangeView,
    ReversalIn,
    ReversalView,
    UplineIn,
    UplineView,
)

router = APIRouter(prefix="/commissions", tags=["commissions"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_ACT = problem_answers(401, 403, 404, 409, 422, 503)


class AccrualList(BaseModel):
    """Whose commissions, of which policy, and how far."""

    model_config = ConfigDict(extra="forbid")

    payee_id: UUID | None = None
    policy: str | None = Field(None, min_length=1, max_length=60, description="Its number, written anyhow.")
    withheld: bool = Field(default=False, description="Only those of which a share is withheld for want of a licence.")
    cursor: int | None = Field(None, ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.get("/accruals", responses=_READ_ONE)
async def list_commissions(
    services: Provided, actor: CommissionReader, query: Annotated[AccrualList, Query()]
) -> AccrualPage:
    """Commissions, newest first. A producer sees those in which they have a part, and of these the own lines."""
    return await services.commissions.accruals.page(
        actor, payee_id=query.payee_id, policy_number=query.policy, withheld=query.withheld, cursor=query.cursor,
        limit=query.limit,
    )  # fmt: skip


@router.post("/accruals", responses=_SEND)
async def accrue_commission(services: Provided, actor: CommissionWriter, body: AccrualIn) -> AccrualMade:
    """Earn a commission for a sale, under the plan of the day. The same `source` and `number` again earns nothing more."""
    return await services.commissions.accruals.accrue(actor, body)


@router.get("/accruals/{accrual_id}", responses=_READ_ONE)
async def get_commission(
    services: Provided, actor: CommissionReader, accrual_id: UUID, response: Response
) -> AccrualView:
    """One commission with the lines that the caller may see."""
    return tagged(await services.commissions.accruals.one(actor, accrual_id), response)


@router.get("/accruals/{accrual_id}/explanation", responses=_READ_ONE)
async def explain_commission(services: Provided, actor: CommissionReader, accrual_id: UUID) -> ExplanationView:
    """Every cent: worked out again from the rule that was frozen when it was earned, beside what the ledger holds."""
    return await services.commissions.explanations.of(actor, accrual_id)


@router.post("/accruals/{accrual_id}/release", responses=_ACT)
async def release_commission(services: Provided, actor: CommissionWriter, accrual_id: UUID) -> AccrualView:
    """Let it be paid, although its carrier may not have paid yet. 409 while it is held."""
    return await services.commissions.accruals.release(actor, accrual_id)


@router.post("/accruals/{accrual_id}/recheck", responses=_ACT)
async def recheck_commission(services: Provided, actor: CommissionWriter, accrual_id: UUID) -> RecheckView:
    """Ask again who was licensed on the day of earning, by what is known now; what was paid in error is owed back."""
    return await services.commissions.accruals.recheck(actor, accrual_id)


@router.post("/reversals", responses=_SEND)
async def reverse_commissions(services: Provided, actor: CommissionWriter, body: ReversalIn) -> ReversalView:
    """A policy's term ended early, or stands again: its commissions come back, by their contracts, as they were posted."""
    return await services.commissions.reversals.reverse(actor, body)


@router.post("/fees", responses=_SEND)
async def pay_referral_fee(services: Provided, actor: CommissionWriter, body: FeeIn) -> FeeView:
    """Owe a flat fee for a referral, where it may be paid; else the answer says why not."""
    return await services.commissions.fees.pay(actor, body)


@router.get("/plan", responses=_READ_ONE)
async def get_commission_plan(services: Provided, actor: CommissionReader) -> PlanView:
    """The plan in force today."""
    return await services.commissions.plans.in_force(actor)


@router.put("/plan", responses=_SEND)
async def save_commission_plan(services: Provided, actor: AgencyAdmin, body: PlanIn) -> PlanView:
    """A new version of the plan. What was earned keeps the version it was earned under."""
    return await services.commissions.plans.put(actor, body)


@router.get("/plan/versions", responses=_READ)
async def list_commission_plans(services: Provided, actor: CommissionReader) -> PlanList:
    """Every version, newest first."""
    return await services.commissions.plans.versions(actor)


@router.get("/pools", responses=_READ)
async def list_commission_pools(services: Provided, actor: CommissionWriter) -> PoolList:
    """Who is in which pool today."""
    return await services.commissions.arrangements.pools(actor)


@router.post("/pools", responses=_SEND)
async def set_commission_pool(services: Provided, actor: CommissionWriter, body: PoolSet) -> PoolView:
    """Weights of members from a day on; who is not named stays as they were."""
    return await services.commissions.arrangements.set_pool(actor, body.pool, body)


@router.get("/uplines/{producer_id}", responses=_READ_ONE)
async def get_upline(services: Provided, actor: CommissionReader, producer_id: UUID) -> UplineView:
    """Who stands above a producer today, the nearest first."""
    return await services.commissions.arrangements.upline(actor, producer_id)


@router.put("/uplines/{producer_id}", responses=_SEND)
async def set_upline(services: Provided, actor: CommissionWriter, producer_id: UUID, body: UplineIn) -> UplineView:
    """Who stands directly above a producer from a day on."""
    return await services.commissions.arrangements.set_upline(actor, producer_id, body)


@router.post("/record-changes", responses=_SEND)
async def change_agent_of_record(services: Provided, actor: CommissionWriter, body: RecordChangeIn) -> RecordChangeView:
    """A policy goes to another producer of record, from the next term that begins by then."""
    return await services.commissions.arrangements.change_record(actor, body)


@router.post("/record-changes/{change_id}/rescind", responses=_ACT)
async def rescind_agent_of_record(services: Provided, actor: CommissionWriter, change_id: UUID) -> RecordChangeView:
    """The insured took the change back."""
    return await services.commissions.arrangements.rescind(actor, change_id)


@router.get("/holds", responses=_READ)
async def list_commission_holds(services: Provided, actor: CommissionWriter) -> HoldList:
    """Holds that stand."""
    return await services.commissions.arrangements.holds(actor)


@router.post("/holds", responses=_SEND)
async def hold_commissions(services: Provided, actor: CommissionWriter, body: HoldIn) -> HoldView:
    """Let nothing go out to a payee, or of a commission, until it is lifted."""
    return await services.commissions.arrangements.hold(actor, body)


@router.post("/holds/{hold_id}/lift", responses=_ACT)
async def lift_commission_hold(services: Provided, actor: CommissionWriter, hold_id: UUID) -> HoldView:
    """End a hold."""
    return await services.commissions.arrangements.lift(actor, hold_id)
