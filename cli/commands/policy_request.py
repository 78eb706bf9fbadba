"""``leadwright policy request|requests|approve|refuse``: requests about policies in plain words, and a person's word on them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from cli.commands.policy import Agency, Json, Which, act, policy, policy_id_of
from cli.session import out
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from domain.policies.asking.deciding import Ends
from domain.policies.asking.telling import money_told
from kernel.errors import Conflict, NotFound
from services.container import Services
from services.policies.request_views import RequestIn, RequestPage, RequestView, WordIn

if TYPE_CHECKING:
    from graphs.policy import PolicyRequests

_SHORTEST_DIGEST = 12
As = Annotated[
    str | None, typer.Option("--as", metavar="PRODUCER", help="As this producer (external id); else as a manager.")
]
Request = Annotated[UUID, typer.Argument(metavar="REQUEST", help="The request's id.")]
Digest = Annotated[
    str, typer.Argument(metavar="DIGEST", help=f"What was shown; its first {_SHORTEST_DIGEST} characters are enough.")
]


@policy.command("request")
def request(
    which: Which,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is wished for, in plain words.")],
    *,
    follows: Annotated[UUID | None, typer.Option(help="The request whose question these words answer.")] = None,
    document: Annotated[
        list[UUID] | None,
        typer.Option(help="A document of the policy that states what the words leave open; repeat it for more."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="The same key with the same words finds the first request.")] = None,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Ask something of a policy. What would change it is priced and waits for `leadwright policy approve`."""

    async def work(services: Services, actor: Actor) -> RequestView:
        who = await _who(services, actor, producer)
        body = RequestIn(words=words, follows=follows, documents=document or [])
        return await _requests(services).ask(who, await policy_id_of(services, who, which), body, key)

    _show(act(agency, work), as_json=as_json)


@policy.command("requests")
def requests(
    which: Which,
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, newest first.")] = 50,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Show a policy's requests, newest first."""

    async def work(services: Services, actor: Actor) -> RequestPage:
        who = await _who(services, actor, producer)
        return await services.policies.asking.page(who, await policy_id_of(services, who, which), None, limit)

    found = act(agency, work)
    if as_json:
        for one in found.items:
            _show(one, as_json=True)
        return
    table = Table("request", "state", "asks", "words")
    for one in found.items:
        table.add_row(str(one.id), one.state.value, ", ".join(one.asks), escape(one.words or ""))
    out.print(table)


@policy.command("approve")
def approve(
    which: Which,
    request_id: Request,
    digest: Digest,
    *,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Approve what was proposed: exactly that is done, once."""
    _decide(which, request_id, digest, producer, agency, yes=True, as_json=as_json)


@policy.command("refuse")
def refuse(
    which: Which,
    request_id: Request,
    digest: Digest,
    *,
    producer: As = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Decline what was proposed; nothing is changed."""
    _decide(which, request_id, digest, producer, agency, yes=False, as_json=as_json)


def _decide(
    which: str, request_id: UUID, digest: str, producer: str | None, agency: str | None, *, yes: bool, as_json: bool
) -> None:
    async def work(services: Services, actor: Actor) -> RequestView:
        who = await _who(services, actor, producer)
        policy_id = await policy_id_of(services, who, which)
        shown = (await services.policies.asking.one(who, request_id, policy_id)).digest or ""
        if len(digest) < _SHORTEST_DIGEST or not shown.startswith(digest):
            raise Conflict("this is not what was proposed; look at the request again", code="proposal_changed")
        return await _requests(services).decide(who, policy_id, request_id, WordIn(digest=shown), approve=yes)

    _show(act(agency, work), as_json=as_json)


def _requests(services: Services) -> PolicyRequests:
    # seconds of libraries that looking at policies does not need
    from agents.registry import policy_clerk  # noqa: PLC0415
    from graphs.policy import PolicyRequests  # noqa: PLC0415

    return PolicyRequests(services, policy_clerk(services))


async def _who(services: Services, actor: Actor, producer: str | None) -> Actor:
    if producer is None:
        return replace(actor, kind=ActorKind.PERSON, subject="cli:manager", scopes=SCOPES[Role.MANAGER])
    async with services.database.begin(actor) as uow:
        found = (await uow.agencies.ids_by_external()).get(producer)
    if found is None:
        raise NotFound(f"there is no producer {producer!r} in this agency")
    return Actor(actor.agency_id, ActorKind.PRODUCER, f"producer:{found}", SCOPES[Role.PRODUCER], found)


def _show(one: RequestView, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(one.model_dump(mode="json")) + "\n")
        return
    out.print(f"request {one.id} is {one.state.value}", markup=False)
    if one.answer:
        out.print(one.answer, markup=False)
    if one.state is Ends.WAITING and one.proposal is not None and one.digest is not None:
        out.print(one.proposal.summary, markup=False)
        out.print(money_told(one.proposal.money.model_dump()), markup=False)
        who = "who answers for the agency" if one.proposal.approval == "agency" else "a producer of the policy"
        out.print(f"waits for the word of {who} until {one.expires_at:%Y-%m-%d %H:%M}Z", markup=False)
        word = "refuse" if one.proposal.money.unrated else "approve"
        out.print(f"leadwright policy {word} {one.policy_id} {one.id} {one.digest[:_SHORTEST_DIGEST]}", markup=False)
