"""A request as words: folded and mended for reading, each beside the word as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

_TOKEN = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|\d+(?:st|nd|rd|th|k)\b|\d+(?:,\d{3})*(?:\.\d+)?"
    r"|[A-Za-z]{1,6}-\d{2,}|[^\W_]+(?:['\u2019-][^\W\d_]+)*|[.,;:!?$%]",
    re.IGNORECASE,
)
_SHORTEST = 5
_SHORT = {
    "pls": "please", "plz": "please", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "thx": "thanks", "u": "you",
    "dont": "don't", "asap": "immediately", "cxl": "cancel", "ded": "deductible", "whens": "when is", "hows": "how is",
    "whats": "what is", "im": "i am", "pol": "policy", "eff": "effective", "pmt": "payment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word: ``plain`` is lower case without accents, and spelled as the vocabulary spells it."""

    written: str
    plain: str


@dataclass(frozen=True, slots=True)
class Text:
    """A request. ``plain`` is its words with one space between them, marks apart."""

    tokens: tuple[Token, ...]

    @property
    def plain(self) -> str:
        """What patterns are looked for in."""
        return " ".join(one.plain for one in self.tokens)

    def written(self, start: int, end: int) -> str:
        """The words as they were written that stand at ``start`` to ``end`` of ``plain``."""
        return " ".join(self.tokens[index].written for index in self.within(start, end))

    def within(self, start: int, end: int) -> list[int]:
        """Indexes of the words that touch ``start`` to ``end`` of ``plain``."""
        found, at = [], 0
        for index, one in enumerate(self.tokens):
            if at < end and at + len(one.plain) > start:
                found.append(index)
            at += len(one.plain) + 1
        return found


def fold(words: str) -> str:
    """Lower case, without accents, plain apostrophes."""
    apart = unicodedata.normalize("NFKD", words.casefold().replace("\u2019", "'"))
    return "".join(one for one in apart if not unicodedata.combining(one))


def read_text(words: str, vocabulary: Iterable[str]) -> Text:
    """The request in words. A longer word that the vocabulary does not have is taken for the one that is a slip away from it."""
    known = sorted(set(vocabulary))
    places = frozenset(known)
    composed = unicodedata.normalize("NFC", words)
    return Text(tuple(Token(found, _mended(fold(found), known, places)) for found in _TOKEN.findall(composed)))


def _mended(word: str, known: list[str], places: frozenset[str]) -> str:
    if word in _SHORT:
        return _SHORT[word]
    if word in places or len(word) < _SHORTEST or not word.isalpha():
        return word
    found = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=1)
    if found is None or found[0][0] != word[0]:
        return word
    return str(found[0])
