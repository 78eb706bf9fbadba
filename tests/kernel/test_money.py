"""Money adds up to the cent, whatever it is split by."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Money, apportion


def test_t34_amounts_round_half_up_to_the_cent() -> None:
    assert round(2.675, 2) == 2.67, "what a float does"
    assert Decimal("0.125").quantize(Decimal("0.01")) == Decimal("0.12"), "what a decimal does unasked"
    assert Money.of("2.675").minor == 268
    assert Money.of("0.125").minor == 13
    assert Money.of("-0.125").minor == -13
    assert str(Money.of(Decimal(-340))) == "-340.00 USD"


def test_t34_a_float_is_no_amount() -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.of(2.675)  # type: ignore[arg-type]


def test_t78_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert 0.1 + 0.2 != 0.3, "what floats say"
    assert Money.of("0.1") + Money.of("0.2") == Money.of("0.3") == Money(30)
    assert str((Money.of("0.1") + Money.of("0.2")).amount) == "0.30"


def test_yen_has_no_minor_unit() -> None:
    assert Money.of("1250", "JPY").minor == 1250


@pytest.mark.parametrize("text", ["abc", "NaN", "inf", ""])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.of(text)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix"):
        Money.of("1") + Money.of("1", "EUR")


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(10000, [1, 1, 1], [3334, 3333, 3333]), (61235, [50, 30, 20], [30618, 18370, 12247]), (5, [50, 50], [3, 2])],
)
def test_largest_remainder_vectors(total: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(total, weights) == parts


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_parts_always_add_up(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_weights_must_weigh_something() -> None:
    with pytest.raises(ValueError, match="at least one positive"):
        apportion(5, [0, 0])
