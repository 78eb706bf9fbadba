"""What kind of document it is, and which words said so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.documents.layout import body_size
from domain.documents.page import Format, Reading
from domain.documents.specs import fold, kind_words

_TITLE_LINES = 6
_LARGER = 1.15
_ENOUGH = 2.0
_MOST_CHARS = 60_000


@dataclass(frozen=True, slots=True)
class Kind:
    """``name`` of the kinds in ``data/kinds.json``, ``email`` or ``other``; ``reason`` names the words."""

    name: str
    reason: str
    confidence: float


def kind_of(reading: Reading) -> Kind:
    """The kind with the most weight of words; ``email`` by its form, ``other`` when no words weigh enough."""
    if reading.format is Format.EMAIL:
        return Kind("email", "the file is an e-mail", 1.0)
    titles = fold(_titles(reading))
    text = fold(re.sub(r"[()\[\]]", " ", " ".join(page.text for page in reading.pages)[:_MOST_CHARS]))
    weights: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    for kind, places in kind_words().items():
        for place, where in (("title", titles), ("text", text)):
            for phrase, tenths in places[place].items():
                if re.search(rf"\b{re.escape(fold(phrase))}\b", where):
                    weights[kind] = weights.get(kind, 0.0) + tenths / 10
                    words.setdefault(kind, []).append(phrase)
    if not weights or max(weights.values()) < _ENOUGH:
        nothing = "no words of a known kind" if any(page.lines for page in reading.pages) else "no words could be read"
        return Kind("other", nothing, 0.3)
    best = max(weights, key=lambda kind: weights[kind])
    rest = max((weight for kind, weight in weights.items() if kind != best), default=0.0)
    said = ", ".join(f"'{word}'" for word in dict.fromkeys(words[best][:4]))
    return Kind(best, f"says {said}", round(weights[best] / (weights[best] + rest + 1.0), 3))


def _titles(reading: Reading) -> str:
    # Words in large type on the first two pages, the first lines, and the names of sheets.
    said: list[str] = []
    for page in reading.pages[:2]:
        body = body_size(page.lines)
        said += [page.name or ""]
        said += [
            line.text
            for index, line in enumerate(page.lines)
            if line.size > body * _LARGER or (page.number == 1 and index < _TITLE_LINES and len(line.text) <= 80)  # noqa: PLR2004
        ]
    return "\n".join(said)
