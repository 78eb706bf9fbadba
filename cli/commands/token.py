"""``leadwright token``: a token for the API, from whoever holds the signing secret."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from api.auth import issue_token
from domain.actor import Actor, ActorKind, Scope
from kernel.errors import NotFound
from kernel.settings import Settings
from services.container import open_services


def token(
    agency: Annotated[
        str | None, typer.Option(help="Slug of the agency; the setting LEADWRIGHT_AGENCY decides.")
    ] = None,
    subject: Annotated[str, typer.Option("--as", help="Opaque id of the caller; written into histories.")] = "cli",
    kind: Annotated[ActorKind, typer.Option(help="What the caller is.")] = ActorKind.PERSON,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What the token allows; repeat it. All when left out.")
    ] = None,
    minutes: Annotated[int | None, typer.Option(min=1, help="Minutes until it expires.")] = None,
) -> None:
    """Print a token for the API, alone on stdout."""
    typer.echo(asyncio.run(_token(Settings(), agency, subject, kind, frozenset(scope or Scope), minutes)))


async def _token(
    settings: Settings, agency: str | None, subject: str, kind: ActorKind, scopes: frozenset[Scope], minutes: int | None
) -> str:
    slug = agency or settings.agency
    async with open_services(settings) as services:
        found = await services.agencies.actor_for(slug, "cli")
        if found is None:
            raise NotFound(f"no agency {slug!r}; load one first, or name another with --agency")
        actor = Actor(found.agency_id, kind, subject, scopes)
        return issue_token(services.settings, services.jwt_secret, actor, minutes)
