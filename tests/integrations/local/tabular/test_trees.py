from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from integrations.local.tabular.trees import LEAF, Trees, checked, trees_of


def _data(missing: bool, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(3000, 5))
    rows[:, 3] = draw.integers(0, 4, 3000)
    won = draw.random(3000) < 1 / (1 + np.exp(-rows[:, 0] - rows[:, 1] * rows[:, 2] - (rows[:, 3] == 2)))
    if missing:
        rows[draw.random(rows.shape) < 0.1] = np.nan
    return rows, won.astype(float)


def _booster(rows: np.ndarray, won: np.ndarray, rounds: int = 60, **settings: Any) -> lgb.Booster:
    fixed = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 31, "min_data_in_leaf": 5}
    return lgb.train({**fixed, **settings}, lgb.Dataset(rows, won), rounds)


@pytest.mark.parametrize("missing", [False, True])
def test_the_walk_equals_lightgbm(missing: bool) -> None:
    rows, won = _data(missing)
    booster = _booster(rows, won)
    fresh, _ = _data(missing=True, seed=6)
    fresh[:5] = [[0, 0, 0, 0, 0], [1e300] * 5, [-1e300] * 5, [1e-40] * 5, [np.nan] * 5]
    trees = checked(trees_of(booster.dump_model()), 5)
    np.testing.assert_allclose(trees.raw(fresh), booster.predict(fresh, raw_score=True), rtol=0, atol=1e-12)


def test_a_row_on_a_threshold_goes_the_way_lightgbm_sends_it() -> None:
    rows, won = _data(missing=False)
    booster = _booster(rows, won)
    trees = trees_of(booster.dump_model())
    edge = np.zeros((200, 5))
    inner = np.flatnonzero(trees.feature != LEAF)[:200]
    edge[np.arange(len(inner)), trees.feature[inner]] = trees.threshold[inner]
    np.testing.assert_allclose(trees.raw(edge), booster.predict(edge, raw_score=True), rtol=0, atol=1e-12)


def test_contributions_add_up_to_the_log_odds() -> None:
    rows, won = _data(missing=True)
    trees = trees_of(_booster(rows, won).dump_model())
    odds, parts = trees.contributions(rows, 5)
    np.testing.assert_allclose(trees.expected + parts.sum(axis=1), odds, atol=1e-9)
    assert abs(parts[:, 4]).mean() < abs(parts[:, 0]).mean()


def test_what_is_expected_is_the_mean_over_training_rows() -> None:
    rows, won = _data(missing=False)
    booster = _booster(rows, won)
    mean = float(np.mean(booster.predict(rows, raw_score=True)))
    assert trees_of(booster.dump_model()).expected == pytest.approx(mean, abs=1e-9)


def test_a_model_of_stumps_without_splits_is_walked() -> None:
    rows, won = _data(missing=False)
    booster = _booster(rows, won, rounds=2, min_data_in_leaf=3000)
    trees = checked(trees_of(booster.dump_model()), 5)
    np.testing.assert_allclose(trees.raw(rows[:4]), booster.predict(rows[:4], raw_score=True), atol=1e-12)


def _small() -> Trees:
    return Trees(
        np.array([0, 3]), np.array([0, LEAF, LEAF, LEAF]), np.array([0.5, 0, 0, 0]), np.array([1, 0, 0, 0]),
        np.array([2, 0, 0, 0]), np.array([True, False, False, False]), np.array([0.0, -1.0, 1.0, 0.25]),
    )  # fmt: skip


def test_the_small_tree_holds() -> None:
    assert checked(_small(), 1).raw(np.array([[0.5], [0.6], [np.nan]])).tolist() == [-0.75, 1.25, -0.75]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"left": np.array([0, 0, 0, 0])}, "behind"),  # a cycle
        ({"left": np.array([9, 0, 0, 0])}, "behind"),
        ({"left": np.array([-1, 0, 0, 0])}, "behind"),
        ({"left": np.array([2, 0, 0, 0])}, "two"),
        ({"roots": np.array([0])}, "no tree"),
        ({"roots": np.array([0, 3, 3])}, "two"),
        ({"feature": np.array([1, LEAF, LEAF, LEAF])}, "outside"),
        ({"feature": np.array([-2, LEAF, LEAF, LEAF])}, "outside"),
        ({"threshold": np.array([np.nan, 0, 0, 0])}, "finite"),
        ({"value": np.array([0, 1.0, np.inf, 0])}, "finite"),
        ({"value": np.array([0, 1.0])}, "entries of value"),
    ],
)
def test_trees_that_could_walk_astray_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked(replace(_small(), **changes), 1)


def test_splits_by_category_are_refused() -> None:
    rows, _ = _data(missing=False)
    booster = lgb.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_per_group": 1, "cat_smooth": 1},
        lgb.Dataset(np.abs(rows[:, 3:4]), (np.abs(rows[:, 3]) == 2).astype(float), categorical_feature=[0]), 3,
    )  # fmt: skip
    with pytest.raises(ValueError, match="not walked here"):
        trees_of(booster.dump_model())
