"""Money in minor units: an integer number of cents and a currency. No floats anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from math import lcm
from typing import Self

_EXPONENTS = {"USD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "MXN": 2, "INR": 2, "JPY": 0}


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (``minor=1234, currency="USD"`` is 12.34 dollars). Arithmetic refuses mixed currencies."""

    minor: int
    currency: str = "USD"

    def __post_init__(self) -> None:
        if self.currency not in _EXPONENTS:
            msg = f"currency {self.currency!r} is not known; use one of {', '.join(sorted(_EXPONENTS))}"
            raise ValueError(msg)

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str = "USD") -> Self:
        """From major units, rounded half up to the minor unit. Raises ValueError on anything that is no finite number, and on a
        float, which is not the number that was written: 2.675 would be 2.67.
        """
        try:
            exact = Decimal(amount)
            if isinstance(amount, float) or not exact.is_finite():
                raise InvalidOperation
        except InvalidOperation as problem:
            msg = f"{amount!r} is not an amount of money"
            raise ValueError(msg) from problem
        scale = Decimal(10) ** _EXPONENTS.get(currency, 2)
        return cls(int((exact * scale).quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exact."""
        places = _EXPONENTS[self.currency]
        return Decimal(self.minor).scaleb(-places)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            msg = f"cannot mix {self.currency} and {other.currency}"
            raise ValueError(msg)
        return other


def apportion(total: int, weights: Sequence[Decimal | Fraction | int]) -> list[int]:
    """Split the integer ``total`` by ``weights`` so that the parts add up to it exactly.

    Largest remainder (Hamilton) method in whole numbers, so no precision decides a tie; equal remainders go to the earlier part.
    A negative total mirrors the positive split. Raises ValueError when no weight is positive or one is negative.
    """
    exact = [Fraction(weight) for weight in weights]
    common = lcm(*(weight.denominator for weight in exact))
    whole = [weight.numerator * (common // weight.denominator) for weight in exact]
    every = sum(whole)
    if every <= 0 or min(whole) < 0:
        msg = "weights must be non-negative and at least one positive"
        raise ValueError(msg)
    sign, amount = (-1, -total) if total < 0 else (1, total)
    shares = [divmod(amount * weight, every) for weight in whole]
    parts = [floor for floor, _ in shares]
    order = sorted(range(len(parts)), key=lambda i: (-shares[i][1], i))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def rounded(amount: Decimal | Fraction) -> int:
    """The nearest whole number of minor units, halves away from zero (half up, mirrored for negative amounts)."""
    exact = Fraction(amount)
    sign = -1 if exact < 0 else 1
    return sign * ((2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator))
