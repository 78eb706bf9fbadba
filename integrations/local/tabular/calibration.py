"""From log-odds to probabilities that mean what they say. Fitted on predictions for rows the models had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from sklearn.isotonic import IsotonicRegression

from integrations.local.tabular.calibrator import Calibrator
from integrations.local.tabular.encoding import sigmoid
from integrations.local.tabular.sheet import Floats

Method = Literal["platt", "beta", "isotonic"]
METHODS: tuple[Method, ...] = ("platt", "beta", "isotonic")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """``chance`` of each row under a calibration fitted on the other folds; ``losses`` are mean log losses by method."""

    method: Method
    chance: Floats
    losses: dict[Method, float]
    calibrator: Calibrator
    blend: tuple[float, float, float]


def calibrated(scores: Floats, won: NDArray[np.bool_], fold: NDArray[np.int64]) -> Calibrated:
    """Blend the columns of out-of-fold ``scores`` (trees, linear) and choose the calibration with the least log loss.

    Both are fitted anew for each fold on the other folds, so that the figures hold for rows outside.
    """
    methods = {method: np.zeros(len(won)) for method in METHODS}
    for number in range(int(np.max(fold)) + 1):
        rest, inside = fold != number, fold == number
        weights = blended(scores[rest], won[rest])
        before, after = mixed(scores[rest], weights), mixed(scores[inside], weights)
        for method in METHODS:
            methods[method][inside] = fitted(method, before, won[rest]).apply(after)
    losses = {method: _log_loss(won, chance) for method, chance in methods.items()}
    best = min(METHODS, key=lambda method: (round(losses[method], 6), METHODS.index(method)))
    weights = blended(scores, won)
    return Calibrated(best, methods[best], losses, fitted(best, mixed(scores, weights), won), weights)


def mixed(scores: Floats, weights: Sequence[float]) -> Floats:
    """The blend's log-odds: ``weights`` of both columns, then a constant."""
    blend: Floats = scores[:, 0] * weights[0] + scores[:, 1] * weights[1] + weights[2]
    return blend


def blended(scores: Floats, won: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Weights of 0 or more of both columns and a constant, by maximum likelihood (stacking; Breiman 1996)."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        z = mixed(scores, weights.tolist())
        error = sigmoid(z) - won
        slope = np.array([(error * scores[:, 0]).mean(), (error * scores[:, 1]).mean(), error.mean()])
        return float(np.logaddexp(0.0, np.where(won, -z, z)).mean()), slope

    bounds = [(0.0, 5.0), (0.0, 5.0), (-20.0, 20.0)]
    found = minimize(loss, np.array([0.5, 0.5, 0.0]), jac=True, bounds=bounds, method="L-BFGS-B").x
    return float(found[0]), float(found[1]), float(found[2])


def fitted(method: Method, z: Floats, won: NDArray[np.bool_]) -> Calibrator:
    """The calibration of log-odds ``z``; Platt's targets are drawn in as if one more row of each kind were known."""
    if method == "isotonic":
        fit = IsotonicRegression(out_of_bounds="clip").fit(z, won.astype(float))
        return Calibrator.stairs(fit.X_thresholds_, fit.y_thresholds_, len(won))
    wins, losses = float(won.sum()), float((~won).sum())
    target = np.where(won, (wins + 1) / (wins + 2), 1 / (losses + 2))  # Platt 1999
    columns = np.column_stack([z]) if method == "platt" else np.column_stack([-np.logaddexp(0, -z), np.logaddexp(0, z)])

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = columns @ weights[:-1] + weights[-1]
        error = sigmoid(score) - target
        value = (target * np.logaddexp(0, -score) + (1 - target) * np.logaddexp(0, score)).mean()
        return float(value), np.append((error[:, None] * columns).mean(axis=0), error.mean())

    slopes = columns.shape[1]
    start = np.append(np.ones(slopes), 0.0)
    bounds = [(1e-3, 20.0)] * slopes + [(-20.0, 20.0)]
    found = [float(part) for part in minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x]
    return Calibrator(method, found)


def _log_loss(won: NDArray[np.bool_], chance: Floats) -> float:
    held = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(-np.where(won, np.log(held), np.log1p(-held)).mean())
