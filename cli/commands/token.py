"""``leadwright token``: a token for the API, from whoever holds the signing secret."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from api.auth import issue_token
from cli.session import agency_actor, execute, session
from domain.actor import Actor, ActorKind, Scope
from kernel.settings import Settings


def token(
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; without it the setting decides.")] = None,
    subject: Annotated[str, typer.Option("--as", help="Opaque id of the caller; written into histories.")] = "cli",
    kind: Annotated[ActorKind, typer.Option(help="What the caller is.")] = ActorKind.PERSON,
    producer: Annotated[UUID | None, typer.Option(help="For a producer: id of whose leads it sees.")] = None,
    source: Annotated[str | None, typer.Option(help="For a partner: the source that its leads carry.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it allows; repeat it. All when left out.")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=525_600, help="Minutes until it expires.")] = None,
) -> None:
    """Print a token for the API, alone on stdout."""

    async def issue(settings: Settings) -> str:
        async with session(settings) as services:
            agency_id = (await agency_actor(services, "token", agency)).agency_id
            scopes = frozenset(scope or Scope)
            actor = Actor(agency_id, kind, subject, scopes, producer_id=producer, source=source)
            return issue_token(services.settings, services.jwt_secret, actor, minutes)

    typer.echo(execute(issue))
