"""The consumer chat: a public door by the source's key, then by the token of the chat."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import StreamingResponse

from api.chat_stream import events
from api.dependencies import LeadReader, Provided
from api.errors import answer
from api.event_stream import DESCRIBED, MEDIA_TYPE
from api.guarded import GuardedRoute, OpenRoute
from api.limits import RateLimits
from api.problems import problem_answers
from api.routes.documents import FILE_BODY
from api.uploads import read_upload
from graphs.chat import ChatTurns
from kernel.errors import AppError
from kernel.ids import digest
from kernel.origin import origin
from services.chat.schemas import ChatBegun, ChatIn, ChatView, FileKept, MessageIn
from services.chat.visitors import Visitor

_MOST = 2**63 - 1
_TOKEN = "X-Chat-Token"  # noqa: S105 - a header's name
_AS_EVENTS = {
    "description": "Each message as an event `message` whose id is its number, then `state`.",
    "content": DESCRIBED,
}
_ANSWERS = problem_answers(400, 403, 404, 409, 413, 415, 422, 429, 503)
_OPEN: dict[str, Any] = {"security": []}


class ChatRoute(OpenRoute):
    """Counts by address under the chat's own limits. Answers go to pages of any origin, since nothing but the chat's own token
    opens anything here; which pages may hold a chat is said by its source, and asked by the service.
    """

    async def admit(self, request: Request) -> None:
        """Raise RateLimited for who asks too often."""
        limits: RateLimits = request.app.state.limits
        settings = request.app.state.services.settings.chat
        # By its hash, as everywhere: a token has no place in a key of the cache.
        token = request.headers.get(_TOKEN)
        request.state.pace, refusal = await limits.of_chat(
            settings, address=origin().site, session=digest(token) if token else None
        )
        if refusal is not None:
            raise refusal

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, whose errors a page of another origin can read too."""
        handle = super().get_route_handler()

        async def shared(request: Request) -> Response:
            try:
                response = await handle(request)
            except AppError as problem:
                response = answer(request.scope, problem)
            if sent := request.headers.get("origin"):
                response.headers["Access-Control-Allow-Origin"] = sent
                response.headers["Vary"] = "Origin"
                response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
            return response

        return shared


router = APIRouter(prefix="/chat", tags=["chat"], route_class=ChatRoute)
transcripts = APIRouter(prefix="/leads/{lead_id}/chat", tags=["chat"], route_class=GuardedRoute)
Token = Annotated[str, Header(alias=_TOKEN, max_length=200, description="The chat's token.")]
LastSeen = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=_MOST)]


def turns(request: Request) -> ChatTurns:
    """What takes messages."""
    found: ChatTurns = request.app.state.chat
    return found


def page_origin(request: Request) -> str | None:
    """The origin of a page of somebody else; None for ours, and for what is no browser."""
    sent = request.headers.get("origin")
    return None if sent is None or urlsplit(sent).netloc == request.headers.get("host", "") else sent


@router.post("", status_code=201, responses=problem_answers(400, 401, 403, 413, 415, 422, 503), openapi_extra=_OPEN)
async def start_chat(services: Provided, request: Request, body: ChatIn) -> ChatBegun:
    """Begin a chat of a source of kind `chat`, by the source's public key. The answer's token opens it, now and later."""
    await require_start(request)
    speaker = await services.chats.speaker(body.agency, body.source, body.key)
    return await services.chats.begin(speaker, body.language, body.page_url, page_origin(request))


@router.post(
    "/{chat_id}/messages", response_model=ChatView, responses={200: _AS_EVENTS, **_ANSWERS}, openapi_extra=_OPEN
)
async def send_chat_message(
    request: Request, chat_id: UUID, token: Token, body: MessageIn, last_seen: LastSeen = None
) -> Response:
    """Say something; the replies, as JSON or, where `Accept` asks for it, as events. Send the same `key` to repeat it safely:
    it gets the same replies, of which `Last-Event-ID` leaves out those that were seen. 409 `turn_running`: another message
    is being answered.
    """
    view = await turns(request).send(Visitor(token, page_origin(request)), chat_id, body)
    return _shown(request, view, last_seen)


@router.get("/{chat_id}", responses=_ANSWERS, openapi_extra=_OPEN)
async def get_chat(services: Provided, request: Request, chat_id: UUID, token: Token) -> ChatView:
    """The chat with all that was said, to take it up again."""
    return await services.chats.transcript(Visitor(token, page_origin(request)), chat_id)


@router.get("/{chat_id}/events", response_class=Response, responses={200: _AS_EVENTS, **_ANSWERS}, openapi_extra=_OPEN)
async def stream_chat_events(
    services: Provided, request: Request, chat_id: UUID, token: Token, last_seen: LastSeen = None
) -> Response:
    """What was said after `Last-Event-ID`, as events; the stream then ends."""
    view = await services.chats.transcript(Visitor(token, page_origin(request)), chat_id, last_seen or 0)
    return _stream(view)


@router.post("/{chat_id}/stop", responses=_ANSWERS, openapi_extra=_OPEN)
async def stop_chat(services: Provided, request: Request, chat_id: UUID, token: Token) -> ChatView:
    """End the chat; nothing is sent. Again changes nothing."""
    return await services.chats.stop(Visitor(token, page_origin(request)), chat_id)


@router.post("/{chat_id}/resume", responses=_ANSWERS, openapi_extra=_OPEN)
async def resume_chat(services: Provided, request: Request, chat_id: UUID, token: Token) -> ChatView:
    """Take up again a chat that was stopped, with what was said but for how the person is reached. 409 `chat_ended`: it ended
    otherwise, or the stop was a wish not to be contacted. A half conversation goes on without this, with its next message.
    """
    return await services.chats.resume(Visitor(token, page_origin(request)), chat_id)


@router.delete("/{chat_id}", status_code=204, responses=_ANSWERS, openapi_extra=_OPEN)
async def erase_chat(services: Provided, request: Request, chat_id: UUID, token: Token) -> None:
    """Remove what the person wrote. That there was a chat stays; a lead that was sent is the agency's to erase."""
    await services.chats.erase(Visitor(token, page_origin(request)), chat_id)


@router.post("/{chat_id}/files", status_code=201, responses=_ANSWERS, openapi_extra={**FILE_BODY, **_OPEN})
async def add_chat_file(services: Provided, request: Request, chat_id: UUID, token: Token) -> FileKept:
    """Send a file once the request has been sent: a PDF, picture, e-mail, spreadsheet or text, as for a lead's documents."""
    name, data = await read_upload(request)
    return await services.chats.add_file(Visitor(token, page_origin(request)), chat_id, name, data)


@router.options("", include_in_schema=False)
@router.options("/{rest:path}", include_in_schema=False)
async def answer_preflight() -> Response:
    """What browsers ask before a page of another origin may call."""
    allowed = f"Content-Type, Content-Disposition, Accept, Last-Event-ID, {_TOKEN}"
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": allowed,
            "Access-Control-Max-Age": "600",
        },
    )


@transcripts.get("", responses=problem_answers(401, 403, 404, 422, 503))
async def get_lead_chat(services: Provided, actor: LeadReader, lead_id: UUID) -> ChatView:
    """The chat that a lead came from, with its hand-overs to a licensed person; 404 where it came otherwise."""
    return await services.chats.of_lead(actor, lead_id)


async def require_start(request: Request) -> None:
    """Count a new chat by its address. Raises RateLimited."""
    limits: RateLimits = request.app.state.limits
    _, refusal = await limits.of_chat(request.app.state.services.settings.chat, starts=origin().site)
    if refusal is not None:
        raise refusal


def _shown(request: Request, view: ChatView, last_seen: int | None) -> Response:
    if MEDIA_TYPE not in request.headers.get("accept", ""):
        return Response(view.model_dump_json(), media_type="application/json")
    seen = last_seen or 0
    return _stream(view.model_copy(update={"messages": [one for one in view.messages if one.seq > seen]}))


def _stream(view: ChatView) -> Response:
    return StreamingResponse(events(view), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})
