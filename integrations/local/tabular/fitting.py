"""One fit on some rows: pairs, encodings, boosted trees with early stopping inside, and a linear part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from integrations.local.tabular.axes import Axis, Choice, axes_of, pair_of
from integrations.local.tabular.encoding import Coded, Plan, Seen, Tally, features, out_of_fold, seen, tally
from integrations.local.tabular.pairing import chosen_pairs
from integrations.local.tabular.scorer_model import Linear
from integrations.local.tabular.sheet import Floats, Sheet
from integrations.local.tabular.trees import Trees, trees_of

SEED = 20251125
INNER_FOLDS = 20
_MOST_ROUNDS, _PATIENCE, _HELD_OUT = 1500, 50, 5
_LEAST_ROUNDS, _MORE_ROUNDS = 20, 1.1  # a fit on all rows bears a few rounds more than one on four fifths
_STRENGTHS = (0.003, 0.03, 0.3)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything learnable of a file: all axes with the cells of all rows, and what may be paired. No outcome is in it."""

    sheet: Sheet
    axes: Sequence[Axis]
    categories: tuple[int, ...]
    linear: tuple[int, ...]
    choices: Sequence[Choice]
    codes: Sequence[NDArray[np.int64]]

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        """All that a sheet offers."""
        axes, categories, linear, choices = axes_of(sheet)
        return cls(sheet, axes, tuple(categories), tuple(linear), choices, [axis.codes(sheet) for axis in axes])

    def plan(self, pairs: Sequence[tuple[int, int]]) -> tuple[Plan, Coded, Seen]:
        """A plan with these pairs, all rows under it, and how often each cell occurs among all rows."""
        made = [pair_of(first, second, self.codes, self.axes) for first, second in pairs]
        plan = Plan(
            tuple(self.sheet.numbers), tuple(self.axes), self.categories, self.linear, tuple(pair for pair, _ in made)
        )
        coded = Coded(
            self.sheet.rows, list(self.sheet.numbers.values()), list(self.codes), [cells for _, cells in made]
        )
        axis_rows = [
            np.bincount(codes, minlength=axis.size + 1).astype(float)
            for codes, axis in zip(coded.codes, plan.axes, strict=True)
        ]
        pair_rows = [np.bincount(cells, minlength=len(pair.cells) + 1).astype(float) for pair, cells in made]
        return plan, coded, seen(plan, axis_rows, pair_rows, own=True)


@dataclass(frozen=True, slots=True)
class Fit:
    """What was learnt from some rows."""

    plan: Plan
    known: Tally
    trees: Trees
    linear: Linear
    rounds: int
    strength: float

    def scores(self, coded: Coded, counts: Seen) -> Floats:
        """Log-odds by trees and by the linear part, a column each."""
        of_trees, of_linear = features(self.plan, coded, self.known, counts)
        return np.column_stack([self.trees.raw(of_trees), self.linear.raw(of_linear)])


def fit(
    material: Material, rows: NDArray[np.int64], won: NDArray[np.bool_], groups: NDArray[np.int64],
    settled: tuple[int, float] | None = None,
) -> Fit:  # fmt: skip
    """Learn from ``rows``; ``won`` and ``groups`` are of all rows of the material, and only those of ``rows`` are read.

    Rounds of boosting and strength of the linear part come from rows held out inside, unless ``settled`` gives both.
    """
    codes = [one[rows] for one in material.codes]
    plan, coded, counts = material.plan(chosen_pairs(material.axes, material.choices, codes, won[rows], SEED))
    rounds, strength = settled or _settled(plan, coded, counts, rows, won, groups)
    of_trees, of_linear = _inside(plan, coded, counts, rows, won, groups)
    booster = lgb.train(_settings(len(rows)), _dataset(of_trees, won[rows]), rounds)
    linear = _linear(of_linear, won[rows], strength)
    known = tally(plan, coded.take(rows), won[rows])
    return Fit(plan, known, trees_of(booster.dump_model()), linear, rounds, strength)


def folds(groups: NDArray[np.int64], won: NDArray[np.bool_], count: int, seed: int) -> NDArray[np.int64]:
    """A fold for each row: won and lost spread evenly, rows of one group together, so that no copy of a row is outside."""
    size = int(np.max(groups)) + 1
    label = np.zeros(size, dtype=bool)
    np.logical_or.at(label, groups, won)
    fold = np.zeros(size, dtype=np.int64)
    draw = np.random.default_rng(seed)
    present = np.unique(groups)
    start = 0
    for kind in (True, False):
        members = draw.permutation(present[label[present] == kind])
        fold[members] = (np.arange(len(members)) + start) % count
        start += len(members)
    return fold[groups]


def _settled(
    plan: Plan, coded: Coded, counts: Seen, rows: NDArray[np.int64], won: NDArray[np.bool_], groups: NDArray[np.int64]
) -> tuple[int, float]:
    """Rounds and strength that do best on a fifth of the rows, encoded as new rows are."""
    held = folds(groups[rows], won[rows], _HELD_OUT, SEED + 1) == 0
    rest, judge = rows[~held], rows[held]
    of_trees, of_linear = _inside(plan, coded, counts, rest, won, groups)
    judged_trees, judged_linear = features(plan, coded.take(judge), tally(plan, coded.take(rest), won[rest]), counts)
    data = _dataset(of_trees, won[rest])
    booster = lgb.train(
        _settings(len(rest)), data, _MOST_ROUNDS,
        valid_sets=[lgb.Dataset(judged_trees, won[judge].astype(float), reference=data)],
        callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)],
    )  # fmt: skip
    losses = []
    for strength in _STRENGTHS:
        z = _linear(of_linear, won[rest], strength).raw(judged_linear)
        losses.append((float(np.logaddexp(0, np.where(won[judge], -z, z)).mean()), strength))
    return max(_LEAST_ROUNDS, round(booster.best_iteration * _MORE_ROUNDS)), min(losses)[1]


def _inside(
    plan: Plan, coded: Coded, counts: Seen, rows: NDArray[np.int64], won: NDArray[np.bool_], groups: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    inner = folds(groups[rows], won[rows], INNER_FOLDS, SEED + 2)
    return out_of_fold(plan, coded.take(rows), won[rows], inner, counts)


def _linear(rows: Floats, won: NDArray[np.bool_], strength: float) -> Linear:
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-9] = 1.0  # noqa: PLR2004 - a feature that never changes
    fitted = LogisticRegression(C=strength, max_iter=2000).fit((rows - mean) / spread, won)
    return Linear(mean, fitted.coef_[0] / spread, float(fitted.intercept_[0]))


def _dataset(rows: Floats, won: NDArray[np.bool_]) -> lgb.Dataset:
    return lgb.Dataset(rows, won.astype(float))


def _settings(rows: int) -> dict[str, Any]:
    # One choice for every file. No class weights: they would distort the probabilities.
    return {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": max(10, min(50, rows // 100)),
        "lambda_l2": 30.0, "feature_fraction": 0.4, "bagging_fraction": 0.8, "bagging_freq": 1, "max_bin": 127,
        "seed": SEED, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1,
    }  # fmt: skip
