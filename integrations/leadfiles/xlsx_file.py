"""Workbooks (XLSX) of leads: one sheet, cells as the sheet shows them, stored results of formulas, nothing calculated."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openpyxl import load_workbook

from domain.leads.reading.problems import problem
from integrations.documents.archive import check_archive, check_parts
from integrations.documents.limits import Limits
from integrations.documents.spreadsheet import shown
from integrations.leadfiles.encoding import Opener
from integrations.leadfiles.records import Record
from integrations.leadfiles.table import COLUMN_LIMIT, ROW_LIMIT, Survey, TableRow, over_limit, refused
from integrations.leadfiles.tabular import rows_of, survey_of
from kernel.errors import AppError, FieldError

LIMITS = Limits(unpacked=500_000_000, part=300_000_000, cells=10_000_000)
_CHUNK = 1 << 20
_FORMULA = (b"<f>", b"<f ", b"<f/", b":f>", b":f ")


class XlsxFile:
    """The first visible sheet that holds anything, or the one named ``sheet``."""

    format = "xlsx"

    def __init__(self, source: Opener, size: int, sheet: str | None = None) -> None:
        """Raises :class:`kernel.errors.Invalid` for what is no workbook, or must not be unpacked."""
        self._source = source
        self._sheet = sheet
        self._place = 0
        with source() as file:
            names = check_archive(file, size, LIMITS)
        if "xl/workbook.xml" not in names:
            what = "a binary workbook" if "xl/workbook.bin" in names else "an archive and no workbook"
            raise refused("not_a_lead_file", f"this is {what}", "save the table as XLSX or CSV")
        with source() as file:
            check_parts(file, LIMITS)

    def survey(self) -> Survey:
        """Read the sheet through once. Raises Invalid for a damaged workbook, an unknown or empty sheet, and too many cells."""
        notes: list[FieldError] = []
        with self._opened() as book:
            self._place = self._chosen(book, notes)
        found = survey_of(self._records(self._place))
        return Survey(found.header, found.rows, found.sample, (*notes, *found.problems))

    def rows(self, survey: Survey) -> Iterator[TableRow]:
        """Every row from the first, of the sheet that the survey chose."""
        return rows_of(self._records(self._place), survey.header)

    @contextmanager
    def _opened(self, *, results: bool = True) -> Iterator[Any]:
        """The workbook. Whatever its parser does on damaged bytes, the caller gets Invalid."""
        with self._source() as file:
            book = None
            try:
                book = load_workbook(file, read_only=True, data_only=results, keep_links=False)
                yield book
            except (AppError, GeneratorExit):
                raise
            except Exception as fault:
                raise refused("broken_file", "the workbook is damaged", "open it and save it anew") from fault
            finally:
                if book is not None:
                    book.close()

    def _chosen(self, book: Any, notes: list[FieldError]) -> int:
        """Place of the sheet to read among the worksheets."""
        visible = []
        for place, sheet in enumerate(book.worksheets):
            if self._sheet is not None and sheet.title.casefold() == self._sheet.casefold():
                return place
            if sheet.sheet_state == "visible":
                visible.append((place, sheet))
            else:
                message = f"the hidden sheet {sheet.title!r} was not read"
                notes.append(FieldError("file", "hidden_sheet", message, "name the sheet, or show it, to have it read"))
        titles = ", ".join(sheet.title for sheet in book.worksheets)
        if self._sheet is not None:
            raise refused("sheet_unknown", f"there is no sheet {self._sheet[:80]!r}", f"name one of: {titles}", "sheet")
        filled = [(place, sheet.title) for place, sheet in visible if _holds_something(sheet)]
        if not filled:
            raise refused("empty_file", "no visible sheet of the workbook holds anything", "fill a sheet, or show it")
        for _, title in filled[1:]:
            message = f"the sheet {title!r} was not read; the first one was"
            notes.append(FieldError("file", "other_sheet", message, "send it by itself, or name the sheet to read"))
        return filled[0][0]

    def _records(self, place: int) -> Iterator[Record]:
        """Records of the sheet, blank ones between others included."""
        with self._opened() as book:
            sheet = book.worksheets[place]
            sheet.reset_dimensions()
            rows = enumerate(sheet.iter_rows(), 1)
            if self._has_formulas(str(getattr(sheet, "_worksheet_path", ""))):
                with self._opened(results=False) as formulas:
                    twin = formulas.worksheets[place]
                    twin.reset_dimensions()
                    yield from _trimmed(
                        _record(at, row, asked) for (at, row), asked in zip(rows, twin.iter_rows(), strict=True)
                    )
            else:
                yield from _trimmed(_record(at, row) for at, row in rows)

    def _has_formulas(self, path: str) -> bool:
        with self._source() as file, zipfile.ZipFile(file) as packed, packed.open(path.lstrip("/")) as part:
            before = b""
            while chunk := part.read(_CHUNK):
                if any(mark in before + chunk for mark in _FORMULA):
                    return True
                before = chunk[-4:]
        return False


def _holds_something(sheet: Any) -> bool:
    sheet.reset_dimensions()
    rows = itertools.islice(sheet.iter_rows(values_only=True), ROW_LIMIT)
    return any(value not in (None, "") for row in rows for value in row)


def _trimmed(records: Iterator[Record]) -> Iterator[Record]:
    """Without blank records at the end, which formats alone leave behind; raises Invalid past the limit of cells."""
    waiting: list[Record] = []
    budget = LIMITS.cells
    for record in records:
        budget -= len(record.cells) + 1
        if budget < 0:
            raise refused("too_many_cells", "the sheet has too many cells", "split it into several files")
        if record.blank:
            waiting.append(record)
        else:
            yield from waiting
            waiting.clear()
            yield record


def _record(number: int, row: Any, formulas: Any = None) -> Record:
    cells: list[str] = []
    notes: list[FieldError] = []
    for place, cell in enumerate(row):
        value = cell.value
        if value is None:
            if formulas is not None and _is_formula(formulas[place]):
                notes.append(problem("formula_no_value", _where(cell, formulas[place], number)))
            cells.append("")
        elif cell.data_type == "e":
            notes.append(problem("formula_error", _where(cell, cell, number), str(value)))
            cells.append("")
        else:
            cells.append(shown(value, cell.number_format or ""))
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > COLUMN_LIMIT:
        message = f"a row has {len(cells)} cells, over the limit of {COLUMN_LIMIT}"
        return Record([], number, fault=over_limit(f"row {number}", message, "remove the columns that are not needed"))
    return Record(cells, number, notes=tuple(notes))


def _is_formula(cell: Any) -> bool:
    return str(cell.data_type) == "f"


def _where(cell: Any, other: Any, number: int) -> str:
    place = getattr(cell, "coordinate", None) or getattr(other, "coordinate", None)
    return f"cell {place}" if place else f"sheet row {number}"
