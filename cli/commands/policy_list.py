"""``leadwright policy list``: the policies that match, shown, or written to a file."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.policy_options import OnlyCarrier, OnlyLines, OnlyState
from cli.session import execute, in_agency, out
from domain.actor import Actor
from domain.policies.names import sought
from domain.policies.words import PolicyStatus, Reason
from kernel.clock import now
from kernel.money import Money
from services.container import Services
from services.policies.exporting import ExportFormat
from services.policies.views import PolicyPage
from store.sql.repositories.policy_search import PolicyFilter

_From = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Terms that begin, or end, then or later.")]
_Before = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Terms that begin, or end, earlier.")]


def list_policies(
    *,
    status: Annotated[list[PolicyStatus] | None, typer.Option(help="Only in this status; repeatable.")] = None,
    line: OnlyLines = None,
    kind: Annotated[list[str] | None, typer.Option("--type", help="Only this type; repeatable.")] = None,
    state: OnlyState = None,
    carrier: OnlyCarrier = None,
    ends_from: _From = None,
    ends_before: _Before = None,
    starts_from: _From = None,
    starts_before: _Before = None,
    insured: Annotated[str | None, typer.Option(help="Beginnings of words of the insured's name.")] = None,
    overdue: Annotated[
        bool | None, typer.Option("--overdue/--paid-up", help="Whether something is past its day unpaid, now.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Of the lead.")] = None,
    auto_renew: Annotated[
        bool | None, typer.Option("--auto-renew/--by-hand", help="Whether it renews by itself.")
    ] = None,
    ended: Annotated[list[Reason] | None, typer.Option(help="Ended for this reason; repeatable.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many, newest first; not for a file.")] = 50,
    export: Annotated[Path | None, typer.Option(help="Write all of them to this file instead.")] = None,
    form: Annotated[ExportFormat | None, typer.Option("--format", help="Of the file; else by its name's end.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """Show policies, newest first, or write all that match to a CSV or PDF file."""
    wanted = PolicyFilter(
        status=[one.value for one in status or []], line=[one.value for one in line or []], type=kind or [], state=state,
        carrier=carrier, ends_from=_day(ends_from), ends_before=_day(ends_before),
        starts_from=_day(starts_from), starts_before=_day(starts_before),
        insured=_words_of(insured), overdue_at=now() if overdue else None, paid_up_at=now() if overdue is False else None,
        source=source, auto_renew=auto_renew, ended_reason=[one.value for one in ended or []],
    )  # fmt: skip
    if export is not None:
        _export(agency, wanted, export, form)
        return

    async def work(services: Services, actor: Actor) -> PolicyPage:
        return await services.policies.reading.page(actor, wanted, None, limit)

    found = execute(in_agency("cli", agency, work))
    if as_json:
        for one in found.items:
            sys.stdout.write(one.model_dump_json() + "\n")
    elif found.items:
        table = Table("number", "status", "carrier", "type", "state", "term", "written")
        for one in found.items:
            term = f"{one.starts_on} to {one.ends_on}"
            written = f"{Money(one.written_minor, one.currency).amount:,} {one.currency}"
            table.add_row(
                escape(one.number or str(one.id)), one.status, escape(one.carrier), one.type, one.state, term, written
            )
        out.print(table)
    else:
        out.print("no policies; one is made of a converted lead (docs/howto/policies.md)")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _words_of(insured: str | None) -> list[str]:
    words = sought(insured or "")
    if insured is not None and not words:
        raise typer.BadParameter("it has no letter or digit; give a word of the name", param_hint="--insured")
    return words


def _export(agency: str | None, wanted: PolicyFilter, to_file: Path, form: ExportFormat | None) -> None:
    """Written beside the file and put in its place once it is whole."""
    ending = to_file.suffix.removeprefix(".").lower()
    if form is None and ending not in set(ExportFormat):
        raise typer.BadParameter(
            f"{to_file.name} ends neither in .csv nor in .pdf; give --format", param_hint="--export"
        )
    wished = form or ExportFormat(ending)
    part = to_file.with_name(f"{to_file.name}.part")

    async def work(services: Services, actor: Actor) -> int:
        exporting = services.policies.exporting
        if wished is ExportFormat.PDF:
            return target.write(await exporting.pdf(actor, wanted))
        return sum([target.write(text.encode()) async for text in exporting.csv(actor, wanted)])

    try:
        with part.open("wb") as target:
            written = execute(in_agency("cli", agency, work))
        part.replace(to_file)
    finally:
        part.unlink(missing_ok=True)
    out.print(f"{escape(str(to_file))}: {written:,} bytes", soft_wrap=True)
