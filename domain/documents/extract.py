"""Every field of a document, from its labels, its tables and its sentences. The words are data: nothing in them is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.documents.collect import Collector
from domain.documents.columns import Listing, listing_of
from domain.documents.fields import DocumentField, settle
from domain.documents.items import ANCHORS, ItemHeading, item_heading
from domain.documents.kind import Kind, kind_of
from domain.documents.layout import body_size
from domain.documents.listings import read_listing, read_transposed, transposed_heads
from domain.documents.page import Cell, Line, Origin, Page, Reading, Table
from domain.documents.pairs import pairs_of
from domain.documents.prose import read_prose
from domain.documents.specs import fold
from domain.documents.values import conventions_of

VERSION = "document-rules/3"

_HEADING_WORDS = 12
_LARGER = 1.06
_NEAR = 14.0
_PRESENT = frozenset(("current", "currently", "present", "presently", "existing", "holding", "incumbent", "expiring"))
_TELLING = frozenset(("loss", "driver", "vehicle"))
_OF_ONE = {"registration": "vehicle", "licence": "driver"}
"""Kinds of documents that are about one thing: what stands in them alone ("Year", "Name") is said of it."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What kind a document is and what it states; not ``complete`` when it states more than is kept."""

    kind: Kind
    fields: tuple[DocumentField, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Section:
    heading: ItemHeading
    size: float
    item: int


def extract(reading: Reading) -> Extracted:
    """Read the visible words of ``reading``; attachments are documents of their own. Deterministic, without clock or network."""
    text = "\n".join(page.text for page in reading.pages)
    kind = kind_of(reading)
    walk = _Walk(Collector(conventions_of(text)), _OF_ONE.get(kind.name))
    for page in reading.pages:
        walk.page(page)
    read_prose(walk.collector, reading)
    found = [field for field in walk.collector.found if not (kind.name == "quote" and _of_present_cover(field))]
    return Extracted(kind, tuple(settle(found)), not walk.collector.full)


def _of_present_cover(field: DocumentField) -> bool:
    """Whether a quote tells with it what somebody has and pays today, which is neither who offers nor at what price."""
    return field.name in {"carrier", "premium"} and fold(field.label or field.quote).partition(" ")[0] in _PRESENT


class _Walk:
    """Goes through the pages in order; remembers the section and the table that a page break may have cut."""

    def __init__(self, collector: Collector, of_one: str | None) -> None:
        self.collector = collector
        self._of_one = of_one
        self.section: _Section | None = None
        self._about: str | None = None  # the group that the last telling label opened, until the next heading
        self.title = ""
        self._cut: tuple[Listing, tuple[Cell, ...]] | None = None

    def page(self, page: Page) -> None:
        self.collector.turn(page)
        body = body_size(page.lines)
        tables = {table.first: table for table in page.tables}
        number, loose = 0, []
        while number < len(page.lines):
            table = tables.get(number)
            if table is None:
                loose.append(page.lines[number])
                number += 1
                continue
            self._lines(loose, body)
            loose = []
            if self._table(table, at_top=number <= 1, at_end=table.last >= len(page.lines) - 2):
                number = table.last + 1
            elif table.ruled or page.origin is Origin.SHEET:
                self._rows(table.rows, body)
                number = table.last + 1
            else:
                # Columns that only happen to align: read the lines, which keeps their own gaps.
                loose += page.lines[number : table.last + 1]
                number = table.last + 1
        self._lines(loose, body)
        if page.lines and not page.tables:
            self._cut = None

    def _group(self) -> str | None:
        return self._about or (self.section.heading.group if self.section else self._of_one)

    def _table(self, table: Table, *, at_top: bool, at_end: bool) -> bool:
        heads = transposed_heads(table.rows)
        if heads:
            read_transposed(self.collector, table.rows, heads)
            return True
        listing = listing_of(table.rows, self.collector.conventions)
        if listing is None and at_top and self._cut and _same_columns(self._cut[1], table.rows):
            listing = Listing(self._cut[0].group, self._cut[0].columns, 0)
        self._cut = (listing, table.rows[-1]) if listing and at_end else None
        if listing is None:
            return False
        section = self.section.heading if self.section and self.section.heading.group == "location" else None
        for number in range(max(0, listing.start - 1)):
            self._row(table.rows[: listing.start - 1], number, table=True)
        name = section.name or str(section.number) if section else None
        left = read_listing(self.collector, table.rows, listing, name)
        for number in range(len(left)):
            self._row(left, number, table=True)
        return True

    def _lines(self, lines: Sequence[Line], body: float) -> None:
        rows = [line.cells for line in _unwrapped(lines)]
        for index, line in enumerate(_unwrapped(lines)):
            if not self._heading(line, body):
                self._row(rows, index, table=False)

    def _rows(self, rows: Sequence[Sequence[Cell]], body: float) -> None:
        for index, row in enumerate(rows):
            filled = [cell for cell in row if not cell.blank]
            if len(filled) == 1 and self._heading(Line((filled[0],), 0, 0, body), body):
                continue
            self._row(rows, index, table=True)

    def _row(self, rows: Sequence[Sequence[Cell]], index: int, *, table: bool) -> None:
        group = self._group()
        if self.collector.coverage_row(rows[index]) or self.collector.claim_line(rows[index], self.title):
            return
        fuzzy = self.collector.origin is Origin.OCR
        told = False
        for pair in pairs_of(rows, index, group, fuzzy=fuzzy, table=table):
            spec = pair.label.spec
            section = self.section.item if self.section and spec and spec.group == self.section.heading.group else None
            kept = self.collector.pair(pair, section)
            told = told or kept
            if kept and spec and spec.group in _TELLING and spec.attribute in ANCHORS[spec.group]:
                self._about = spec.group
        if not told and not self.collector.vin_line(rows[index]) and self.section and group == "location":
            self.collector.spoken_of(rows[index], self.section.item)

    def _heading(self, line: Line, body: float) -> bool:
        if len(line.cells) != 1:
            return False
        text = line.cells[0].text.strip()
        found = item_heading(text)
        large = line.size > body * _LARGER or line.bold
        loud = text.isupper() and sum(char.isalpha() for char in text) > 3  # noqa: PLR2004
        if found is not None:
            self.section = _Section(found, line.size, self.collector.begin(found, text))
            self._about, self.title = None, text
            return True
        if len(text.split()) > _HEADING_WORDS or not (large or loud) or ":" in text:
            return False
        if self.section is not None and (line.size >= self.section.size - 0.2 if body else loud):
            self.section = None
        self._about, self.title = None, text
        return self.collector.coverage_heading(line.cells[0])


def _unwrapped(lines: Sequence[Line]) -> list[Line]:
    """Lines whose one cell goes on in the next are joined: a sentence or a value that filled its line."""
    edge = max((line.right for line in lines), default=0.0)
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before, line, edge):
            cell, more = before.cells[-1], line.cells[0]
            whole = Cell(
                (*cell.parts, *more.parts),
                cell.left,
                max(cell.right, more.right),
                min(cell.confidence, more.confidence),
            )
            joined[-1] = Line((*before.cells[:-1], whole), before.top, line.bottom, before.size, before.bold)
        else:
            joined.append(line)
    return joined


def _goes_on(before: Line, line: Line, edge: float) -> bool:
    text, last = line.cells[0].text, before.cells[-1]
    if len(line.cells) != 1 or len(before.cells) != 1 or abs(before.size - line.size) > 1:
        return False
    full = last.right >= edge * 0.8 and len(last.parts[-1]) >= 50  # noqa: PLR2004 - a line of prose
    close = -0.4 * line.size <= line.top - before.bottom <= 0.8 * line.size
    ends = before.cells[-1].text.rstrip().endswith((".", ":", ";", "!", "?"))
    fresh = not text[:1].isalnum() or (":" in text[:40] and text[:1].isupper())
    return full and close and not ends and not fresh


def _same_columns(above: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> bool:
    if not rows or len(rows[0]) != len(above):
        return False
    pairs = [(one, other) for one, other in zip(above, rows[0], strict=True) if not one.blank and not other.blank]
    return bool(pairs) and all(
        abs(one.left - other.left) <= _NEAR or abs(one.right - other.right) <= _NEAR for one, other in pairs
    )
