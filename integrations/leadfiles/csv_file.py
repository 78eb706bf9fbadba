"""Delimited text as agencies, forms and spreadsheets write it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.leads.reading.evidence import looks_like_data
from domain.leads.reading.headers import read_header
from domain.leads.reading.problems import problem
from integrations.leadfiles.encoding import decode
from integrations.leadfiles.records import COLUMN_LIMIT, Layout, Record, layout_of, lines_of, records_of
from integrations.leadfiles.table import LeadTable, TableRow
from kernel.errors import FieldError, Invalid

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_MARKUP = re.compile(r"\s*(?:<\?xml|<!doctype|<html|<[a-z]+[\s>][^,;\t]*>)", re.IGNORECASE)
_TITLE_LINES = 4
_JSON = re.compile(r'\s*(?:\[\s*[\[{\]]|\{\s*["}])')


def read_csv(data: bytes) -> LeadTable:
    """Read a delimited file of any usual encoding, delimiter and line end.

    A first record that holds an e-mail address or a phone number is data: the columns are then named ``column_1`` and so
    on. Nothing is dropped: blank records between others are rows, blank lines at the end are counted in ``problems``.
    Raises :class:`kernel.errors.Invalid` for an empty or binary file, another format, a cell over 1,000,000 characters or
    more than 200 columns.
    """
    text, encoding, odd = decode(data)
    if _MARKUP.match(text) or _JSON.match(text):
        kind = "XML or HTML" if _MARKUP.match(text) else "JSON"
        message, remedy = f"this is {kind} and not CSV", "send it as what it is, or export the table as CSV"
        raise Invalid(f"{message}: {remedy}", fields=(FieldError("file", "not_csv", message, remedy),))
    problems = list(odd)
    lines, layout = _laid_out(lines_of(text))
    trailing = _trim(lines)
    records = list(records_of(lines, layout))
    while records and not any(cell.strip() for cell in records[0].cells):
        records.pop(0)
    if not records:
        message, remedy = "the file has no content", "send a file with a header and a row for each lead"
        raise Invalid(f"{message}: {remedy}", fields=(FieldError("file", "empty_file", message, remedy),))
    if trailing:
        problems.append(FieldError("file", "blank_lines_at_end", f"{trailing} blank lines at the end", "", None))
    _drop_titles(records, problems)
    header, body = _header(records, problems)
    rows = tuple(_row(number, record, header) for number, record in enumerate(body, 1))
    return LeadTable(header, rows, encoding, layout.delimiter, tuple(problems))


def _laid_out(lines: list[str]) -> tuple[list[str], Layout]:
    # Excel's "sep=;" line states the delimiter and is no data.
    if lines and (match := _SEPARATOR_LINE.fullmatch(lines[0])):
        return lines[1:], Layout(match.group(1))
    return lines, layout_of(lines)


def _trim(lines: list[str]) -> int:
    count = 0
    while lines and not lines[-1].strip(" \r\n"):
        lines.pop()
        count += 1
    return count


def _drop_titles(records: list[Record], problems: list[FieldError]) -> None:
    # A report's title stands alone above a header of known columns. It is reported, not read.
    filled = [[cell for cell in record.cells if cell.strip()] for record in records[: _TITLE_LINES + 1]]
    index = next((place for place, cells in enumerate(filled) if len(cells) > 1), 0)
    known = sum(read_header(cell).field is not None for cell in filled[index])
    if index == 0 or known <= 1 or looks_like_data(filled[0]) or read_header(filled[0][0]).field:
        return
    titles = [cells[0][:80] for cells in filled[:index] if cells]
    problems.extend(
        FieldError(
            "file", "title_line", "a line above the header was not read", "start the file with the header", title
        )
        for title in titles
    )
    del records[:index]


def _header(records: list[Record], problems: list[FieldError]) -> tuple[tuple[str, ...], list[Record]]:
    first = records[0]
    if first.problem:
        problems.append(first.problem)
    if looks_like_data(first.cells):
        width = min(max(len(record.cells) for record in records), COLUMN_LIMIT)
        problems.append(
            FieldError("file", "no_header", "the first row is already data; columns are numbered", "add a header row")
        )
        return tuple(f"column_{index}" for index in range(1, width + 1)), records
    return _unique([" ".join(cell.split()) for cell in first.cells], problems), records[1:]


def _unique(names: Sequence[str], problems: list[FieldError]) -> tuple[str, ...]:
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


def _row(number: int, record: Record, header: tuple[str, ...]) -> TableRow:
    cells = dict(zip(header, record.cells, strict=False))
    surplus = 0
    for text in record.cells[len(header) :]:
        surplus += 1
        while f"surplus_{surplus}" in header:
            surplus += 1
        cells[f"surplus_{surplus}"] = text
    odd = record.problem
    if odd is None and not any(cell.strip() for cell in record.cells):
        odd = problem("blank_row", f"row {number}")
    return TableRow(number, cells, odd)
