"""Names of people in a phrase: what is written with a capital, else what is nobody's word for anything."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.asking.understanding import phrasebook, wording
from domain.asking.understanding.everyday import COMMON
from domain.asking.understanding.lexicon import CORRECT, FUNCTION, LANGUAGES, LINES, SOURCES
from domain.asking.understanding.phrase import GONE, Phrase, bare

_NO_NAME = FUNCTION | COMMON | phrasebook.vocabulary() | frozenset(wording.vocabulary())
_ABBREVIATIONS = ("i", "sms", "crm", "tx", "fl", "il", "usa", "us", "e", "o", "eo", "ho", "llc", "inc", "ok")
_PROPER = CORRECT | frozenset(LANGUAGES) | frozenset(_ABBREVIATIONS)
"""Written with a capital, and yet nobody's name."""
_PARTICLES = frozenset(["de", "la", "van", "von", "del", "di", "da", "el", "st"])
_BEFORE = re.compile(
    r"\b(?:with|to|for|on|about|of|like|than|did|does|is|was|has|from|at|a|con|de|para|sobre|lead|named|called|llamar|meet) $"
)
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    capital: bool
    free: bool
    """Whether it means nothing else."""


def name_in(phrase: Phrase) -> str | None:
    """The run of words that is most plainly a name, taken out of the phrase; as it was written, corrected by nobody."""
    runs = _runs(_words(phrase))
    if not runs:
        return None
    run = max(runs, key=lambda one: (_likely(phrase, one), -one[0].start))[:_MOST_WORDS]
    begin, end = run[0].start, run[-1].start + len(run[-1].text)
    written = " ".join(phrase.written(one.start) for one in run)
    phrase.drop(begin, end)
    return written if any(one.isupper() for one in written) else written.title()


def _likely(phrase: Phrase, run: list[_Word]) -> tuple[bool, bool]:
    end = run[-1].start + len(run[-1].text)
    cue = _BEFORE.search(phrase.plain[: run[0].start]) or phrase.plain[end : end + 3] == " 's"
    return any(one.capital for one in run), bool(cue)


def _words(phrase: Phrase) -> list[_Word]:
    found = []
    for match in re.finditer(r"\S+", phrase.plain):
        word, start = match[0], match.start()
        own = phrase.written(start)
        mistaken = (
            word.isalpha()
            and bare(own) != word
            and own.isalpha()
            and bare(own) not in _NO_NAME
            and word not in _NO_NAME
        )
        free = word.isalpha() and len(word) > 1 and word not in _NO_NAME
        capital = phrase.capital(start, anywhere=free) and word not in _PROPER and not _is_term(word)
        found.append(_Word(start, word, capital and word.isalpha(), free or mistaken))
    return found


def _is_term(word: str) -> bool:
    return SOURCES.search(f"from {word}") is not None or any(pattern.fullmatch(word) for _, pattern in LINES)


def _runs(words: list[_Word]) -> list[list[_Word]]:
    runs: list[list[_Word]] = []
    run: list[_Word] = []
    capitals = any(one.capital for one in words)
    for place, one in enumerate(words):
        follows = words[place + 1] if place + 1 < len(words) else None
        fits = (
            one.capital
            or (one.free and not (capitals and run and run[-1].capital))
            or (bool(run) and one.text in _PARTICLES and follows is not None and follows.capital)
        )
        if fits and not (run and one.capital and not run[-1].capital and run[-1].text not in _PARTICLES):
            run.append(one)
        else:
            runs += [run] if run else []
            run = [one] if fits else []
    return [*runs, run] if run else runs


def is_word(word: str) -> bool:
    """Whether a word has a meaning here, so that it is no name by itself."""
    return word == GONE or word in _NO_NAME
