"""Physical lines to records: quoting, quoted line ends, and quotation marks that do not close."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.leads.reading.problems import problem
from kernel.errors import FieldError, Invalid

CELL_LIMIT = 1_000_000
COLUMN_LIMIT = 200
# The limit of the csv module is global to the process and 131,072 by default, too small for a long note with its history.
csv.field_size_limit(CELL_LIMIT)
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 200


@dataclass(frozen=True, slots=True)
class Record:
    """Cells of one record, the number of its first physical line, and what was odd about it."""

    cells: list[str]
    line: int
    problem: FieldError | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How cells are parted; ``padded`` files put spaces after the delimiter and before a quotation mark."""

    delimiter: str = ","
    padded: bool = False


def lines_of(text: str) -> list[str]:
    """Physical lines with their ends; CR, LF and CRLF each end one, and no other character does."""
    return list(io.StringIO(text, newline=""))


def layout_of(lines: list[str]) -> Layout:
    """The delimiter under which most records have as many cells as the header, and the header has most."""
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    best, best_score = Layout(), (False, 0.0, 0)
    for delimiter in _DELIMITERS:
        for padded in (False, True):
            layout = Layout(delimiter, padded)
            score = _score(sample, layout)
            if score > best_score:
                best, best_score = layout, score
    return best


def records_of(lines: list[str], layout: Layout) -> Iterator[Record]:
    """Every record. A quotation mark that never closes, or closes inside a later line's cell, would swallow the lines
    between: such a line is read alone and without quoting, and marked. Raises :class:`kernel.errors.Invalid` on a cell or
    a record over the limits.
    """
    start = 0
    while start < len(lines):
        rest = (lines[index] for index in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=layout.delimiter, skipinitialspace=layout.padded, strict=True)
        first = start
        try:
            for cells in reader:
                _check_width(cells, first)
                yield Record(cells, first + 1)
                first = start + reader.line_num
        except csv.Error as error:
            spanned = start + reader.line_num - first > 1
            if "field larger" in str(error) and not (spanned and not any('"' in line for line in lines[first + 1 :])):
                message = f"a cell has over {CELL_LIMIT:,} characters, or its quotation mark is not closed"
                raise _over(first, message, "shorten the cell, or close the quotation mark") from error
            yield _alone(lines[first], first, layout, spanned=spanned)
            start = first + 1
        else:
            return


def _score(sample: list[str], layout: Layout) -> tuple[bool, float, int]:
    counts = [len(record) for record in _lenient(sample, layout)]
    if not counts:
        return (False, 0.0, 0)
    # A title line above the header has one cell.
    first = next((count for count in counts if count > 1), 1)
    return (first > 1, round(sum(count == first for count in counts) / len(counts), 3), first)


def _lenient(lines: list[str], layout: Layout) -> Iterator[list[str]]:
    reader = csv.reader(iter(lines), delimiter=layout.delimiter, skipinitialspace=layout.padded)
    try:
        yield from (cells for cells in reader if cells)
    except csv.Error:
        return


def _alone(line: str, index: int, layout: Layout, *, spanned: bool) -> Record:
    text = line.rstrip("\r\n")
    if not spanned and text.count('"') % 2 == 0:
        cells, code = _by_outer_marks(text, layout), "stray_quote"
    else:
        cells = next(csv.reader([text], delimiter=layout.delimiter, quoting=csv.QUOTE_NONE), [])
        code = "unbalanced_quote"
    _check_width(cells, index)
    return Record(cells, index + 1, problem(code, f"line {index + 1}", text))


def _by_outer_marks(text: str, layout: Layout) -> list[str]:
    # Only a mark that the delimiter or the end of the line follows closes a cell; the marks between are text.
    part = re.escape(layout.delimiter)
    cell = rf'{part}[ ]*(?:"((?:[^"]|"(?![ ]*(?:{part}|$)))*)"[ ]*(?={part}|$)|([^{part}]*))'
    matches = re.finditer(cell, layout.delimiter + text)
    return [match.group(2) if match.group(1) is None else match.group(1).replace('""', '"') for match in matches]


def _check_width(cells: list[str], index: int) -> None:
    if len(cells) > COLUMN_LIMIT:
        raise _over(index, f"a record has {len(cells)} cells, over the limit of {COLUMN_LIMIT}", "check the delimiter")


def _over(index: int, message: str, remedy: str) -> Invalid:
    label = f"line {index + 1}"
    return Invalid(f"{label}: {message}; {remedy}", fields=(FieldError(label, "over_limit", message, remedy),))
