"""People of an agency who sign in; for its administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import IdList
from services.access.schemas import OnceToken, PersonChange, PersonIn, PersonInvited, PersonPage, PersonView

router = APIRouter(prefix="/people", tags=["access"], route_class=GuardedRoute)

_ONE = problem_answers(401, 403, 404, 422, 503)


@router.get("", responses=problem_answers(401, 403, 422, 503))
async def list_people(services: Provided, actor: AgencyAdmin, query: Annotated[IdList, Query()]) -> PersonPage:
    """People in the order they were added."""
    return await services.access.people.page(actor, query.cursor, query.limit)


@router.post("", status_code=201, responses=problem_answers(400, 401, 403, 409, 413, 415, 422, 503))
async def add_person(
    services: Provided, actor: AgencyAdmin, request: Request, body: PersonIn, response: Response
) -> PersonInvited:
    """Add a person. The one-time token sets their password; it is shown this once, so hand it over."""
    person = await services.access.people.add(actor, body)
    path = request.app.url_path_for("get_person", person_id=str(person.id))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return person


@router.get("/{person_id}", responses=_ONE)
async def get_person(services: Provided, actor: AgencyAdmin, person_id: UUID) -> PersonView:
    """A person."""
    return await services.access.people.one(actor, person_id)


@router.patch("/{person_id}", responses=problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503))
async def change_person(services: Provided, actor: AgencyAdmin, person_id: UUID, body: PersonChange) -> PersonView:
    """Change a name, a role, or whether somebody may sign in. It holds for tokens given out before within seconds."""
    return await services.access.people.change(actor, person_id, body)


@router.post("/{person_id}/reset", responses=_ONE)
async def reset_person(services: Provided, actor: AgencyAdmin, person_id: UUID) -> OnceToken:
    """Take a person's password and sessions away and get a token that sets a new password, once."""
    return await services.access.people.reset(actor, person_id)


@router.post("/{person_id}/sign-out", status_code=204, responses=_ONE)
async def sign_person_out(services: Provided, actor: AgencyAdmin, person_id: UUID) -> None:
    """End every session of a person."""
    await services.access.people.sign_out_everywhere(actor, person_id)
