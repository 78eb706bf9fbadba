"""Physical lines to records: quoting, quoted line ends, and quotation marks that do not close."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.leads.reading.problems import problem
from integrations.leadfiles.table import CELL_LIMIT, COLUMN_LIMIT, over_limit
from kernel.errors import FieldError, Invalid

# The limit of the csv module is global to the process and 131,072 by default, too small for a long note with its history.
csv.field_size_limit(CELL_LIMIT)
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 200
_RECORD_LIMIT = 4_000_000
_LOOKAHEAD = 2_000_000
_WASTE_LIMIT = 100_000_000
_CUT = 80


@dataclass(frozen=True, slots=True)
class Record:
    """Cells of one record, the number of its first physical line, and what was odd about it.

    A record with a ``fault`` could not be read and has no cells; ``notes`` are about cells.
    """

    cells: list[str]
    line: int
    problem: FieldError | None = None
    fault: FieldError | None = None
    notes: tuple[FieldError, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether it was read and no cell holds anything."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


class CutLine(str):
    """A physical line so long that only its beginning was kept."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How cells are parted; ``padded`` files put spaces after the delimiter and before a quotation mark."""

    delimiter: str = ","
    padded: bool = False


def lines_of(text: str) -> list[str]:
    """Physical lines with their ends; CR, LF and CRLF each end one, and no other character does."""
    return list(io.StringIO(text, newline=""))


def stream_lines(text: io.TextIOBase) -> Iterator[str]:
    """Physical lines of an open text without NUL; of a line over the limit of a record only a beginning, as :class:`CutLine`."""
    while line := text.readline(_RECORD_LIMIT):
        if len(line) < _RECORD_LIMIT or line.endswith(("\n", "\r")):
            yield line.replace("\0", "")
            continue
        while (rest := text.readline(_RECORD_LIMIT)) and not rest.endswith(("\n", "\r")):
            pass
        yield CutLine(line[:_CUT])


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


def records_of(lines: Iterable[str], layout: Layout) -> Iterator[Record]:
    """Every record of :func:`stream_records`; raises :class:`kernel.errors.Invalid` on one that has a fault."""
    for record in stream_records(lines, layout):
        if (fault := record.fault) is not None:
            raise Invalid(f"{fault.field}: {fault.message}; {fault.remedy}", fields=(fault,))
        yield record


def stream_records(lines: Iterable[str], layout: Layout) -> Iterator[Record]:
    """Every record, holding the lines of one at a time.

    A quotation mark that never closes, or closes inside a later line's cell, would swallow the lines between: such a line
    is read alone and without quoting, and marked. A record over the limits has a fault and no cells, and the next line is
    read as the next record. Raises :class:`kernel.errors.Invalid` where marks fail to close again and again: each time costs
    a reading of the lines behind.
    """
    feed = _Feed(iter(lines))
    wasted = 0
    while feed.more():
        reader = csv.reader(feed, delimiter=layout.delimiter, skipinitialspace=layout.padded, strict=True)
        try:
            for cells in reader:
                yield _checked(Record(cells, feed.number))
                feed.pass_on()
        except (csv.Error, _Runaway) as error:
            large = isinstance(error, _Runaway) or "field larger" in str(error)
            wasted += feed.size
            if wasted > _WASTE_LIMIT:
                label, message = f"line {feed.number}", "quotation marks fail to close again and again"
                fault = over_limit(label, message, "close them, or leave them out")
                raise Invalid(f"{label}: {message}; {fault.remedy}", fields=(fault,)) from None
            yield _checked(feed.give_back(layout, large=large))
        else:
            return


class _Runaway(Exception):
    """The record at hand has grown past what a record may have."""


class _Feed:
    """Lines for a csv reader, which can be given back: ``spent`` are those of the record at hand."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: deque[str] = deque()
        self._spent: list[str] = []
        self.size = 0
        self.number = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self._spent.append(line)
        self.size += len(line)
        if isinstance(line, CutLine) or self.size > _RECORD_LIMIT:
            raise _Runaway
        return line

    @property
    def spanned(self) -> bool:
        """Whether the record at hand has several lines."""
        return len(self._spent) > 1

    def more(self) -> bool:
        """Whether a line is left."""
        if not self._waiting:
            self._waiting.extend(itertools.islice(self._lines, 1))
        return bool(self._waiting)

    def pass_on(self) -> None:
        """The record at hand is done."""
        self.number += len(self._spent)
        self._spent.clear()
        self.size = 0

    def give_back(self, layout: Layout, *, large: bool) -> Record:
        """The first line of the record at hand, read alone; the lines behind it are to be read again."""
        first, number, spanned = self._spent[0], self.number, self.spanned
        self._waiting.extendleft(reversed(self._spent[1:]))
        self._spent, self.size, self.number = [], 0, number + 1
        if isinstance(first, CutLine) or (large and not (spanned and not self._closes())):
            message = f"a cell has over {CELL_LIMIT:,} characters, or its quotation mark is not closed"
            fault = over_limit(f"line {number}", message, "shorten the cell, or close the quotation mark")
            return Record([], number, fault=fault)
        return _alone(first, number, layout, spanned=spanned)

    def _closes(self) -> bool:
        """Whether a quotation mark stands in the lines behind, as far as a cell could reach."""
        size = 0
        for line in self._waiting:
            if '"' in line:
                return True
            size += len(line)
        while size < _LOOKAHEAD and (following := next(self._lines, None)) is not None:
            self._waiting.append(following)
            if '"' in following:
                return True
            size += len(following)
        return False


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


def _alone(line: str, number: int, layout: Layout, *, spanned: bool) -> Record:
    text = line.rstrip("\r\n")
    if not spanned and text.count('"') % 2 == 0:
        cells, code = _by_outer_marks(text, layout), "stray_quote"
    else:
        cells = next(csv.reader([text], delimiter=layout.delimiter, quoting=csv.QUOTE_NONE), [])
        code = "unbalanced_quote"
    return Record(cells, number, problem(code, f"line {number}", text))


def _by_outer_marks(text: str, layout: Layout) -> list[str]:
    # Only a mark that the delimiter or the end of the line follows closes a cell; the marks between are text.
    part = re.escape(layout.delimiter)
    cell = rf'{part}[ ]*(?:"((?:[^"]|"(?![ ]*(?:{part}|$)))*)"[ ]*(?={part}|$)|([^{part}]*))'
    matches = re.finditer(cell, layout.delimiter + text)
    return [match.group(2) if match.group(1) is None else match.group(1).replace('""', '"') for match in matches]


def _checked(record: Record) -> Record:
    if len(record.cells) <= COLUMN_LIMIT:
        return record
    message = f"a record has {len(record.cells)} cells, over the limit of {COLUMN_LIMIT}"
    return Record([], record.line, fault=over_limit(f"line {record.line}", message, "check the delimiter"))
