"""A document as a language model may be shown it, and the check that what it quotes really stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from domain.documents.labels import prefix_label
from domain.documents.page import Reading
from domain.leads.instructions import set_aside

_A_SYSTEM = re.compile(r"^\W*(?:[\w&/'-]+\s+){1,4}?systems?\s*:", re.IGNORECASE)
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
    """What a document reader that is an agent takes: pages with lines, and nothing that a person could not see.

    Lines that speak to the machine that reads them (:mod:`domain.leads.instructions`) are left out; ``aside`` counts them.
    """

    pages: tuple[EvidencePage, ...]
    complete: bool
    aside: int = 0

    @classmethod
    def of(cls, reading: Reading) -> DocumentEvidence:
        """The visible pages of ``reading``, up to :data:`MAX_CHARS`."""
        pages: list[EvidencePage] = []
        left, aside = MAX_CHARS, 0
        complete = not reading.needs_ocr
        for page in reading.pages:
            lines: list[str] = []
            said = [" ".join(line.text.replace("\x00", " ").split()) for line in page.lines]
            spoken = set(_to_machines(said))
            aside += len(spoken)
            for number, text in enumerate(said):
                if number in spoken:
                    continue
                if len(text) > left:
                    complete = False
                    break
                left -= len(text) + 1
                lines.append(text)
            pages.append(EvidencePage(page.number, tuple(lines), page.origin.value))
        return cls(tuple(pages), complete, aside)

    @property
    def worded(self) -> bool:
        """Whether there is anything to read."""
        return any(page.lines for page in self.pages)

    def page_of(self, quote: str, claimed: int | None = None) -> EvidencePage | None:
        """The page that ``quote`` stands on word for word (white space may differ, lines may run on), ``claimed`` first; None
        where no page has it, and the value that it should support must be refused.
        """
        wanted = " ".join(quote.split())
        if not wanted:
            return None
        for page in sorted(self.pages, key=lambda page: page.number != claimed):
            if wanted in " ".join(page.lines):
                return page
        return None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for the time until somebody reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DocumentEvidence:
        """The inverse of :meth:`as_dict`."""
        pages = tuple(EvidencePage(one["number"], tuple(one["lines"]), one["origin"]) for one in data["pages"])
        return cls(pages, data["complete"], data["aside"])


def _to_machines(lines: Sequence[str]) -> Iterator[int]:
    """Places of lines that speak to a machine, alone or run on into the next."""
    values = [_value(line) for line in lines]
    spoken = [bool(set_aside(value).passages) for value in values]
    for place, (line, following) in enumerate(pairwise(values)):
        if not spoken[place] and not spoken[place + 1] and set_aside(f"{line} {following}").passages:
            spoken[place] = spoken[place + 1] = True
    yield from (place for place, is_spoken in enumerate(spoken) if is_spoken)


def _value(line: str) -> str:
    """What stands behind a label that we know or the name of a thing: ``Sprinkler system: yes`` is no voice of a system."""
    found = prefix_label(line)
    if found is not None and found[1].endswith(":"):
        return found[2]
    return _A_SYSTEM.sub("", line)
