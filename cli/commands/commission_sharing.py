"""``leadwright commission share-revenue``: the house's income of a month, shared with the network."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.session import execute, in_agency, out
from domain.actor import Actor
from kernel.money import Money
from services.commissions.sharing_schemas import (
    RevenueTermsIn,
    RevenueTermsList,
    SharedMonths,
    SharedMonthView,
    ShareRevenueIn,
)
from services.container import Services

Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def _month(said: str) -> str:
    try:
        return datetime.strptime(said, "%Y-%m").strftime("%Y-%m")  # noqa: DTZ007 - a month has no zone
    except ValueError as problem:
        raise typer.BadParameter(f"{said!r} is no month; give one as 2026-10") from problem


def share_revenue(
    *,
    month: Annotated[
        str,
        typer.Option(help="A month that is over, as in 2026-10.", metavar="YYYY-MM", parser=_month),
    ],
    dry_run: Annotated[bool, typer.Option(help="Say what would be shared, and post nothing.")] = False,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Share the house's income of a month with those whose network tier brings it; the same month posts once."""
    given = ShareRevenueIn(month=month, dry_run=dry_run)

    async def share(services: Services, actor: Actor) -> SharedMonths:
        return await services.commissions.sharing.share(actor, given)

    found = execute(in_agency("commission", agency, share))
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    for one in found.items:
        show_shared(one)
    if not found.items:
        out.print("nothing is shared: the terms of the month share nothing, or the house earned nothing")


def terms(
    *,
    basis_points: Annotated[
        int | None, typer.Option(min=0, max=10_000, help="250 is 2.5 percent; 0 shares nothing.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The day from which they are in force.")
    ] = None,
    why: Annotated[str, typer.Option(help="Why they are changed.")] = "set by a person",
    agency: Agency = None,
) -> None:
    """Show which share of its income the agency shares, or put other terms in force."""
    if (basis_points is None) != (since is None):
        raise typer.BadParameter("give --basis-points and --from, or neither")

    async def work(services: Services, actor: Actor) -> RevenueTermsList:
        sharing = services.commissions.sharing
        if basis_points is not None and since is not None:
            await sharing.put(actor, RevenueTermsIn(effective_on=since.date(), basis_points=basis_points, why=why))
        return await sharing.versions(actor)

    found = execute(in_agency("commission", agency, work))
    sys.stdout.writelines(one.model_dump_json() + "\n" for one in found.items)


def show_shared(found: SharedMonthView) -> None:
    """The month in words, and who has what of which business."""
    out.print(f"{found.month}, {found.currency}" + (f": {found.id}" if found.id else ": not posted"))
    for sentence in found.sentences:
        out.print(escape(sentence))
    table = Table(header_style="bold")
    for name in ("payee", "line", "state", "amount", "why"):
        table.add_column(name, overflow="fold")
    for one in found.lines:
        amount = f"{Money(one.minor, found.currency).amount:,}"
        table.add_row(str(one.payee_id), one.line, one.state, amount, one.code)
    out.print(table)
    if found.replayed:
        out.print("it was shared before; nothing was posted")
    out.print("the ledger agrees" if found.agrees else "[red]the ledger holds something else[/]")
