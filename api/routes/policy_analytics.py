"""Analytics of policies: a period's movement by group, and what is left of each month's policies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import PolicyReader, Provided
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import Moment
from domain.lines import Line
from domain.policies.analytics import By
from services.policies.exporting import ExportFormat
from services.policies.figures import CohortList, ReportView
from services.policies.premium import PremiumView
from services.policies.premium_sheets import premium_csv, premium_pdf
from services.policies.report_sheets import cohort_csv, cohort_pdf, report_csv, report_pdf
from services.policies.schemas import Day
from store.sql.repositories.policy_search import PolicyFilter

router = APIRouter(tags=["policies"], route_class=GuardedRoute, prefix="/policies/analytics")

_READ = problem_answers(401, 403, 422, 503)
Found = TypeVar("Found", ReportView, CohortList, PremiumView)
_CSV = {"schema": {"type": "string"}}
_PDF = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": _CSV, "application/pdf": _PDF}}, **_READ}


class WhichPolicies(BaseModel):
    """Which policies, and as was known when."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

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


class Period(WhichPolicies):
    """Policy days from ``from`` on and before ``to``, which policies, and as was known when."""

    begins: Day = Field(alias="from", description="The first policy day.")
    ends: Day = Field(alias="to", description="The day behind the last.")

    @property
    def days(self) -> tuple[date, date]:
        """The period."""
        return self.begins, self.ends


class GroupedPeriod(Period):
    """And by what."""

    by: By | None = Field(None, description="Else all together.")


class AtDay(WhichPolicies):
    """A policy day, and by what."""

    on: Day = Field(description="The policy day at whose first minute (12:01 a.m. at the insured's) premium is told.")
    by: By | None = Field(None, description="Line, state, producer, source or carrier; else all together.")


class GroupedFile(GroupedPeriod):
    """And as what."""

    format: ExportFormat = ExportFormat.CSV


class PeriodFile(Period):
    """And as what."""

    format: ExportFormat = ExportFormat.CSV


class AtDayFile(AtDay):
    """And as what."""

    format: ExportFormat = ExportFormat.CSV


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


@router.get("/premium", responses=_READ)
async def get_policy_premium(services: Provided, actor: PolicyReader, query: Annotated[AtDay, Query()]) -> PremiumView:
    """Premium written, earned and unearned, and in force, of the whole book at a day; a producer's own."""
    return await services.policies.premiums.report(actor, query.wanted(), query.on, query.by, query.known_at)


@router.get("/export", response_class=Response, responses=_FILE)
async def export_policy_analytics(
    services: Provided, actor: PolicyReader, query: Annotated[GroupedFile, Query()]
) -> Response:
    """The analytics of a period as CSV, or as a PDF to print; safe from formulas, amounts in major units."""
    found = await services.policies.analytics.report(actor, query.wanted(), *query.days, query.by, query.known_at)
    return await _file("policy-analytics", query.format, found, report_csv, report_pdf)


@router.get("/cohorts/export", response_class=Response, responses=_FILE)
async def export_policy_cohorts(
    services: Provided, actor: PolicyReader, query: Annotated[PeriodFile, Query()]
) -> Response:  # fmt: skip
    """The cohorts of a period as CSV, or as a PDF to print."""
    found = await services.policies.analytics.cohorts(actor, query.wanted(), *query.days, query.known_at)
    return await _file("policy-cohorts", query.format, found, cohort_csv, cohort_pdf)


@router.get("/premium/export", response_class=Response, responses=_FILE)
async def export_policy_premium(
    services: Provided, actor: PolicyReader, query: Annotated[AtDayFile, Query()]
) -> Response:  # fmt: skip
    """Premium of the book at a day as CSV, or as a PDF to print; safe from formulas, amounts in major units."""
    found = await services.policies.premiums.report(actor, query.wanted(), query.on, query.by, query.known_at)
    return await _file("policy-premium", query.format, found, premium_csv, premium_pdf)


async def _file(
    name: str,
    form: ExportFormat,
    found: Found,
    as_csv: Callable[[Found], Iterator[str]],
    as_pdf: Callable[[Found], bytes],
) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    if form is ExportFormat.PDF:
        return Response(await asyncio.to_thread(as_pdf, found), media_type="application/pdf", headers=headers)
    return Response("".join(as_csv(found)), media_type="text/csv; charset=utf-8", headers=headers)
