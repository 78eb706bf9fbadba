"""Documents cut into passages: what is embedded, found and quoted."""

from __future__ import annotations

from dataclasses import dataclass

from domain.knowledge.documents import Document
from domain.knowledge.sentences import sentences

LIMIT = 1200
"""Characters of a passage. The embedder reads 1,500 and takes half a second for them; nine in ten published insurance answers
fit into one passage.
"""

_SHORTEST = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document, whole sentences of one section; ``number`` counts from 0 within the document."""

    number: int
    heading: str
    text: str

    @property
    def lead(self) -> str:
        """Its heading and first sentence: what it says it is about."""
        first = sentences(self.text)[:1]
        return " ".join([self.heading, *first]).strip()

    @property
    def embedded(self) -> str:
        """What the embedder reads."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


def cut(document: Document, limit: int = LIMIT) -> list[Passage]:
    """The document's passages, in order. A section of its own never shares a passage with the next; a tail shorter than
    200 characters stays with the passage before it.
    """
    found: list[tuple[str, str]] = []
    for section in document.sections:
        parts = _parts(sentences(section.text), limit)
        found.extend((section.heading, part) for part in parts)
    return [Passage(number, heading, text) for number, (heading, text) in enumerate(found)]


def _parts(pieces: list[str], limit: int) -> list[str]:
    parts: list[str] = []
    for piece in pieces:
        if parts and len(parts[-1]) + 1 + len(piece) <= limit:
            parts[-1] = f"{parts[-1]} {piece}"
        else:
            parts.append(piece)
    if len(parts) > 1 and len(parts[-1]) < _SHORTEST:
        tail = parts.pop()
        parts[-1] = f"{parts[-1]} {tail}"
    return parts
