"""Requests of producers for help, and the queue in which the agency works them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.dependencies import ProducerReader, ProducerWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, tagged
from api.problems import problem_answers
from api.routes.leads import IdempotencyKey
from api.routes.network import Paging
from domain.network.support import SupportState
from services.network.support_schemas import AnswerIn, NextSupport, SupportIn, SupportPage, SupportView

router = APIRouter(prefix="/support-requests", tags=["support"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_TAKE = problem_answers(401, 403, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)


class SupportQuery(Paging):
    """Which requests."""

    state: list[SupportState] = Field([], description="Only in these states; without any, those that are not over.")
    producer_id: UUID | None = Field(None, description="Only this producer's.")


@router.get("", responses=_READ)
async def list_support_requests(
    services: Provided, actor: ProducerReader, query: Annotated[SupportQuery, Query()]
) -> SupportPage:
    """A producer's own requests, for people of the agency all, in the order in which they are worked."""
    return await services.brokers.supporting.page(actor, query.state, query.producer_id, query.cursor, query.limit)


@router.post("", status_code=201, responses=_SEND)
async def ask_for_support(
    services: Provided, actor: ProducerWriter, body: SupportIn, response: Response, key: IdempotencyKey = None
) -> SupportView:
    """Ask for help; whoever holds dedicated support now comes first."""
    return tagged(await services.brokers.supporting.ask(actor, body, key=key), response)


@router.post("/next", responses=_TAKE)
async def take_next_support_request(services: Provided, actor: ProducerWriter) -> NextSupport:
    """Take the request whose turn it is; for people of the agency. Two at once never get the same one."""
    return await services.brokers.supporting.take_next(actor)


@router.get("/{support_id}", responses=_READ_ONE)
async def get_support_request(
    services: Provided, actor: ProducerReader, support_id: UUID, response: Response
) -> SupportView:
    """A request."""
    return tagged(await services.brokers.supporting.one(actor, support_id), response)


@router.post("/{support_id}/answer", responses=_CHANGE)
async def answer_support_request(
    services: Provided, actor: ProducerWriter, support_id: UUID, body: AnswerIn, expected: Expected, response: Response
) -> SupportView:
    """Answer a request that was taken; for people of the agency."""
    done = await services.brokers.supporting.answer(actor, support_id, body.answer, expected=expected)
    return tagged(done, response)


@router.post("/{support_id}/close", responses=_CHANGE)
async def close_support_request(
    services: Provided, actor: ProducerWriter, support_id: UUID, expected: Expected, response: Response
) -> SupportView:
    """Close a request that was answered."""
    return tagged(await services.brokers.supporting.close(actor, support_id, expected=expected), response)


@router.post("/{support_id}/withdraw", responses=_CHANGE)
async def withdraw_support_request(
    services: Provided, actor: ProducerWriter, support_id: UUID, expected: Expected, response: Response
) -> SupportView:
    """Take a request back before it is answered."""
    return tagged(await services.brokers.supporting.withdraw(actor, support_id, expected=expected), response)
