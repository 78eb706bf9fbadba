"""Live updates: tickets, the socket, and the event stream."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from api.addresses import client_address
from api.auth import pass_of
from api.dependencies import LeadReader, Provided
from api.errors import answer
from api.event_stream import DESCRIBED, MEDIA_TYPE, EventStream, event_text
from api.guarded import GuardedRoute
from api.limits import RateLimits
from api.problems import problem_answers
from api.sockets import SocketConversation
from domain.actor import Actor
from domain.live.channels import LONGEST, channel_of
from domain.live.tickets import Pass
from kernel.errors import AppError, Forbidden
from kernel.origin import origin
from services.container import Services
from services.live.follower import Item
from services.live.tickets import LiveTicket

router = APIRouter(prefix="/live", tags=["live"], route_class=GuardedRoute)
sockets = APIRouter(prefix="/live")
_MOST = 2**63 - 1
_POLICY = 1008
_PAGE = 1_000
_ABOUT_STREAM = {
    "description": "Events with an `id`, in order. `event` and `gone` carry JSON with `type`, `id`, `channel`, `at`, `lead_id` "
    "or `policy_id`, and for `event` also `kind` and `version`; `gone` says that it is no longer the listener's. "
    "`reload` and `end` end the stream, with a `reason`. Comments and bare ids keep it alive.",
    "content": DESCRIBED,
}


class LiveList(BaseModel):
    """What to listen to, and from where."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(
        min_length=1,
        max_length=LONGEST,
        description="`leads`, `my-leads`, `offers`, `policies`, `my-policies`, or `lead:` or `policy:` and an id.",
    )
    after: int | None = Field(
        None, ge=0, le=_MOST, description="Id seen last; the header `Last-Event-ID` counts before it. None is now."
    )
    follow: bool = Field(default=True, description="False ends the stream after what has happened by now.")


@router.post("/tickets", status_code=201, responses=problem_answers(401, 403, 422, 503))
async def create_live_ticket(request: Request, services: Provided, actor: LeadReader) -> LiveTicket:
    """A ticket that opens the socket `/api/v1/live/socket?ticket=` once, within seconds, as the caller."""
    return await services.live.tickets.issue(actor, pass_of(request.headers, actor, services))


@router.get(
    "/events", response_class=Response,
    responses={200: _ABOUT_STREAM, **problem_answers(401, 403, 404, 410, 422, 503)},
)  # fmt: skip
async def stream_live_events(
    request: Request, services: Provided, actor: LeadReader, query: Annotated[LiveList, Query()],
    last_event_id: Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=_MOST)] = None,
) -> Response:  # fmt: skip
    """Events of leads as they happen (server-sent events). 410 says that `after` is too old: load the leads again."""
    after = query.after if last_event_id is None else last_event_id
    if not query.follow:
        return await _so_far(services, actor, query.channel, after)
    hub, channel = services.live.hub, channel_of(query.channel)
    follower = hub.join(pass_of(request.headers, actor, services), origin().site)
    try:
        subscription = await hub.subscribe(follower, channel, after)
    except BaseException:
        hub.leave(follower)
        raise
    return EventStream(hub, subscription, services.settings.live.heartbeat_seconds)


@sockets.websocket("/socket")
async def live_socket(socket: WebSocket) -> None:
    """See docs/howto/live.md."""
    services: Services = socket.app.state.services
    limits: RateLimits = socket.app.state.limits
    address = client_address(socket.scope, services.settings.api.trusted_proxies)
    try:
        _require_origin(socket, services.settings.live.origins)
        holder = await _holder(socket, services, limits, address)
        follower = services.live.hub.join(holder, address)
    except AppError as refusal:
        await _refuse(socket, refusal)
        return
    try:
        await socket.accept()
    except BaseException:
        services.live.hub.leave(follower)
        raise
    await SocketConversation(socket, services.live.hub, follower, services.settings.live, limits).run()


async def _so_far(services: Services, actor: Actor, channel: str, after: int | None) -> Response:
    head = await services.live.feed.head(actor.agency_id)
    seq, parts = head.last if after is None else after, []
    while True:
        page = await services.live.feed.after(actor, channel, seq, _PAGE)
        parts += [event_text(Item.of(said)) for said in page.messages]
        seq = page.position
        if not page.more:
            return Response("".join(parts) + f"id: {seq}\n\n", media_type=MEDIA_TYPE)


async def _holder(socket: WebSocket, services: Services, limits: RateLimits, address: str | None) -> Pass:
    _, refusal = await limits.of_address(address, "socket")
    if refusal is not None:
        raise refusal
    return await services.live.tickets.redeem(socket.query_params.get("ticket", ""))


def _require_origin(socket: WebSocket, allowed: list[str]) -> None:
    """Raise Forbidden for a page of somebody else's. What is no browser sends no origin."""
    sent = socket.headers.get("origin")
    if sent is None or sent in allowed:
        return
    if urlsplit(sent).netloc != socket.headers.get("host", ""):
        raise Forbidden("pages of this origin may not open sockets; see the setting live.origins")


async def _refuse(socket: WebSocket, refusal: AppError) -> None:
    """Answer the handshake with a problem, where the server can; else close it."""
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(answer(socket.scope, refusal))
    else:
        await socket.close(_POLICY, refusal.code)
