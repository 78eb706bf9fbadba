"""Fits a linear text model to labelled texts and states, from folds it did not learn from, how far it may be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from scipy.stats import beta  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from integrations.local.embedder import Vectors
from integrations.local.features import GramSpace
from integrations.local.text_model import NEVER, ModelCard, TextModel, softmax

FOLD_SEED = 20251125
CONFIDENCE = 0.9
HINT_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is fitted. ``strength`` is the inverse of regularisation, ``vector_scale`` what embeddings are multiplied with
    beside words and letters of length one each. Logistic regression suits few texts; support vectors are as good on thousands
    and ten times faster.
    """

    solver: Literal["logistic", "svc"]
    strength: float
    vector_scale: float
    grams: GramSpace
    folds: int = 5


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts to learn from. ``vectors`` is None for a model of words and letters alone. The first ``judged`` examples are those
    that folds hold out and figures are about; the others only teach. ``groups`` ties a copy to its original, so that no fold
    learns from the copy of what it judges.
    """

    texts: list[str]
    vectors: Vectors | None
    rows: Rows
    groups: Rows
    weights: Matrix
    judged: int

    def take(self, index: Rows) -> Examples:
        """The examples at ``index``."""
        vectors = None if self.vectors is None else self.vectors[index]
        return Examples(
            [self.texts[i] for i in index], vectors, self.rows[index], self.groups[index], self.weights[index],
            self.judged,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the held-out folds say: see :class:`~integrations.local.text_model.ModelCard` for each."""

    hint_weight: float
    temperature: float
    thresholds: dict[str, float]
    held_out: dict[str, float]
    error_upper: float
    probabilities: Matrix


def fit(examples: Examples, card: ModelCard, recipe: Recipe, prior: Matrix | None = None) -> TextModel:
    """The model that ``card`` describes; ``prior`` is added to the bias of each label."""
    grams = recipe.grams
    found = [grams.counts(text)[0] for text in examples.texts]
    seen = np.bincount(np.concatenate(found), minlength=grams.size)
    idf = (np.log((1 + len(examples.texts)) / (1 + seen)) + 1).astype(np.float32)
    table = _gram_table(examples.texts, grams, idf)
    mean = np.zeros(0, dtype=np.float32)
    if examples.vectors is not None:
        mean = examples.vectors.mean(axis=0)
        table = sp.hstack([table, sp.csr_matrix((examples.vectors - mean) * recipe.vector_scale)]).tocsr()
    weights, bias = _solved(table, examples, recipe, len(card.labels))
    return TextModel(
        card=card, gram_weights=weights[:, : grams.size],
        vector_weights=weights[:, grams.size :] * np.float32(recipe.vector_scale),
        bias=(bias + (0.0 if prior is None else prior)).astype(np.float32), idf=idf, vector_mean=mean,
    )  # fmt: skip


def _gram_table(texts: Sequence[str], grams: GramSpace, idf: NDArray[np.float32]) -> sp.csr_matrix:
    parts = [grams.weighted(text, idf) for text in texts]
    ends = np.cumsum([0, *(len(index) for index, _ in parts)])
    values, buckets = np.concatenate([v for _, v in parts]), np.concatenate([i for i, _ in parts])
    return sp.csr_matrix((values, buckets, ends), shape=(len(parts), grams.size))


def _solved(
    table: sp.csr_matrix, examples: Examples, recipe: Recipe, labels: int
) -> tuple[NDArray[np.float32], Matrix]:
    """Weights and bias with a row for each label; two labels give one plane, which is mirrored for the other."""
    if recipe.solver == "logistic":
        solver = LogisticRegression(C=recipe.strength, max_iter=1000)
    else:
        solver = LinearSVC(C=recipe.strength, random_state=FOLD_SEED)
    fitted = solver.fit(table, examples.rows, sample_weight=examples.weights)
    weights, bias = fitted.coef_.astype(np.float32), np.asarray(fitted.intercept_, dtype=np.float64)
    if len(fitted.classes_) == 2:  # noqa: PLR2004 - scikit-learn gives two classes one row
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    full, offset = np.zeros((labels, weights.shape[1]), dtype=np.float32), np.full(labels, -10.0)
    full[fitted.classes_], offset[fitted.classes_] = weights, bias
    return full, offset


def held_out_scores(examples: Examples, card: ModelCard, recipe: Recipe, prior: Matrix | None = None) -> Matrix:
    """Scores of every judged example from a model that learnt from neither it nor a copy of it."""
    judged = np.arange(examples.judged)
    rows = examples.rows[: examples.judged]
    scores = np.zeros((examples.judged, len(card.labels)))
    rare = int(np.min(np.bincount(rows)[np.unique(rows)]))
    kind = StratifiedKFold if rare >= recipe.folds else KFold
    for _, left_out in kind(recipe.folds, shuffle=True, random_state=FOLD_SEED).split(judged, rows):
        rest = np.flatnonzero(~np.isin(examples.groups, examples.groups[left_out]))
        model = fit(examples.take(rest), card, recipe, prior)
        vectors = None if examples.vectors is None else examples.vectors[left_out]
        scores[left_out] = model.scores([examples.texts[i] for i in left_out], vectors)
    return scores


def calibrate(scores: Matrix, hints: Matrix | None, rows: Rows, labels: Sequence[str], bound: float) -> Calibration:
    """Weight of hints, temperature and thresholds from held-out ``scores``; ``hints`` is None for labels without rules."""
    weight, temperature = _combination(scores, hints, rows)
    probabilities = softmax((scores + weight * hints if hints is not None else scores) / temperature)
    thresholds = _thresholds(probabilities, rows, labels, bound)
    measured, upper = _measured(probabilities, rows, labels, thresholds)
    return Calibration(weight, round(temperature, 4), thresholds, measured, upper, probabilities)


def _combination(scores: Matrix, hints: Matrix | None, rows: Rows) -> tuple[float, float]:
    """The weight of hints and the temperature with the least held-out log loss."""
    spread = hints if hints is not None else np.zeros_like(scores)

    def loss(log_temperature: float, weight: float) -> float:
        chances = softmax((scores + weight * spread) / np.exp(log_temperature))
        return float(-np.log(np.maximum(chances[np.arange(len(rows)), rows], 1e-12)).mean())

    found = []
    for weight in HINT_WEIGHTS if hints is not None else (0.0,):
        best = minimize_scalar(loss, bounds=(-4.0, 3.0), args=(weight,), method="bounded")
        found.append((float(best.fun), weight, float(np.exp(best.x))))
    _, weight, temperature = min(found)
    return weight, temperature


def _thresholds(probabilities: Matrix, rows: Rows, labels: Sequence[str], bound: float) -> dict[str, float]:
    """By label answered: the lowest probability that keeps the bound.

    A label too rare or too hard to show the bound by itself takes the threshold of all labels together.
    """
    guesses, tops = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guesses == rows
    shared = _lowest(tops, right, bound)
    own = {label: _lowest(tops[guesses == row], right[guesses == row], bound) for row, label in enumerate(labels)}
    return {label: threshold if threshold < NEVER else shared for label, threshold in own.items()}


def _lowest(tops: Matrix, right: NDArray[np.bool_], bound: float) -> float:
    """The lowest probability from which the error is within the bound with 90 % confidence (Clopper-Pearson), or ``NEVER``.

    Without the confidence the luckiest place is chosen, and new rows then show more errors than the bound.
    """
    if not len(tops):
        return NEVER
    ranked = np.argsort(-tops, kind="stable")
    errors, answers = np.cumsum(~right[ranked]), np.arange(1, len(ranked) + 1)
    upper = np.where(errors == answers, 1.0, beta.ppf(CONFIDENCE, errors + 1, np.maximum(answers - errors, 1)))
    kept = np.flatnonzero(upper <= bound)
    # down, so that rounding never shuts out the very answers that showed the bound
    return float(np.floor(tops[ranked[kept[-1]]] * 1e4) / 1e4) if len(kept) else NEVER


def _measured(
    probabilities: Matrix, rows: Rows, labels: Sequence[str], thresholds: Mapping[str, float]
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
