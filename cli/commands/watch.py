"""``leadwright watch``: events of leads and policies as lines, as they happen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import typer

from api.auth import issue_token
from cli.session import agency_actor, err, execute, session
from domain.actor import Actor, ActorKind, Scope
from kernel.errors import Forbidden, Unauthenticated, Unavailable
from kernel.settings import Settings

_SILENCE_SECONDS = 60.0
_AGAIN_SECONDS = 1.0
_SUBJECT = "cli:watch"


def watch(
    channel: Annotated[str, typer.Option(help="leads, offers, policies, or lead: or policy: and an id.")] = "leads",
    after: Annotated[int | None, typer.Option(min=0, help="Id of the event seen last; without it from now on.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; without it the setting decides.")] = None,
    token: Annotated[str | None, typer.Option(help="A token or key; without it one is made here.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the API answers; without it the settings say.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The messages as they come, one a line.")] = False,
) -> None:
    """Print what happens to leads or policies, and go on where it stopped after a drop, until Ctrl-C."""

    async def follow(settings: Settings) -> None:
        bearer = token or await _own_token(settings, agency)
        where = url or f"http://{settings.api.host}:{settings.api.port}"
        left = count
        async for message in messages(where, bearer, channel, after):
            typer.echo(json.dumps(message) if as_json else line_of(message))
            left = None if left is None else left - 1
            if left == 0:
                return

    execute(follow)


def line_of(message: dict[str, Any]) -> str:
    """A message for reading."""
    what = message.get("kind", message["type"])
    return f"{message['id']:>8}  {message['at'][:19]}  {what:<16} {message.get('lead_id') or message['policy_id']}"


async def messages(where: str, token: str, channel: str, after: int | None) -> AsyncIterator[dict[str, Any]]:
    """Messages of a channel, none twice and none missing, over as many connections as it takes.

    Raises Unauthenticated or Forbidden when the API refuses, Unavailable when the events since ``after`` are not kept.
    """
    last = after
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=where, headers=headers, timeout=_SILENCE_SECONDS) as client:
        while True:
            try:
                async for seq, message in _connection(client, channel, last):
                    last = seq if seq is not None else last
                    if message is not None:
                        yield message
            except httpx.HTTPError as problem:
                err.print(f"connection lost ({type(problem).__name__}), trying again", markup=False)
            await asyncio.sleep(_AGAIN_SECONDS)


async def _connection(
    client: httpx.AsyncClient, channel: str, last: int | None
) -> AsyncIterator[tuple[int | None, dict[str, Any] | None]]:
    """(id, message) of one connection; a beat has no message."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    async with client.stream("GET", "/api/v1/live/events", params={"channel": channel}, headers=headers) as answer:
        if (
            answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
            or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        ):
            return
        if answer.is_error:
            detail = json.loads(await answer.aread())["detail"]
            kind = {401: Unauthenticated, 410: Unavailable}.get(answer.status_code, Forbidden)
            raise kind(detail)
        seq, data = None, None
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                seq = int(value)
            elif name == "data":
                data = json.loads(value)
            elif not line:
                told = data if data is not None and {"lead_id", "policy_id"} & set(data) else None
                yield seq, told
                seq, data = None, None


async def _own_token(settings: Settings, slug: str | None) -> str:
    async with session(settings) as services:
        agency_id = (await agency_actor(services, "watch", slug)).agency_id
        actor = Actor(agency_id, ActorKind.PERSON, _SUBJECT, frozenset({Scope.LEADS_READ, Scope.POLICIES_READ}))
        return issue_token(services.settings, services.jwt_secret, actor)
