"""``leadwright explain LEAD``: why a lead was read, scored and given as it was."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from cli.session import agency_actor, execute, out, session
from kernel.settings import Settings


def explain(
    lead_id: Annotated[UUID, typer.Argument(help="The lead's id, as process and the API give it.")],
    *,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Say in plain words why a lead was read, scored and given as it was."""
    execute(lambda settings: _explain(settings, lead_id, agency))


async def _explain(settings: Settings, lead_id: UUID, agency: str | None) -> None:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        out.print((await services.explanations.of(actor, lead_id)).text, markup=False)
