"""Use and cost of language models."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from services.llm.usage import UsageReport

router = APIRouter(prefix="/usage", tags=["usage"], route_class=GuardedRoute)


class UsageDays(BaseModel):
    """Which days."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(None, description="First UTC day; by default thirty days up to the last.")
    until: date | None = Field(None, description="Last UTC day, itself included; by default today.")


@router.get("", responses=problem_answers(401, 403, 422, 503))
async def get_usage(services: Provided, actor: AgencyAdmin, days: Annotated[UsageDays, Query()]) -> UsageReport:
    """What agents asked of language models by day, agent and model: calls, tokens, cost."""
    return await services.usage.report(actor, days.since, days.until)
