"""``leadwright policy``: insurance policies, read; what changes them is asked for in words (policy_request.py)."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from cli.session import execute, in_agency, out
from domain.actor import Actor
from domain.policies.calendar import FIRST_MINUTE, zone_of
from domain.policies.words import PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.money import Money
from services.container import Services
from services.policies.views import AsOfView, CancelQuote, PolicyDetail, PolicyPage
from services.retention import RiskList
from store.sql.repositories.policies import PolicyFilter

policy = typer.Typer(
    no_args_is_help=True,
    help="Insurance policies: look at them, as of any day; quote a cancellation; ask for a change in plain words.",
)

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
Which = Annotated[str, typer.Argument(metavar="POLICY", help="Its number, however it is spelled, or its id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
T = TypeVar("T")


@policy.command("list")
def list_policies(
    *,
    status: Annotated[list[PolicyStatus] | None, typer.Option(help="Only in this status; repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
    agency: Agency = None,
) -> None:
    """Show policies, newest first."""
    wanted = PolicyFilter(status=[one.value for one in status or []])

    async def work(services: Services, actor: Actor) -> PolicyPage:
        return await services.policies.reading.page(actor, wanted, None, limit)

    found = act(agency, work)
    if as_json:
        for one in found.items:
            _print(one)
    elif found.items:
        table = Table("number", "status", "carrier", "type", "state", "term", "written")
        for one in found.items:
            term = f"{one.starts_on} to {one.ends_on}"
            written = _money(one.written_minor, one.currency)
            table.add_row(
                escape(one.number or str(one.id)), one.status, escape(one.carrier), one.type, one.state, term, written
            )
        out.print(table)
    else:
        out.print("no policies; one is made of a converted lead (docs/howto/policies.md)")


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
