"""``leadwright message``: the ledger of messages, words filled with sample data, and a vendor tried out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.session import agency_actor, execute, out, session
from domain.messages.kinds import Channel
from domain.messages.life import State
from kernel.settings import Settings
from services.messages.schemas import MessagePage, MessageView, Preview, PreviewIn

message = typer.Typer(no_args_is_help=True, help="Messages to people: what was sent, and in which words.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@message.command("list")
def list_messages(
    *,
    state: Annotated[list[State] | None, typer.Option(help="Only these states; failed are dead letters.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show the newest messages, without words and addresses."""
    found = execute(lambda settings: _list(settings, [one.value for one in state or []], limit, agency))
    if as_json:
        sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)
    elif found.items:
        out.print(_table(found))
    else:
        out.print("no messages")


@message.command("preview")
def preview(
    template: Annotated[str, typer.Argument(help="The kind: lead_assigned, opt_in, ...")],
    *,
    language: Annotated[str, typer.Option(help="Two letters.")] = "en",
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show the words in force, filled with sample data."""
    shown = execute(lambda settings: _preview(settings, template, language, agency))
    if as_json:
        sys.stdout.write(shown.model_dump_json() + "\n")
        return
    out.print(f"[bold]{escape(shown.subject)}[/bold] ({shown.language})\n\n{escape(shown.text)}")
    out.print(f"SMS and push ({shown.sms_segments} x {shown.sms_encoding}): {escape(shown.short)}")


@message.command("send-test")
def send_test(
    address: Annotated[str, typer.Argument(help="Your own e-mail address, or number in E.164.")],
    *,
    channel: Annotated[Channel, typer.Option(help="email or sms.")] = Channel.EMAIL,
    language: Annotated[str, typer.Option(help="Two letters.")] = "en",
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Send sample words to yourself, and say what became of them."""
    sent = execute(lambda settings: _try(settings, address, channel, language, agency))
    if as_json:
        sys.stdout.write(sent.model_dump_json() + "\n")
    else:
        out.print(f"{sent.state.value} by {sent.provider or 'nobody yet'}" + (f": {sent.code}" if sent.code else ""))
    if sent.state not in {State.SENT, State.DELIVERED}:
        raise typer.Exit(1)


async def _list(settings: Settings, states: list[str], limit: int, agency: str | None) -> MessagePage:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.messages.ledger.page(actor, states=states, limit=limit)


async def _preview(settings: Settings, template: str, language: str, agency: str | None) -> Preview:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        return await services.messages.templates.preview(actor, template, language, PreviewIn())


async def _try(settings: Settings, address: str, channel: Channel, language: str, agency: str | None) -> MessageView:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        message_id = await services.messages.ledger.try_out(actor, address, channel, language)
        while (found := await services.messages.ledger.one(actor, message_id)).attempts == 0:
            if not await services.messages.work():
                break
        return found


def _table(found: MessagePage) -> Table:
    table = Table(header_style="bold")
    for name in ("created", "template", "channel", "state", "code", "attempts", "vendor"):
        table.add_column(name, overflow="fold")
    for one in found.items:
        table.add_row(
            f"{one.created_at:%Y-%m-%d %H:%M}", one.template, one.channel.value, one.state.value, escape(one.code or ""),
            str(one.attempts), one.provider or "",
        )  # fmt: skip
    return table
