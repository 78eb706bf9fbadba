"""The words of passages and questions as weighted terms: BM25 with pairs of words and with the words of the lead.

A passage's side holds the saturated frequency (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), a
question's side the rarity of each term among the agency's own passages; their dot product is the score. Three families of
terms share one space of numbers: words, pairs of neighbouring words (what a phrase is), and words of the lead, which is the
heading with the first sentence (as BM25F weighs a title).
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

K1 = 1.2
B = 0.75
REFERENCE_WORDS = 100.0
"""Words of a passage of ordinary length. Fixed, so that a passage's terms do not change when another is loaded."""

WORD_WEIGHT, PAIR_WEIGHT, LEAD_WEIGHT = 1.0, 0.4, 0.2

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 64
_WORDS, _PAIRS, _LEADS = "w", "p", "l"
_WEIGHTS = {_WORDS: WORD_WEIGHT, _PAIRS: PAIR_WEIGHT, _LEADS: LEAD_WEIGHT}

Terms = Mapping[int, float]


def words(text: str) -> list[str]:
    """The words of ``text``: lower case, without accents, English plurals as singulars."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return [_singular(word) for word in _WORD.findall(plain.casefold())]


def passage_terms(text: str, lead: str) -> dict[int, float]:
    """Term numbers (32 bits) with the saturated frequency of each in a passage, 0 to ``K1 + 1``."""
    body = words(text)
    length = len(body) / REFERENCE_WORDS
    opening = words(lead)
    return {
        **_saturated(_WORDS, body, length),
        **_saturated(_PAIRS, _pairs(body), length),
        **_saturated(_LEADS, opening, len(opening) / (REFERENCE_WORDS / 5)),
    }


def question_terms(question: str) -> dict[int, float]:
    """Term numbers of a question with the weight of their family, before rarity; words past the 64th are left out."""
    asked = words(question)[:_MOST_WORDS]
    families = ((_WORDS, asked), (_PAIRS, _pairs(asked)), (_LEADS, asked))
    return {_number(family, term): _WEIGHTS[family] for family, terms in families for term in terms}


def word_term(word: str) -> int:
    """The number of one word as :func:`words` gives it."""
    return _number(_WORDS, word)


def weighted(question: Terms, holding: Mapping[int, int], passages: int) -> dict[int, float]:
    """A question's terms times their rarity: ln(1 + (N - n + 0.5) / (n + 0.5)), ``holding`` giving n where it is not 0.

    A term that no passage holds is left out: it can find nothing.
    """
    return {
        term: weight * math.log(1 + (passages - found + 0.5) / (found + 0.5))
        for term, weight in question.items()
        if (found := min(holding.get(term, 0), passages)) > 0
    }


def _saturated(family: str, terms: Iterable[str], length: float) -> dict[int, float]:
    norm = K1 * (1 - B + B * length)
    return {_number(family, term): count * (K1 + 1) / (count + norm) for term, count in Counter(terms).items()}


def _pairs(found: list[str]) -> list[str]:
    return [f"{one} {two}" for one, two in pairwise(found)]


@lru_cache(maxsize=65_536)
def _number(family: str, term: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{family} {term}".encode(), digest_size=4).digest(), "big")


def _singular(word: str) -> str:
    """Harman's S stemmer (How Effective Is Suffixing, 1991), with -es after a hiss: policies, claims, losses."""
    if len(word) <= 3 or not word.endswith("s"):  # noqa: PLR2004 - bus, gas
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith(("us", "ss", "is")):
        return word
    return word[:-1]
