"""Fairness against values worked by hand."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.fairness import fairness, gini, max_min, shares

A, B, C, D = (UUID(int=number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([5, 5, 5, 5], 0.0),
        ([0, 0, 0, 10], 0.75),  # one of four has all: (n - 1) / n
        ([1, 3], 0.25),  # mean difference over all ordered pairs 1, over twice the mean 4
        ([1, 2, 3, 4], 0.25),  # pairs differ by 20 in all: 20 / (2 x 16 x 2.5)
        ([4, 1, 3, 2], 0.25),  # the order does not matter
        ([7], 0.0),
        ([0, 0], None),
        ([], None),
    ],
)
def test_gini_is_what_it_is_by_hand(amounts: list[float], expected: float | None) -> None:
    found = gini(amounts)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-12))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30).filter(any))
def test_gini_is_half_the_mean_difference_over_the_mean(amounts: list[int]) -> None:
    pairs = sum(abs(one - other) for one in amounts for other in amounts)
    assert gini(amounts) == pytest.approx(pairs / (2 * len(amounts) * sum(amounts)), abs=1e-12)


def test_the_most_over_the_least() -> None:
    assert max_min([2, 8, 4]) == 4
    assert max_min([0, 8]) is None
    assert max_min([]) is None


def test_shares_are_parts_of_the_whole() -> None:
    assert shares({A: 1, B: 3}) == {A: 0.25, B: 0.75}
    assert shares({A: 0}) == {}


def test_who_got_nothing_counts_and_capacity_is_by_the_unit() -> None:
    """DOMAIN T75: of nothing there is no rate; how many were counted is said."""
    found = fairness({A: 10, B: 20, C: 30}, {A: 100, B: 200, C: 300, D: None})
    assert (found.producers, found.with_capacity) == (4, 3)
    assert found.per_capacity == pytest.approx(0, abs=1e-12)  # each has a tenth of what they have room for
    assert found.leads == pytest.approx(2 * (1 * 0 + 2 * 10 + 3 * 20 + 4 * 30) / (4 * 60) - 5 / 4)
    assert found.max_min is None
    nobody = fairness({}, {})
    assert (nobody.producers, nobody.leads, nobody.per_capacity, nobody.max_min) == (0, None, None, None)
