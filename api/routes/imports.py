"""Files of leads: send one, follow it, and download what became of each row."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.bodies import check_query, read_json
from api.dependencies import LeadReader, LeadWriter, Provided
from api.faults import field_errors
from api.guarded import GuardedRoute
from api.problems import problem_answers
from api.queries import Cursor
from api.routes.leads import IdempotencyKey
from api.uploads import stream_upload
from kernel.errors import FieldError, Invalid, Unavailable
from services.container import Services
from services.leads.import_results import ReportForm
from services.leads.imports import ImportOptions
from services.leads.schemas import ImportPage, ImportView, RowPage

router = APIRouter(prefix="/imports", tags=["imports"], route_class=GuardedRoute)

_READ = problem_answers(401, 403, 422, 503)
_READ_ONE = problem_answers(401, 403, 404, 422, 503)
_SEND = problem_answers(400, 401, 403, 409, 413, 422, 503)
_KINDS = (
    "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/json",
    "application/x-ndjson", "application/xml", "application/octet-stream",
)  # fmt: skip
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        **{name: {"type": "string"} for name in ("source", "map", "sheet", "again")},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, named by `Content-Disposition: attachment; filename=...`, or a form with one file. What "
        "a form says of it counts before the query. The bytes say what format it is, not its name or media type.",
        "content": {
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in _KINDS},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}
_LINES = {"schema": {"type": "string"}}


class Said(BaseModel):
    """What is said of a file, in the query or in the form."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(None, min_length=1, max_length=100, description="Source of leads whose row names none.")
    map: str | None = Field(
        None, max_length=60_000, description='Columns as fields, JSON: `{"Their header": "email"}`.'
    )
    sheet: str | None = Field(
        None, min_length=1, max_length=100, description="Sheet of a workbook; else the first filled one."
    )
    again: int | None = Field(None, ge=0, le=1_000_000, description="Counts deliberate repeats of the same file.")


class ImportList(BaseModel):
    """Place and size of a page of imports."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor | None = Field(None, max_length=200, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


class RowList(BaseModel):
    """Place and size of a page of rows."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(0, ge=0, le=2_000_000_000, description="Row number; `next_after` of the page before.")
    limit: int = Field(100, ge=1, le=500)


class Report(BaseModel):
    """Form of a report."""

    model_config = ConfigDict(extra="forbid")

    form: ReportForm = Field(ReportForm.CSV, description="csv or jsonl.")


@router.post("", status_code=202, response_model=ImportView, responses=_SEND, openapi_extra=_BODY)
async def create_import(
    services: Provided, actor: LeadWriter, request: Request, said: Annotated[Said, Query()], key: IdempotencyKey = None
) -> JSONResponse:
    """Send a file of leads: CSV, XLSX, JSON, JSON lines, ADF XML or ACORD XML.

    It is on disk before this answers; a worker takes it in next, row by row. The same bytes with the same options are the
    same import: nothing is taken in twice.
    """
    folder = await asyncio.to_thread(_folder, services)
    try:
        path = folder / "file"
        sent = await stream_upload(request, path)
        options = _options(said, sent.fields)
        answer = await services.imports.receive(actor, sent.name, path, options, key=key)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    where = request.app.url_path_for("get_import", import_id=str(answer.body["id"]))
    headers = {"Location": f"{request.scope.get('root_path', '')}{where}"}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


@router.get("", responses=_READ)
async def list_imports(services: Provided, actor: LeadReader, query: Annotated[ImportList, Query()]) -> ImportPage:
    """Imports, newest first, a page at a time."""
    return await services.import_results.page(actor, query.cursor, query.limit)


@router.get("/{import_id}", responses=_READ_ONE)
async def get_import(services: Provided, actor: LeadReader, import_id: UUID) -> ImportView:
    """How far an import has come, and why it failed if it did."""
    return await services.import_results.one(actor, import_id)


@router.get("/{import_id}/rows", responses=_READ_ONE)
async def list_import_rows(
    services: Provided, actor: LeadReader, import_id: UUID, query: Annotated[RowList, Query()]
) -> RowPage:
    """What became of each row so far, by row number, a page at a time."""
    return await services.import_results.rows(actor, import_id, query.after, query.limit)


@router.get(
    "/{import_id}/report",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": _LINES, "application/x-ndjson": _LINES}}, **_READ_ONE},
)
async def get_import_report(
    services: Provided, actor: LeadReader, import_id: UUID, query: Annotated[Report, Query()]
) -> StreamingResponse:
    """One line for each row: its number, its lead, its status, errors with remedies, warnings.

    Text that a spreadsheet would take for a formula begins with an apostrophe in CSV.
    """
    lines = await services.import_results.report(actor, import_id, query.form)
    kind = "text/csv; charset=utf-8" if query.form is ReportForm.CSV else "application/x-ndjson"
    disposition = f'attachment; filename="import-{import_id}.{query.form.value}"'
    return StreamingResponse(lines, media_type=kind, headers={"Content-Disposition": disposition})


def _folder(services: Services) -> Path:
    place = services.settings.home_path / "uploads"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(dir=place))
    except OSError as problem:
        raise Unavailable("the file cannot be stored; check the space and rights of the data folder") from problem


def _options(query: Said, fields: dict[str, str]) -> ImportOptions:
    check_query(list(fields.items()))
    try:
        form = Said.model_validate({name: text for name, text in fields.items() if text})
    except ValidationError as problem:
        raise Invalid("the form cannot be accepted", fields=field_errors(problem.errors())) from problem
    said = query.model_copy(update=form.model_dump(exclude_none=True))
    return ImportOptions(_mapping(said.map), said.sheet, said.source, said.again or 0)


def _mapping(text: str | None) -> dict[str, str]:
    given: Any = read_json(text.encode()) if text else {}
    if not isinstance(given, dict) or not all(isinstance(field, str) for field in given.values()):
        fault = FieldError(
            "map", "not_an_object", "this is no object of texts", 'send {"Their header": "email"}', (text or "")[:80]
        )
        raise Invalid("the column mapping cannot be used", fields=(fault,))
    return given
