"""``leadwright policy premium``: what a book has earned and what it holds unearned at a day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.policy_report import Format, show_sheets, write_report
from cli.policy_options import KnownAt, OnlyCarrier, OnlyLines, OnlyState
from cli.session import execute, in_agency, out
from domain.actor import Actor
from domain.policies.analytics import By
from kernel.clock import now
from services.container import Services
from services.policies.premium import PremiumView
from services.policies.premium_sheets import premium_csv, premium_pdf, premium_sheet
from store.sql.repositories.policy_search import PolicyFilter


def premium(
    *,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="At the first minute of this policy day; else today.")
    ] = None,
    by: Annotated[By | None, typer.Option(help="A row for each, months apart; else all together.")] = None,
    known: KnownAt = None,
    line: OnlyLines = None,
    state: OnlyState = None,
    carrier: OnlyCarrier = None,
    form: Annotated[Format, typer.Option("--format", help="A PDF goes to a file.")] = Format.TABLE,
    to_file: Annotated[Path | None, typer.Option("--out", help="To this file; else to stdout.")] = None,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Premium in force, written, earned and unearned of the whole book."""
    if form is Format.PDF and to_file is None:
        raise typer.BadParameter("a PDF is written to a file: give --out", param_hint="--format")
    if by is By.MONTH:
        raise typer.BadParameter("a day lies in one month; group by something else", param_hint="--by")
    day = on.date() if on else now().date()
    wanted = PolicyFilter(line=[one.value for one in line or []], state=state, carrier=carrier)

    async def work(services: Services, actor: Actor) -> PremiumView:
        return await services.policies.premiums.report(actor, wanted, day, by, known)

    found = execute(in_agency("cli", agency, work))
    if form is Format.TABLE:
        if found.total:
            show_sheets([premium_sheet(found)])
        else:
            out.print(f"no policy had begun by {day}")
    elif form is Format.JSON:
        write_report((found.model_dump_json() + "\n").encode(), to_file)
    else:
        write_report(premium_pdf(found) if form is Format.PDF else "".join(premium_csv(found)).encode(), to_file)
