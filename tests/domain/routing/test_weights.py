from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.factors.registry import FACTORS
from domain.routing.weights import DEFAULT_WEIGHTS, POINT_STEPS, Weights
from kernel.errors import Invalid

NAMES = [factor.name for factor in FACTORS]


@pytest.mark.parametrize(
    ("given_weights", "field"),
    [
        ({"speed": 1}, "weights.speed"),
        ({"distance": -1, "team": 1}, "weights.distance"),
        ({"distance": Decimal("NaN")}, "weights.distance"),
        ({"distance": Decimal("Infinity")}, "weights.distance"),
        ({"distance": 0.1}, "weights.distance"),
        ({"distance": True}, "weights.distance"),
        ({"distance": "much"}, "weights.distance"),
        ({"distance": 0, "team": "0.0"}, "weights"),
        ({}, "weights"),
    ],
)
def test_weights_that_mean_nothing_are_refused_by_name(given_weights: Any, field: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        Weights.of(given_weights)
    assert [fault.field for fault in refusal.value.fields] == [field]
    assert all(fault.remedy for fault in refusal.value.fields)


@given(st.dictionaries(st.sampled_from(NAMES), st.decimals(0, 1000, places=3), min_size=1))
def test_points_always_add_up_to_a_hundred(given_weights: Any) -> None:
    if not any(given_weights.values()):
        return
    weights = Weights.of(given_weights)
    assert sum(weights.steps) == 100 * POINT_STEPS
    assert Weights.from_dict(weights.as_dict()) == weights


def test_the_default_points_are_the_registrys_weights() -> None:
    assert DEFAULT_WEIGHTS.steps == tuple(factor.weight * POINT_STEPS for factor in FACTORS)


def test_a_factor_not_named_weighs_nothing() -> None:
    steps = Weights.of({"distance": 3, "language": 1}).steps
    assert [(name, step) for name, step in zip(NAMES, steps, strict=True) if step] == [
        ("distance", 75 * POINT_STEPS), ("language", 25 * POINT_STEPS),
    ]  # fmt: skip
