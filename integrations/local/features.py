"""Words and letters of a text as numbers: hashed word pairs and letter runs, the same on every machine."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

WORD_BUCKETS = 4096
CHAR_BUCKETS = 8192
BUCKETS = WORD_BUCKETS + CHAR_BUCKETS
MAX_CHARS = 1500
_WORD = re.compile(r"[^\W_]+")
_CHAR_RUNS = (3, 4, 5)


def counts(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Buckets of ``text`` in rising order and the damped count (1 + ln n) of each.

    Accents and case are dropped, since hurried senders drop them. Raw CRC-32 picks the bucket, so no vocabulary is stored.
    """
    words = _words(text)
    tally = Counter(zlib.crc32(gram.encode()) % WORD_BUCKETS for gram in _word_grams(words))
    tally.update(WORD_BUCKETS + zlib.crc32(gram.encode()) % CHAR_BUCKETS for gram in _char_grams(words))
    index = np.array(sorted(tally), dtype=np.int64)
    return index, np.array([1.0 + np.log(tally[bucket]) for bucket in index], dtype=np.float32)


def weighted(text: str, idf: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Buckets and TF-IDF values of ``text``; words and letters each have length 1, so neither drowns the other."""
    index, values = counts(text)
    values = values * idf[index]
    split = int(np.searchsorted(index, WORD_BUCKETS))
    for part in (slice(0, split), slice(split, len(index))):
        norm = float(np.linalg.norm(values[part]))
        if norm > 0:
            values[part] /= norm
    return index, values


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text[:MAX_CHARS]).casefold()
    return _WORD.findall("".join(char for char in decomposed if not unicodedata.combining(char)))


def _word_grams(words: list[str]) -> Iterator[str]:
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def _char_grams(words: list[str]) -> Iterator[str]:
    for word in words:
        padded = f"<{word}>"
        for size in _CHAR_RUNS:
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
