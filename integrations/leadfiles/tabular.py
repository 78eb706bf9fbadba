"""Records of cells as a table: titles above the header, the header itself, and rows by it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from domain.leads.reading.evidence import looks_like_data
from domain.leads.reading.headers import read_header
from domain.leads.reading.problems import problem
from integrations.leadfiles.records import Record
from integrations.leadfiles.table import (
    COLUMN_LIMIT,
    SAMPLE_ROWS,
    Survey,
    TableRow,
    counted,
    plain_text,
    refused,
    row_of,
)
from kernel.errors import FieldError, Invalid

_TITLE_LINES = 4


def survey_of(records: Iterator[Record], problems: Sequence[FieldError] = ()) -> Survey:
    """The columns and the number of rows. ``problems`` are those already known of the file.

    Raises :class:`kernel.errors.Invalid` for a file without content, with a header that cannot be read, or with too many rows.
    """
    odd = list(problems)
    header, body = _opened(records, odd)
    sample: list[Record] = []
    number, width = 0, 1
    for number, record in enumerate(body, 1):
        counted(number)
        width = max(width, len(record.cells))
        if number <= SAMPLE_ROWS:
            sample.append(record)
    if header is None:
        odd.append(
            FieldError("file", "no_header", "the first row is already data; columns are numbered", "add a header row")
        )
        header = tuple(f"column_{index}" for index in range(1, min(width, COLUMN_LIMIT) + 1))
    rows = tuple(_row(place, record, header) for place, record in enumerate(sample, 1))
    return Survey(header, number, rows, tuple(odd))


def rows_of(records: Iterator[Record], header: Sequence[str]) -> Iterator[TableRow]:
    """The rows below the header that :func:`survey_of` found."""
    _, body = _opened(records, [])
    for number, record in enumerate(body, 1):
        yield _row(number, record, header)


def _opened(records: Iterator[Record], problems: list[FieldError]) -> tuple[tuple[str, ...] | None, Iterator[Record]]:
    """The header, or None where the first record is data; and what stands below it."""
    filled = itertools.dropwhile(lambda record: record.blank, records)
    head = list(itertools.islice(filled, _TITLE_LINES + 1))
    if not head:
        raise refused("empty_file", "the file has no content", "send a file with a header and a row for each lead")
    _drop_titles(head, problems)
    first = head[0]
    if (fault := first.fault) is not None:
        raise Invalid(f"{fault.field}: {fault.message}; {fault.remedy}", fields=(fault,))
    if first.problem:
        problems.append(first.problem)
    if looks_like_data(first.cells):
        return None, itertools.chain(head, filled)
    names = [" ".join(plain_text(cell).split()) for cell in first.cells]
    return unique_names(names, problems), itertools.chain(head[1:], filled)


def _drop_titles(records: list[Record], problems: list[FieldError]) -> None:
    # A report's title stands alone above a header of known columns. It is reported, not read.
    filled = [[cell for cell in record.cells if cell.strip()] for record in records[: _TITLE_LINES + 1]]
    index = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    known = sum(read_header(cell).field is not None for cell in filled[index])
    if index == 0 or known <= 1 or looks_like_data(filled[0]) or read_header("".join(filled[0][:1])).field:
        return
    titles = [cells[0][:80] for cells in filled[:index] if cells]
    problems.extend(
        FieldError(
            "file", "title_line", "a line above the header was not read", "start the file with the header", title
        )
        for title in titles
    )
    del records[:index]


def unique_names(names: Sequence[str], problems: list[FieldError]) -> tuple[str, ...]:
    """Names for columns, each once; an empty one is numbered, a repeated one counted and noted in ``problems``."""
    used: set[str] = set()
    unique = []
    for index, name in enumerate(names, 1):
        base = name or f"column_{index}"
        final, copy = base, 2
        while final in used or (copy > 2 and final in names):  # noqa: PLR2004
            final, copy = f"{base} ({copy})", copy + 1
        if name and final != name:
            message = f"two columns have this header; the later one is called {final!r}"
            problems.append(FieldError(name, "header_twice", message, "give each column a name of its own"))
        used.add(final)
        unique.append(final)
    return tuple(unique)


def _row(number: int, record: Record, header: Sequence[str]) -> TableRow:
    if record.fault is not None:
        return row_of(number, {}, fault=record.fault)
    cells = dict(zip(header, record.cells, strict=False))
    surplus = 0
    for text in record.cells[len(header) :]:
        surplus += 1
        while f"surplus_{surplus}" in header:
            surplus += 1
        cells[f"surplus_{surplus}"] = text
    odd = record.problem
    if odd is None and record.blank:
        odd = problem("blank_row", f"row {number}")
    return row_of(number, cells, raw_problem=odd, notes=record.notes)
