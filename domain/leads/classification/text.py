"""How phrase tables are matched: word by word, without accents, so that a quote still points at the sender's own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

LabelT = TypeVar("LabelT")

MAX_CHARS = 4000
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})


@dataclass(frozen=True, slots=True)
class Hint(Generic[LabelT]):
    """One phrase found: what it speaks for, the sender's words, and how strongly (3 names the thing, under 1 only suggests)."""

    label: LabelT
    quote: str
    strength: float
    start: int
    end: int


def readable(text: str) -> str:
    """The part of ``text`` that rules look at: the first 4,000 characters in composed form (NFC)."""
    return unicodedata.normalize("NFC", text[:MAX_CHARS])


def plain(text: str) -> str:
    """``text`` without accents and typographic quotes, of exactly the same length, so that offsets stay valid."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFD", char)[0] for char in text.translate(_QUOTES))


class PhraseTable(Generic[LabelT]):
    """Phrases by label and strength, compiled once. Phrases are regular expressions of whole words, any case, no accents."""

    def __init__(self, phrases: Mapping[LabelT, Mapping[float, Iterable[str]]]) -> None:
        self._rows = [
            (label, strength, re.compile(rf"(?<![\w@])(?:{'|'.join(words)})(?!\w)", re.IGNORECASE))
            for label, by_strength in phrases.items()
            for strength, words in by_strength.items()
        ]

    def find(self, text: str) -> list[Hint[LabelT]]:
        """Every hint in ``text`` (as :func:`readable` gives it), in order; of two that overlap the longer one stays.

        So "nursing home" never counts for a home, nor "commercial auto" for a private car.
        """
        bare = plain(text)
        found = [
            Hint(label, text[match.start() : match.end()], strength, match.start(), match.end())
            for label, strength, pattern in self._rows
            for match in pattern.finditer(bare)
        ]
        found.sort(key=lambda hint: (hint.start - hint.end, -hint.strength, hint.start))
        taken = bytearray(len(text))
        kept = []
        for hint in found:
            if not any(taken[hint.start : hint.end]):
                taken[hint.start : hint.end] = b"\x01" * (hint.end - hint.start)
                kept.append(hint)
        return sorted(kept, key=lambda hint: hint.start)


def summed(hints: Iterable[Hint[LabelT]], cap: float = 5.0) -> dict[LabelT, float]:
    """Strength by label: each distinct phrase counts once, and no label gets more than ``cap``."""
    seen: set[tuple[LabelT, str]] = set()
    total: dict[LabelT, float] = {}
    for hint in hints:
        key = (hint.label, hint.quote.casefold())
        if key not in seen:
            seen.add(key)
            total[hint.label] = min(cap, total.get(hint.label, 0.0) + hint.strength)
    return total
