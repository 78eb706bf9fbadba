"""Producers: records, licences, numbers; and consumers' marks of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ProducerReader, ProducerWriter, Provided
from api.guarded import GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from services.producers.schemas import (
    ChangePage,
    LicenceReport,
    LicenceRowsIn,
    MarkIn,
    MarkView,
    MetricsView,
    ProducerPage,
    ProducerPatch,
    ProducerView,
)

router = APIRouter(prefix="/producers", tags=["producers"], route_class=GuardedRoute)
marks = APIRouter(prefix="/leads", tags=["producers"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_CHANGE = problem_answers(400, 401, 403, 404, 412, 413, 415, 422, 428, 503)


class Paging(BaseModel):
    """Where to go on, and how far."""

    model_config = ConfigDict(extra="forbid")

    cursor: UUID | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class Cohort(BaseModel):
    """Leads received on which days of the agency's zone."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = Field(None, description="First day; by default ninety days up to the last.")
    until: date | None = Field(None, description="Last day, itself included; by default today.")


@router.get("", responses=_READ)
async def list_producers(services: Provided, actor: ProducerReader, paging: Annotated[Paging, Query()]) -> ProducerPage:
    """Producers in the order of their ids; a producer sees the own record."""
    return await services.producers.records.page(actor, paging.cursor, paging.limit)


@router.get("/metrics", responses=_READ)
async def list_producer_metrics(
    services: Provided, actor: ProducerReader, cohort: Annotated[Cohort, Query()]
) -> MetricsView:
    """Numbers of everybody who had a lead of the cohort, counted for whoever had it at the time."""
    return await services.producers.metrics.of(actor, cohort.since, cohort.until)


@router.post("/licences", responses=_SEND)
async def import_producer_licences(services: Provided, actor: ProducerWriter, body: LicenceRowsIn) -> LicenceReport:
    """Licences from a licence database's extract, with a report for each row. Sending it again changes nothing."""
    return await services.producers.licences.take(actor, body)


@router.get("/{producer_id}", responses=_READ)
async def get_producer(
    services: Provided, actor: ProducerReader, producer_id: UUID, response: Response
) -> ProducerView:
    """One producer."""
    found = await services.producers.records.one(actor, producer_id)
    put_etag(response, found.version)
    return found


@router.patch("/{producer_id}", responses=_CHANGE)
async def change_producer(
    services: Provided,
    actor: ProducerWriter,
    producer_id: UUID,
    body: ProducerPatch,
    expected: Expected,
    response: Response,
) -> ProducerView:
    """Change parts of a record; a producer changes the own languages, schedule, absences and pause. Routing sees it at once."""
    changed = await services.producers.records.change(actor, producer_id, body, expected=expected)
    put_etag(response, changed.version)
    return changed


@router.get("/{producer_id}/changes", responses=_READ)
async def list_producer_changes(
    services: Provided, actor: ProducerReader, producer_id: UUID, paging: Annotated[Paging, Query()]
) -> ChangePage:
    """Who changed what of the record and when, newest first."""
    return await services.producers.records.changes(actor, producer_id, paging.cursor, paging.limit)


@router.get("/{producer_id}/metrics", responses=_READ)
async def get_producer_metrics(
    services: Provided, actor: ProducerReader, producer_id: UUID, cohort: Annotated[Cohort, Query()]
) -> MetricsView:
    """Numbers of one producer; without leads the rates are null."""
    return await services.producers.metrics.of(actor, cohort.since, cohort.until, producer_id)


@marks.post("/{lead_id}/mark", responses=_SEND)
async def mark_lead(services: Provided, actor: ProducerWriter, lead_id: UUID, body: MarkIn) -> MarkView:
    """Keep a consumer's mark for the producer who has the lead, one for a lead. The same again changes nothing."""
    return await services.producers.metrics.mark(actor, lead_id, body.mark)
