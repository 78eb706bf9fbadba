"""A lead file as a table of text: what is known of it after one reading, and its rows one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.leads.reading.problems import problem
from kernel.errors import FieldError, Invalid

CELL_LIMIT = 1_000_000
"""Most characters of one cell."""

COLUMN_LIMIT = 200
"""Most columns of a file."""

ROW_LIMIT = 1_000_000
"""Most rows of one file."""

SAMPLE_ROWS = 200
"""Rows from which the meaning of columns is judged."""

# Neither Postgres nor UTF-8 can hold a NUL or half a surrogate pair; the other controls steer terminals.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One data record. ``number`` counts from 1 without the header; blank records between others count.

    ``cells`` are texts by header, exactly as in the file: a header without a cell is missing from them, and a cell
    without a header stands under ``surplus_1`` and so on. ``raw_problem`` says what was odd about the record itself and
    ``notes`` what was odd in its cells. A record with a ``fault`` could not be read and is no lead.
    """

    number: int
    cells: Mapping[str, str]
    raw_problem: FieldError | None = None
    fault: FieldError | None = None
    notes: tuple[FieldError, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(text.strip() for text in self.cells.values())


@dataclass(frozen=True, slots=True)
class LeadTable:
    """The records of one file. ``header`` names are unique; ``problems`` are about the file as a whole."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str
    delimiter: str
    problems: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What one reading of a file tells: its columns, how many rows it has, the first of them, and what is odd about it.

    ``fields`` says what the format itself defines its columns to mean (ADF, ACORD): a canonical field, or None for an extra.
    """

    header: tuple[str, ...]
    rows: int
    sample: tuple[TableRow, ...]
    problems: tuple[FieldError, ...] = ()
    fields: Mapping[str, str | None] = field(default_factory=dict)


class LeadFile(Protocol):
    """A file of leads of any format. Nothing of it stays in memory but the row at hand and the sample."""

    @property
    def format(self) -> str:
        """The format's short name: csv, xlsx, json, jsonl, adf or acord."""
        ...

    def survey(self) -> Survey:
        """Read the file through once. Raises :class:`kernel.errors.Invalid` where it cannot be read as a table at all."""
        ...

    def rows(self, survey: Survey) -> Iterator[TableRow]:
        """Every row from the first, as many as the survey counted."""
        ...


def row_of(
    number: int,
    cells: Mapping[str, str],
    *,
    raw_problem: FieldError | None = None,
    fault: FieldError | None = None,
    notes: tuple[FieldError, ...] = (),
) -> TableRow:
    """A row whose texts can be stored and shown: characters that cannot are left out with a note, and a cell over the limit is
    the row's fault.
    """
    kept: dict[str, str] = {}
    for name, text in cells.items():
        if len(text) > CELL_LIMIT:
            fault = fault or over_limit(name, f"a cell has over {CELL_LIMIT:,} characters", "shorten the cell")
            continue
        fit = plain_text(text)
        if fit != text:
            notes = (*notes, problem("control_characters", name))
        kept[name] = fit
    return TableRow(number, kept, raw_problem, fault, notes)


def plain_text(text: str) -> str:
    """``text`` without controls (tabs and line ends stay) and halves of surrogate pairs."""
    return _UNFIT.sub("", text)


def over_limit(where: str, message: str, remedy: str) -> FieldError:
    """The fault of what is larger than is read."""
    return FieldError(where, "over_limit", message, remedy)


def refused(code: str, message: str, remedy: str, where: str = "file") -> Invalid:
    """The error for a file that is not read."""
    return Invalid(f"{message}: {remedy}", fields=(FieldError(where, code, message, remedy),))


def counted(number: int) -> int:
    """``number`` where a file may have so many rows; raises Invalid where it may not."""
    if number > ROW_LIMIT:
        raise refused("too_many_rows", f"the file has over {ROW_LIMIT:,} rows", "split it into several files")
    return number
