"""``leadwright migrate``, ``rebuild`` and ``agency load``: what an operator runs now and then."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.session import agency_actor, execute, out, session
from domain.actor import system_actor
from kernel.errors import Invalid
from kernel.settings import Profile, Settings
from services.agencies.load import read_agency
from store.migrate import app_password_of, head_revision, upgrade_async

agency = typer.Typer(no_args_is_help=True, help="Load an agency's producers and network.")


class Projection(StrEnum):
    """What can be made anew from the truth in Postgres."""

    LEADS = "leads"
    GRAPH = "graph"
    VECTORS = "vectors"


def migrate() -> None:
    """Bring the database to the newest version."""
    execute(_migrate)


def rebuild(
    what: Annotated[
        Projection, typer.Argument(help="leads: rows from events; graph: the network; vectors: of leads and documents.")
    ],
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Make a projection anew from what it is a projection of."""
    execute(lambda settings: _rebuild(settings, what, agency))


@agency.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="An agency file (docs/agency-file.md).", exists=True, dir_okay=False)],
) -> None:
    """Load an agency: its producers and their connections. The same file again changes nothing."""
    execute(lambda settings: _load(settings, file.read_bytes()))


async def _migrate(settings: Settings) -> None:
    if settings.profile is Profile.EMBEDDED:
        async with session(settings):  # whoever starts the stores migrates them
            out.print(f"database is at {head_revision()}")
        return
    if settings.postgres.owner_url is None or settings.postgres.app_url is None:
        raise Invalid("migrating needs the role that owns the tables; set LEADWRIGHT_POSTGRES__OWNER_URL")
    password = app_password_of(settings.postgres.app_url.get_secret_value())
    revision = await upgrade_async(settings.postgres.owner_url.get_secret_value(), password, role_is_ours=False)
    out.print(f"database is at {revision}")


async def _rebuild(settings: Settings, what: Projection, agency: str | None) -> None:
    async with session(settings) as services:
        actor = await agency_actor(services, "rebuild", agency)
        if what is Projection.GRAPH:
            await services.projection.refresh(actor, anew=True)
            out.print("graph rebuilt")
            return
        if what is Projection.VECTORS:
            leads = await services.similar.rebuild(actor)
            passages = await services.knowledge_projection.rebuild(actor)
            out.print(f"vectors rebuilt: {leads} leads, {passages} passages, by {services.embedder.name}")
            return
        rebuilt = await services.lead_rebuild.rebuild(actor)
        out.print(f"{rebuilt.leads} leads rebuilt from their events, {rebuilt.differed} differed")


async def _load(settings: Settings, source: bytes) -> None:
    agency = read_agency(source)
    async with session(settings) as services:
        actor = await services.agencies.found(agency.slug, agency.name)
        loaded = await services.agencies.load(system_actor(actor.agency_id, "load"), source)
        await services.projection.refresh(actor)
        out.print(f"{agency.slug}: {loaded.producers} producers, {loaded.connections} connections")
