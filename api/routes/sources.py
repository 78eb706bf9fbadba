"""Sources of leads, for administrators: settings, secrets, the account."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from services.sources.schemas import SecretMade, SourceIn, SourceList, SourceView, Statement

router = APIRouter(prefix="/sources", tags=["sources"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 503)


class StatementDays(BaseModel):
    """Which days of the source's zone."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(None, description="First day; by default thirty days up to the last.")
    until: date | None = Field(None, description="Last day, itself included; by default today.")


@router.get("", responses=_READ)
async def list_sources(services: Provided, actor: AgencyAdmin) -> SourceList:
    """Every source with its settings and what is left of its caps."""
    return await services.sources.all(actor)


@router.post("", status_code=201, responses=_SEND)
async def create_source(
    services: Provided, actor: AgencyAdmin, request: Request, body: SourceIn, response: Response
) -> SourceView:
    """A new source. Its doors take nothing before it has a secret, or a form that knows its `form_token`."""
    source = await services.sources.create(actor, body)
    put_etag(response, source.version)
    path = request.app.url_path_for("get_source", source_id=str(source.id))
    response.headers["Location"] = f"{request.scope.get('root_path', '')}{path}"
    return source


@router.get("/{source_id}", responses=_READ_ONE)
async def get_source(services: Provided, actor: AgencyAdmin, source_id: UUID, response: Response) -> SourceView:
    """One source."""
    source = await services.sources.one(actor, source_id)
    put_etag(response, source.version)
    return source


@router.put("/{source_id}", responses=_CHANGE)
async def change_source(
    services: Provided, actor: AgencyAdmin, source_id: UUID, body: SourceIn, expected: Expected, response: Response
) -> SourceView:
    """Replace a source's settings; slug and kind stay."""
    source = await services.sources.change(actor, source_id, body, expected=expected)
    put_etag(response, source.version)
    return source


@router.delete("/{source_id}", status_code=204, responses=_CHANGE)
async def delete_source(services: Provided, actor: AgencyAdmin, source_id: UUID, expected: Expected) -> None:
    """Delete a source from which no lead has come; any other can only be switched off."""
    await services.sources.remove(actor, source_id, expected=expected)


@router.post("/{source_id}/secrets", status_code=201, responses=_SEND)
async def create_source_secret(services: Provided, actor: AgencyAdmin, source_id: UUID) -> SecretMade:
    """A new secret beside those in force. It is shown in this answer and never again."""
    return await services.sources.add_secret(actor, source_id)


@router.delete("/{source_id}/secrets/{secret_id}", status_code=204, responses=_READ_ONE)
async def revoke_source_secret(services: Provided, actor: AgencyAdmin, source_id: UUID, secret_id: UUID) -> None:
    """End a secret at once."""
    await services.sources.revoke_secret(actor, source_id, secret_id)


@router.get("/{source_id}/statement", responses=_READ_ONE)
async def get_source_statement(
    services: Provided, actor: AgencyAdmin, source_id: UUID, days: Annotated[StatementDays, Query()]
) -> Statement:
    """What was taken, refused, given back and owed, by day of the source's zone."""
    return await services.accounts.statement(actor, source_id, days.since, days.until)
