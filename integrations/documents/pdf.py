"""PDF: words with their places from the text layer, drawn lines, and pages that are only pictures.

PDFium keeps global state and is not safe among threads: everything here runs in the reader's own process.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from domain.documents.aligned import aligned_tables
from domain.documents.grid import Rule, ruled_tables
from domain.documents.layout import in_reading_order, lines_of
from domain.documents.page import Hidden, Note, Origin, Page, Word
from integrations.documents.limits import Limits, refused
from integrations.documents.visibility import Glyphs, Visibility

_MOST_CHARS = 60_000
_BOLD = 600
_UPRIGHT = 0.26  # radians: text turned further than 15 degrees is a stamp or a margin note
_THIN = 3.5
_SHORT = 8.0
_PICTURE_SHARE = 0.4
_FEW_WORDS = 8
_DEEP = 4
_SAMPLE = 300


Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the upper left of the page as displayed."""


@dataclass(slots=True)
class _Run:
    """Characters of one word while it grows."""

    chars: list[str]
    box: Box
    first: int
    turned: bool


def read_pdf(data: bytes, limits: Limits) -> tuple[list[Page], list[Note]]:
    """Pages and notes. Raises Invalid for a damaged or encrypted file and for too many pages."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as problem:
        if getattr(problem, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(problem).lower():
            raise refused("encrypted", "the PDF is locked with a password", "send it without one") from problem
        raise refused("broken_file", "the PDF is damaged", "print it to a new PDF and send that") from problem
    try:
        count = len(document)
        if count > limits.pages:
            raise refused(
                "too_many_pages", f"the PDF has {count} pages and {limits.pages} are read", "send a part of it"
            )
        if not count:
            raise refused("broken_file", "the PDF has no pages", "print it to a new PDF and send that")
        notes: list[Note] = []
        pages = [_page(document, number, notes) for number in range(1, count + 1)]
        return pages, notes
    finally:
        document.close()


def render(data: bytes, number: int, dpi: int, limits: Limits) -> Any:
    """Page ``number`` as a grey picture (height, width) of ``dpi``, less where it would have more pixels than the limit."""
    document = pdfium.PdfDocument(data)
    try:
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(dpi / 72, (limits.pixels / max(1.0, width * height)) ** 0.5)
        return page.render(scale=scale, grayscale=True).to_numpy().reshape(-1, round(width * scale + 0.499))
    finally:
        document.close()


def _page(document: pdfium.PdfDocument, number: int, notes: list[Note]) -> Page:
    page = document[number - 1]
    if raw.FPDFPage_GetAnnotCount(page):
        # Values of filled forms are annotations; flattened they become words of the page.
        raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number - 1]
    _upright(page)
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        glyphs = _glyphs(page, text, number, notes)
        visibility = Visibility(page, glyphs)
        words = [glyph.word for glyph in glyphs if not glyph.reason]
        hidden = _hidden(glyphs)
        shown, rules = list(words), list(_rules(page, height))
    finally:
        text.close()
    picture = len(words) < _FEW_WORDS and visibility.pictured >= _PICTURE_SHARE
    if hidden:
        count = sum(len(part.text.split()) for part in hidden)
        message = (
            f"{count} words cannot be seen by a person ({', '.join(dict.fromkeys(part.reason for part in hidden))})"
        )
        notes.append(Note("hidden_text", f"{message}; they were left out", number))
    lines = in_reading_order(lines_of(shown), width)
    ruled = ruled_tables(shown, rules, lines)
    tables = [*ruled, *aligned_tables(lines, [(table.first, table.last) for table in ruled])]
    page.close()
    return Page(
        number, tuple(lines), tuple(sorted(tables, key=lambda table: table.first)), width, height, None, Origin.TEXT,
        tuple(hidden), picture,
    )  # fmt: skip


def _upright(page: pdfium.PdfPage) -> None:
    """Turn a page whose words mostly stand sideways, so that they are shown, and read, from left to right."""
    text = page.get_textpage()
    count = raw.FPDFText_CountChars(text)
    quarters = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // _SAMPLE)):
        quarters[round(_angle(page, text, index) / (math.pi / 2)) % 4] += 1
    text.close()
    most = quarters.index(max(quarters))
    if most:
        # The angle grows clockwise, and so does the rotation: three quarters more undo one.
        raw.FPDFPage_SetRotation(page, (raw.FPDFPage_GetRotation(page) - most) % 4)


def _angle(page: pdfium.PdfPage, text: pdfium.PdfTextPage, index: int) -> float:
    """The angle of a character as the page is displayed, in radians."""
    angle: float = raw.FPDFText_GetCharAngle(text, index) + raw.FPDFPage_GetRotation(page) * math.pi / 2
    return angle % (2 * math.pi)


def _glyphs(page: pdfium.PdfPage, text: pdfium.PdfTextPage, number: int, notes: list[Note]) -> list[Glyphs]:
    count = raw.FPDFText_CountChars(text)
    if count > _MOST_CHARS:
        notes.append(Note("page_cut", f"only the first {_MOST_CHARS:,} characters were read", number))
    found: list[Glyphs] = []
    turned = 0
    for run in _runs(page, text, min(count, _MOST_CHARS)):
        if run.turned:
            turned += 1
            continue
        bold = raw.FPDFText_GetFontWeight(text, run.first) >= _BOLD or _bold_name(text, run.first)
        found.append(Glyphs(Word("".join(run.chars), *run.box, 1.0, bold), text, run.first))
    if turned:
        notes.append(Note("turned_text", f"{turned} words stand at an angle and were not read", number))
    return found


def _runs(page: pdfium.PdfPage, text: pdfium.PdfTextPage, count: int) -> Iterator[_Run]:
    """Words: characters up to a space, a line end, or a gap."""
    place = _Places(page)
    run: _Run | None = None
    box = [ctypes.c_double() for _ in range(4)]
    loose = raw.FS_RECTF()
    for index in range(count):
        char = _char(raw.FPDFText_GetUnicode(text, index))
        if char is None or char.isspace() or raw.FPDFText_IsGenerated(text, index) == 1:
            if run is not None:
                yield run
            run = None
            continue
        raw.FPDFText_GetCharBox(text, index, *(ctypes.byref(part) for part in box))
        left, right, bottom, top = (part.value for part in box)
        tight = place.box([left, bottom, right, top])
        if raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(loose)):
            # The loose box has the height of the type, so that a comma is as tall as a capital.
            tall = place.box([loose.left, loose.bottom, loose.right, loose.top])
            tight = tight[0], min(tight[1], tall[1]), tight[2], max(tight[3], tall[3])
        angle = _angle(page, text, index)
        turned = _UPRIGHT < angle < 2 * math.pi - _UPRIGHT
        if run is not None and (turned != run.turned or not _follows(run, tight)):
            yield run
            run = None
        if run is None:
            run = _Run([char], tight, index, turned)
        else:
            run.chars.append(char)
            old = run.box
            run.box = min(old[0], tight[0]), min(old[1], tight[1]), max(old[2], tight[2]), max(old[3], tight[3])
    if run is not None:
        yield run


def _follows(run: _Run, box: Box) -> bool:
    size = run.box[3] - run.box[1]
    gap = box[0] - run.box[2]
    level = min(box[3], run.box[3]) - max(box[1], run.box[1]) > 0.4 * min(box[3] - box[1], size)
    return level and -1.5 * size < gap < 0.35 * max(size, 1.0)


def _char(code: int) -> str | None:
    if code < 32 or code in {0xFFFE, 0xFFFF, 0xFEFF, 0x200B} or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - controls, halves
        return None
    if code == 0xA0:  # noqa: PLR2004 - no-break space
        return " "
    return {0x2010: "-", 0x2011: "-", 0x00AD: "-"}.get(code, chr(code))


def _bold_name(text: pdfium.PdfTextPage, index: int) -> bool:
    buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, index, buffer, 128, ctypes.byref(flags))
    return b"bold" in buffer.value.lower() or b"black" in buffer.value.lower()


class _Places:
    """From PDF coordinates (origin at the lower left, page perhaps turned) to points from the upper left as displayed."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._width, self._height = page.get_size()
        self._x, self._y = ctypes.c_int(), ctypes.c_int()

    def box(self, box: list[float]) -> Box:
        x0, y0 = self._point(box[0], box[1])
        x1, y1 = self._point(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        wide, high = round(self._width * 100), round(self._height * 100)
        raw.FPDF_PageToDevice(
            self._page, 0, 0, wide, high, 0, x, y, ctypes.byref(self._x), ctypes.byref(self._y)
        )  # fmt: skip
        return self._x.value / 100, self._y.value / 100


def _rules(page: pdfium.PdfPage, height: float) -> Iterator[Rule]:
    """Drawn straight lines: thin paths, and the four sides of boxes."""
    place = _Places(page)
    for item in page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH,), max_depth=_DEEP):
        left, bottom, right, top = item.get_bounds()
        x0, y0, x1, y1 = place.box([left, bottom, right, top])
        wide, high = x1 - x0, y1 - y0
        if high <= _THIN and wide >= _SHORT:
            yield Rule(True, (y0 + y1) / 2, x0, x1)  # noqa: FBT003
        elif wide <= _THIN and high >= _SHORT:
            yield Rule(False, (x0 + x1) / 2, y0, y1)  # noqa: FBT003
        elif wide >= _SHORT and _SHORT <= high < height * 0.95 and _stroked(item):
            for at in (y0, y1):
                yield Rule(True, at, x0, x1)  # noqa: FBT003
            for at in (x0, x1):
                yield Rule(False, at, y0, y1)  # noqa: FBT003


def _stroked(item: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, ctypes.byref(mode), ctypes.byref(stroke))
    return bool(stroke.value) and raw.FPDFPath_CountSegments(item) <= 6  # noqa: PLR2004 - a box, not a drawing


def _hidden(glyphs: list[Glyphs]) -> list[Hidden]:
    parts: list[tuple[str, list[str]]] = []
    for glyph in glyphs:
        if glyph.reason and parts and parts[-1][0] == glyph.reason:
            parts[-1][1].append(glyph.word.text)
        elif glyph.reason:
            parts.append((glyph.reason, [glyph.word.text]))
    return [Hidden(" ".join(words), reason) for reason, words in parts]
