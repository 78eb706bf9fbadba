"""Webhooks out: subscriptions, their secrets and deliveries."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from domain.deliveries import State
from services.webhooks.schemas import (
    DeliveryPage,
    PingResult,
    Replayed,
    ReplayIn,
    SecretMade,
    SubscriptionIn,
    SubscriptionList,
    SubscriptionMade,
    SubscriptionView,
)

router = APIRouter(prefix="/subscriptions", tags=["webhooks"], route_class=GuardedRoute)

_ALL = problem_answers(401, 403, 422, 503)
_MAKE = problem_answers(400, 401, 403, 409, 413, 415, 422, 503)
_ONE = problem_answers(401, 403, 404, 422, 503)
_ROTATE = problem_answers(401, 403, 404, 409, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 412, 422, 428, 503)
_PUT = problem_answers(400, 401, 403, 404, 412, 413, 415, 422, 428, 503)
_AGAIN = problem_answers(400, 401, 403, 404, 413, 415, 422, 503)


class DeliveryList(BaseModel):
    """States, place and size of a page of deliveries."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list, max_length=10, description="Alternatives; none is all.")
    cursor: int | None = Field(None, ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.get("", responses=_ALL)
async def list_subscriptions(services: Provided, actor: AgencyAdmin) -> SubscriptionList:
    """Every subscription of the agency, and how it stands with each subscriber."""
    return await services.webhooks.subscriptions.all(actor)


@router.post("", status_code=201, responses=_MAKE)
async def create_subscription(
    services: Provided, actor: AgencyAdmin, body: SubscriptionIn, response: Response
) -> SubscriptionMade:
    """Subscribe to what happens from now on. The answer holds the signing secret, this once."""
    made = await services.webhooks.subscriptions.create(actor, body)
    put_etag(response, made.subscription.version)
    return made


@router.get("/{subscription_id}", responses=_ONE)
async def get_subscription(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, response: Response
) -> SubscriptionView:
    """A subscription."""
    return _tagged(await services.webhooks.subscriptions.one(actor, subscription_id), response)


@router.put("/{subscription_id}", responses=_PUT)
async def change_subscription(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, body: SubscriptionIn, expected: Expected,
    response: Response,
) -> SubscriptionView:  # fmt: skip
    """Replace the settings. What waits goes to the new URL; a delivery that was tried keeps its bytes."""
    return _tagged(
        await services.webhooks.subscriptions.change(actor, subscription_id, body, expected=expected), response
    )


@router.delete("/{subscription_id}", status_code=204, responses=_CHANGE)
async def delete_subscription(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, expected: Expected
) -> None:
    """Delete a subscription with its secrets and deliveries; what waits is never sent."""
    await services.webhooks.subscriptions.remove(actor, subscription_id, expected=expected)


@router.post("/{subscription_id}/pause", responses=_CHANGE)
async def pause_subscription(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, expected: Expected, response: Response
) -> SubscriptionView:
    """Send nothing until it is resumed; events wait in order."""
    return _tagged(await services.webhooks.subscriptions.pause(actor, subscription_id, expected=expected), response)


@router.post("/{subscription_id}/resume", responses=_CHANGE)
async def resume_subscription(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, expected: Expected, response: Response
) -> SubscriptionView:
    """Send what waits, in order; failures and attempts so far are forgotten."""
    return _tagged(await services.webhooks.subscriptions.resume(actor, subscription_id, expected=expected), response)


@router.post("/{subscription_id}/secrets", status_code=201, responses=_ROTATE)
async def rotate_subscription_secret(services: Provided, actor: AgencyAdmin, subscription_id: UUID) -> SecretMade:
    """A new signing secret, shown this once. The one before it signs along for a day (setting), then ends."""
    return await services.webhooks.subscriptions.rotate(actor, subscription_id)


@router.post("/{subscription_id}/ping", responses=_ONE)
async def ping_subscription(services: Provided, actor: AgencyAdmin, subscription_id: UUID) -> PingResult:
    """Send a signed test message now, once, and say how it was answered. Works while paused."""
    return await services.webhooks.subscriptions.ping(actor, subscription_id)


@router.get("/{subscription_id}/deliveries", responses=_ONE)
async def list_subscription_deliveries(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, query: Annotated[DeliveryList, Query()]
) -> DeliveryPage:
    """Deliveries, newest first: `state=dead` are those that were given up."""
    states = [state.value for state in query.state]
    return await services.webhooks.subscriptions.deliveries(actor, subscription_id, states, query.cursor, query.limit)


@router.post("/{subscription_id}/replay", responses=_AGAIN)
async def replay_subscription_events(
    services: Provided, actor: AgencyAdmin, subscription_id: UUID, body: ReplayIn
) -> Replayed:
    """Deliver one event, or those of a stretch of time, again: new delivery ids, the same event ids, behind what waits."""
    return await services.webhooks.subscriptions.replay(actor, subscription_id, body)


def _tagged(view: SubscriptionView, response: Response) -> SubscriptionView:
    put_etag(response, view.version)
    return view
