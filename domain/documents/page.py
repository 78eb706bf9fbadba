"""A document after reading: pages of words in their places, lines, tables, and what was kept out.

Lengths are points (1/72 inch) from the top left corner of the page. Where a format has no places (text, spreadsheets)
a character is 6 points wide and a line 12 high, so that columns of typewriter text align as they do on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Format(StrEnum):
    """What the bytes are, by their content and never by the name of the file."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    EMAIL = "email"
    TEXT = "text"
    CSV = "csv"
    XLSX = "xlsx"


class Origin(StrEnum):
    """How the words of a page were come by: stated by the file, or recognised in a picture."""

    TEXT = "text"
    OCR = "ocr"
    SHEET = "sheet"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Word:
    """One word and its box. ``confidence`` is 1 unless it was recognised in a picture."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0
    bold: bool = False

    @property
    def height(self) -> float:
        """Height of the box."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Vertical centre of the box."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Horizontal centre of the box."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that belong together in one column. ``parts`` are its text line by line, each verbatim from the page."""

    parts: tuple[str, ...]
    left: float = 0.0
    right: float = 0.0
    confidence: float = 1.0

    @property
    def text(self) -> str:
        """The parts as one line."""
        return " ".join(self.parts)

    @property
    def blank(self) -> bool:
        """Whether it holds nothing."""
        return not any(part.strip() for part in self.parts)


NOTHING = Cell(())


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline, parted into cells where the gap between them is wide. ``size`` is the height of its type."""

    cells: tuple[Cell, ...]
    top: float
    bottom: float
    size: float
    bold: bool = False

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.cells[-1].right


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, all of one width. It stands in place of the lines ``first`` to ``last`` (inclusive) of its page.

    ``ruled`` says that drawn lines made the columns; otherwise aligned words did, which is less sure.
    """

    rows: tuple[tuple[Cell, ...], ...]
    first: int
    last: int
    ruled: bool = False

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0


@dataclass(frozen=True, slots=True)
class Hidden:
    """Words that a person who looks at the page cannot see, and why. They are never read as facts nor shown to a model."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or one sheet of a workbook (``name`` is then its title). ``picture`` marks a page that is an image of text;
    it has no lines until somebody recognises them.
    """

    number: int
    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()
    width: float = 0.0
    height: float = 0.0
    name: str | None = None
    origin: Origin = Origin.TEXT
    hidden: tuple[Hidden, ...] = ()
    picture: bool = False

    @property
    def text(self) -> str:
        """The visible lines in reading order."""
        return "\n".join(line.text for line in self.lines)

    def says(self, quote: str) -> bool:
        """Whether each line of ``quote`` stands on this page word for word; white space may differ."""
        said = [_plain(line.text) for line in self.lines]
        said += [_plain(part) for table in self.tables for row in table.rows for cell in row for part in cell.parts]
        wanted = [_plain(part) for part in quote.split("\n")]
        return all(any(part in line for line in said) for part in wanted)


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about the reading: a stable ``code``, plain words, and the page (None: the file)."""

    code: str
    message: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document: its pages, notes, and the documents attached to it (an e-mail's). ``name`` is the sender's file
    name and says nothing about the type. ``data`` of attachments is kept by the reader, not here.
    """

    name: str
    format: Format
    pages: tuple[Page, ...]
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=())

    @property
    def needs_ocr(self) -> tuple[int, ...]:
        """Numbers of the pages whose text is only a picture so far."""
        return tuple(page.number for page in self.pages if page.picture)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside an e-mail: what was read, or the reason why it was not. ``sha256`` is of its bytes."""

    name: str
    sha256: str
    size: int
    reading: Reading | None
    problem: str | None = None


def _plain(text: str) -> str:
    return " ".join(text.split())
