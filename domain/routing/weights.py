"""How much each factor counts: an agency's mapping of names to weights, and the same as points that add up to 100."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from domain.routing.factors.registry import FACTORS
from kernel.errors import FieldError, Invalid
from kernel.money import apportion

POINT_STEPS = 10_000
"""Points are kept in ten-thousandths."""


@dataclass(frozen=True)
class Weights:
    """Weights by factor; a factor not named weighs nothing. Only their proportions matter: they are scaled to 100 points.

    Raises :class:`~kernel.errors.Invalid` for a name that is no factor, a weight that is negative or no number, or when
    every weight is zero.
    """

    by_name: Mapping[str, Decimal]

    @classmethod
    def of(cls, given: Mapping[str, Decimal | int | str]) -> Weights:
        """Weights from numbers or their texts, checked; a float is refused, since 0.1 is not what it says."""
        names = [factor.name for factor in FACTORS]
        parsed = {name: _weight(weight) for name, weight in given.items()}
        faults = [_fault(name, given[name], f"use one of {', '.join(names)}") for name in given if name not in names]
        faults += [
            _fault(name, given[name], "give a number from 0 up, as a whole number or a text such as '2.5'")
            for name in given
            if name in names and parsed[name] is None
        ]
        known = {name: weight for name in names if (weight := parsed.get(name)) is not None}
        if not faults and not any(known.values()):
            faults.append(FieldError("weights", "all_zero", "no factor weighs anything", "give one a weight above 0"))
        if faults:
            raise Invalid("the weights are not usable", fields=tuple(faults))
        return cls(known)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Ten-thousandths of a point for each factor in registry order; they add up to 100 points exactly."""
        return tuple(apportion(100 * POINT_STEPS, [self.by_name.get(factor.name, Decimal(0)) for factor in FACTORS]))

    def as_dict(self) -> dict[str, str]:
        """Names and weights as texts, exact."""
        return {name: str(weight) for name, weight in self.by_name.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Weights:
        """The inverse of :meth:`as_dict`, checked again."""
        return cls.of(data)


def _weight(given: object) -> Decimal | None:
    if isinstance(given, bool) or not isinstance(given, Decimal | int | str):
        return None
    try:
        weight = Decimal(given)
    except InvalidOperation:
        return None
    return weight if weight.is_finite() and weight >= 0 else None


def _fault(name: str, given: object, remedy: str) -> FieldError:
    return FieldError(f"weights.{name}", "out_of_range", "not a weight", remedy, str(given)[:80])


DEFAULT_WEIGHTS = Weights.of({factor.name: factor.weight for factor in FACTORS})
"""The registry's own weights, which add up to 100."""
