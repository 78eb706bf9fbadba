"""``leadwright support``: requests for help, as somebody of the agency or as a producer."""

from __future__ import annotations

import json
import sys
from typing import Annotated
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Column, Table

from cli.session import checked, execute, in_agency, out, producer_actor
from domain.actor import Actor
from domain.network.support import SupportState
from services.container import Services
from services.network.support_schemas import AnswerIn, NextSupport, SupportIn, SupportPage, SupportView

support = typer.Typer(no_args_is_help=True, help="Requests of producers for help, and the queue of the agency.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="PRODUCER", help="As this producer (external id); else as a manager.")
]
Id = Annotated[UUID, typer.Argument(help="The request's id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]


@support.command("list")
def list_requests(
    *,
    state: Annotated[list[SupportState] | None, typer.Option(help="Only in this state; repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Show requests that are not over, in the order in which they are worked: dedicated support first, then the oldest."""

    async def work(services: Services, actor: Actor) -> SupportPage:
        who = await producer_actor(services, actor, producer)
        return await services.brokers.supporting.page(who, state or [], None, None, limit)

    found = execute(in_agency("support", agency, work))
    if as_json:
        for one in found.items:
            _print(one)
    elif found.items:
        out.print(_table(found))
    else:
        out.print("nobody waits")


@support.command("ask")
def ask(
    subject: Annotated[str, typer.Argument(help="What it is about, in a few words.")],
    words: Annotated[str, typer.Argument(help="The question.")],
    *,
    producer: Annotated[str, typer.Option("--as", metavar="PRODUCER", help="Who asks (external id).")],
    lead: Annotated[UUID | None, typer.Option(help="The lead that it is about.")] = None,
    policy: Annotated[UUID | None, typer.Option(help="The policy that it is about.")] = None,
    commission: Annotated[UUID | None, typer.Option(help="The commission that it is about.")] = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Ask for help; who holds dedicated support in the network comes first."""
    given = {"subject": subject, "words": words, "lead_id": lead, "policy_id": policy, "accrual_id": commission}

    async def work(services: Services, actor: Actor) -> SupportView:
        who = await producer_actor(services, actor, producer)
        return await services.brokers.supporting.ask(who, checked(SupportIn, **given))

    _show(execute(in_agency("support", agency, work)), as_json=as_json)


@support.command("next")
def take_next(*, as_json: Json = False, agency: Agency = None) -> None:
    """Take the request whose turn it is; nobody else gets it. Exits 0 where nobody waits, and says so."""

    async def work(services: Services, actor: Actor) -> NextSupport:
        return await services.brokers.supporting.take_next(actor)

    taken = execute(in_agency("support", agency, work)).request
    if taken is not None:
        _show(taken, as_json=as_json)
    elif not as_json:
        out.print("nobody waits")


@support.command("answer")
def answer(
    request_id: Id,
    words: Annotated[str, typer.Argument(help="The answer.")],
    *,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Answer a request that was taken."""

    async def work(services: Services, actor: Actor) -> SupportView:
        given = checked(AnswerIn, answer=words)
        return await services.brokers.supporting.answer(actor, request_id, given.answer, expected=None)

    _show(execute(in_agency("support", agency, work)), as_json=as_json)


@support.command("close")
def close(request_id: Id, *, producer: As = None, as_json: Json = False, agency: Agency = None) -> None:
    """Close a request that was answered."""

    async def work(services: Services, actor: Actor) -> SupportView:
        who = await producer_actor(services, actor, producer)
        return await services.brokers.supporting.close(who, request_id, expected=None)

    _show(execute(in_agency("support", agency, work)), as_json=as_json)


@support.command("withdraw")
def withdraw(request_id: Id, *, producer: As = None, as_json: Json = False, agency: Agency = None) -> None:
    """Take a request back before it is answered."""

    async def work(services: Services, actor: Actor) -> SupportView:
        who = await producer_actor(services, actor, producer)
        return await services.brokers.supporting.withdraw(who, request_id, expected=None)

    _show(execute(in_agency("support", agency, work)), as_json=as_json)


def _show(one: SupportView, *, as_json: bool) -> None:
    if as_json:
        _print(one)
        return
    first = ", dedicated support" if one.dedicated else ""
    out.print(f"request {one.id} is {one.state.value} ({one.tier.value}{first})", markup=False)
    out.print(f"{one.subject}: {one.words}", markup=False)
    if one.answer is not None:
        out.print(f"answer: {one.answer}", markup=False)


def _print(one: BaseModel) -> None:
    sys.stdout.write(json.dumps(one.model_dump(mode="json")) + "\n")


def _table(found: SupportPage) -> Table:
    table = Table(Column("request", no_wrap=True, min_width=36), "state", "tier", "asked", "subject")
    for one in found.items:
        asked = f"{one.created_at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(str(one.id), one.state.value, one.tier.value, asked, escape(one.subject))
    return table
