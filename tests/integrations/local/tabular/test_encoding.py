import numpy as np

from domain.leads.measures import auc
from integrations.local.tabular.encoding import features, out_of_fold, seen
from integrations.local.tabular.fitting import Material, fit, folds
from integrations.local.tabular.sheet import Sheet


def a_sheet(rows: int, values: int, seed: int = 1) -> Sheet:
    draw = np.random.default_rng(seed)
    return Sheet(
        rows,
        {"x": draw.normal(size=rows)},
        {"code": draw.integers(0, values, rows).astype(np.int64), "kind": draw.integers(0, 3, rows).astype(np.int64)},
    )


def test_rates_of_training_rows_know_nothing_of_their_own_outcome() -> None:
    sheet = a_sheet(4000, 1500)
    won = np.random.default_rng(2).random(4000) < 0.3  # nothing tells it
    plan, coded, counts = Material.of(sheet).plan([(0, 1)])
    fold = folds(np.arange(4000), won, 10, 1)
    trees, linear = out_of_fold(plan, coded, won, fold, counts)
    for column in (*trees.T, *linear.T):
        # below a half: the others of its cell are a little less won where the row itself is
        assert auc(won, column.astype(float)) < 0.55


def test_a_changed_outcome_changes_the_features_of_other_folds_only() -> None:
    sheet, draw = a_sheet(600, 40), np.random.default_rng(3)
    won = draw.random(600) < 0.4
    plan, coded, counts = Material.of(sheet).plan([(0, 1)])
    fold = folds(np.arange(600), won, 5, 1)
    before, _ = out_of_fold(plan, coded, won, fold, counts)
    turned = won.copy()
    turned[7] = not turned[7]
    after, _ = out_of_fold(plan, coded, turned, fold, counts)
    same = fold == fold[7]
    np.testing.assert_array_equal(before[same], after[same])
    assert (before[~same] != after[~same]).any()


def test_rows_held_out_do_not_touch_the_fit() -> None:
    sheet, draw = a_sheet(800, 60), np.random.default_rng(4)
    won = draw.random(800) < 1 / (1 + np.exp(-sheet.numbers["x"]))
    material, groups, rows = Material.of(sheet), np.arange(800), np.arange(600)
    turned = won.copy()
    turned[600:] = ~turned[600:]
    one, other = (fit(material, rows, outcome, groups) for outcome in (won, turned))
    np.testing.assert_array_equal(one.trees.value, other.trees.value)
    np.testing.assert_array_equal(one.linear.weights, other.linear.weights)


def test_copies_of_a_row_share_a_fold_and_folds_are_even() -> None:
    groups = np.repeat(np.arange(500), 2)
    won = np.random.default_rng(5).random(1000) < 0.2
    fold = folds(groups, won, 5, 9)
    assert all(len(set(fold[groups == group].tolist())) == 1 for group in range(500))
    assert np.ptp(np.bincount(fold)) <= 2
    rates = [won[fold == number].mean() for number in range(5)]
    assert max(rates) - min(rates) < 0.06


def test_a_value_never_seen_has_the_base_rate() -> None:
    sheet = a_sheet(500, 20)
    won = np.random.default_rng(6).random(500) < 0.25
    made = fit(Material.of(sheet), np.arange(500), won, np.arange(500), (20, 0.03))
    fresh = Sheet(1, {"x": np.array([np.nan])}, {"code": np.array([10**6]), "kind": np.array([10**6])})
    coded = made.plan.coded(fresh)
    assert coded.codes[0][0] == made.plan.axes[0].size
    counts = seen(made.plan, made.known.axis_rows, made.known.pair_rows, own=False)
    trees, _ = features(made.plan, coded, made.known, counts)
    base = np.log(won.mean() / (1 - won.mean()))
    np.testing.assert_allclose(trees[0, 1:3], base)
