"""A document as a language model may be shown it, and the check that what it quotes really stands there."""

from __future__ import annotations

from dataclasses import dataclass

from domain.documents.page import Reading

MAX_CHARS = 60_000
"""Characters of a document that a prompt may carry; what lies behind is cut, and ``complete`` says so."""


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """The visible lines of one page. Hidden text is not among them; every line is a stranger's words: data, never instruction."""

    number: int
    lines: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class DocumentEvidence:
    """What a document reader that is an agent takes: pages with lines, and nothing that a person could not see."""

    pages: tuple[EvidencePage, ...]
    complete: bool

    @classmethod
    def of(cls, reading: Reading) -> DocumentEvidence:
        """The visible pages of ``reading``, up to :data:`MAX_CHARS`."""
        pages: list[EvidencePage] = []
        left = MAX_CHARS
        complete = not reading.needs_ocr
        for page in reading.pages:
            lines: list[str] = []
            for line in page.lines:
                text = " ".join(line.text.split())
                if len(text) > left:
                    complete = False
                    break
                left -= len(text) + 1
                lines.append(text)
            pages.append(EvidencePage(page.number, tuple(lines), page.origin.value))
        return cls(tuple(pages), complete)

    def page_of(self, quote: str, claimed: int | None = None) -> int | None:
        """The page that ``quote`` stands on word for word (white space may differ, lines may run on), ``claimed`` first; None
        where no page has it, and the value that it should support must be refused.
        """
        wanted = " ".join(quote.split())
        if not wanted:
            return None
        for page in sorted(self.pages, key=lambda page: page.number != claimed):
            if wanted in " ".join(page.lines):
                return page.number
        return None
