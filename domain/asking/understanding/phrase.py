"""A question as the grammar reads it: plain lower-case words, from which what is understood is taken out piece by piece."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

LONGEST = 2_000
_WORD = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+(?:[:/.-]\d+)+|\d+|[^\W\d_]+(?:['\u2019][^\W\d_]+)?|%|[;:]"
)
QUOTED = re.compile(
    r"\"[^\"]*(?:\"|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$)|```.*?(?:```|$)|^\s*>.*?$|\{[^{}]*\}|<(\w+)[^<>]*>.*?(?:</\1>|$)|<[^<>]*>",
    re.DOTALL | re.MULTILINE,
)
"""What stands in such marks is somebody's words; a mark that is not closed reaches to the end of its line."""
GONE = "·"
_SPANISH_WORDS = (
    "explica acepta rechaza quiero puedo quienes quien tiene tardamos llamar nosotros nuestro nuestra prospecto borra elimina cuanta cuanto cuantos cuantas cuales que mis mi leads de la el los las por para con sin desde ayer hoy manana quien cual "
    "muestrame muestra ensename dame busca lista como esta este semana mes en una uno y del porque es mio mia redacta "
    "escribe correo ofertas hazme marca recuerdame acepta rechaza asigna hola gracias ayuda prospectos clientes tengo "
    "hay segundo primero solo mejores caliente calientes "
)
_SPANISH = frozenset(_SPANISH_WORDS.split())
_PLAINLY_SPANISH = _SPANISH - frozenset(["la", "es", "me", "de", "con", "en", "y", "leads", "mi"])
_CONTRACTED = {
    "what's": "what is", "who's": "who is", "how's": "how is", "where's": "where is", "haven't": "have not",
    "hasn't": "has not", "didn't": "did not", "don't": "do not", "doesn't": "does not", "can't": "can not",
    "i'm": "i am", "i've": "i have", "i'd": "i would", "let's": "let us", "that's": "that is", "isn't": "is not",
    "aren't": "are not", "weren't": "were not", "wasn't": "was not", "couldn't": "could not", "i'll": "i will",
    "she's": "she is", "he's": "he is", "it's": "it is", "won't": "will not", "wouldn't": "would not",
    "they're": "they are", "we've": "we have", "there's": "there is",
}  # fmt: skip


@dataclass(slots=True)
class Phrase:
    """``plain`` is the question in normal form; what was taken stands in it as one mark. ``original`` keeps its own words."""

    original: str
    plain: str
    starts: list[int] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, taken out; None where there is none."""
        match = pattern.search(self.plain)
        if match is not None and match.end() > match.start():
            self.drop(match.start(), match.end())
        return match

    def drop(self, start: int, end: int) -> None:
        """Take a stretch out."""
        self.plain = self.plain[:start] + GONE + " " * (end - start - 1) + self.plain[end:]

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether the pattern stands in what is left."""
        return pattern.search(self.plain) is not None

    def words_from(self, place: int) -> str:
        """The person's own words from a place in ``plain`` on, as they were written."""
        return self.original[self.starts[place] :].strip() if place < len(self.starts) else ""

    def own(self, start: int, end: int) -> str:
        """The person's own words of a stretch."""
        last = self.starts[end] if end < len(self.plain) else len(self.original)
        return self.original[self.starts[start] : last].strip(" \t\n,.;:!?¿¡") if start < len(self.starts) else ""

    @property
    def left(self) -> list[str]:
        """The words that nothing has taken yet."""
        return [word for word in self.plain.split() if word != GONE]


def bare(text: str) -> str:
    """Lower case without accents; length may change."""
    kept = unicodedata.normalize("NFKD", text)
    return "".join(one for one in kept if not unicodedata.combining(one)).casefold()


def phrase_of(text: str, known: frozenset[str] = frozenset()) -> Phrase:
    """The phrase of a text. Quoted stretches, pasted lines and code are kept aside: they are data and say nothing here.

    ``known`` are the words that a slip of the pen is put right to.
    """
    text = text[:LONGEST]
    quotes = [match[0].strip('"“”«»`{}<> \n') for match in QUOTED.finditer(text)]
    blanked = QUOTED.sub(lambda match: " " * len(match[0]), text)
    folded, origin = _folded(blanked)
    words: list[str] = []
    starts: list[int] = []
    for match in _WORD.finditer(folded):
        word = match[0].replace("\u2019", "'")
        word = _CONTRACTED.get(word, word)
        word = f"{word[:-2]} 's" if word.endswith("'s") else word.replace("'", "")
        for part in word.split():
            put = _corrected(part, known)
            words.append(put)
            starts += [origin[match.start()]] * (len(put) + 1)
    return Phrase(text, " ".join(words), starts, quotes)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text in normal form, and where each of its characters came from."""
    kept: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        for part in bare(char):
            kept.append(part)
            origin.append(place)
    return "".join(kept), origin


_SHORTEST = 5
_cache: dict[frozenset[str], tuple[str, ...]] = {}


def _corrected(word: str, known: frozenset[str]) -> str:
    if len(word) < _SHORTEST or not known or word in known or not word.isalpha():
        return word
    found = process.extractOne(word, _listed(known), scorer=OSA.distance, score_cutoff=1)
    return str(found[0]) if found else word


def _listed(known: frozenset[str]) -> tuple[str, ...]:
    if known not in _cache:
        _cache.clear()
        _cache[known] = tuple(sorted(word for word in known if len(word) >= _SHORTEST))
    return _cache[known]


def language_of(plain: str) -> str:
    """``es`` where the words say so, else ``en``."""
    words = plain.split()
    spanish = sum(word in _SPANISH for word in words)
    return "es" if any(word in _PLAINLY_SPANISH for word in words) and spanish * 3 >= len(words) else "en"
