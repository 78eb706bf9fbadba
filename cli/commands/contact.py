"""``leadwright contact``: may a person be contacted, and the wishes not to be."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.markup import escape
from rich.table import Table

from cli.session import agency_actor, execute, out, session
from domain.contact.channels import Channel
from kernel.settings import Settings
from services.contact.schemas import RevocationIn, RevocationView, VerdictView
from services.contact.tables import rules as every_rule

contact = typer.Typer(no_args_is_help=True, help="May this person be contacted? And who does not wish it.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
At = Annotated[str | None, typer.Option(metavar="ISO", help="An instant with its offset; else now.")]
By = Annotated[Channel, typer.Option(help="How the person is, or was, reached.")]


@contact.command("check")
def check(
    lead: Annotated[UUID, typer.Argument(metavar="LEAD")],
    channel: By = Channel.CALL,
    at: At = None,
    producer: Annotated[UUID | None, typer.Option(help="The producer who wants to; else the agency.")] = None,
    *,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Ask, and keep the answer. Exits 0 for yes, 1 for no."""
    found = execute(lambda settings: _check(settings, lead, channel, _instant(at), producer, agency))
    if as_json:
        _write([found])
    else:
        out.print(escape(verdict_text(found)))
    raise typer.Exit(0 if found.allowed else 1)


@contact.command("revoke")
def revoke(
    channel: By = Channel.CALL,
    lead: Annotated[UUID | None, typer.Option(help="The lead whose person said it.")] = None,
    phone: Annotated[str | None, typer.Option(help="Or the person's number.")] = None,
    email: Annotated[str | None, typer.Option(help="Or the person's address.")] = None,
    words: Annotated[str | None, typer.Option(help="What was said; it tells how far the wish goes.")] = None,
    scope: Annotated[
        list[Channel] | None, typer.Option(help="How far it goes, where you know better; repeat it.")
    ] = None,
    at: At = None,
    key: Annotated[str | None, typer.Option(help="Any word of yours: the same again records nothing.")] = None,
    *,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Record a wish not to be contacted. It binds at once."""
    if lead is None and phone is None and email is None:
        raise typer.BadParameter("say whose wish it is: --lead, --phone or --email")
    body = RevocationIn(
        lead_id=lead, phone=phone, email=email, channel=channel, words=words, scope=scope or None, at=_instant(at)
    )
    found = execute(lambda settings: _revoke(settings, body, key, agency))
    if as_json:
        _write([found])
    else:
        closed = ", ".join(found.channels)
        out.print(f"recorded: no more {closed}; by law until {found.deadline or 'unknown'}, here from now on")


@contact.command("rules")
def rules(*, as_json: AsJson = False) -> None:
    """Show every row that verdicts read, with its citation; needs no store."""
    rows = every_rule()
    if as_json:
        _write(rows)
        return
    table = Table("table", "key", "holds", "from", "source", "citation")
    for row in rows:
        cells = (row.table, row.key, row.holds, str(row.effective), row.source, row.citation)
        table.add_row(*map(escape, cells))
    out.print(table)


def verdict_text(found: VerdictView) -> str:
    """The answer for reading."""
    said = "yes" if found.allowed else "no"
    again = f"; the next time is {found.next_at:%Y-%m-%d %H:%M} UTC" if found.next_at and not found.allowed else ""
    lines = [f"{said}: {found.channel.value} at {found.at.isoformat()}{again}"]
    for one in found.findings:
        cited = f" [{'; '.join(one.citations)}]" if one.citations else ""
        lines.append(f"  {one.weight.value:8} {one.rule}: {one.words}{cited}")
    return "\n".join(lines)


async def _check(
    settings: Settings, lead: UUID, channel: Channel, at: datetime | None, producer: UUID | None, agency: str | None
) -> VerdictView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.contact.verdicts.ask(actor, lead, producer, channel, at)


async def _revoke(settings: Settings, body: RevocationIn, key: str | None, agency: str | None) -> RevocationView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.contact.revocations.record(actor, **dict(body), key=key)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant with an offset; write 2026-11-24T12:00:00-06:00")
    return at


def _write(rows: Iterable[BaseModel]) -> None:
    for row in rows:
        sys.stdout.write(row.model_dump_json() + "\n")
