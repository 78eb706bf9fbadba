"""A small text classifier that answers with numpy alone: hashed words and letters, an embedding, and hints from rules.

The score of a label is linear in all three; the probability is a softmax at a temperature fitted on held-out folds. The
files are an ``.npz`` without pickles and a JSON page with labels, version, calibration and thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from integrations.local.embedder import Vectors
from integrations.local.features import BUCKETS, weighted

Probabilities = NDArray[np.float64]
NEVER = 1.01
"""A threshold that no probability reaches: this label is never answered without review."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is and how far it may be trusted.

    ``hint_weight`` multiplies the strength of a rule's hint before it joins the score. ``thresholds`` gives, by label, the
    probability from which an answer counts as sure: on held-out folds at most ``error_bound`` of such answers were wrong,
    one error more counted than seen (a label too rare to show it takes the threshold of all together).
    ``held_out`` holds what was measured there, and ``error_upper`` the one-sided 95 % Clopper-Pearson bound over all sure
    answers together. The bounds hold for messages like the seeds, and are a little too good since whoever wrote the rules
    also wrote the seeds.
    """

    task: str
    labels: tuple[str, ...]
    version: str
    seed_hash: str
    embedder: str
    hint_weight: float
    temperature: float
    error_bound: float
    error_upper: float
    thresholds: Mapping[str, float]
    held_out: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights and card. Rows of each matrix follow ``card.labels``."""

    card: ModelCard
    gram_weights: NDArray[np.float32]
    vector_weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    idf: NDArray[np.float32]
    vector_mean: NDArray[np.float32]

    def probabilities(
        self, texts: Sequence[str], vectors: Vectors, hints: Sequence[Mapping[str, float]]
    ) -> Probabilities:
        """One row of label probabilities a text. ``vectors`` come from the embedder the card names, kind "query".

        ``hints`` are strengths by label, as rules give them; a label without a hint is left out.
        """
        scores = self.scores(texts, vectors) + self.card.hint_weight * hint_matrix(hints, self.card.labels)
        return softmax(scores / self.card.temperature)

    def scores(self, texts: Sequence[str], vectors: Vectors) -> NDArray[np.float64]:
        """Raw linear scores without hints, one row a text."""
        scores = np.zeros((len(texts), len(self.card.labels)))
        for row, text in enumerate(texts):
            index, values = weighted(text, self.idf)
            # one text at a time, so that a batch gives exactly what single calls give
            scores[row] = self.gram_weights[:, index] @ values + self.vector_weights @ (vectors[row] - self.vector_mean)
        return scores + self.bias

    def is_sure(self, label: str, probability: float) -> bool:
        """Whether ``probability`` for ``label`` keeps the stated error bound."""
        return probability >= self.card.thresholds.get(label, NEVER)

    def telling_words(self, text: str, label: str, most: int = 2) -> list[str]:
        """Up to ``most`` words of ``text``, as written there, that speak most for ``label`` against the other labels."""
        row = self.card.labels.index(label)
        gains: dict[str, float] = {}
        for word in text.split():
            bare = word.strip(".,;:!?¿¡()[]\"'")
            if len(bare) > 2:  # noqa: PLR2004 - shorter words explain nothing to a reader
                index, values = weighted(bare, self.idf)
                effect = self.gram_weights[:, index] @ values
                gains[bare] = float(effect[row] - np.delete(effect, row).max())
        ranked = sorted((word for word in gains if gains[word] > 0), key=lambda word: -gains[word])
        return ranked[:most]

    def save(self, folder: Path) -> None:
        """Write ``<task>.npz`` and ``<task>.json`` into ``folder``; the large matrices in half precision."""
        np.savez_compressed(
            folder / f"{self.card.task}.npz", gram_weights=self.gram_weights.astype(np.float16),
            vector_weights=self.vector_weights.astype(np.float16), bias=self.bias, idf=self.idf.astype(np.float16),
            vector_mean=self.vector_mean,
        )  # fmt: skip
        page = json.dumps(asdict(self.card), indent=1, ensure_ascii=False)
        (folder / f"{self.card.task}.json").write_text(page + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, task: str) -> TextModel:
        """Read what :meth:`save` wrote. Raises ValueError where the files do not fit together; never runs code from them."""
        page = json.loads((folder / f"{task}.json").read_text(encoding="utf-8"))
        card = ModelCard(**{**page, "labels": tuple(page["labels"])})
        with np.load(folder / f"{task}.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(np.float32) for name in stored.files}
        rows = len(card.labels)
        shapes = {name: array.shape for name, array in arrays.items()}
        width = shapes.get("vector_mean", (0,))[0]
        wanted = {
            "gram_weights": (rows, BUCKETS), "vector_weights": (rows, width), "bias": (rows,), "idf": (BUCKETS,),
            "vector_mean": (width,),
        }  # fmt: skip
        if shapes != wanted:
            msg = f"model {task}: arrays are {shapes}, labels ask for {wanted}; build it again with integrations.local.train"
            raise ValueError(msg)
        return cls(card=card, **arrays)


def hint_matrix(hints: Sequence[Mapping[str, float]], labels: Sequence[str]) -> NDArray[np.float64]:
    """Hints as a matrix, one row a text, in the order of ``labels``; a label that the model does not have is ignored."""
    return np.array([[found.get(label, 0.0) for label in labels] for found in hints], dtype=np.float64).reshape(
        len(hints), len(labels)
    )


def softmax(scores: NDArray[np.float64]) -> Probabilities:
    """Rows to probabilities."""
    raised: Probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    total: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return total
