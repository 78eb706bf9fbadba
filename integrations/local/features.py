"""Words and letters of a text as numbers: hashed word pairs and letter runs, the same on every machine."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MAX_CHARS = 1500
_WORD = re.compile(r"[^\W_]+|__+")
_CHAR_RUNS = (2, 3, 4, 5)

Grams = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Buckets in rising order, and a value for each."""


@dataclass(frozen=True, slots=True)
class GramSpace:
    """How many buckets words and letters are hashed into: words come first. More buckets, fewer collisions, larger files."""

    words: int
    chars: int

    @property
    def size(self) -> int:
        """All buckets."""
        return self.words + self.chars

    def counts(self, text: str) -> Grams:
        """Buckets of ``text`` and the damped count (1 + ln n) of each.

        Accents and case are dropped, since hurried senders drop them; a run of underscores is a word of its own, as forms
        and masked texts have them. Raw CRC-32 picks the bucket, so no vocabulary is stored.
        """
        return _counts(self, text)

    def weighted(self, text: str, idf: NDArray[np.float32]) -> Grams:
        """Buckets and TF-IDF values of ``text``; words and letters each have length 1, so neither drowns the other."""
        index, values = self.counts(text)
        values = values * idf[index]
        split = int(np.searchsorted(index, self.words))
        for part in (slice(0, split), slice(split, len(index))):
            norm = float(np.linalg.norm(values[part]))
            if norm > 0:
                values[part] /= norm
        return index, values


SMALL = GramSpace(words=1 << 13, chars=1 << 14)
"""For a few thousand short texts, and for models with many labels."""
LARGE = GramSpace(words=1 << 15, chars=1 << 16)
"""For an agency's own rows."""


@lru_cache(maxsize=512)
def _counts(space: GramSpace, text: str) -> Grams:
    """Kept for a moment, since several models read the same message; the arrays are shared and must not be written to."""
    words = _words(text)
    tally = Counter(zlib.crc32(gram.encode()) % space.words for gram in _word_grams(words))
    tally.update(space.words + zlib.crc32(gram.encode()) % space.chars for gram in _char_grams(words))
    index = np.array(sorted(tally), dtype=np.int64)
    values = 1.0 + np.log(np.array([tally[bucket] for bucket in index.tolist()], dtype=np.float32))
    index.setflags(write=False)
    values.setflags(write=False)
    return index, values.astype(np.float32, copy=False)


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARS]).casefold()
    return _WORD.findall("".join(char for char in decomposed if not unicodedata.combining(char)))


def _word_grams(words: Sequence[str]) -> Iterator[str]:
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def _char_grams(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        padded = f"<{word}>"
        for size in _CHAR_RUNS:
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
