"""``leadwright policy report``: what moved in a book over a period, and what is left of each month's policies."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.policy_options import KnownAt, OnlyCarrier, OnlyLines, OnlyState
from cli.session import execute, in_agency, out
from domain.actor import Actor
from domain.policies.analytics import By
from kernel.clock import now
from services.container import Services
from services.policies.figures import CohortList, ReportView
from services.policies.report_sheets import Sheet, cohort_csv, cohort_pdf, cohort_sheet, report_csv, report_pdf, sheets
from store.sql.repositories.policy_search import PolicyFilter


class Format(StrEnum):
    """As what a report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


def report(
    *,
    begins: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First policy day; else a year back.")
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The day behind the last; else today.")
    ] = None,
    by: Annotated[By | None, typer.Option(help="A row for each; else all together.")] = None,
    cohorts: Annotated[bool, typer.Option("--cohorts", help="What is left of each month's policies, instead.")] = False,
    known: KnownAt = None,
    line: OnlyLines = None,
    state: OnlyState = None,
    carrier: OnlyCarrier = None,
    form: Annotated[Format, typer.Option("--format", help="A PDF goes to a file.")] = Format.TABLE,
    to_file: Annotated[Path | None, typer.Option("--out", help="To this file; else to stdout.")] = None,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
) -> None:
    """In force at the beginning, what came, what went, at the end; retention, losses, collection; or cohorts."""
    if form is Format.PDF and to_file is None:
        raise typer.BadParameter("a PDF is written to a file: give --out", param_hint="--format")
    if form is Format.TABLE and to_file is not None:
        raise typer.BadParameter("a table is shown; give --format csv, json or pdf", param_hint="--out")
    if cohorts and by is not None:
        raise typer.BadParameter("cohorts are by month; leave --by out", param_hint="--by")
    today = now().date()
    last = ends.date() if ends else today
    first = begins.date() if begins else _year_before(last)
    wanted = PolicyFilter(line=[one.value for one in line or []], state=state, carrier=carrier)

    async def work(services: Services, actor: Actor) -> ReportView | CohortList:
        analytics = services.policies.analytics
        if cohorts:
            return await analytics.cohorts(actor, wanted, first, last, known)
        return await analytics.report(actor, wanted, first, last, by, known)

    found = execute(in_agency("cli", agency, work))
    if form is Format.TABLE:
        _show(found)
    else:
        write_report(_bytes(found, form), to_file)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28))


def _bytes(found: ReportView | CohortList, form: Format) -> bytes:
    if form is Format.JSON:
        return (found.model_dump_json() + "\n").encode()
    if isinstance(found, CohortList):
        return cohort_pdf(found) if form is Format.PDF else "".join(cohort_csv(found)).encode()
    return report_pdf(found) if form is Format.PDF else "".join(report_csv(found)).encode()


def write_report(data: bytes, to_file: Path | None) -> None:
    """To a file, else to stdout."""
    if to_file is not None:
        to_file.write_bytes(data)
    else:
        sys.stdout.write(data.decode())


def _show(found: ReportView | CohortList) -> None:
    shown = [cohort_sheet(found)] if isinstance(found, CohortList) else sheets(found)
    show_sheets(shown)
    if not any(True for sheet in shown if sheet.rows):
        out.print("no policies in this period")


def show_sheets(shown: Iterable[Sheet]) -> None:
    """On a terminal, those that have rows."""
    for sheet in shown:
        if not sheet.rows:
            continue
        table = Table(title=sheet.title, title_justify="left", show_edge=False)
        for place, name in enumerate(sheet.columns):
            table.add_column(name, justify="right" if place else "left")
        plain = len(sheet.rows) - sheet.totals
        for place, row in enumerate(sheet.rows):
            table.add_row(*map(escape, row), style="bold" if place >= plain else None)
        out.print(table)
