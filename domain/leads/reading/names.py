"""Names of persons: parts, a form for display, and a key for matching.

Matching keeps what makes names differ: accents count (Müller is not Muller); case, the kind of apostrophe and full stops
do not. Display never loses a character of what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from nameparser import HumanName

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u00b4\uff07`", "'"))
_SUFFIXES_WORDS = "jr sr ii iii iv v esq phd md dds cpa rn dvm llc inc ltd llp co corp company"
_SUFFIXES = frozenset(_SUFFIXES_WORDS.split())
_GENERATIONS = {"jr": "2", "ii": "2", "sr": "1", "i": "1", "iii": "3", "iv": "4", "v": "5"}
_PARTICLES_WORDS = "de la las los del della di da das do dos du van von der den ten ter le y e bin al el"
_PARTICLES = frozenset(_PARTICLES_WORDS.split())
_UPPER = frozenset(("ii", "iii", "iv", "md", "phd", "dds", "cpa", "rn", "dvm", "llc", "llp"))
_WORD = re.compile(r"[^\W_]+")
_WORD_PART = re.compile(r"([-'\u2019])")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as read. Parts are in the case of ``display``; ``raw`` is what was typed; ``key`` is for matching only."""

    raw: str
    display: str
    key: str
    first: str = ""
    middle: str = ""
    last: str = ""
    title: str = ""
    suffix: str = ""


def fold(text: str) -> str:
    """The form in which two spellings of one name are equal: NFC, casefold, one apostrophe, single spaces, no full stops."""
    plain = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).casefold().replace(".", " ").replace(",", " ")
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def name_words(text: str | None) -> list[str]:
    """The words of a name as folded, in the order given: O'Neil is two."""
    return _WORD.findall(fold(text or ""))


def read_name(text: str) -> PersonName | None:
    """Read a whole name in either order (``Carlos Martinez``, ``Martinez, Carlos``); None when it holds no letter."""
    raw = unicodedata.normalize("NFC", " ".join(text.split()))
    if not any(char.isalpha() for char in raw):
        return None
    ordered = _reordered(raw)
    parsed = HumanName(ordered)
    parts = [parsed.title, parsed.first, parsed.middle, parsed.last, parsed.suffix]
    natural = " ".join(part for part in parts if part)
    display = natural if "," in ordered and _letters(natural) == _letters(raw) else raw
    if not (parsed.first or parsed.last):
        return PersonName(raw, _cased(raw, raw), fold(raw), last=_cased(raw, raw))
    title, first, middle, last, suffix = (_cased(part, raw, lead=part is parsed.first) for part in parts)
    key = fold(" ".join(part for part in (first, middle, last, suffix) if part))
    return PersonName(raw, _cased(display, raw), key or fold(raw), first, middle, last, title, suffix)


def read_name_parts(first: str, last: str) -> PersonName | None:
    """Read a name whose parts came in fields of their own; a part is never split or reordered."""
    given, family = (unicodedata.normalize("NFC", " ".join(part.split())) for part in (first, last))
    raw = " ".join(part for part in (given, family) if part)
    if not any(char.isalpha() for char in raw):
        return None
    words = family.split()
    suffix = words[-1] if len(words) > 1 and fold(words[-1]) in _GENERATIONS else ""
    family = family[: -len(suffix)].rstrip(" ,") if suffix else family
    first, last, suffix = _cased(given, raw), _cased(family, raw, lead=False), _cased(suffix, raw, lead=False)
    return PersonName(raw, _cased(raw, raw), fold(raw), first, "", last, "", suffix)


def compatible(a: PersonName | None, b: PersonName | None) -> bool:
    """Whether both could name one person: equal keys, or a shared family name with an equal or initial first name.

    Order does not matter (Wei Chen, Chen Wei) and a missing name fits any. Jr. and Sr. are two persons.
    """
    if a is None or b is None or a.key == b.key:
        return True
    if generations_differ(a, b):
        return False
    return any(
        family_a & family_b and _same_first(first_a, first_b)
        for first_a, family_a in _readings(a)
        for first_b, family_b in _readings(b)
    )


def generations_differ(a: PersonName | None, b: PersonName | None) -> bool:
    """Whether both names say a generation and not the same: Jr. and Sr. are two persons."""
    one, two = (_GENERATIONS.get(fold(name.suffix)) if name else None for name in (a, b))
    return bool(one and two and one != two)


def _readings(name: PersonName) -> list[tuple[str, frozenset[str]]]:
    # A name as (first, family words), also with its order reversed. "" stands for a first name that was not given.
    words = fold(f"{name.first} {name.middle} {name.last}").split()
    if len(words) == 1:
        return [("", frozenset(words)), (words[0], frozenset(words))]
    family = {part for word in words[1:] for part in (word, *word.split("-")) if len(part) > 1} - _PARTICLES
    return [(words[0], frozenset(family)), (words[-1], frozenset(words[:-1]) - _PARTICLES)]


def _same_first(a: str, b: str) -> bool:
    if not a or not b or a == b or a.startswith(f"{b}-") or b.startswith(f"{a}-"):
        return True
    return (len(a) == 1 or len(b) == 1) and a[0] == b[0]


def _reordered(raw: str) -> str:
    # "Smith, Jr., Robert" is rewritten for the parser; "Smith & Sons, LLC" and "John Smith, Jr." are already in order.
    parts = [part.strip() for part in raw.split(",")]
    if len(parts) == 3 and fold(parts[1]) in _SUFFIXES:  # noqa: PLR2004 - family, suffix, given
        return f"{parts[0]} {parts[1]}, {parts[2]}"
    if len(parts) > 1 and all(fold(part) in _SUFFIXES for part in parts[1:]):
        return raw.replace(",", "")
    return raw


def _letters(text: str) -> Counter[str]:
    return Counter(char for char in text if char not in " ,")


def _one_case(text: str) -> bool:
    # Only a name of several letters in one case was typed without regard to case; "Al" or "X" tells nothing.
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 2 and (text.isupper() or text.islower())  # noqa: PLR2004


def _cased(text: str, whole: str, *, lead: bool = True) -> str:
    # Title case where ``whole`` was typed in one case; ``lead``: the text begins the name, so no particle starts it.
    if not _one_case(whole):
        return text
    words = text.split()
    last = len(words) - 1
    return " ".join(
        word.lower() if word.lower() in _PARTICLES and index != last and (index or not lead) else _title_word(word)
        for index, word in enumerate(words)
    )


def _title_word(word: str) -> str:
    low = word.lower()
    bare = low.strip(".,")
    if bare in _UPPER:
        return word.upper()
    parts = _WORD_PART.split(low)
    # A single letter after an apostrophe is an English genitive ("bob's"), not a part of a name.
    return "".join(
        part if len(part) == 1 and index and parts[index - 1] in {"'", "\u2019"} else _capital(part)
        for index, part in enumerate(parts)
    )


def _capital(part: str) -> str:
    lead = next((i for i, char in enumerate(part) if char.isalpha()), 0)
    text = part[:lead] + part[lead : lead + 1].upper() + part[lead + 1 :]
    if text.startswith("Mc") and len(text) > 3:  # noqa: PLR2004
        return "Mc" + text[2].upper() + text[3:]
    return text
