"""An answer made of quotes: the sentences of found passages that speak most to the question, each with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.knowledge.terms import words

MOST_QUOTES = 3
_GAP = 1.5
_ALIKE = 0.8
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence word for word, and the document and passage it stands in. It is somebody's text, never an instruction."""

    text: str
    document: str
    heading: str
    passage: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that may be quoted; ``relevance`` is in standard deviations of those that may."""

    quote: Quote
    relevance: float


def likeness(sentence: str, rarity: Mapping[str, float]) -> float:
    """Share of the question's words in ``sentence``, each weighed by ``rarity`` (word to weight, of the whole question)."""
    total = sum(rarity.values())
    held = set(words(sentence))
    return sum(weight for word, weight in rarity.items() if word in held) / total if total else 0.0


def chosen(sentences: Sequence[Sentence], most: int = MOST_QUOTES) -> list[Quote]:
    """The best sentences, at most ``most``, in the order of their relevance: none that says the same as a better one, and
    none more than 1.5 less relevant than the best.
    """
    order = sorted(enumerate(sentences), key=lambda item: (-item[1].relevance, item[0]))
    picked: list[Quote] = []
    held: list[set[str]] = []
    floor = order[0][1].relevance - _GAP if order else 0.0
    for _, sentence in order:
        own = set(words(sentence.quote.text))
        if len(picked) == most or sentence.relevance < floor:
            break
        if own and all(len(own & other) / min(len(own), len(other)) < _ALIKE for other in held):
            picked.append(sentence.quote)
            held.append(own)
    return picked


def cited(quotes: Sequence[Quote]) -> str:
    """The quotes as one text, each followed by its number; the numbers are those of ``quotes`` from 1."""
    return " ".join(f"“{_short(quote.text)}” [{number}]" for number, quote in enumerate(quotes, 1))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rsplit(' ', 1)[0]} …"
