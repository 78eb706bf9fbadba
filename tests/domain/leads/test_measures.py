import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from domain.leads.measures import (
    auc,
    auc_interval,
    calibration_bins,
    calibration_error,
    compare,
    drift,
    measure,
    one_sided,
    top_lift,
    wilson,
)

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=60)


@given(ROWS)
def test_auc_and_brier_agree_with_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    won, chance = np.array([row[0] for row in rows]), np.array([row[1] / 20 for row in rows])
    if won.all() or not won.any():
        assert np.isnan(auc(won, chance))
        return
    assert auc(won, chance) == pytest.approx(roc_auc_score(won, chance))
    assert measure(won, chance).brier == pytest.approx(brier_score_loss(won, chance))


def test_calibration_error_weighs_each_bin_by_its_rows() -> None:
    won = np.array([True] * 1 + [False] * 3 + [True] * 4)
    chance = np.array([0.05] * 4 + [0.95] * 4)
    bins = calibration_bins(won, chance)
    assert [(one.n, one.expected, one.observed) for one in bins] == [
        (4, pytest.approx(0.05), 0.25),
        (4, pytest.approx(0.95), 1.0),
    ]
    assert calibration_error(bins) == pytest.approx((4 * 0.2 + 4 * 0.05) / 8)


def test_probability_one_belongs_to_the_last_bin() -> None:
    assert calibration_bins(np.array([True]), np.array([1.0]))[0].high == 1.0


def test_lift_is_one_where_the_order_tells_nothing_and_its_most_where_it_tells_all() -> None:
    won = np.array([True] * 10 + [False] * 90)
    assert top_lift(won, won.astype(float)) == 10.0
    assert top_lift(won, 1 - won.astype(float)) == 0.0


def test_drift_is_zero_for_the_same_shares_and_grows_with_distance() -> None:
    assert drift([0.2, 0.8], [0.2, 0.8]) == 0.0
    assert 0 < drift([0.5, 0.5], [0.45, 0.55]) < drift([0.5, 0.5], [0.1, 0.9])
    assert np.isfinite(drift([1.0, 0.0], [0.0, 1.0]))


def _two(gap: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    truth = draw.normal(size=1500)
    won = draw.random(1500) < 1 / (1 + np.exp(-truth))
    near = 1 / (1 + np.exp(-truth - draw.normal(scale=0.5, size=1500)))
    far = 1 / (1 + np.exp(-truth - draw.normal(scale=0.5 + gap, size=1500)))
    return won, near, far


def test_a_clearly_better_set_wins_and_a_worse_one_does_not() -> None:
    won, near, far = _two(1.5, 1)
    assert compare(won, near, far).better
    assert not compare(won, far, near).better


def test_the_same_set_is_not_better_than_itself() -> None:
    won, near, _ = _two(0.0, 2)
    same = compare(won, near, near)
    assert (same.auc_gain, same.brier_gain, same.better) == (0.0, 0.0, False)


def test_of_equally_good_sets_few_are_called_better() -> None:
    better = sum(compare(*_two(0.0, seed)).better for seed in range(100, 200))
    assert better <= 18  # two tests at 5 %, hardly independent


def test_the_interval_of_auc_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(4)
    true = 0.760250  # of two normals one standard deviation apart
    covered = 0
    for _ in range(200):
        won = draw.random(300) < 0.3
        low, high = auc_interval(won, draw.normal(size=300) + won)
        covered += low <= true <= high
    assert 178 <= covered <= 200


def test_one_outcome_alone_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="won and rows that were lost"):
        compare(np.array([True, True]), np.array([0.5, 0.6]), np.array([0.5, 0.6]))


def test_wilson_matches_a_published_value_and_knows_no_rows() -> None:
    low, high = wilson(0.1, 10)
    assert (round(low, 4), round(high, 4)) == (0.0179, 0.4042)
    assert wilson(0.3, 0) == (0.0, 1.0)
    assert one_sided(0.0) == 0.5
