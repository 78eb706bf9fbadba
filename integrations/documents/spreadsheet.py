"""Workbooks (XLSX): each visible sheet is a page. Formulas count by their stored results; hidden cells are kept out."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from domain.documents.page import Hidden, Note, Page
from integrations.documents.archive import check_parts
from integrations.documents.limits import Limits, refused
from integrations.documents.plain import sheet_page

_SIGN = re.compile(r"\[\$([^\-\]]{1,4})[^\]]*\]|([$\u00a3\u20ac\u20b9\u00a5])")
_HIDDEN_ROW = re.compile(rb"<row\b(?=[^>]*\bhidden=\"(?:1|true)\")[^>]*\br=\"(\d+)\"")
_HIDDEN_COLUMN = re.compile(rb"<col\b(?=[^>]*\bhidden=\"(?:1|true)\")[^>]*>")
_SPAN = re.compile(rb"\b(min|max)=\"(\d+)\"")
_WHITE = frozenset(("FFFFFFFF", "00FFFFFF"))
_ZEROS = re.compile(r"0{2,}(?:-0+)*")
_WIDEST = 100


def read_workbook(data: bytes, limits: Limits) -> tuple[list[Page], list[Note]]:
    """Sheets as pages. Raises Invalid for a damaged workbook and one with too many cells."""
    notes: list[Note] = []
    check_parts(io.BytesIO(data), limits)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, ParseError, zipfile.BadZipFile, OSError) as problem:
        raise refused("broken_file", "the workbook is damaged", "open it and save it anew") from problem
    pages: list[Page] = []
    budget = limits.cells
    try:
        for sheet in book.worksheets[: limits.pages]:
            number = len(pages) + 1
            if sheet.sheet_state != "visible":
                notes.append(Note("hidden_sheet", "a hidden sheet was left out", None))
                continue
            rows, hidden, budget = _rows(sheet, _concealed(data, sheet), budget)
            page = sheet_page(number, sheet.title, rows)
            if hidden:
                notes.append(
                    Note("hidden_text", f"{len(hidden)} cells cannot be seen by a person; they were left out", number)
                )
                page = _with_hidden(page, hidden)
            pages.append(page)
    except (ParseError, KeyError, ValueError, zipfile.BadZipFile) as problem:
        raise refused("broken_file", "a sheet of the workbook is damaged", "open it and save it anew") from problem
    finally:
        book.close()
    return pages, notes


def _rows(sheet: Any, concealed: tuple[set[int], set[int]], budget: int) -> tuple[list[list[str]], list[Hidden], int]:
    rows: list[list[str]] = []
    hidden: list[Hidden] = []
    hidden_rows, hidden_columns = concealed
    for number, row in enumerate(sheet.iter_rows(max_col=_WIDEST), 1):
        budget -= len(row)
        if budget < 0:
            raise refused("too_many_cells", "the workbook has too many cells", "send the sheets that matter")
        texts: list[str] = []
        for column, cell in enumerate(row, 1):
            text = "" if cell.value is None else shown(cell.value, cell.number_format or "")
            reason = "in a hidden row or column" if number in hidden_rows or column in hidden_columns else _unseen(cell)
            if text and reason:
                hidden.append(Hidden(text, reason))
                text = ""
            texts.append(text)
        rows.append(texts)
    while rows and not any(rows[-1]):
        rows.pop()
    return rows, hidden, budget


def shown(value: Any, number_format: str) -> str:
    """A cell as the sheet shows it, as far as money, dates and leading zeros go: the sign of a currency format stands before the
    number, and a ZIP stored as the number 2138 in the format 00000 is 02138.
    """
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return _figure(value, number_format)
    return str(value)


def _figure(value: float | Decimal, number_format: str) -> str:
    if "%" in number_format:
        return f"{round(Decimal(str(value)) * 100, 4).normalize():f}%"
    exact = Decimal(str(value))
    whole = exact == exact.to_integral_value()
    if whole and exact >= 0 and (padded := _padded(int(exact), number_format)):
        return padded
    sign = _SIGN.search(number_format)
    if sign:
        mark = sign.group(1) or sign.group(2)
        return f"{mark}{exact:,.0f}" if whole else f"{mark}{exact:,.2f}"
    return f"{exact:f}" if not whole else str(int(exact))


def _padded(value: int, number_format: str) -> str:
    """``value`` in a format of zeros and hyphens alone (00000, 000-00-0000); empty for other formats."""
    zeros = number_format.split(";", maxsplit=1)[0].replace("\\", "").replace('"', "")
    if not _ZEROS.fullmatch(zeros):
        return ""
    digits = str(value).zfill(zeros.count("0"))
    surplus = len(digits) - zeros.count("0")
    rest = iter(digits[surplus:])
    return digits[:surplus] + "".join(next(rest) if char == "0" else char for char in zeros)


def _unseen(cell: Any) -> str:
    if (cell.number_format or "").replace(" ", "").strip('"') == ";;;":
        return "in a format that shows nothing"
    font, fill = getattr(cell, "font", None), getattr(cell, "fill", None)
    colour = getattr(getattr(font, "color", None), "rgb", None)
    if isinstance(colour, str) and colour.upper() in _WHITE:
        ground = getattr(getattr(fill, "fgColor", None), "rgb", None)
        plain = getattr(fill, "fill_type", None) is None or (isinstance(ground, str) and ground.upper() in _WHITE)
        return "in the colour of its background" if plain else ""
    return ""


def _concealed(data: bytes, sheet: Any) -> tuple[set[int], set[int]]:
    """Numbers of hidden rows and columns, which reading cell by cell does not tell."""
    path = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        try:
            text = packed.read(path)
        except KeyError:
            return set(), set()
    rows = {int(match) for match in _HIDDEN_ROW.findall(text)}
    columns: set[int] = set()
    for column in _HIDDEN_COLUMN.findall(text):
        span = dict(_SPAN.findall(column))
        if b"min" in span and b"max" in span:
            columns |= set(range(int(span[b"min"]), min(int(span[b"max"]), _WIDEST) + 1))
    return rows, columns


def _with_hidden(page: Page, hidden: list[Hidden]) -> Page:
    return Page(page.number, page.lines, page.tables, page.width, page.height, page.name, page.origin, tuple(hidden))
