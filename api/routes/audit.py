"""Who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.dependencies import AuditReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import IdList
from services.access.schemas import AuditPage

router = APIRouter(prefix="/audit", tags=["access"], route_class=GuardedRoute)


class AuditList(IdList):
    """Which entries."""

    action: str | None = Field(None, max_length=100, description="As in `person.sign_in`.")
    actor: str | None = Field(None, max_length=200, description="As in `person:<id>`.")
    subject_id: str | None = Field(None, max_length=200, description="Id of what was acted upon.")


@router.get("", responses=problem_answers(401, 403, 422, 503))
async def list_audit(services: Provided, actor: AuditReader, query: Annotated[AuditList, Query()]) -> AuditPage:
    """Entries of the audit log, newest first."""
    return await services.access.audit.page(
        actor, action=query.action, by=query.actor, subject_id=query.subject_id, before=query.cursor, limit=query.limit
    )
