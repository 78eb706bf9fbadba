"""A text prepared for matching, from which the sender's exact words can still be quoted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARS = 20_000
"""Characters read; the rest is left unread, so that a huge text cannot hold up the queue."""

_SIGNS = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)
_STOP = re.compile(r"[.!?;\n](?=\s|$)|\n")
_MOSTLY_CAPITALS = 0.6
_NUMBER_WORDS = (
    "zero cero", "one un una uno", "two dos both", "three tres", "four cuatro", "five cinco", "six seis", "seven siete",
    "eight ocho", "nine nueve", "ten diez", "eleven once", "twelve doce",
)  # fmt: skip
_NUMBERS = {word: number for number, words in enumerate(_NUMBER_WORDS) for word in words.split()}

NUMBER = r"(?:\d{1,3}|" + "|".join(_NUMBERS) + ")"
"""Pattern of a small number in digits or words; :func:`whole` reads it."""


def whole(word: str) -> int:
    """The value of what :data:`NUMBER` matched."""
    return int(word) if word.isdigit() else _NUMBERS[word]


@dataclass(frozen=True, slots=True)
class Text:
    """``low`` is for matching: no accents, lower case, one blank or one line break between words. ``cased`` keeps capitals.

    Both have the same length; :meth:`quote` gives back the words as they were sent. A run of white space is one character,
    so a pattern needs no unbounded repeat and takes linear time.
    """

    source: str
    cased: str
    low: str
    origin: tuple[int, ...]
    shouted: bool

    @classmethod
    def of(cls, source: str) -> Text:
        """Prepare the first 20,000 characters of ``source``."""
        source = source[:MAX_CHARS]
        cased: list[str] = []
        origin: list[int] = []
        for position, raw in enumerate(source):
            if len(cased) >= MAX_CHARS:  # one sign may stand for eighteen letters
                break
            for char in unicodedata.normalize("NFKD", raw.translate(_SIGNS)):
                if unicodedata.combining(char):
                    continue
                plain = ("\n" if char in "\r\n" else " ") if char.isspace() else char
                if plain.isspace() and cased and cased[-1].isspace():
                    cased[-1] = "\n" if "\n" in {plain, cased[-1]} else " "
                else:
                    cased.append(plain)
                    origin.append(position)
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in cased)
        letters = [char for char in cased if char.isalpha()]
        capitals = sum(char.isupper() for char in letters)
        shouted = bool(letters) and capitals / len(letters) > _MOSTLY_CAPITALS
        return cls(source, "".join(cased), low, tuple(origin), shouted)

    def quote(self, start: int, end: int) -> str:
        """The sender's words between two positions of ``low``."""
        if end <= start:
            return ""
        last = self.origin[end - 1] + 1
        while last < len(self.source) and unicodedata.combining(self.source[last]):
            last += 1
        return self.source[self.origin[start] : last].strip()

    def before(self, start: int, reach: int = 40) -> str:
        """Up to ``reach`` characters before a position, within the same sentence."""
        return _STOP.split(self.low[max(0, start - reach) : start])[-1]

    def after(self, end: int, reach: int = 40) -> str:
        """Up to ``reach`` characters after a position, within the same sentence."""
        return _STOP.split(self.low[end : end + reach])[0]

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Start and end of each sentence; a full stop inside a number does not end one."""
        start = 0
        for stop in _STOP.finditer(self.low):
            if stop.start() > start:
                yield start, stop.start()
            start = stop.end()
        if start < len(self.low):
            yield start, len(self.low)
