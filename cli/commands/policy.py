"""``leadwright policy``: insurance policies, read; their documents. Requests in words are in policy_request.py."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from cli.commands.policy_list import list_policies
from cli.commands.policy_premium import premium
from cli.commands.policy_report import report
from cli.session import execute, in_agency, out
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from domain.policies.calendar import FIRST_MINUTE, zone_of
from domain.policies.letters.letter import LetterKind
from domain.policies.papers import PaperType
from domain.policies.words import Reason
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.money import Money
from services.container import Services
from services.policies.schemas import WhyIn
from services.policies.views import AsOfView, CancelQuote, PolicyDetail
from services.policy_papers import PaperDetail, PaperIn, PaperList
from services.retention import RiskList

policy = typer.Typer(
    no_args_is_help=True,
    help="Insurance policies as of any day; reports, exports, documents, letters; requests in plain words.",
)

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
Which = Annotated[str, typer.Argument(metavar="POLICY", help="Its number, however it is spelled, or its id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
T = TypeVar("T")


policy.command("list")(list_policies)
policy.command("report")(report)
policy.command("premium")(premium)


@policy.command("show")
def show(which: Which, *, as_json: Json = False, agency: Agency = None) -> None:
    """Everything about a policy's latest term."""

    async def work(services: Services, actor: Actor) -> PolicyDetail:
        return await services.policies.reading.one(actor, await policy_id_of(services, actor, which))

    found = act(agency, work)
    if as_json:
        _print(found)
        return
    money, currency = found.money, found.currency
    out.print(f"{found.number or found.id} {found.status} {found.type} {found.state}, {found.carrier}", markup=False)
    out.print(
        f"term {found.term_number}: {found.starts_at:%Y-%m-%d %H:%M}Z to {found.ends_at:%Y-%m-%d %H:%M}Z", markup=False
    )
    for stretch in found.cover:
        out.print(f"covered {stretch.opens_at:%Y-%m-%d %H:%M}Z to {stretch.closes_at:%Y-%m-%d %H:%M}Z", markup=False)
    out.print(
        f"written {_money(money.written_minor, currency)}, earned {_money(money.earned_minor, currency)}, "
        f"unearned {_money(money.unearned_minor, currency)}; paid {_money(found.paid_minor, currency)}"
        f"{', overdue' if found.account.overdue else ''}",
        markup=False,
    )
    for notice in found.notices:
        taken_back = f" (withdrawn: {notice.withdrawn_why})" if notice.withdrawn_at else ""
        out.print(
            f"notice of {notice.action} for {notice.reason} on {notice.effective_on}{taken_back}: {notice.citation}",
            markup=False,
        )
    out.print(f"may happen: {', '.join(found.possible) or 'nothing'}", markup=False)


@policy.command("at-risk")
def at_risk(
    *,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the most at stake first.")] = 50,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Show policies that may be lost, and why, by the commission at stake."""

    async def work(services: Services, actor: Actor) -> RiskList:
        return await services.retention.at_risk(actor, limit)

    found = act(agency, work)
    if as_json:
        for one in found.items:
            _print(one)
        return
    table = Table("number", "insured", "ends", "risk", "at stake", "why")
    for one in found.items:
        stake = _money(one.at_stake_minor, one.currency) if one.at_stake_minor is not None else ""
        why = "; ".join(reason.words for reason in one.reasons)
        table.add_row(
            escape(one.number or ""), escape(one.insured or ""), str(one.ends_on), one.risk, stake, escape(why)
        )
    out.print(table)
    out.print(f"{found.watched} policies have a sign{'' if found.complete else ', and more were not looked at'}")


@policy.command("quote-cancel")
def quote_cancel(
    which: Which,
    *,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="From this day; else today.")
    ] = None,
    reason: Annotated[Reason, typer.Option(help="The insured's request, or an insurer's reason.")] = Reason.REQUEST,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """What a cancellation would return, with the method in words; nothing changes."""

    async def work(services: Services, actor: Actor) -> tuple[CancelQuote, str]:
        policy_id = await policy_id_of(services, actor, which)
        found = await services.policies.reading.one(actor, policy_id)
        day: date = on.date() if on else now().astimezone(zone_of(found.contract["zone"])).date()
        return await services.policies.reading.quote_cancel(actor, policy_id, day, reason), found.currency

    quote, currency = act(agency, work)
    if as_json:
        _print(quote)
        return
    out.print(quote.words, markup=False)
    out.print(quote.why_method, markup=False)
    out.print(
        f"premium {_money(quote.premium_return_minor, currency)}, taxes {_money(quote.tax_return_minor, currency)}, "
        f"fees {_money(quote.fee_return_minor, currency)} go back from {quote.effective_on}; by what is paid the insured "
        f"gets {_money(quote.refund_minor, currency)}",
        markup=False,
    )


@policy.command("as-of")
def as_of(
    which: Which,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="The policy day.")],
    *,
    known: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As it was known at the end of this day (UTC).")
    ] = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """The term on a day, as it is known now or was known then."""

    async def work(services: Services, actor: Actor) -> tuple[AsOfView, str]:
        policy_id = await policy_id_of(services, actor, which)
        found = await services.policies.reading.one(actor, policy_id)
        at = datetime.combine(day.date(), FIRST_MINUTE, tzinfo=zone_of(found.contract["zone"])).astimezone(UTC)
        known_at = known.replace(hour=23, minute=59, second=59, tzinfo=UTC) if known else None
        return await services.policies.reading.as_of(actor, policy_id, at, known_at), found.currency

    found, currency = act(agency, work)
    if as_json:
        _print(found)
        return
    money = found.money
    covered = "covered" if found.covered else "not covered"
    out.print(f"{covered} at {found.at:%Y-%m-%d %H:%M}Z as known at {found.known_at:%Y-%m-%d %H:%M}Z", markup=False)
    out.print(
        f"status {found.status or 'not known yet'}; written {_money(money.written_minor, currency)}, "
        f"earned {_money(money.earned_minor, currency)}, unearned {_money(money.unearned_minor, currency)}",
        markup=False,
    )
    stands = found.account
    out.print(
        f"billed {_money(stands.billed_minor, currency)}, due {_money(stands.due_minor, currency)}, "
        f"paid {_money(stands.paid_minor, currency)}, credit {_money(stands.credit_minor, currency)}"
        f"{'; overdue' if stands.overdue else ''}",
        markup=False,
    )
    for one in found.schedule:
        out.print(f"instalment {one.number}: {_money(one.amount_minor, currency)} by {one.due_on}", markup=False)


@policy.command("documents")
def list_documents(which: Which, *, as_json: Json = False, agency: Agency = None) -> None:
    """Show the documents of a policy, oldest first, every version."""

    async def work(services: Services, actor: Actor) -> PaperList:
        return await services.policy_papers.of(actor, await policy_id_of(services, actor, which))

    found = act(agency, work)
    if as_json:
        for one in found.items:
            _print(one)
    elif found.items:
        table = Table("id", "type", "name", "read", "verdict", "good until", "replaced")
        for one in found.items:
            until, replaced = str(one.expires_on or ""), "yes" if one.replaced_by_id else ""
            table.add_row(str(one.id), one.type, escape(one.name), one.status, one.verdict, until, replaced)
        out.print(table)
    else:
        out.print("no documents; `leadwright policy attach` takes one")


@policy.command("attach")
def attach(
    which: Which,
    file: Annotated[Path, typer.Argument(help="PDF, picture, e-mail, text, CSV or XLSX.", exists=True, dir_okay=False)],
    *,
    kind: Annotated[PaperType, typer.Option("--type", help="What it is to the policy.")] = PaperType.OTHER,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day on which it is good.")
    ] = None,
    replaces: Annotated[UUID | None, typer.Option(help="Id of the document of which it is the new version.")] = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Keep a file as a document of a policy, and read it; the same file again is the same document."""
    paper = PaperIn(type=kind, expires_on=until.date() if until else None, replaces=replaces)

    async def work(services: Services, actor: Actor) -> PaperDetail:
        data = await asyncio.to_thread(file.read_bytes)
        found, _ = await services.policy_papers.attach(
            actor, await policy_id_of(services, actor, which), file.name, data, paper
        )
        return found

    found = act(agency, work)
    if as_json:
        _print(found)
        return
    out.print(f"{found.id} {found.type}, {found.status}; it states {len(found.fields)} values", markup=False)


@policy.command("verify")
def verify(
    which: Which,
    document: Annotated[UUID, typer.Argument(metavar="DOCUMENT", help="Id of the document.")],
    *,
    reject: Annotated[str | None, typer.Option(metavar="WHY", help="It is not what it seems, and why.")] = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Say, as a person who looked at it, that a document is what it seems, or that it is not."""

    async def work(services: Services, actor: Actor) -> PaperDetail:
        policy_id = await policy_id_of(services, actor, which)
        person = replace(actor, kind=ActorKind.PERSON, subject="cli:manager", scopes=SCOPES[Role.MANAGER])
        if reject is None:
            return await services.policy_papers.verify(person, policy_id, document)
        return await services.policy_papers.reject(person, policy_id, document, WhyIn(why=reject).why)

    found = act(agency, work)
    if as_json:
        _print(found)
        return
    why = f": {found.decided_why}" if found.decided_why else ""
    out.print(f"{found.id} {found.type} {found.verdict}{why}", markup=False)


@policy.command("letter")
def letter(
    which: Which,
    kind: Annotated[LetterKind, typer.Argument(help="What to write to the insured.")],
    *,
    event: Annotated[
        UUID | None, typer.Option(help="Id of the event that it is about; else the last there is.")
    ] = None,
    notice: Annotated[UUID | None, typer.Option(help="Id of the notice that it is about.")] = None,
    payment: Annotated[UUID | None, typer.Option(help="Id of the payment that it is about.")] = None,
    target: Annotated[Path | None, typer.Option("--out", help="Write the PDF to this file.", dir_okay=False)] = None,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Write a letter to the insured and keep it as a document of the policy; for the same event it is written once."""

    async def work(services: Services, actor: Actor) -> tuple[PaperDetail, bytes]:
        policy_id = await policy_id_of(services, actor, which)
        made = await services.policies.letters.write(
            actor, policy_id, kind, event_id=event, notice_id=notice, payment_id=payment
        )
        _, data = await services.policy_papers.content(actor, policy_id, made)
        return await services.policy_papers.one(actor, policy_id, made), data

    found, data = act(agency, work)
    if target is not None:
        target.write_bytes(data)
    if as_json:
        _print(found)
        return
    where = f", written to {target}" if target is not None else ""
    out.print(f"{found.id} {found.type} of version {found.policy_version}, {found.size:,} bytes{where}", markup=False)


def act(agency: str | None, work: Callable[[Services, Actor], Awaitable[T]]) -> T:
    """Open the stores and do the work as the command line of the agency."""
    return execute(in_agency("cli", agency, work))


async def policy_id_of(services: Services, actor: Actor, which: str) -> UUID:
    """The policy's id, by its id or its number. Raises Invalid for neither."""
    try:
        return UUID(which)
    except ValueError:
        if not any(one.isalnum() for one in which):
            fault = FieldError("POLICY", "empty", "is no number and no id", "give the number on the policy", which[:80])
            raise Invalid("say which policy", fields=(fault,)) from None
        return (await services.policies.reading.find(actor, which)).id


def _print(one: BaseModel) -> None:
    sys.stdout.write(json.dumps(one.model_dump(mode="json")) + "\n")


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))
