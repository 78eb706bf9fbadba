"""A small text classifier that answers with numpy alone: hashed words and letters, an embedding, and hints from rules.

The score of a label is linear in all three; the probability is a softmax at a temperature fitted on held-out folds. The
files are an ``.npz`` without pickles and a JSON page with labels, version, calibration and thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from integrations.local.embedder import Vectors
from integrations.local.features import GramSpace

Probabilities = NDArray[np.float64]
NEVER = 1.01
"""A threshold that no probability reaches: this label is never answered without review."""
MAX_UNPACKED = 400_000_000
LINE_TASK = "line"
LABEL_TASK = "label"
"""A model of labels that are not lines of ours."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is and how far it may be trusted.

    ``hint_weight`` multiplies the strength of a rule's hint before it joins the score. ``thresholds`` gives, by label, the
    probability from which an answer counts as sure: held-out folds show with 90 % confidence that at most ``error_bound`` of such
    answers are wrong (a label too rare to show it takes the threshold of all together).
    ``held_out`` holds what was measured there, and ``error_upper`` the one-sided 95 % Clopper-Pearson bound over all sure
    answers together. The bounds hold for messages like those it was built from; for the shipped models they are a little too
    good, since whoever wrote the rules also wrote the seeds.

    ``scope_label`` is the label of what is not for this model, where rows of it were given, and ``scope_threshold`` the degree
    of belonging (:meth:`TextModel.inside`) under which a text counts as such. ``rows`` tells how many of the agency's own rows it
    learnt from, ``reads_hints`` whether the rules of the lines go in.
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
    grams: GramSpace
    rows: int = 0
    reads_hints: bool = True
    scope_label: str | None = None
    scope_threshold: float | None = None


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
        self, texts: Sequence[str], vectors: Vectors | None, hints: Sequence[Mapping[str, float]]
    ) -> Probabilities:
        """One row of label probabilities a text. ``vectors`` come from the embedder the card names, kind "query"; a model
        that reads none takes None.

        ``hints`` are strengths by label, as rules give them; a label without a hint is left out.
        """
        scores = self.scores(texts, vectors) + self.card.hint_weight * hint_matrix(hints, self.card.labels)
        return softmax(scores / self.card.temperature)

    @property
    def reads_vectors(self) -> bool:
        """Whether an embedding of the text is needed."""
        return len(self.vector_mean) > 0

    def scores(self, texts: Sequence[str], vectors: Vectors | None) -> NDArray[np.float64]:
        """Raw linear scores without hints, one row a text."""
        if self.reads_vectors and vectors is None:
            msg = f"model {self.card.version} reads vectors of {self.card.embedder}, and none were given"
            raise ValueError(msg)
        scores = np.zeros((len(texts), len(self.card.labels)))
        for row, text in enumerate(texts):
            # one text at a time, so that a batch gives exactly what single calls give
            scores[row] = self.gram_scores(text)
            if self.reads_vectors and vectors is not None:
                scores[row] += self.vector_weights @ (vectors[row] - self.vector_mean)
        return scores + self.bias

    def gram_scores(self, text: str) -> NDArray[np.float32]:
        """What the words and letters of ``text`` alone add to each label."""
        index, values = self.card.grams.weighted(text, self.idf)
        added: NDArray[np.float32] = self.gram_weights[:, index] @ values
        return added

    def inside(self, row: NDArray[np.float64]) -> float:
        """Degree, 0 to 1, to which a text belongs to any label of the model, from its row of probabilities."""
        return float(inside(row[None, :], self.card.labels, self.card.scope_label)[0])

    def is_sure(self, label: str, probability: float) -> bool:
        """Whether ``probability`` for ``label`` keeps the stated error bound."""
        return bool(probability >= self.card.thresholds.get(label, NEVER))

    def telling_words(self, text: str, label: str, most: int = 2) -> list[str]:
        """Up to ``most`` words of ``text``, as written there, that speak most for ``label`` against the other labels."""
        row = self.card.labels.index(label)
        gains: dict[str, float] = {}
        for word in text.split():
            bare = word.strip(".,;:!?¿¡()[]\"'")
            if len(bare) > 2:  # noqa: PLR2004 - shorter words explain nothing to a reader
                effect = self.gram_scores(bare)
                gains[bare] = float(effect[row] - np.max(np.delete(effect, row)))
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
        """Read what :meth:`save` wrote. Raises ValueError where files are missing, damaged or do not fit together; never runs
        code from them, and never unpacks more than 400 MB.
        """
        try:
            page = json.loads((folder / f"{task}.json").read_text(encoding="utf-8"))
            page |= {"labels": tuple(page["labels"]), "grams": GramSpace(**page["grams"])}
            card = ModelCard(**page)
            arrays = _arrays(folder / f"{task}.npz")
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as problem:
            msg = f"the model {task} in {folder} cannot be read ({problem}); build or train it again"
            raise ValueError(msg) from problem
        rows = len(card.labels)
        shapes = {name: array.shape for name, array in arrays.items()}
        width = shapes.get("vector_mean", (0,))[0]
        wanted = {
            "gram_weights": (rows, card.grams.size), "vector_weights": (rows, width), "bias": (rows,),
            "idf": (card.grams.size,), "vector_mean": (width,),
        }  # fmt: skip
        if shapes != wanted or not all(np.isfinite(array).all() for array in arrays.values()):
            msg = f"model {task}: arrays are {shapes}, its card asks for {wanted}, all finite; build or train it again"
            raise ValueError(msg)
        return cls(card=card, **arrays)


def _arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    with ZipFile(path) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            msg = f"{path.name} unpacks to more than {MAX_UNPACKED // 1_000_000} MB"
            raise ValueError(msg)
    with path.open("rb") as source, np.load(source, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


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


def inside(probabilities: Probabilities, labels: Sequence[str], scope_label: str | None) -> NDArray[np.float64]:
    """By row, the degree (0 to 1) to which a text belongs to any label but ``scope_label``: its best chance among those."""
    known = [place for place, label in enumerate(labels) if label != scope_label]
    best: NDArray[np.float64] = probabilities[:, known].max(axis=1)
    return best
