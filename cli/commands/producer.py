"""``leadwright producer``: records, pauses, absences, licences and numbers of producers."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.markup import escape
from rich.table import Table

from cli.session import execute, in_agency, out
from domain.actor import Actor
from kernel.errors import FieldError, Invalid
from services.container import Services
from services.producers.schemas import (
    LicenceReport,
    LicenceRowsIn,
    MetricsView,
    ProducerPatch,
    ProducerView,
)
from services.row_files import rows_of

producer = typer.Typer(no_args_is_help=True, help="Producers: records, pauses, absences, licences, numbers.")
T = TypeVar("T")

Who = Annotated[str, typer.Argument(help="The agency's own id of the producer.")]
Agency = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
_PAGE = 200


@producer.command("show")
def show(who: Who, agency: Agency = None) -> None:
    """Print a producer's record as JSON."""
    _print(
        [execute(in_agency("producer", agency, lambda services, actor: services.producers.records.named(actor, who)))]
    )


@producer.command("list")
def list_(*, as_json: AsJson = False, agency: Agency = None) -> None:
    """Show every producer."""
    found = execute(in_agency("producer", agency, _everybody))
    if as_json:
        _print(found)
        return
    table = _table("id", "name", "active", "paused until", "licensed in")
    for one in found:
        states = sorted({part["state"] for part in one.profile.get("licences") or ()})
        pause = str(one.profile.get("paused_until") or "")
        table.add_row(
            one.external_id, escape(one.name), "yes" if one.active else "no", pause, " ".join(states) or "unknown"
        )
    out.print(table)


@producer.command("edit")
def edit(
    who: Who,
    file: Annotated[Path, typer.Argument(help="What changes, as JSON (docs/howto/producers.md).", exists=True)],
    agency: Agency = None,
) -> None:
    """Change parts of a record."""

    async def change(services: Services, actor: Actor) -> ProducerView:
        found = await services.producers.records.named(actor, who)
        return await services.producers.records.change(actor, found.id, _patch(file), expected=found.version)

    _print([execute(in_agency("producer", agency, change))])


@producer.command("pause")
def pause(
    who: Who,
    *,
    until: Annotated[datetime | None, typer.Option(help="UTC instant of the end.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End the pause now.")] = False,
    agency: Agency = None,
) -> None:
    """Give a producer no new leads until an instant, or again from now on."""
    if end is (until is not None):
        raise typer.BadParameter("give --until or --end")
    instant = None if until is None else (until if until.tzinfo else until.replace(tzinfo=UTC)).isoformat()
    patch = ProducerPatch(profile={"paused_until": instant})
    _print([execute(in_agency("producer", agency, _changing(who, patch, "pause")))])


@producer.command("absence")
def absence(
    who: Who,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; else the first.")
    ] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Back on these days after all.")] = False,
    agency: Agency = None,
) -> None:
    """Note whole days on which a producer is away."""
    days = _days(first.date(), (last or first).date())

    async def note(services: Services, actor: Actor) -> ProducerView:
        found = await services.producers.records.named(actor, who)
        away = set(found.profile.get("absences") or ())
        patch = ProducerPatch(profile={"absences": sorted(away - days if remove else away | days)})
        return await services.producers.records.change(actor, found.id, patch, expected=found.version, did="absence")

    _print([execute(in_agency("producer", agency, note))])


@producer.command("licence")
def licence(
    file: Annotated[
        Path, typer.Argument(help="Extract of a licence database: CSV or JSON.", exists=True, dir_okay=False)
    ],
    *,
    source: Annotated[str, typer.Option(help="Which database, as in nipr or state:TX.")],
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Enter licences from an extract, with a report for each row; exit code 1 where a row was refused."""

    async def take(services: Services, actor: Actor) -> LicenceReport:
        rows = LicenceRowsIn(source=source, checked_at=None, rows=rows_of(file.name, file.read_bytes()))
        return await services.producers.licences.take(actor, rows)

    report = execute(in_agency("producer", agency, take))
    if as_json:
        _print(report.items)
    else:
        for one in report.items:
            notes = "; ".join(f"{note.field}: {note.message}" for note in one.notes)
            out.print(f"{one.row} {one.producer or '?'} {one.state or ''} {one.outcome} {notes}".rstrip(), markup=False)
        out.print(f"{report.producers_changed} producers changed")
    if any(one.outcome == "refused" for one in report.items):
        raise typer.Exit(1)


@producer.command("metrics")
def metrics(
    who: Annotated[str | None, typer.Argument(help="One producer; everybody with a lead where left out.")] = None,
    *,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the cohort.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the cohort.")] = None,
    as_json: AsJson = False,
    agency: Agency = None,
) -> None:
    """Show what became of leads in producers' hands, by the day they were received."""

    async def ask(services: Services, actor: Actor) -> MetricsView:
        one = None if who is None else (await services.producers.records.named(actor, who)).id
        return await services.producers.metrics.of(actor, since and since.date(), until and until.date(), one)

    found = execute(in_agency("producer", agency, ask))
    if as_json:
        _print(found.items)
        return
    table = _table("producer", "assigned", "accepted", "converted", "minutes p50", "p95", "mark")
    for one in found.items:
        few = " (few)" if one.response.p95_few else ""
        table.add_row(
            str(one.producer_id), str(one.assigned), str(one.accepted.count), f"{one.converted.count} of {one.worked}",
            _said(one.response.p50), f"{_said(one.response.p95)}{few}", f"{_said(one.satisfaction)} (n={one.marks})",
        )  # fmt: skip
    out.print(table)


def _changing(who: str, patch: ProducerPatch, did: str) -> Callable[[Services, Actor], Awaitable[ProducerView]]:
    async def change(services: Services, actor: Actor) -> ProducerView:
        found = await services.producers.records.named(actor, who)
        return await services.producers.records.change(actor, found.id, patch, expected=None, did=did)

    return change


async def _everybody(services: Services, actor: Actor) -> list[ProducerView]:
    found: list[ProducerView] = []
    page = await services.producers.records.page(actor, None, _PAGE)
    found += page.items
    while page.next_cursor is not None:
        page = await services.producers.records.page(actor, page.next_cursor, _PAGE)
        found += page.items
    return found


def _days(first: date, last: date) -> set[str]:
    if last < first:
        raise typer.BadParameter("--to is before --from")
    return {(first + timedelta(days=ahead)).isoformat() for ahead in range((last - first).days + 1)}


def _print(found: list[Any]) -> None:
    for one in found:
        line = one.model_dump_json() if isinstance(one, BaseModel) else json.dumps(one)
        sys.stdout.write(line + "\n")


def _patch(file: Path) -> ProducerPatch:
    try:
        return ProducerPatch.model_validate_json(file.read_bytes())
    except ValidationError as problem:
        faults = tuple(
            FieldError(".".join(map(str, error["loc"])) or "file", error["type"], error["msg"])
            for error in problem.errors()[:100]
        )
        raise Invalid("the change cannot be read", fields=faults) from None


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _table(*names: str) -> Table:
    table = Table(header_style="bold")
    for name in names:
        table.add_column(name)
    return table
