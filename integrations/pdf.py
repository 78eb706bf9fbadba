"""Papers as PDF: headings, paragraphs, pairs of names and values, tables that go on over pages. Written by PDFium, which is
here to read PDFs. Blocks stand below each other in their order; a page that is full is followed by another.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache

import pypdfium2 as pdfium
from pypdfium2 import raw

_MARGIN, _FOOT = 40.0, 24.0
_SIZE = 8.5
_LEADING = 1.5
_GAP = 8.0
_HEADINGS = {1: 13.0, 2: 10.5}
_FONT, _BOLD = b"Helvetica", b"Helvetica-Bold"
# Letters that the standard fonts lack and that no sign on another letter makes.
_LIKE = str.maketrans(
    {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "\u0131": "i", "\u2010": "-", "\u2011": "-", "\u2212": "-"}
)
_CLOCK = re.compile(rb"<</CreationDate\(D:\d{14}\+00'00'\)")
_OWN_ID = re.compile(rb"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")
# PDFium is not safe in two threads at once.
_ONE_AT_A_TIME = threading.Lock()


class Paper(Enum):
    """Width and height in points."""

    LETTER = (612.0, 792.0)
    LETTER_WIDE = (792.0, 612.0)


@dataclass(frozen=True, slots=True)
class Heading:
    """A line on its own: ``level`` 1 is the paper's title, 2 begins a part."""

    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words broken into lines where they are too long; line breaks in them stay."""

    words: str
    size: float = _SIZE
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names on the left, what they are on the right of them, broken into lines where it is long."""

    pairs: Sequence[tuple[str, str]]
    size: float = _SIZE


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its ``share`` of the width is beside the others' shares. ``numbers`` end at its right; what does not fit is cut,
    and an ellipsis says so.
    """

    title: str
    share: float
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Strong:
    """A row in bold, as of totals."""

    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; every page that it comes to repeats the titles."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[str] | Strong]
    size: float = _SIZE


@dataclass(frozen=True, slots=True)
class Space:
    """Nothing, so many points high: for a signature."""

    points: float


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a page of its own."""


Block = Heading | Paragraph | Pairs | Table | Space | NewPage


def pdf(
    blocks: Iterable[Block], *, paper: Paper = Paper.LETTER, foot: str = "", made_at: datetime | None = None
) -> bytes:
    """The pages, numbered "page 1 of 3" at their foot, with ``foot`` on the left of that. It takes the time of a page's letters:
    call it in a thread. Letters that the standard fonts lack lose their signs, or become question marks.

    With ``made_at`` the same blocks are the same bytes, whenever they are drawn: the file says that it was made then.
    """
    with _ONE_AT_A_TIME:
        pages = _laid_out(blocks, paper)
        document = pdfium.PdfDocument.new()
        try:
            for number, page in enumerate(pages, 1):
                _write(document, page, paper, foot, f"page {number} of {len(pages)}")
            written = io.BytesIO()
            document.save(written)
            data = written.getvalue()
            return data if made_at is None else _dated(data, made_at)
        finally:
            document.close()


def _dated(data: bytes, at: datetime) -> bytes:
    """PDFium writes its clock and a random id; ours are as long, so that nothing in the file moves."""
    stamp = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    dated, one = _CLOCK.subn(lambda _: b"<</CreationDate(" + stamp + b")", data, count=1)
    head, trailer = dated[: dated.rindex(b"trailer")], dated[dated.rindex(b"trailer") :]
    own = hashlib.sha256(head).hexdigest()[:32].upper().encode()
    trailer, two = _OWN_ID.subn(b"/ID[<" + own + b"><" + own + b">]", trailer)
    if (one, two) != (1, 1) or len(dated) != len(data):
        msg = "PDFium writes its date or id in another way than we know; compare its release notes"
        raise RuntimeError(msg)
    return head + trailer


# laying out: what stands where, before anything is written


@dataclass(frozen=True, slots=True)
class _Words:
    """Words that begin at ``x``, or end there; ``y`` is from the page's foot."""

    words: str
    x: float
    y: float
    size: float
    bold: bool = False
    ends: bool = False


@dataclass(slots=True)
class _Page:
    words: list[_Words] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)


class _Flow:
    """Pages being filled from their top; ``y`` is where the next line's letters stand."""

    def __init__(self, paper: Paper) -> None:
        self.wide, self._high = paper.value
        self.room = self.wide - 2 * _MARGIN
        self.pages: list[_Page] = []
        self.y = 0.0
        self.turn()

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append(_Page())
        self.y = self._high - _MARGIN

    @property
    def fresh(self) -> bool:
        """Whether nothing is on the page."""
        return not self.pages[-1].words

    def fits(self, points: float) -> bool:
        """Whether so much is left, or the page is as empty as any."""
        return self.y - points >= _MARGIN + _FOOT or self.fresh

    def put(self, words: str, x: float, size: float, *, bold: bool = False, ends: bool = False) -> None:
        """Words on the line that ``y`` is at."""
        if words.strip():
            self.pages[-1].words.append(_Words(words, x, self.y, size, bold, ends))


def _laid_out(blocks: Iterable[Block], paper: Paper) -> list[_Page]:
    flow = _Flow(paper)
    for block in blocks:
        match block:
            case Heading():
                _heading(flow, block)
            case Paragraph():
                _lines(flow, _broken(block.words, flow.room, block.size, bold=block.bold), block.size, bold=block.bold)
                flow.y -= _GAP
            case Pairs():
                _pairs(flow, block)
            case Table():
                _table(flow, block)
            case Space():
                flow.y -= block.points
            case NewPage() if not flow.fresh:
                flow.turn()
            case NewPage():
                pass
    return flow.pages


def _heading(flow: _Flow, block: Heading) -> None:
    size = _HEADINGS[block.level]
    lines = _broken(block.words, flow.room, size, bold=True)
    # a heading does not stand alone at a page's foot
    if not flow.fits((len(lines) * size + 3 * _SIZE) * _LEADING):
        flow.turn()
    _lines(flow, lines, size, bold=True)
    flow.y -= _GAP / 2


def _lines(flow: _Flow, lines: Iterable[str], size: float, *, bold: bool) -> None:
    for line in lines:
        if not flow.fits(0):
            flow.turn()
        flow.put(line, _MARGIN, size, bold=bold)
        flow.y -= size * _LEADING


def _pairs(flow: _Flow, block: Pairs) -> None:
    names = max((_width(name, block.size, bold=False) for name, _ in block.pairs), default=0.0)
    left = min(names + 2 * _GAP, flow.room / 2)
    for name, value in block.pairs:
        for number, line in enumerate(_broken(value, flow.room - left, block.size, bold=False) or [""]):
            if not flow.fits(0):
                flow.turn()
            if number == 0:
                flow.put(_cut(name, left - _GAP, block.size, bold=False), _MARGIN, block.size)
            flow.put(line, _MARGIN + left, block.size)
            flow.y -= block.size * _LEADING
    flow.y -= _GAP


def _table(flow: _Flow, block: Table) -> None:
    high = block.size * _LEADING
    whole = sum(column.share for column in block.columns)
    spans, x = [], _MARGIN
    for column in block.columns:
        wide = flow.room * column.share / whole
        spans.append((column, x, wide))
        x += wide

    def row(cells: Sequence[str], *, bold: bool) -> None:
        for (column, begins, wide), cell in zip(spans, cells, strict=True):
            said = _cut(cell, wide - _GAP / 2, block.size, bold=bold)
            flow.put(
                said, begins + wide - _GAP / 2 if column.numbers else begins, block.size, bold=bold, ends=column.numbers
            )
        flow.y -= high

    def titles() -> None:
        row([column.title for column in block.columns], bold=True)
        flow.pages[-1].rules.append(flow.y + high * 0.7)
        flow.y -= high * 0.2

    if not flow.fits(2 * high):
        flow.turn()
    titles()
    for one in block.rows:
        if not flow.fits(0):
            flow.turn()
            titles()
        row(one.cells if isinstance(one, Strong) else one, bold=isinstance(one, Strong))
    flow.y -= _GAP


def _broken(words: str, room: float, size: float, *, bold: bool) -> list[str]:
    """Lines that fit; a word that alone is too long is broken anywhere."""
    found = []
    for given in words.splitlines():
        line = ""
        for word in _pieces(given, room, size, bold=bold):
            longer = f"{line} {word}" if line else word
            if line and _width(longer, size, bold=bold) > room:
                found.append(line)
                line = word
            else:
                line = longer
        found.append(line)
    return found


def _pieces(words: str, room: float, size: float, *, bold: bool) -> Iterator[str]:
    for word in words.split():
        rest = word
        while rest and _width(rest, size, bold=bold) > room:
            count = max(_fitting(rest, room, size, bold=bold), 1)
            yield rest[:count]
            rest = rest[count:]
        if rest:
            yield rest


def _cut(words: str, room: float, size: float, *, bold: bool) -> str:
    said = " ".join(words.split())
    if _width(said, size, bold=bold) <= room:
        return said
    return said[: _fitting(said, room - _width("…", size, bold=bold), size, bold=bold)].rstrip() + "…"


def _fitting(words: str, room: float, size: float, *, bold: bool) -> int:
    """How many letters from the beginning fit."""
    used = 0.0
    for number, letter in enumerate(words):
        used += _width(letter, size, bold=bold)
        if used > room:
            return number
    return len(words)


def _width(words: str, size: float, *, bold: bool) -> float:
    return sum(_letter(letter, bold=bold) for letter in _plain(words)) * size / 1000


@lru_cache(maxsize=1024)
def _letter(letter: str, *, bold: bool) -> float:
    """Thousandths of the size."""
    document = pdfium.PdfDocument.new()
    try:
        font = raw.FPDFText_LoadStandardFont(document.raw, _BOLD if bold else _FONT)
        wide = ctypes.c_float()
        raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, wide)
        raw.FPDFFont_Close(font)
        return float(wide.value)
    finally:
        document.close()


def _plain(words: str) -> str:
    """Words in letters that the standard fonts have."""
    if words.isascii():
        return re.sub(r"[\x00-\x1f\x7f]", " ", words)
    return "".join(_nearest(letter) for letter in unicodedata.normalize("NFC", words))


@lru_cache(maxsize=4096)
def _nearest(letter: str) -> str:
    if unicodedata.category(letter) == "Cf":
        return ""
    for tried in (letter, letter.translate(_LIKE), unicodedata.normalize("NFKD", letter)):
        kept = tried.encode("cp1252", "ignore").decode("cp1252")
        if kept and kept.isprintable():
            return kept
    return " " if letter.isspace() else "?"


# writing


def _write(document: pdfium.PdfDocument, page: _Page, paper: Paper, foot: str, number: str) -> None:
    wide, high = paper.value
    sheet = document.new_page(wide, high)
    for one in page.words:
        _words(document, sheet, one)
    for y in page.rules:
        line = raw.FPDFPageObj_CreateNewPath(_MARGIN, y)
        raw.FPDFPath_LineTo(line, wide - _MARGIN, y)
        raw.FPDFPageObj_SetStrokeWidth(line, 0.5)
        raw.FPDFPath_SetDrawMode(line, raw.FPDF_FILLMODE_NONE, True)  # noqa: FBT003 - positional in C
        raw.FPDFPage_InsertObject(sheet.raw, line)
    _words(document, sheet, _Words(number, wide - _MARGIN, _MARGIN, _SIZE, ends=True))
    if foot.strip():
        room = wide - 2 * _MARGIN - _width(number, _SIZE, bold=False) - _GAP
        _words(document, sheet, _Words(_cut(foot, room, _SIZE, bold=False), _MARGIN, _MARGIN, _SIZE))
    raw.FPDFPage_GenerateContent(sheet.raw)
    sheet.close()


def _words(document: pdfium.PdfDocument, sheet: pdfium.PdfPage, said: _Words) -> None:
    plain = _plain(said.words)
    made = raw.FPDFPageObj_NewTextObj(document.raw, _BOLD if said.bold else _FONT, said.size)
    units = (plain + "\0").encode("utf-16-le")
    buffer = (ctypes.c_ushort * (len(units) // 2)).from_buffer_copy(units)
    raw.FPDFText_SetText(made, ctypes.cast(buffer, raw.FPDF_WIDESTRING))
    x = said.x - _width(said.words, said.size, bold=said.bold) if said.ends else said.x
    raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, x, said.y)
    raw.FPDFPage_InsertObject(sheet.raw, made)
