"""Doors for sources: signed deliveries, web forms, pings and posts. They sign with secrets of their own, not with tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from api.auth import API_KEY
from api.bodies import read_json
from api.dependencies import Provided
from api.errors import BadRequest, TooLarge, WrongMediaType
from api.guarded import DoorRoute, admitted_actor
from api.problems import problem_answers
from api.uploads import media_type, read_texts
from domain.leads.reading.web_form import FormField, fields_of, read_form
from domain.sources.mapping import flattened
from domain.sources.settings import SourceKind
from domain.sources.signature import HEADER
from kernel.errors import AppError, FieldError, Invalid
from services.container import Services
from services.sources.doors import Caller
from services.sources.schemas import DeliveryAccepted, PingAnswer

router = APIRouter(prefix="/inbound", tags=["inbound"], route_class=DoorRoute)

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_ANSWERS = problem_answers(400, 401, 409, 413, 415, 422, 503)
_PING_ANSWERS = problem_answers(400, 401, 403, 409, 413, 415, 422, 503)
_SIGNED = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "object"}} for kind in ("application/json", FORM)},
    },
    "security": [],
}
Signature = Annotated[
    str, Header(alias=HEADER, max_length=2_000, description="`t=<unix>,v1=<hex hmac-sha256 of t, a full stop, the raw body>`")
]  # fmt: skip
Delivery = Annotated[
    str | None,
    Header(alias="X-Leadwright-Delivery", pattern=r"^[\x21-\x7e]{1,200}$", description="Your id of this delivery."),
]


@router.post(
    "/{agency}/{source}/webhook", status_code=202, response_model=DeliveryAccepted, responses=_ANSWERS,
    openapi_extra=_SIGNED,
)  # fmt: skip
async def receive_webhook(
    services: Provided, request: Request, agency: str, source: str, signature: Signature = "", delivery: Delivery = None
) -> JSONResponse:
    """Take a signed lead in. The signature is checked over the bytes as they came, before anything is read.

    The same delivery again gets the first answer again.
    """
    body = await raw_body(request, services)
    caller = await services.doors.signed(agency, source, signature, body, kind=SourceKind.WEBHOOK, door="webhook")
    fields = await _fields(services, caller, request, body)
    return _answer(*await services.inbound.deliver(caller, fields, delivery=delivery))


@router.post("/{agency}/{source}/ping", responses=_PING_ANSWERS, openapi_extra=_SIGNED)
async def receive_ping(
    services: Provided, request: Request, agency: str, source: str, signature: Signature = ""
) -> PingAnswer:
    """Would such a lead be taken, and for how much? A ping names no person. Signed, or with a token of the API."""
    body = await raw_body(request, services)
    caller = await _ping_caller(services, request, agency, source, signature, body, "ping")
    fields = await _fields(services, caller, request, body)
    try:
        return await services.inbound.ping(caller, fields)
    except Invalid as problem:
        await services.doors.refused(caller, problem.code)
        raise


@router.post(
    "/{agency}/{source}/post", status_code=202, response_model=DeliveryAccepted, responses=_PING_ANSWERS,
    openapi_extra=_SIGNED,
)  # fmt: skip
async def receive_post(
    services: Provided, request: Request, agency: str, source: str, signature: Signature = "", delivery: Delivery = None
) -> JSONResponse:
    """Take the pinged lead in. `token` is a field of the body; the ping's price is paid."""
    body = await raw_body(request, services)
    caller = await _ping_caller(services, request, agency, source, signature, body, "post")
    fields = await _fields(services, caller, request, body)
    token = fields.pop("token", "").strip()
    if not token:
        await services.doors.refused(caller, "token_missing")
        fault = FieldError("token", "missing", "is not there", "send the token of the ping's answer")
        raise Invalid("the post does not say which ping it follows", fields=(fault,), code="token_missing")
    return _answer(*await services.inbound.post(caller, token, fields, delivery=delivery))


async def raw_body(request: Request, services: Services) -> bytes:
    """The body as it came. Raises TooLarge over the setting ``inbound.max_body_bytes``, without reading on."""
    limit = services.settings.inbound.max_body_bytes
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise TooLarge(f"the body may have {limit} bytes; send one lead at once")
    return body


def form_of(body: bytes, content_type: str) -> list[FormField]:
    """The fields of a form, in either encoding. Raises WrongMediaType for anything else."""
    kind = media_type(content_type)
    if kind == FORM:
        return read_form(body)
    if kind == MULTIPART:
        return [FormField(name, text, text) for name, text in read_texts(body, content_type)]
    raise WrongMediaType(f"send a form: {FORM} or {MULTIPART}")


async def _ping_caller(
    services: Services, request: Request, agency: str, source: str, signature: str, body: bytes, door: str
) -> Caller:
    if not signature and {"authorization", API_KEY.lower()} & set(request.headers.keys()):
        actor = await admitted_actor(request)
        return await services.doors.by_actor(actor, agency, source, kind=SourceKind.PING_POST, door=door)
    return await services.doors.signed(agency, source, signature, body, kind=SourceKind.PING_POST, door=door)


async def _fields(services: Services, caller: Caller, request: Request, body: bytes) -> dict[str, str]:
    """The fields of a JSON object or a form; what cannot be read is counted as a refusal."""
    content_type = request.headers.get("content-type", "")
    try:
        if media_type(content_type) in {FORM, MULTIPART}:
            return fields_of(form_of(body, content_type), caller.settings.mapping)
        if not media_type(content_type).endswith(("/json", "+json")):
            raise WrongMediaType(f"send application/json or {FORM}")
        value: Any = read_json(body)
        if not isinstance(value, dict):
            raise BadRequest("the body must be one JSON object, a lead")
        return flattened(value)
    except AppError as problem:
        await services.doors.refused(caller, problem.code)
        raise


def _answer(body: dict[str, Any], replayed: bool) -> JSONResponse:  # noqa: FBT001 - both parts of one result
    return JSONResponse(body, status_code=202, headers={"Idempotent-Replayed": "true"} if replayed else {})
