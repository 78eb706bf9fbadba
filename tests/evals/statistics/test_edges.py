"""What statistics say where the data say little: no certainty from nothing, and clear errors."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.statistics.agreement import corrected_mean, kappa
from evals.statistics.bootstrap import mean_interval
from evals.statistics.calibration import calibration
from evals.statistics.exact import holm, mcnemar, sign_flip
from evals.statistics.labels import by_label, macro
from evals.statistics.passk import all_of, all_of_cases
from evals.statistics.power import cases_needed, cases_to_exclude, detectable, pairs_detectable, pairs_needed
from evals.statistics.ratio import mismatch, mismatch_any_time
from evals.statistics.retrieval import first_right, gain
from evals.statistics.sequential import (
    Outcomes,
    arm_gains,
    discordant_pairs,
    mean_above,
    mean_at_any_time,
    mean_differs,
)
from evals.statistics.units import Estimate, Units


def alone(values: list[float]) -> Units:
    return Units.of([str(row) for row in range(len(values))], np.array(values))


def test_fifty_equal_cases_leave_seven_points_open() -> None:
    found = mean_interval(alone([1.0] * 50), ends=(0.0, 1.0))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 50))
    assert cases_to_exclude(1 - found.low, 50, 50) == 50


def test_equal_cases_on_an_open_scale_leave_it_open() -> None:
    assert mean_interval(alone([3.0] * 50)) == Estimate(3.0, -inf, inf)
    assert mean_interval(alone([3.0] * 50), ends=(0.0, inf)).high == inf


def test_many_cases_of_few_units_have_no_interval() -> None:
    units = Units.of(["a", "a", "b", "b"] * 30, np.tile([0.0, 1.0], 60))
    assert mean_interval(units, ends=(0.0, 1.0)) == Estimate(0.5, 0.0, 1.0)
    assert isnan(Units.of(["a"] * 9, np.arange(9.0)).error)


def test_rounding_is_no_variation() -> None:
    found = mean_interval(alone([0.1 + 0.2] * 20 + [0.3] * 20), ends=(0.0, 1.0))
    assert found.low < 0.29


def test_intervals_are_repeatable_and_do_not_depend_on_other_seeds_by_much() -> None:
    units = alone(list(np.random.default_rng(1).normal(0, 1, 200)))
    one, same, other = mean_interval(units, 1), mean_interval(units, 1), mean_interval(units, 2)
    assert one == same != other
    assert one.low == pytest.approx(other.low, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefghij"), st.floats(0, 1)), min_size=1, max_size=40))
def test_intervals_hold_their_value_and_stay_on_the_scale(cases: list[tuple[str, float]]) -> None:
    units = Units.of([unit for unit, _ in cases], np.array([value for _, value in cases]))
    found = mean_interval(units, draws=300, ends=(0.0, 1.0))
    assert 0 <= found.low <= found.high <= 1
    assert 0 < sign_flip(units) <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_and_keeps_the_order(chances: list[float]) -> None:
    adjusted = holm(chances)
    assert all(before <= after <= 1 for before, after in zip(chances, adjusted, strict=True))
    ranked = [adjusted[place] for place in sorted(range(len(chances)), key=lambda one: chances[one])]
    assert ranked == sorted(ranked)


def test_nothing_observed_shows_nothing() -> None:
    nothing = np.zeros(0)
    assert mcnemar(0, 0) == sign_flip(alone([0.0, 0.0])) == 1.0
    assert discordant_pairs([]).p == mean_differs(Outcomes.within(nothing, (-1, 1))).p == 1.0
    assert mean_at_any_time(Outcomes.within(nothing, (-1, 1))).low == -1
    assert mismatch((0, 0), (0.5, 0.5)) == mismatch_any_time((0, 0), (0.5, 0.5)).p == 1.0
    assert detectable(float("nan")) == detectable(0.0) == pairs_detectable(5, 0.2) == inf
    assert cases_needed(0.0, 50, 0.1) is cases_needed(0.1, 50, 0.0) is cases_needed(inf, 0, 0.1) is None
    assert arm_gains(np.zeros(0, dtype=bool), nothing, 0.5, (0, 1)).values.size == 0


def test_evidence_keeps_its_peak() -> None:
    found = discordant_pairs([True] * 15 + [False] * 20)
    assert found.value < 20 < found.highest
    assert found.decided


def test_judges_who_always_agree_are_not_certain() -> None:
    found = kappa([True, False] * 10, [True, False] * 10)
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.5 < found.low < 1
    assert isnan(kappa(["pass"] * 9, ["pass"] * 9).value)
    all_pass = corrected_mean(np.ones(40), np.ones(40), np.ones(200), ends=(0.0, 1.0))
    assert all_pass.low == pytest.approx(0.025 ** (1 / 40))


def test_labels_never_given_have_no_precision() -> None:
    figures = by_label([("auto", "home"), ("home", "home")])
    assert figures["auto"].precision is None
    assert by_label([("auto", "home")])["home"].recall is None
    assert macro([("auto", "home"), ("home", "home")]).precision == pytest.approx(0.25)


def test_rankings() -> None:
    assert first_right(["a", "b", "c"], {"c"}, 2) is None
    assert first_right(["a", "b", "c"], {"c", "b"}, 3) == 2
    assert gain(["a", "a"], {"a": 1.0, "b": 1.0}, 2) < 1  # found twice counts once
    assert gain(["a"], {}, 3) == 0.0


def test_trials() -> None:
    assert [all_of(3, 4, k) for k in (1, 2, 3, 4)] == [0.75, 0.5, 0.25, 0.0]
    found = all_of_cases([str(case) for case in range(8)], [3] * 7 + [1], [3] * 7 + [1], 2)
    assert found is not None
    assert found.value == 1.0
    assert found.low < 0.6
    assert all_of_cases(["a"], [1], [1], 2) is None


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Units.of(["a"], np.array([])), "0 values for 1 units"),
        (lambda: pairs_needed(0.3, 0.2), "0.3"),
        (lambda: all_of(4, 3, 1), "4 of 3 trials"),
        (lambda: mean_above(Outcomes.within(np.array([0.5]), (-1, 1)), 1.0), "between -1 and 1"),
        (lambda: Outcomes.within(np.array([float("nan")]), (-1, 1)), "-1 to 1"),
        (lambda: Outcomes.within(np.array([0.5]), (0, inf)), "finite"),
        (lambda: arm_gains(np.array([True]), np.array([1.0]), 1.0, (0, 1)), "share of 1.0"),
        (lambda: mismatch((1, 2), (0.5, 0.6)), r"\[0.5, 0.6\]"),
        (lambda: corrected_mean(np.ones(29), np.ones(29), np.ones(99)), "29 human labels"),
        (lambda: kappa(["a"], ["z"], ["a", "b"]), "'z'"),
        (lambda: kappa(["a"], []), "1 and 0 labels"),
        (lambda: calibration(np.array([True]), np.array([1.2])), "between 0 and 1"),
        (lambda: calibration(np.array([], dtype=bool), np.array([])), "0 outcomes"),
        (lambda: macro([]), "no labelled rows"),
        (lambda: gain(["a"], {"a": -1.0}, 1), "-1.0"),
        (lambda: first_right([], set(), 0), "first 0"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=named):
        call()
