"""Messages to people: the ledger, the words, what producers wish, their devices, and what vendors report."""

from __future__ import annotations

from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import AgencyAdmin, LeadReader, Provided
from api.guarded import DoorRoute, GuardedRoute
from api.preconditions import Expected, put_etag
from api.problems import problem_answers
from api.routes.inbound import FORM, raw_body
from domain.messages.life import State
from services.messages.schemas import (
    DeviceIn,
    DeviceList,
    DeviceView,
    MessagePage,
    MessageView,
    Preview,
    PreviewIn,
    Taken,
    TemplateList,
    TemplateView,
    WishesIn,
    WishesView,
    WordsIn,
)

router = APIRouter(tags=["messages"], route_class=GuardedRoute)
doors = APIRouter(prefix="/messages/in", tags=["messages"], route_class=DoorRoute)

_ALL = problem_answers(401, 403, 422, 503)
_ONE = problem_answers(401, 403, 404, 422, 503)
_PUT = problem_answers(400, 401, 403, 404, 412, 413, 415, 422, 428, 503)
_POST = problem_answers(400, 401, 403, 404, 409, 413, 415, 422, 503)
_SIGNED = problem_answers(401, 413, 422, 503)
_FORM = {"requestBody": {"required": True, "content": {FORM: {"schema": {"type": "object"}}}}, "security": []}
_JSON = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "array"}}}}, "security": [],
}  # fmt: skip
_View = TypeVar("_View", TemplateView, WishesView)
_NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
TwilioSignature = Annotated[str, Header(alias="X-Twilio-Signature", max_length=200)]
SendgridSignature = Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Signature", max_length=500)]
SendgridTimestamp = Annotated[str, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp", max_length=40)]
Language = Annotated[str, Query(min_length=2, max_length=2, description="Two letters.")]


class MessageList(BaseModel):
    """States, lead, place and size of a page of messages."""

    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list, max_length=10, description="Alternatives; none is all.")
    lead_id: UUID | None = None
    cursor: int | None = Field(None, ge=1, le=2**63 - 1, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200)


@router.get("/messages", responses=_ALL)
async def list_messages(services: Provided, actor: LeadReader, query: Annotated[MessageList, Query()]) -> MessagePage:
    """Every message with its states, newest first, without words and addresses. A producer sees the own ones."""
    states = [state.value for state in query.state]
    return await services.messages.ledger.page(
        actor, states=states, lead_id=query.lead_id, cursor=query.cursor, limit=query.limit
    )


@router.get("/messages/{message_id}", responses=_ONE)
async def get_message(services: Provided, actor: LeadReader, message_id: UUID) -> MessageView:
    """A message."""
    return await services.messages.ledger.one(actor, message_id)


@router.get("/message-templates", responses=_ALL)
async def list_message_templates(services: Provided, actor: AgencyAdmin) -> TemplateList:
    """The words in force of every kind and language."""
    return await services.messages.templates.all(actor)


@router.get("/message-templates/{template}", responses=_ONE)
async def get_message_template(
    services: Provided, actor: AgencyAdmin, template: str, response: Response, language: Language = "en"
) -> TemplateView:
    """The words in force. Version 0 are those shipped; they have no ETag, `If-Match: *` replaces them."""
    return _tagged(await services.messages.templates.one(actor, template, language), response)


@router.put("/message-templates/{template}", responses=_PUT)
async def save_message_template(
    services: Provided, actor: AgencyAdmin, template: str, body: WordsIn, expected: Expected, response: Response,
    language: Language = "en",
) -> TemplateView:  # fmt: skip
    """Put new words in force, as a new version. An unknown variable is named."""
    saved = await services.messages.templates.save(actor, template, language, body, expected=expected)
    return _tagged(saved, response)


@router.post("/message-templates/{template}/preview", responses=_POST)
async def preview_message_template(
    services: Provided, actor: AgencyAdmin, template: str, body: PreviewIn, language: Language = "en"
) -> Preview:
    """Words filled with sample data, or with values that are given. Nothing is kept or sent."""
    return await services.messages.templates.preview(actor, template, language, body)


@router.get("/producers/{producer_id}/message-preferences", responses=_ONE)
async def get_message_preferences(
    services: Provided, actor: LeadReader, producer_id: UUID, response: Response
) -> WishesView:
    """How the producer wants to be told. One's own; another's needs agency:admin."""
    return _tagged(await services.messages.producers.wishes(actor, producer_id), response)


@router.put("/producers/{producer_id}/message-preferences", responses=_PUT)
async def save_message_preferences(
    services: Provided, actor: LeadReader, producer_id: UUID, body: WishesIn, expected: Expected, response: Response
) -> WishesView:
    """Replace how the producer wants to be told."""
    saved = await services.messages.producers.wish(actor, producer_id, body, expected=expected)
    return _tagged(saved, response)


@router.get("/producers/{producer_id}/push-subscriptions", responses=_ONE)
async def list_push_subscriptions(services: Provided, actor: LeadReader, producer_id: UUID) -> DeviceList:
    """The producer's devices, and the key that a browser subscribes with."""
    return await services.messages.producers.devices(actor, producer_id)


@router.post("/producers/{producer_id}/push-subscriptions", status_code=201, responses=_POST)
async def add_push_subscription(services: Provided, actor: LeadReader, producer_id: UUID, body: DeviceIn) -> DeviceView:
    """Push to this device from now on. The same subscription again is the same device."""
    return await services.messages.producers.register(actor, producer_id, body)


@router.delete("/producers/{producer_id}/push-subscriptions/{push_id}", status_code=204, responses=_ONE)
async def delete_push_subscription(services: Provided, actor: LeadReader, producer_id: UUID, push_id: UUID) -> None:
    """Push to this device no more."""
    await services.messages.producers.remove(actor, producer_id, push_id)


@doors.post("/{agency}/twilio/status", responses=_SIGNED, openapi_extra=_FORM)
async def receive_twilio_status(
    services: Provided, request: Request, agency: str, message: str = "", signature: TwilioSignature = ""
) -> Taken:
    """What became of a text. Signed by Twilio over this address and the form; a report that comes again changes nothing."""
    body = await raw_body(request, services)
    return await services.messages.reports.twilio_status(agency, _asked(request), body, signature, message)


@doors.post("/{agency}/twilio/text", response_class=Response, responses=_SIGNED, openapi_extra=_FORM)
async def receive_twilio_text(
    services: Provided, request: Request, agency: str, signature: TwilioSignature = ""
) -> Response:
    """A text from a person. Words that end messages are honoured before this answers; nothing is said back here."""
    body = await raw_body(request, services)
    await services.messages.reports.twilio_inbound(agency, _asked(request), body, signature)
    return Response(_NO_REPLY, media_type="application/xml")


@doors.post("/sendgrid/events", responses=_SIGNED, openapi_extra=_JSON)
async def receive_sendgrid_events(
    services: Provided, request: Request, signature: SendgridSignature = "", timestamp: SendgridTimestamp = ""
) -> Taken:
    """What became of mails. Signed by SendGrid over the timestamp and the bytes as they came."""
    body = await raw_body(request, services)
    return await services.messages.reports.sendgrid_events(timestamp, body, signature)


def _asked(request: Request) -> str:
    """Path and query as they were asked: what Twilio signed."""
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").split("?")[0] or request.url.path
    return path + (f"?{request.url.query}" if request.url.query else "")


def _tagged(view: _View, response: Response) -> _View:
    if view.version:
        put_etag(response, view.version)
    return view
