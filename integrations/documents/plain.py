"""Plain text and delimited tables as pages. A character is 6 points wide and a line 12 high."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.documents.aligned import aligned_tables
from domain.documents.page import NOTHING, Cell, Line, Note, Origin, Page, Table
from integrations.documents.limits import Limits
from integrations.leadfiles.encoding import decode
from integrations.leadfiles.records import layout_of, lines_of, records_of

WIDE, HIGH = 6.0, 12.0
_LINES_OF_PAGE = 2_000
_TYPE = 10.0
_GAP = re.compile(r"(?<![.!?\s])(?: {2,}|\s*\t\s*)|(?<=[.!?]) {3,}")
_RULE = re.compile(r"[\s\-=_*~#.|+]{4,}")
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\U000e0000-\U000e007f]")
_MOST_ROWS = 20_000


def read_text(data: bytes, limits: Limits) -> tuple[list[Page], list[Note]]:
    """A text file; a form feed ends a page."""
    decoded = decode(data)
    return text_pages(decoded.text, Origin.TEXT, limits), []


def text_pages(text: str, origin: Origin, limits: Limits) -> list[Page]:
    """Pages of typewriter text with tables where columns align."""
    pages: list[Page] = []
    for part in text.split("\f"):
        rows = [row.rstrip() for row in _UNSEEN.sub("", part).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        for start in range(0, max(1, len(rows)), _LINES_OF_PAGE):
            if len(pages) >= limits.pages:
                return pages
            lines = typed_lines(rows[start : start + _LINES_OF_PAGE])
            width = max((line.right for line in lines), default=0.0)
            height = len(rows) * HIGH
            pages.append(Page(len(pages) + 1, tuple(lines), tuple(aligned_tables(lines)), width, height, None, origin))
    return pages


def typed_lines(rows: Sequence[str]) -> list[Line]:
    """Lines with cells where two or more spaces, or a tab, part them; blank lines and drawn rules leave a gap."""
    lines = []
    for number, row in enumerate(rows):
        plain = row.expandtabs(8)
        if not plain.strip() or _RULE.fullmatch(plain):
            continue
        cells, place = [], len(plain) - len(plain.lstrip())
        start = place
        for gap in [*_GAP.finditer(plain, place), None]:
            end = gap.start() if gap else len(plain)
            words = " ".join(plain[start:end].split())
            if words:
                cells.append(Cell((words,), start * WIDE, (start + len(plain[start:end].rstrip())) * WIDE))
            start = gap.end() if gap else end
        if cells:
            lines.append(Line(tuple(cells), number * HIGH, number * HIGH + _TYPE, _TYPE))
    return lines


def read_delimited(data: bytes, limits: Limits) -> tuple[list[Page], list[Note]]:
    """A CSV file as one page with one table."""
    del limits
    lines = lines_of(decode(data).text)
    rows = [record.cells for record in records_of(lines, layout_of(lines))]
    notes = [Note("rows_cut", f"only the first {_MOST_ROWS:,} rows were read", 1)] if len(rows) > _MOST_ROWS else []
    return [sheet_page(1, None, rows[:_MOST_ROWS])], notes


def sheet_page(number: int, name: str | None, rows: Sequence[Sequence[str]]) -> Page:
    """A sheet: its rows are lines, and each block of rows between blank ones is a table."""
    lines: list[Line] = []
    blocks: list[tuple[int, int, list[Sequence[str]]]] = []
    fresh = True
    for place, row in enumerate(rows):
        filled = [(column, " ".join(text.split())) for column, text in enumerate(row) if text and text.strip()]
        if not filled:
            fresh = True
            continue
        cells = tuple(_cell(column, text) for column, text in filled)
        lines.append(Line(cells, place * HIGH, place * HIGH + _TYPE, _TYPE))
        if fresh or not blocks:
            blocks.append((len(lines) - 1, len(lines) - 1, [row]))
        else:
            first, _, held = blocks[-1]
            held.append(row)
            blocks[-1] = first, len(lines) - 1, held
        fresh = False
    tables = tuple(_table(*block) for block in blocks if len(block[2]) > 1)
    width = max((len(row) for row in rows), default=0) * 100.0
    return Page(number, tuple(lines), tables, width, len(rows) * HIGH, name, Origin.SHEET)


def _table(first: int, last: int, rows: list[Sequence[str]]) -> Table:
    width = max(len(row) for row in rows)
    cells = tuple(
        tuple(
            _cell(column, " ".join(row[column].split())) if column < len(row) and row[column].strip() else NOTHING
            for column in range(width)
        )
        for row in rows
    )
    return Table(cells, first, last, ruled=True)


def _cell(column: int, text: str) -> Cell:
    return Cell((text,), column * 100.0, column * 100.0 + 90.0)
