"""``leadwright webhooks``: subscriptions to events, and events delivered again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from cli.session import agency_actor, execute, out, session
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from services.webhooks.schemas import Replayed, ReplayIn, SubscriptionList

webhooks = typer.Typer(no_args_is_help=True, help="Subscriptions to events, and events delivered again.")

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]


@webhooks.command("list")
def list_webhooks(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False, agency: Agency = None
) -> None:
    """Show who is subscribed, what waits for them and how it stands."""
    found = execute(lambda settings: _list(settings, agency))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    elif found.items:
        out.print(_table(found))
    else:
        out.print("no subscriptions; POST /api/v1/subscriptions makes one (docs/howto/webhooks.md)")


@webhooks.command("replay")
def replay_webhooks(
    subscription: Annotated[UUID, typer.Argument(help="The subscription's id.")],
    *,
    event: Annotated[UUID | None, typer.Option(help="One event.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Events from this UTC instant on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Events before this UTC instant.")] = None,
    agency: Agency = None,
) -> None:
    """Deliver events again, behind what waits: same event ids, new delivery ids."""
    done = execute(lambda settings: _replay(settings, subscription, event, since, until, agency))
    more = "; there are more, repeat with a later --since" if done.more else ""
    out.print(f"{done.added} deliveries added{more}")


async def _list(settings: Settings, agency: str | None) -> SubscriptionList:
    async with session(settings) as services:
        return await services.webhooks.subscriptions.all(await agency_actor(services, "cli", agency))


async def _replay(
    settings: Settings, subscription: UUID, event: UUID | None, since: datetime | None, until: datetime | None,
    agency: str | None,
) -> Replayed:  # fmt: skip
    try:
        wanted = ReplayIn(event_id=event, since=_utc(since), until=_utc(until))
    except ValidationError:
        fault = FieldError("event", "one_way", "does not say which events", "give --event, or --since and --until")
        raise Invalid("nothing to replay was named", fields=(fault,)) from None
    async with session(settings) as services:
        return await services.webhooks.subscriptions.replay(
            await agency_actor(services, "cli", agency), subscription, wanted
        )


def _utc(moment: datetime | None) -> datetime | None:
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _table(found: SubscriptionList) -> Table:
    table = Table(header_style="bold")
    for name in ("id", "url", "kinds", "waiting", "failures", "circuit", "paused"):
        table.add_column(name, overflow="fold", no_wrap=name == "id")
    for one in found.items:
        table.add_row(
            str(one.id), escape(one.url), ", ".join(one.kinds) or "all", str(one.waiting), str(one.failures),
            one.circuit, one.paused or "",
        )  # fmt: skip
    return table
