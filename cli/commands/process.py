"""``leadwright process FILE``: a lead file through the pipeline, one line a row."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import structlog
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.session import agency_actor, err, execute, out, session
from cli.workforce import working
from domain.actor import Actor
from kernel.errors import FieldError, Invalid
from kernel.settings import Profile, Settings
from services.container import Services
from services.leads.imports import ImportOptions
from services.leads.schemas import ImportView, RowResult

_POLL_SECONDS = 0.1
_log = structlog.get_logger("leadwright.cli.process")


def process(
    file: Annotated[
        Path,
        typer.Argument(
            help="A file of leads: CSV, XLSX, JSON, JSON lines, ADF or ACORD XML.", exists=True, dir_okay=False
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
    column: Annotated[
        list[str] | None, typer.Option("--map", help="Read a column as a field: 'Header=field'. Repeatable.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; else the first that holds anything.")] = None,
    source: Annotated[str | None, typer.Option(help="Source of leads whose row names none.")] = None,
    agency: Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")] = None,
    again: Annotated[int, typer.Option(help="Take the same file in once more; count up for each repeat.", min=0)] = 0,
) -> None:
    """Send a lead file through the pipeline; the same file again shows its results and repeats nothing."""

    async def work(settings: Settings) -> None:
        options = ImportOptions(read_mapping(column or []), sheet, source, again)
        await _process(settings, file, options, agency, as_json=as_json)

    execute(work)


async def _process(
    settings: Settings, file: Path, options: ImportOptions, agency: str | None, *, as_json: bool
) -> None:
    async with session(settings) as services:
        actor = await agency_actor(services, "cli", agency)
        if services.owner:
            async with working(services):
                results = await take_and_wait(services, actor, file.name, file, options)
        else:
            if settings.profile is Profile.SERVER:
                err.print("left to the worker processes (`leadwright worker`)")
            results = await take_and_wait(services, actor, file.name, file, options)
    if as_json:
        for result in results:
            sys.stdout.write(json.dumps(result.model_dump(mode="json"), ensure_ascii=False) + "\n")
    else:
        out.print(table_of(results))
    err.print(summary(results))


async def take_and_wait(
    services: Services, actor: Actor, filename: str, path: Path, options: ImportOptions | None = None
) -> list[RowResult]:
    """Take a file in and wait until every row is settled, with a progress bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        reading = progress.add_task("reading")
        view = await services.imports.take(
            actor, filename, path, options,
            progress=lambda done, total: progress.update(reading, completed=done, total=total),
        )  # fmt: skip
        err.print(mapping_line(view), markup=False)
        for note in view.problems:
            err.print(f"{view.filename}: {note.message}{'; ' if note.remedy else ''}{note.remedy}", markup=False)
        bar = progress.add_task("leads", total=view.rows)
        while open_rows := await services.imports.open_rows(actor, view.id):
            progress.update(bar, completed=view.rows - open_rows)
            _log.info("rows open", open=open_rows)
            await asyncio.sleep(_POLL_SECONDS)
        progress.update(bar, completed=view.rows)
    return await services.import_results.results(actor, view.id)


def read_mapping(pairs: list[str]) -> dict[str, str]:
    """``Header=field`` texts as a mapping; raises Invalid for one without an equals sign."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        header, mark, field = pair.rpartition("=")
        if not mark:
            fault = FieldError("--map", "form", "no equals sign", "write 'Header=field'", pair[:80])
            raise Invalid("the column mapping cannot be read", fields=(fault,))
        mapping[header] = field.strip()
    return mapping


def mapping_line(view: ImportView) -> str:
    """What each column was read as, on one line."""
    parts = [
        f"{column['header'].strip() or '(empty)'} -> {column['field'] or 'kept as extra'}" for column in view.mapping
    ]
    return f"{view.filename}: {view.rows} rows; columns: " + "; ".join(parts)


def table_of(results: list[RowResult]) -> Table:
    """The results for reading."""
    table = Table(title=None, header_style="bold", expand=False)
    for name, justify in (
        ("row", "right"),
        ("line", "left"),
        ("score", "right"),
        ("urgency", "left"),
        ("status", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("producer, or the reason for none", overflow="fold")
    for result in results:
        table.add_row(
            str(result.row), result.line or "-", "-" if result.score is None else str(result.score),
            result.urgency or "-", result.status, escape(result.producer or reason_of(result)),
        )  # fmt: skip
    return table


def reason_of(result: RowResult) -> str:
    """Why nobody has the lead."""
    if result.duplicate_of is not None:
        return f"{result.reason}: repeats lead {short(result.duplicate_of)}"
    if result.errors:
        return "; ".join(f"{error.field}: {error.message}" for error in result.errors[:2])
    return result.reason or "-"


def short(identifier: UUID) -> str:
    """The last characters of an id, enough to tell rows apart on a screen."""
    return f"…{str(identifier)[-6:]}"


def summary(results: list[RowResult]) -> str:
    """How many rows ended how."""
    counts: dict[str, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
    parts = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{len(results)} rows: {parts}"
