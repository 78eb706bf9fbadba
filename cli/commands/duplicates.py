"""``leadwright duplicates evaluate``: the duplicate rule on a file whose truth is known."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from cli.commands.process import read_mapping
from cli.session import execute, out
from domain.leads.reading import FIELDS, infer_columns
from evals.files.duplicates import Measured, PairFigures, described_by, measure
from integrations.leadfiles.csv_file import read_csv
from integrations.leadfiles.table import LeadTable
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings

_GZIP = b"\x1f\x8b"
_UNPACKED = 200_000_000

duplicates = typer.Typer(no_args_is_help=True, help="Measure how duplicates are found.")


@duplicates.command("evaluate")
def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV of people, or .csv.gz.", exists=True, dir_okay=False)],
    truth: Annotated[
        Path, typer.Option(help="CSV with an id and an entity for each row.", exists=True, dir_okay=False)
    ],
    *,
    column: Annotated[
        list[str] | None, typer.Option("--map", help="Read a column as a field: 'Header=field'. Repeatable.")
    ] = None,
    join: Annotated[
        list[str] | None, typer.Option(help="A field from several columns: 'street=number+street name'. Repeatable.")
    ] = None,
    everywhere: Annotated[
        list[str] | None,
        typer.Option("--set", help="A field that is the same in each row: 'city=Chicago'. Repeatable."),
    ] = None,
    id_column: Annotated[str, typer.Option("--id", help="The column that names a row in both files.")] = "id",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Precision and recall over pairs of rows. Certain pairs would be closed as duplicates, suspicions shown to a person."""

    async def work(_: Settings) -> Measured:
        said = _Said(read_mapping(column or []), _fields(join or []), _fields(everywhere or []), id_column)
        return _measured(_table(file), _table(truth), said)

    found = execute(work)
    if as_json:
        sys.stdout.write(json.dumps(_record(found)) + "\n")
        return
    out.print(f"{found.rows} rows, {found.certain.true} true pairs")
    for name, figures in _named(found).items():
        out.print(
            f"{name:26} P {figures.precision:.3f}  R {figures.recall:.3f}  F1 {figures.f1:.3f}  ({figures.said} pairs)",
            markup=False,
        )


class _Said(NamedTuple):
    """What the caller says of the columns: as fields, joined to fields, the same for each row, and the one that names a row."""

    given: dict[str, str]
    joined: dict[str, str]
    everywhere: dict[str, str]
    id_column: str


def _fields(pairs: list[str]) -> dict[str, str]:
    """``field=value`` texts; raises Invalid for an unknown field."""
    found = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or name not in FIELDS:
            fault = FieldError(name[:80], "field_unknown", "there is no such field", f"use one of: {', '.join(FIELDS)}")
            raise Invalid("the options cannot be used", fields=(fault,))
        found[name] = value
    return found


def _measured(people: LeadTable, truth: LeadTable, said: _Said) -> Measured:
    id_column = said.id_column
    for table in (people, truth):
        if id_column not in table.header:
            fault = FieldError(
                "--id", "header_unknown", "the file has no such column", f"use one of: {', '.join(table.header)}"
            )
            raise Invalid("the rows cannot be told apart", fields=(fault,))
    if "entity" not in truth.header:
        fault = FieldError(
            "--truth", "no_entity", "the file has no column 'entity'", "name the entity of each row there"
        )
        raise Invalid("the truth cannot be read", fields=(fault,))
    entities = {row.cells.get(id_column, ""): row.cells.get("entity", "") for row in truth.rows}
    mapping = infer_columns(people.header, [row.cells for row in people.rows[:200]], said.given)
    rows, known = [], []
    for row in people.rows:
        entity = entities.get(row.cells.get(id_column, ""))
        if entity is None:
            fault = FieldError(f"row {row.number}", "no_truth", "its id is not in the truth", "add it there")
            raise Invalid("the truth does not fit the file", fields=(fault,))
        cells = {use.field: row.cells.get(use.header, "") for use in mapping.columns if use.field}
        joined = {
            name: " ".join(row.cells.get(header, "") for header in headers.split("+"))
            for name, headers in said.joined.items()
        }
        rows.append(described_by(cells | joined | said.everywhere))
        known.append(entity)
    return measure(rows, known)


def _table(path: Path) -> LeadTable:
    data = path.read_bytes()
    if not data.startswith(_GZIP):
        return read_csv(data)
    with gzip.open(path) as packed:
        unpacked = packed.read(_UNPACKED + 1)
    if len(unpacked) > _UNPACKED:
        raise Invalid(f"{path.name} unpacks to more than {_UNPACKED:,} bytes")
    return read_csv(unpacked)


def _named(found: Measured) -> dict[str, PairFigures]:
    return {
        "certain": found.certain, "certain, groups": found.certain_groups, "with suspicions": found.suspected,
        "with suspicions, groups": found.suspected_groups, "looked at": found.looked_at,
    }  # fmt: skip


def _record(found: Measured) -> dict[str, object]:
    return {"rows": found.rows, "true_pairs": found.certain.true} | {
        name: {
            "precision": round(one.precision, 4),
            "recall": round(one.recall, 4),
            "f1": round(one.f1, 4),
            "pairs": one.said,
        }
        for name, one in _named(found).items()
    }
