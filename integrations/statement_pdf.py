"""A table as a PDF on letter paper: headings, columns, page numbers. Written by PDFium, which is here to read PDFs."""

from __future__ import annotations

import ctypes
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

_WIDE, _HIGH = 612, 792
_MARGIN = 40
_LINE = 13
_SIZE, _LARGE = 8.5, 13.0
_FONT, _BOLD = b"Helvetica", b"Helvetica-Bold"
_FOOT = 24
# PDFium is not safe in two threads at once.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Column:
    """A column that begins at ``x`` points from the left, or ends there where it is of ``numbers``; ``most`` characters fit."""

    title: str
    x: float
    most: int
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on it: a title, lines under it, and rows under columns; a row whose first cell is ``*`` is set bold."""

    title: str
    under: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


def table_pdf(sheet: Sheet) -> bytes:
    """The sheet's pages. Letters that the standard fonts lack become question marks."""
    with _ONE_AT_A_TIME:
        document = pdfium.PdfDocument.new()
        try:
            _pages(document, sheet)
            written = io.BytesIO()
            document.save(written)
            return written.getvalue()
        finally:
            document.close()


def _pages(document: pdfium.PdfDocument, sheet: Sheet) -> None:
    waiting, number = list(sheet.rows), 0
    while waiting or not number:
        number += 1
        page = document.new_page(_WIDE, _HIGH)
        y = float(_HIGH - _MARGIN)
        if number == 1:
            _text(document, page, sheet.title, _MARGIN, y, size=_LARGE, bold=True)
            y -= _LINE * 1.6
            for line in sheet.under:
                _text(document, page, line, _MARGIN, y)
                y -= _LINE
            y -= _LINE * 0.6
        _row(document, page, sheet.columns, [column.title for column in sheet.columns], y, bold=True)
        y -= _LINE * 1.3
        room = max(int((y - _MARGIN - _FOOT) // _LINE), 1)
        for cells in waiting[:room]:
            bold = bool(cells) and cells[0] == "*"
            _row(document, page, sheet.columns, ["" if bold else cells[0], *cells[1:]], y, bold=bold)
            y -= _LINE
        del waiting[:room]
        _text(document, page, f"page {number}", _WIDE - _MARGIN, _MARGIN, right=True)
        raw.FPDFPage_GenerateContent(page.raw)
        page.close()


def _row(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, columns: Sequence[Column], cells: Sequence[str], y: float,
    *, bold: bool,
) -> None:  # fmt: skip
    for column, cell in zip(columns, cells, strict=True):
        said = cell if len(cell) <= column.most else cell[: column.most - 1] + "…"
        _text(document, page, said, column.x, y, bold=bold, right=column.numbers)


def _text(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, words: str, x: float, y: float, *, size: float = _SIZE,
    bold: bool = False, right: bool = False,
) -> None:  # fmt: skip
    plain = words.encode("cp1252", "replace").decode("cp1252")
    if not plain.strip():
        return
    made = raw.FPDFPageObj_NewTextObj(document.raw, _BOLD if bold else _FONT, size)
    units = (plain + "\0").encode("utf-16-le")
    buffer = (ctypes.c_ushort * (len(units) // 2)).from_buffer_copy(units)
    raw.FPDFText_SetText(made, ctypes.cast(buffer, raw.FPDF_WIDESTRING))
    left, bottom, end, top = (ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(made, left, bottom, end, top)
    raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, x - end.value if right else x, y)
    raw.FPDFPage_InsertObject(page.raw, made)
