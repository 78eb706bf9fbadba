"""Errors to answers: the product's own, the framework's, and those that nobody expected."""

from __future__ import annotations

import math
from http import HTTPStatus
from pathlib import PurePath
from traceback import extract_tb

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Scope

from api.faults import field_errors
from api.problems import ProblemResponse, phrase, problem
from kernel.errors import AppError, Conflict, Invalid, RateLimited, Stale, Unauthenticated, Unavailable

_log = structlog.get_logger("leadwright.api")
_FRAMES = 4


class BadRequest(AppError):
    """The request cannot be read: broken JSON, a broken header."""

    status, code, title = 400, "malformed", "The request cannot be read"


class TooLarge(AppError):
    """The body is larger than the setting ``api.max_body_bytes``."""

    status, code, title = 413, "body_too_large", "The body is too large"


class WrongMediaType(AppError):
    """The body is not said to be JSON."""

    status, code, title = 415, "unsupported_media_type", "The body must be JSON"


class PreconditionRequired(AppError):
    """A write without ``If-Match`` (RFC 6585): it could overwrite what another person has just done."""

    status, code, title = 428, "precondition_required", "Say which version you have seen"


def answer(scope: Scope, error: AppError) -> ProblemResponse:
    """A deliberate error as a problem."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request failed", code=error.code, status=error.status)
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        given = any(name == b"authorization" for name, _ in scope["headers"])
        headers["WWW-Authenticate"] = 'Bearer realm="leadwright"' + (', error="invalid_token"' if given else "")
    elif isinstance(error, RateLimited):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    elif isinstance(error, Unavailable):
        headers["Retry-After"] = "2"
    return problem(
        scope,
        error.status,
        error.code,
        error.title,
        error.detail,
        fields=error.fields,
        current=jsonable_encoder(error.current) if isinstance(error, Stale | Conflict) else None,
        headers=headers,
    )


def unexpected(scope: Scope, error: Exception) -> ProblemResponse:
    """A fault of ours: the log gets its type and place, the caller nothing of it.

    The message stays out of the log as well, since a database error quotes the row it failed on.
    """
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    places = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    _log.error("unexpected error", error=type(error).__name__, at=places)
    detail = "an unexpected error; it is logged under the X-Request-Id of this answer"
    return problem(scope, AppError.status, AppError.code, AppError.title, detail)


def install(app: FastAPI) -> None:
    """Answer every error that a route or the router raises."""

    @app.exception_handler(AppError)
    async def _ours(request: Request, error: AppError) -> ProblemResponse:
        return answer(request.scope, error)

    @app.exception_handler(RequestValidationError)
    async def _refused(request: Request, error: RequestValidationError) -> ProblemResponse:
        fields = field_errors(error.errors())
        count = "one part" if len(fields) == 1 else f"{len(fields)} parts"
        return answer(request.scope, Invalid(f"{count} of the request cannot be accepted", fields=fields))

    @app.exception_handler(HTTPException)
    async def _routers(request: Request, error: HTTPException) -> ProblemResponse:
        title = phrase(error.status_code)
        detail = {
            404: "there is nothing under this path; see /docs",
            405: f"this path does not take {request.method}; see the Allow header",
        }.get(error.status_code, title)
        code = title.lower().replace(" ", "_").replace("-", "_")
        headers = {"Allow": _allowed(app, request.scope["path"])} if error.status_code == 405 else error.headers  # noqa: PLR2004
        return problem(request.scope, error.status_code, code, title, detail, headers=headers)


def _allowed(app: FastAPI, path: str) -> str:
    """Every method that the path takes (RFC 9110, section 10.2.1); the router itself names those of one route only."""
    found: set[str] = set()
    for context in iter_route_contexts(app.routes):
        if context.path and compile_path(context.path)[0].match(path):
            found |= context.methods or set()
    return ", ".join(sorted(found))
