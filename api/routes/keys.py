"""API keys of programs; for an agency's administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import IdList
from services.access.schemas import KeyIn, KeyMade, KeyPage, KeyRotation

router = APIRouter(prefix="/keys", tags=["access"], route_class=GuardedRoute)


@router.get("", responses=problem_answers(401, 403, 422, 503))
async def list_keys(services: Provided, actor: AgencyAdmin, query: Annotated[IdList, Query()]) -> KeyPage:
    """Keys in the order they were made, revoked ones too."""
    return await services.access.keys.page(actor, query.cursor, query.limit)


@router.post("", status_code=201, responses=problem_answers(400, 401, 403, 413, 415, 422, 503))
async def make_key(services: Provided, actor: AgencyAdmin, body: KeyIn) -> KeyMade:
    """Make a key. The secret is shown this once."""
    return await services.access.keys.make(actor, body)


@router.post(
    "/{key_id}/rotate", status_code=201, responses=problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
)
async def rotate_key(services: Provided, actor: AgencyAdmin, key_id: UUID, body: KeyRotation) -> KeyMade:
    """Make a key that takes this one's place; the old one stays valid for the overlap."""
    return await services.access.keys.rotate(actor, key_id, body.overlap_hours)


@router.delete("/{key_id}", status_code=204, responses=problem_answers(401, 403, 404, 422, 503))
async def revoke_key(services: Provided, actor: AgencyAdmin, key_id: UUID) -> None:
    """Revoke a key: it stops working within seconds. Again is no error."""
    await services.access.keys.revoke(actor, key_id)
