"""From what words and meaning found to one order of documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from uuid import UUID

MEANING_WEIGHT = 0.8
"""Share of meaning in the shipped order, words having the rest; how it was chosen: docs/decisions/0011-retrieval.md."""

_SAME = 1e-9

RRF_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that words or meaning found, with both of its scores.

    ``meaning`` is the cosine of question and passage, -1 to 1. ``words`` is the BM25 score as a share of what a passage
    holding every word of the question once would get, so that questions of any length compare; mostly 0 to 2.
    """

    passage_id: UUID
    document_id: UUID
    meaning: float
    words: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document at its place, with its passages best first; its score is that of the best one."""

    document_id: UUID
    score: float
    passage_ids: tuple[UUID, ...]


Scoring = Callable[[Sequence[Candidate]], Sequence[float]]


def by_words(candidates: Sequence[Candidate]) -> list[float]:
    """Words alone."""
    return [one.words for one in candidates]


def by_meaning(candidates: Sequence[Candidate]) -> list[float]:
    """Meaning alone."""
    return [one.meaning for one in candidates]


def by_both(candidates: Sequence[Candidate], share: float = MEANING_WEIGHT) -> list[float]:
    """The weighted sum of both scores, each in standard deviations from its mean over the candidates; the shipped order.

    Cosines of different embedders lie in different ranges (0.75 to 0.9 for multilingual-e5-small): only how far one stands out
    from the others found counts.
    """
    pairs = zip(_standard(by_meaning(candidates)), _standard(by_words(candidates)), strict=True)
    return [share * meaning + (1 - share) * word for meaning, word in pairs]


def by_ranks(candidates: Sequence[Candidate]) -> list[float]:
    """Reciprocal rank fusion with equal weights."""
    found = [0.0] * len(candidates)
    for scores in (by_words(candidates), by_meaning(candidates)):
        order = sorted(range(len(candidates)), key=lambda index: -scores[index])
        for rank, index in enumerate(order):
            found[index] += 1 / (RRF_CONSTANT + rank + 1)
    return found


def by_spread(candidates: Sequence[Candidate]) -> list[float]:
    """Equal weights after stretching each score to 0..1 over the candidates of this question."""
    stretched = (_stretched(scores) for scores in (by_words(candidates), by_meaning(candidates)))
    return [sum(pair) / 2 for pair in zip(*stretched, strict=True)]


def ranked(candidates: Sequence[Candidate], scoring: Scoring = by_both) -> list[Ranked]:
    """Documents by their best passage; equal scores in the order of ids, so that the same question has the same answer."""
    best: dict[UUID, list[tuple[float, UUID]]] = {}
    for candidate, score in zip(candidates, scoring(candidates), strict=True):
        best.setdefault(candidate.document_id, []).append((-score, candidate.passage_id))
    for passages in best.values():
        passages.sort()
    order = sorted(best.items(), key=lambda item: (item[1][0][0], item[0]))
    return [
        Ranked(document_id, -passages[0][0], tuple(passage_id for _, passage_id in passages))
        for document_id, passages in order
    ]


def full_score(question: Mapping[int, float]) -> float:
    """What a passage of ordinary length that holds every term of ``question`` once would score; 1 where there is none."""
    return sum(question.values()) or 1.0


def _standard(scores: Sequence[float]) -> list[float]:
    if not scores:
        return []
    mean, spread = fmean(scores), pstdev(scores)
    return [(score - mean) / spread if spread > _SAME else 0.0 for score in scores]


def _stretched(scores: Sequence[float]) -> list[float]:
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    return [(score - low) / (high - low) if high > low else 0.0 for score in scores]
