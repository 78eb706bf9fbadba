"""The route classes under ``/api``: who asks and how fast comes first, then the body is read, strictly."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from email.message import Message
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.auth import actor_of
from api.bodies import check_query, read_json
from api.errors import WrongMediaType
from api.limits import RateLimits
from domain.actor import Actor
from kernel.errors import AppError
from kernel.origin import origin

_ENDPOINT = Callable[[Request], Coroutine[Any, Any, Response]]


class _JsonRequest(Request):
    """A request whose body is read by our rules. FastAPI asks ``json`` once, before it validates."""

    async def json(self) -> Any:
        return read_json(await self.body())


class OpenRoute(APIRoute):
    """For who has not signed in: counts by address, then reads the body strictly, then lets FastAPI validate."""

    async def admit(self, request: Request) -> None:
        """Raise an AppError for who may not come in."""
        limits: RateLimits = request.app.state.limits
        request.state.pace, refusal = await limits.of_address(origin().site)
        if refusal is not None:
            raise refusal

    def get_route_handler(self) -> _ENDPOINT:
        """FastAPI's handler behind the checks. FastAPI alone would read the body of a stranger before it asks who they are."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def guarded(request: Request) -> Response:
            await self.admit(request)
            check_query(request.query_params.multi_items())
            if takes_body:
                _require_json(request)
            try:
                return await handle(_JsonRequest(request.scope, request.receive))
            except HTTPException as wrapped:
                # FastAPI answers 400 for whatever stops the reading of a body; the error behind it says more.
                if isinstance(wrapped.__cause__, AppError):
                    raise wrapped.__cause__ from None
                raise

        return guarded


class DoorRoute(APIRoute):
    """For what sources and people send without signing in: counted by address before anything is read or looked up."""

    def get_route_handler(self) -> _ENDPOINT:
        """FastAPI's handler behind the count."""
        handle = super().get_route_handler()

        async def counted(request: Request) -> Response:
            limits: RateLimits = request.app.state.limits
            request.state.pace, refusal = await limits.of_address(origin().site, "door")
            if refusal is not None:
                raise refusal
            return await handle(request)

        return counted


class GuardedRoute(OpenRoute):
    """For everything that belongs to an agency: authenticates, and counts by actor and agency."""

    async def admit(self, request: Request) -> None:
        """Raise Unauthenticated or RateLimited; leaves the actor in the request's state."""
        request.state.actor = await admitted_actor(request)


async def admitted_actor(request: Request) -> Actor:
    """Who asks, if they may ask now. Raises Unauthenticated or RateLimited."""
    limits: RateLimits = request.app.state.limits
    actor = await actor_of(request.headers, request.app.state.services)
    request.state.pace, refusal = await limits.of_actor(actor)
    if refusal is not None:
        raise refusal
    return actor


def _require_json(request: Request) -> None:
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    subtype = declared.get_content_subtype()
    if declared.get_content_maintype() != "application" or not (subtype == "json" or subtype.endswith("+json")):
        raise WrongMediaType("send JSON with Content-Type: application/json")
