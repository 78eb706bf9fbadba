"""Names as they are searched: words bare of accents and case. The database keeps the words of each policy by the same rule
(migration ``policy_search``), and a test holds both against each other.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]")
_APART = re.compile("[\x01-/:-@\\[-`{-\xbf\u2000-\u206f\u3000-\u303f]+")
_APOSTROPHES = re.compile("['\u2019\u2018\u02bc]")
_LETTERS: dict[int, str | int | None] = {
    **str.maketrans("øłđðıς", "olddi\u03c3"),
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("þ"): "th",
}


def words_of(name: str) -> list[str]:
    """Every word by which a name is found, sorted: O'Neil by ``o``, ``neil`` and ``oneil``."""
    bare = _bare(name)
    return sorted({*_split(bare), *_split(_APOSTROPHES.sub("", bare))})


def sought(name: str) -> list[str]:
    """The beginnings of words that a search is for, each once; none where the text has no letter or digit."""
    return list(dict.fromkeys(_split(_APOSTROPHES.sub("", _bare(name)))))


def _bare(name: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", name)).lower().translate(_LETTERS)


def _split(bare: str) -> list[str]:
    return [word for word in _APART.split(bare) if word]
