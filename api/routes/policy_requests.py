"""Requests about policies in plain words: asked, read, and a person's word on what is proposed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.dependencies import PolicyReader, PolicyWriter, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from api.routes.policies import readable
from graphs.policy import PolicyRequests
from services.policies.request_views import RequestIn, RequestPage, RequestView, WordIn

router = APIRouter(prefix="/policies/{policy_id}/requests", tags=["policies"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)


class RequestQuery(BaseModel):
    """Place and size of a page."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str, AfterValidator(readable)] | None = Field(
        None, max_length=200, description="`next_cursor` of the page before."
    )
    limit: int = Field(50, ge=1, le=200)


async def _requests(request: Request) -> PolicyRequests:
    found: PolicyRequests = request.app.state.policy_requests
    return found


Clerk = Annotated[PolicyRequests, Depends(_requests)]


@router.post("", status_code=201, responses=_SEND)
async def ask_about_policy(
    actor: PolicyWriter, clerk: Clerk, policy_id: UUID, body: RequestIn, key: IdempotencyKey = None
) -> RequestView:
    """Ask something of a policy in plain words. What only reads is answered; what is missing is asked back (answer it with
    `follows`); what would change the policy is priced and waits for a person's word. `documents` of the policy fill in
    what the words leave open; each value taken from one is in `proposal.sources`, and one in doubt is asked about. The same key
    with the same words and documents finds the first request.
    """
    return await clerk.ask(actor, policy_id, body, key)


@router.get("", responses=_READ)
async def list_policy_requests(
    services: Provided, actor: PolicyReader, policy_id: UUID, query: Annotated[RequestQuery, Query()]
) -> RequestPage:
    """A policy's requests, newest first."""
    return await services.policies.asking.page(actor, policy_id, query.cursor, query.limit)


@router.delete("", status_code=204, responses=_READ)
async def forget_policy_requests(services: Provided, actor: PolicyWriter, policy_id: UUID) -> None:
    """Remove the words of every request about the policy, in all its terms, with names and answers. What was proposed, decided
    and done stays, and one that waits for a word is over. A policy that never came into force also forgets whom and what it
    would have insured, and its documents. For who answers for the whole agency.
    """
    await services.policies.asking.forget(actor, policy_id)


@router.get("/{request_id}", responses=_READ)
async def get_policy_request(services: Provided, actor: PolicyReader, policy_id: UUID, request_id: UUID) -> RequestView:
    """A request as it stands."""
    return await services.policies.asking.one(actor, request_id, policy_id)


@router.post("/{request_id}/approve", responses=_SEND)
async def approve_policy_request(
    actor: PolicyWriter, clerk: Clerk, policy_id: UUID, request_id: UUID, body: WordIn
) -> RequestView:
    """Approve exactly what was proposed: it is done at once, and once. 409 for another digest, a second word or a late one."""
    return await clerk.decide(actor, policy_id, request_id, body, approve=True)


@router.post("/{request_id}/refuse", responses=_SEND)
async def refuse_policy_request(
    actor: PolicyWriter, clerk: Clerk, policy_id: UUID, request_id: UUID, body: WordIn
) -> RequestView:
    """Decline what was proposed; nothing is changed, and what was quoted for it is withdrawn."""
    return await clerk.decide(actor, policy_id, request_id, body, approve=False)
