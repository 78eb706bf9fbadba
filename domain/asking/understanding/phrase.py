"""A question as the grammar reads it: plain lower-case words, from which what is understood is taken out piece by piece."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from domain.asking.understanding import phrasebook
from domain.asking.understanding.everyday import COMMON
from domain.asking.understanding.wording import CLOSING, GERUNDS, OPENING, SHORTHAND, put_alike, vocabulary

LONGEST = 2_000
_WORD = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+(?:[:/.-]\d+)+|\d+|\bq[1-4]\b|\b(?:w/(?:in|o)?|f/u)(?!\w)|"
    r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|[<>]=?|(?<=\d)\+|[%&;:]|(?<=\s)[-\u2013\u2014]+(?=\s)"
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
_WRITTEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_DASH = re.compile(r"[-\u2013\u2014]+")
_CONTRACTED = {
    "what's": "what is", "who's": "who is", "how's": "how is", "where's": "where is", "haven't": "have not",
    "hasn't": "has not", "didn't": "did not", "don't": "do not", "doesn't": "does not", "can't": "can not",
    "i'm": "i am", "i've": "i have", "i'd": "i would", "let's": "let us", "that's": "that is", "isn't": "is not",
    "aren't": "are not", "weren't": "were not", "wasn't": "was not", "couldn't": "could not", "i'll": "i will",
    "she's": "she is", "he's": "he is", "it's": "it is", "won't": "will not", "wouldn't": "would not",
    "they're": "they are", "we've": "we have", "there's": "there is", "you're": "you are", "how'd": "how did", "why'd": "why did",
    "what'd": "what did", "where'd": "where did", "who'd": "who did", "when's": "when is", "why's": "why is", "we're": "we are",
    "we'll": "we will", "we'd": "we would", "he'd": "he would", "she'd": "she would", "shouldn't": "should not",
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
        return _tidy(self.original[self.starts[place] :]) if place < len(self.starts) else ""

    @property
    def said(self) -> str:
        """All of the person's own words."""
        return _tidy(self.original)

    def own(self, start: int, end: int) -> str:
        """The person's own words of a stretch."""
        last = self.starts[end] if end < len(self.plain) else len(self.original)
        return self.original[self.starts[start] : last].strip(" \t\n,.;:!?¿¡") if start < len(self.starts) else ""

    def written(self, place: int) -> str:
        """The word at a place as its person wrote it, without the s of a possessive."""
        found = _WRITTEN.match(self.original, self.starts[place]) if place < len(self.starts) else None
        return re.sub(r"['\u2019]s?$", "", found[0], flags=re.IGNORECASE) if found else ""

    def capital(self, place: int, *, anywhere: bool = False) -> bool:
        """Whether the word at a place is written as a name is: with a capital, and ``anywhere`` or not where a sentence begins."""
        at = self.starts[place] if place < len(self.starts) else len(self.original)
        return at < len(self.original) and _is_name(self.original, at, anywhere=anywhere)

    @property
    def left(self) -> list[str]:
        """The words that nothing has taken yet."""
        return [word for word in self.plain.split() if word != GONE]


def _tidy(words: str) -> str:
    return re.sub(r"\s+(?=[?!.,;]+$)", "", words.strip())


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
    words: list[tuple[str, int]] = []
    for match in _WORD.finditer(folded):
        place = origin[match.start()]
        own = _is_name(text, place) and match[0].isalpha()
        words += [(one, place) for part in _parts(match[0]) for one in [part if own else _corrected(part, known)]]
    return _joined(text, put_alike(words), quotes)


def request_of(phrase: Phrase) -> Phrase:
    """The phrase without the politeness around its request, where anything is left of it."""
    opening = OPENING.match(phrase.plain)
    begin = opening.end() if opening else 0
    closing = CLOSING.search(phrase.plain, begin)
    end = closing.start() if closing else len(phrase.plain)
    plain = phrase.plain[begin:end]
    first, _, rest = plain.partition(" ")
    if opening and first in GERUNDS:
        plain = f"{GERUNDS[first]} {rest}"
        begin += len(first) - len(GERUNDS[first])
    return Phrase(phrase.original, plain, phrase.starts[begin : begin + len(plain) + 1], phrase.quotes)


def _parts(word: str) -> list[str]:
    word = word.replace("\u2019", "'")
    if _DASH.fullmatch(word):
        return [";"]
    word = _CONTRACTED.get(word) or SHORTHAND.get(word) or word
    word = f"{word[:-2]} 's" if word.endswith("'s") else word.replace("'", "")
    return word.split()


def _joined(text: str, words: list[tuple[str, int]], quotes: list[str]) -> Phrase:
    starts: list[int] = []
    for word, place in words:
        starts += [place] * (len(word) + 1)
    return Phrase(text, " ".join(word for word, _ in words), starts, quotes)


def _is_name(text: str, place: int, *, anywhere: bool = False) -> bool:
    """Whether the word at a place has a capital that no beginning of a sentence gave it, in a text that has small ones too."""
    if not text[place].isupper() or not any(one.islower() for one in text):
        return False
    if anywhere:
        return True
    before = text[:place].rstrip(" \t\"'“«(¿¡")
    return bool(before) and before[-1] not in ".!?:\n"


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
_LONG = 9
_STANDS = COMMON | _SPANISH | phrasebook.vocabulary() | frozenset(vocabulary())
"""Words that are right as they are, though they are no target of a correction."""
_CORE = (
    "lead",
    "leads",
    "show",
    "list",
    "find",
    "count",
    "many",
    "mark",
    "text",
    "email",
    "call",
    "score",
    "offer",
    "offers",
    "tell",
)
"""Short words that are put right too, where one letter is left out or two are swapped."""
_cache: dict[frozenset[str], tuple[str, ...]] = {}


def _corrected(word: str, known: frozenset[str]) -> str:
    if not known or word in known or not word.isalpha() or word in _STANDS:
        return word
    if len(word) < _SHORTEST:
        return next((one for one in _CORE if len(word) > 2 and _slipped(word, one)), word)  # noqa: PLR2004 - shorter says nothing
    found = process.extractOne(word, _listed(known), scorer=OSA.distance, score_cutoff=2 if len(word) >= _LONG else 1)
    return str(found[0]) if found and (found[1] == 1 or found[0][0] == word[0]) else word


def _slipped(word: str, meant: str) -> bool:
    longer = len(meant) == len(word) + 1 and word[0] == meant[0]
    swapped = sorted(word) == sorted(meant)
    return (longer or swapped) and OSA.distance(word, meant) == 1


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
