"""The figures beside those of scipy, statsmodels, scikit-learn and evalstats on random tables."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import ndcg_score, precision_recall_fscore_support

from domain.leads.measures import wilson
from evals.statistics.agreement import corrected_mean, kappa
from evals.statistics.bootstrap import mean_interval
from evals.statistics.calibration import equal_bins
from evals.statistics.exact import discordant, holm, mcnemar, sign_flip
from evals.statistics.labels import by_label, macro
from evals.statistics.passk import all_of, any_of
from evals.statistics.power import mcnemar_power, pairs_needed
from evals.statistics.ratio import mismatch
from evals.statistics.retrieval import gain
from evals.statistics.units import Numbers, Units

TABLES = 200
MISSING = "comes with the dev group: make install"
contingency = pytest.importorskip("statsmodels.stats.contingency_tables", reason=MISSING)
proportion = pytest.importorskip("statsmodels.stats.proportion", reason=MISSING)
multitest = pytest.importorskip("statsmodels.stats.multitest", reason=MISSING)
inter_rater = pytest.importorskip("statsmodels.stats.inter_rater", reason=MISSING)
evalstats = pytest.importorskip("evalstats", reason=MISSING)
evalstats_tests = pytest.importorskip("evalstats.tests", reason=MISSING)
paired = pytest.importorskip("evalstats.core.paired", reason=MISSING)
resampling = pytest.importorskip("evalstats.core.resampling", reason=MISSING)
corrections = pytest.importorskip("evalstats.core.stats_utils", reason=MISSING)


def alone(values: Numbers) -> Units:
    return Units.of([str(row) for row in range(len(values))], values)


def binary_tables(tables: int = TABLES) -> list[tuple[Numbers, Numbers]]:
    chance = np.random.default_rng(20)
    found = []
    for _ in range(tables):
        n, rates = int(chance.integers(5, 160)), chance.random(2)
        a = (chance.random(n) < rates[0]).astype(float)
        found.append((a, np.where(chance.random(n) < 0.6, a, chance.random(n) < rates[1]).astype(float)))
    return found


def test_mcnemar_on_200_tables() -> None:
    for a, b in binary_tables():
        won, lost = discordant(a, b)
        both, none = int((a * b).sum()), int(((1 - a) * (1 - b)).sum())
        ours = mcnemar(won, lost)
        assert ours == pytest.approx(contingency.mcnemar([[both, lost], [won, none]], exact=True).pvalue)
        assert ours == pytest.approx(evalstats_tests._mcnemar_p(a, b))


def test_sign_flips_of_pass_and_fail_are_mcnemar() -> None:
    for a, b in binary_tables(60):
        assert sign_flip(alone(b - a)) == pytest.approx(mcnemar(*discordant(a, b)), abs=0.012)


def test_sign_flips_of_numbers_on_200_tables() -> None:
    chance = np.random.default_rng(21)
    for _ in range(TABLES):
        values = chance.normal(0.4, 1, int(chance.integers(2, 9)))
        theirs = stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
        assert sign_flip(alone(values)) == pytest.approx(theirs.pvalue)


def test_holm_and_wilson_on_200_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gc.collect", lambda *_: 0)  # statsmodels collects garbage each time
    chance = np.random.default_rng(22)
    for _ in range(TABLES):
        chances = chance.random(int(chance.integers(1, 9))) ** 3
        assert holm(list(chances)) == pytest.approx(multitest.multipletests(chances, method="holm")[1])
        assert holm(list(chances)) == pytest.approx(corrections.correct_pvalues(chances, "holm"))
        n = int(chance.integers(1, 300))
        passed = int(chance.integers(0, n + 1))
        assert wilson(passed / n, n) == pytest.approx(
            proportion.proportion_confint(passed, n, method="wilson"), abs=1e-9
        )
        assert wilson(passed / n, n) == pytest.approx(resampling.wilson_ci(passed, n, 0.05), abs=1e-9)


def test_intervals_on_200_tables() -> None:
    chance = np.random.default_rng(23)
    for number in range(TABLES):
        n = int(chance.integers(150, 300))
        a = chance.beta(2, 3, n)
        b = np.clip(a + chance.normal(0.02, 0.2, n), 0, 1)
        ours = mean_interval(alone(b - a), draws=4_000)
        width = ours.high - ours.low
        theirs = stats.bootstrap((b - a,), np.mean, method="BCa", n_resamples=2_000, rng=number).confidence_interval
        other = paired.pairwise_differences(
            np.stack([b, a], axis=1).T, 0, 1, method="bca", n_bootstrap=2_000, rng=np.random.default_rng(number)
        )  # fmt: skip
        for low, high in ((theirs.low, theirs.high), (other.ci_low, other.ci_high)):
            assert abs(low - ours.low) < 0.08 * width
            assert abs(high - ours.high) < 0.08 * width


def test_kappa_on_200_tables() -> None:
    chance = np.random.default_rng(24)
    for _ in range(TABLES):
        n, labels = int(chance.integers(20, 200)), int(chance.integers(2, 6))
        one = chance.integers(0, labels, n)
        other = np.where(chance.random(n) < 0.5, one, chance.integers(0, labels, n))
        table = np.zeros((labels, labels))
        np.add.at(table, (one, other), 1)
        for given, theirs in (
            (kappa(one.tolist(), other.tolist()), inter_rater.cohens_kappa(table)),
            (kappa(one.tolist(), other.tolist(), range(labels)), inter_rater.cohens_kappa(table, wt="quadratic")),
            (kappa(one.tolist(), other.tolist(), range(labels), power=1), inter_rater.cohens_kappa(table, wt="linear")),
        ):
            assert given.value == pytest.approx(theirs.kappa)
            assert given.low == pytest.approx(max(-1, theirs.kappa_low))
            assert given.high == pytest.approx(min(1, theirs.kappa_upp))


def test_corrected_means_beside_evalstats() -> None:
    chance = np.random.default_rng(25)
    for _ in range(8):
        truth = (chance.random(800) < 0.7).astype(float)
        judged = np.where(chance.random(800) < 0.85, truth, 1 - truth)
        human = np.where(np.arange(800) < 150, truth, np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it always says that labels must be drawn at random
            theirs: Any = evalstats.judge_debias_mean_ci(judged, human, rng=1)
        ours = corrected_mean(truth[:150], judged[:150], judged[150:])
        assert ours.value == pytest.approx(theirs.mean, abs=0.03)
        assert ours.high - ours.low == pytest.approx(theirs.ci_high - theirs.ci_low, rel=0.3)


def test_labels_on_200_tables() -> None:
    chance = np.random.default_rng(26)
    for _ in range(TABLES):
        wanted = [str(one) for one in chance.integers(0, 4, 60)]
        given = [one if chance.random() < 0.6 else str(chance.integers(0, 5)) for one in wanted]
        names = sorted(set(wanted))
        pairs = list(zip(wanted, given, strict=True))
        figures = by_label(pairs)
        theirs = precision_recall_fscore_support(wanted, given, labels=names, zero_division=0)
        for place, name in enumerate(names):
            mine = figures[name]
            assert (mine.precision or 0, mine.recall, mine.f1) == pytest.approx([part[place] for part in theirs[:3]])
        mean = macro(pairs)
        assert (mean.precision, mean.recall, mean.f1) == pytest.approx([part.mean() for part in theirs[:3]])


def test_ranking_gain_on_200_tables() -> None:
    chance = np.random.default_rng(27)
    for _ in range(TABLES):
        worth = chance.integers(0, 4, 12)
        order = chance.permutation(12)
        scores = np.empty(12)
        scores[order] = -np.arange(12)
        k = int(chance.integers(1, 13))
        ours = gain(order.tolist(), dict(enumerate(worth.tolist())), k)
        assert ours == pytest.approx(ndcg_score([worth], [scores], k=k) if worth.any() else 0.0)


def test_share_mismatch_and_trials() -> None:
    assert mismatch((480, 520), (0.5, 0.5)) == pytest.approx(stats.chisquare([480, 520], [500, 500]).pvalue)
    chance = np.random.default_rng(28)
    for _ in range(50):
        trials = int(chance.integers(1, 9))
        k, passed = int(chance.integers(1, trials + 1)), int(chance.integers(0, trials + 1))
        drawn = stats.hypergeom(trials, passed, k)
        assert all_of(passed, trials, k) == pytest.approx(drawn.pmf(k))
        assert any_of(passed, trials, k) == pytest.approx(1 - drawn.pmf(0))


def test_power_of_the_exact_test_is_the_sum_over_all_tables() -> None:
    pairs, win, lose = 14, 0.45, 0.1
    total = sum(
        stats.multinomial.pmf((won, lost, pairs - won - lost), pairs, (win, lose, 1 - win - lose))
        for won in range(pairs + 1)
        for lost in range(pairs + 1 - won)
        if mcnemar(won, lost) <= 0.05
    )
    assert mcnemar_power(pairs, win - lose, win + lose) == pytest.approx(total)
    needed = [pairs_needed(difference, 0.2) for difference in (0.03, 0.05, 0.1)]
    assert needed == [1742, 626, 155]


def test_equal_bins_are_equal() -> None:
    confidence = np.random.default_rng(29).random(100)
    assert np.bincount(equal_bins(confidence)).tolist() == [10] * 10
    tied = np.repeat([0.5, 0.9], [70, 30])
    assert [len(set(equal_bins(tied)[tied == value])) for value in (0.5, 0.9)] == [1, 1]
    order = np.argsort(confidence)
    assert all(one <= other for one, other in pairwise(equal_bins(confidence)[order].tolist()))
