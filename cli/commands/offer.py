"""``leadwright offer``: offers of leads, as a manager or as a producer."""

from __future__ import annotations

import json
import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Column, Table

from cli.session import agency_actor, execute, out, producer_actor, session
from domain.actor import Actor
from domain.routing.offers import DeclineReason, OfferState
from kernel.settings import Settings
from services.container import Services
from services.routing.offer_schemas import OfferPage, OfferView

offer = typer.Typer(no_args_is_help=True, help="Offers of leads to producers.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="PRODUCER", help="As this producer (external id); else as a manager.")
]
Id = Annotated[UUID, typer.Argument(help="The offer's id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]


@offer.command("list")
def list_offers(
    *,
    state: Annotated[list[OfferState] | None, typer.Option(help="Only in this state; repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, newest first.")] = 50,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Show offers, newest first."""

    async def work(settings: Settings) -> OfferPage:
        async with session(settings) as services:
            return await services.offers.page(await _actor(services, agency, producer), state or [], None, None, limit)

    found = execute(work)
    if as_json:
        for one in found.items:
            sys.stdout.write(json.dumps(one.model_dump(mode="json")) + "\n")
    elif found.items:
        out.print(_table(found))
    else:
        out.print("no offers; an agency whose terms ask for acceptance has some (docs/howto/offers.md)")


@offer.command("accept")
def accept(offer_id: Id, *, producer: As = None, as_json: Json = False, agency: Agency = None) -> None:
    """Take the lead, as the producer or on their behalf."""

    async def work(settings: Settings) -> OfferView:
        async with session(settings) as services:
            actor = await _actor(services, agency, producer)
            return await services.offers.answering.accept(actor, offer_id, expected=None)

    _show(execute(work), as_json=as_json)


@offer.command("decline")
def decline(
    offer_id: Id,
    *,
    reason: Annotated[DeclineReason, typer.Option(help="Why.")],
    words: Annotated[str | None, typer.Option(help="More about it; needed for 'other'.")] = None,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Turn the lead down; the next best is asked, or a person."""

    async def work(settings: Settings) -> OfferView:
        async with session(settings) as services:
            actor = await _actor(services, agency, producer)
            return await services.offers.answering.decline(actor, offer_id, reason.value, words, expected=None)

    _show(execute(work), as_json=as_json)


async def _actor(services: Services, agency: str | None, producer: str | None) -> Actor:
    return await producer_actor(services, await agency_actor(services, "cli", agency), producer)


def _show(one: OfferView, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(one.model_dump(mode="json")) + "\n")
    else:
        out.print(f"offer {one.id} is {one.state.value}; lead {one.lead.id} is {one.lead.status}", markup=False)


def _table(found: OfferPage) -> Table:
    table = Table(Column("offer", no_wrap=True, min_width=36), "state", "producer", "line", "tier", "due")
    for one in found.items:
        due = "" if one.due_at is None else f"{one.due_at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(
            str(one.id), one.state.value, str(one.producer_id), escape(one.lead.line or ""), one.lead.tier or "", due
        )
    return table
