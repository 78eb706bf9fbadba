"""Producers whom a phrase names, by the agency's names where they stand there, else by what is written as a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.asking.understanding.lexicon import FUNCTION
from domain.asking.understanding.meaning import Setting
from domain.asking.understanding.names import is_word, name_in
from domain.asking.understanding.phrase import Phrase, bare

_WORD = re.compile(r"\S+")
_ORDINAL = re.compile(
    r"\b(?:the |el |la |al )?(?P<o>first|second|third|last|best|top|primer[oa]?|segund[oa]|ultim[oa]|mejor)"
    r"(?: (?:one|match|partner|producer|broker|of (?:them|those|these)|de ell[oa]s))?\b"
)
_NTH = {"second": 1, "segundo": 1, "segunda": 1, "third": 2, "last": -1, "ultimo": -1, "ultima": -1}


@dataclass(frozen=True, slots=True)
class Mention:
    """A producer who is named: the words as they were written, and where in the phrase."""

    words: str
    start: int


def take_colleagues(phrase: Phrase, setting: Setting) -> list[Mention]:
    """Every known producer whom the phrase names, in order, taken out. The words may mean several, which the tools say then."""
    index = _index(setting.colleagues)
    words = [(match.start(), match[0]) for match in _WORD.finditer(phrase.plain)]
    found: list[Mention] = []
    at = 0
    while at < len(words):
        run = _run(phrase, words[at:], index)
        if run:
            begin, (last, word) = words[at][0], words[at + run - 1]
            written = " ".join(phrase.written(start) for start, _ in words[at : at + run])
            end = last + len(word)
            if phrase.plain[end : end + 3] == " 's":
                end += 3
            phrase.drop(begin, end)
            found.append(Mention(written, begin))
        at += max(run, 1)
    return found


def take_one(phrase: Phrase, setting: Setting) -> str | None:
    """The one producer whom the phrase is about, known or not; taken out."""
    known = take_colleagues(phrase, setting)
    return known[0].words if known else name_in(phrase)


def placed(plain: str, setting: Setting) -> str | None:
    """The id of the producer at the place that is said, of those whom the answer before named."""
    match = _ORDINAL.search(plain)
    listed = setting.past[-1].cited.get("producer", ()) if setting.past else ()
    place = _NTH.get(match["o"], 0) if match else 0
    return listed[place] if match and -len(listed) <= place < len(listed) else None


def _run(phrase: Phrase, words: list[tuple[int, str]], index: Mapping[str, frozenset[int]]) -> int:
    """How many words from the first on are one colleague's name; none where a longer name begins there, which is somebody else's."""
    people: frozenset[int] | None = None
    length = 0
    for _, word in words:
        fits = index.get(word, frozenset())
        people = fits if people is None else people & fits
        if not people:
            break
        length += 1
    if not length:
        return 0
    start, first = words[0]
    if length == 1:
        if (first in FUNCTION or is_word(first)) and not phrase.capital(start):
            return 0
        after = words[1] if len(words) > 1 else None
        if after and after[1].isalpha() and phrase.capital(after[0]) and not is_word(after[1]):
            return 0
    return length


@lru_cache(maxsize=64)
def _index(colleagues: tuple[tuple[str, str], ...]) -> Mapping[str, frozenset[int]]:
    """Whose name or key a word is a part of."""
    found: dict[str, set[int]] = {}
    for number, (key, name) in enumerate(colleagues):
        for word in {bare(key), *re.findall(r"[^\W\d_]+", bare(name))}:
            if len(word) > 1:
                found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
