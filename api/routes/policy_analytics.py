"""Analytics of policies: a period's movement by group, and what is left of each month's policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import PolicyReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import Moment
from domain.lines import Line
from domain.policies.analytics import By
from services.policies.figures import CohortList, ReportView
from services.policies.schemas import Day
from store.sql.repositories.policies import PolicyFilter

router = APIRouter(tags=["policies"], route_class=GuardedRoute, prefix="/policies/analytics")

_READ = problem_answers(401, 403, 422, 503)


class Period(BaseModel):
    """Policy days from ``from`` on and before ``to``, which policies, and as was known when."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    begins: Day = Field(alias="from", description="The first policy day.")
    ends: Day = Field(alias="to", description="The day behind the last.")
    known_at: Moment | None = Field(None, description="Else as it is known now.")
    line: list[Line] = Field(default_factory=list, max_length=20)
    type: list[str] = Field(default_factory=list, max_length=40)
    state: str | None = Field(None, pattern="^[A-Z]{2}$")
    carrier: str | None = Field(None, min_length=1, max_length=200)
    producer_id: UUID | None = None

    def wanted(self) -> PolicyFilter:
        """The filter as the services take it."""
        return PolicyFilter(
            line=[one.value for one in self.line], type=self.type, state=self.state, carrier=self.carrier,
            producer_id=self.producer_id,
        )  # fmt: skip

    @property
    def days(self) -> tuple[date, date]:
        """The period."""
        return self.begins, self.ends


class GroupedPeriod(Period):
    """And by what."""

    by: By | None = Field(None, description="Else all together.")


@router.get("", responses=_READ)
async def get_policy_analytics(
    services: Provided, actor: PolicyReader, query: Annotated[GroupedPeriod, Query()]
) -> ReportView:
    """Policies and premium at the beginning, at the end, and what moved; retention, losses, collection; a producer's own."""
    return await services.policies.analytics.report(actor, query.wanted(), *query.days, query.by, query.known_at)


@router.get("/cohorts", responses=_READ)
async def list_policy_cohorts(
    services: Provided, actor: PolicyReader, query: Annotated[Period, Query()]
) -> CohortList:  # fmt: skip
    """Of the policies that first began in each month of the period, those in force the same day so many months later."""
    return await services.policies.analytics.cohorts(actor, query.wanted(), *query.days, query.known_at)
