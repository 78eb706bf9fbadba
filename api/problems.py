"""The one shape of every error answer (RFC 9457), and how the OpenAPI file documents it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse
from starlette.types import Scope

from kernel.errors import FieldError

MEDIA_TYPE = "application/problem+json"
_SHOWN = 80
# RFC 9110's names of what Python renamed in 3.13; the committed description must not depend on who writes it.
_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


class FieldProblem(BaseModel):
    """One thing wrong with one part of the request."""

    field: str = Field(description="Dotted path as you wrote it: `consent.at`, `leads.3.email`.")
    code: str = Field(description="Stable word for machines.")
    message: str = Field(description="What is wrong.")
    remedy: str | None = Field(None, description="What to do about it.")
    value: str | None = Field(None, description="What you sent, cut to 80 characters.")


class Problem(BaseModel):
    """What went wrong (RFC 9457, `application/problem+json`)."""

    type: str = Field(description="Names the kind of problem; ends with `code`.")
    title: str = Field(description="The kind of problem in words; the same for every occurrence.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What happened this time.")
    code: str = Field(description="Stable word for machines.")
    instance: str = Field(description="Path of the request.")
    errors: list[FieldProblem] | None = Field(None, description="The parts of the request to correct.")
    current: dict[str, Any] | None = Field(None, description="With 412, and with some 409: the record as it stands.")


class ProblemResponse(JSONResponse):
    """JSON under the media type of problems."""

    media_type = MEDIA_TYPE


def problem(
    scope: Scope,
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    fields: Sequence[FieldError] = (),
    current: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """The answer for an error; parts that are not known are left out."""
    body: dict[str, Any] = {
        "type": f"urn:leadwright:problem:{code}",
        "title": title,
        "status": status,
        "detail": printable(detail),
        "code": code,
        "instance": quote(scope.get("path", "/"), errors="replace"),
    }
    if fields:
        body["errors"] = [{name: printable(text) for name, text in field.as_dict().items()} for field in fields]
    if current is not None:
        body["current"] = current
    return ProblemResponse(body, status_code=status, headers=dict(headers or {}))


def printable(text: str) -> str:
    """``text`` in a form that UTF-8 can carry: a lone surrogate would make the error answer fail itself."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(value: object) -> str | None:
    """The offending value as the sender may recognise it, cut to 80 characters; None for containers, which say nothing."""
    if value is None or isinstance(value, Mapping | list | tuple | set | bytes):
        return None
    return str(value)[:_SHOWN]


def phrase(status: int) -> str:
    """The name of a status in RFC 9110, whatever the version of Python. Raises ValueError for a status nobody registered."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def problem_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI entry. Whoever may be refused may also be told to wait: 401 brings 429."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    told = sorted({*statuses, *((429,) if HTTPStatus.UNAUTHORIZED in statuses else ())})
    return {status: {"description": phrase(status), "content": {MEDIA_TYPE: {"schema": schema}}} for status in told}


def problem_schemas() -> dict[str, Any]:
    """The schemas that :func:`problem_answers` points at, by name."""
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested: dict[str, Any] = own.pop("$defs")
    return {**nested, Problem.__name__: own}
