"""Promotions: a flat bonus of the house for new business, and how it is frozen with a commission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any


def promotion_line(promotion_id: str) -> str:
    """The line in which a promotion's bonuses stand, whosever they are."""
    return f"promotion:{promotion_id}"


@dataclass(frozen=True, slots=True)
class Promised:
    """A promotion's bonus of ``minor`` units for a commission. Before ``until`` it comes back as the commission does; from then
    on it stays at ``stands``, the share of it that was earned on that day (None: it goes with the commission).
    """

    promotion: str
    name: str
    minor: int
    until: date
    stands: Fraction | None = None

    def settled(self, day: date | None, retained: Fraction) -> Promised:
        """When the policy ends on the day (None: as if it had never begun) with ``retained`` of the commission until then."""
        if day is None:
            return replace(self, stands=None)
        return replace(self, stands=retained) if self.stands is None and day >= self.until else self

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "promotion": self.promotion, "name": self.name, "minor": self.minor, "until": self.until.isoformat(),
            "stands": None if self.stands is None else str(self.stands),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Promised:
        """The inverse of :meth:`as_dict`."""
        stands = None if data["stands"] is None else Fraction(data["stands"])
        return cls(data["promotion"], data["name"], data["minor"], date.fromisoformat(data["until"]), stands)


@dataclass(frozen=True, slots=True)
class Caps:
    """What a promotion may cost in minor units, for each producer and in all; None is no cap. A bonus is given whole or not."""

    each: int | None
    whole: int | None

    def allow(self, minor: int, *, given_them: int, given_all: int) -> bool:
        """Whether another bonus stays within both."""
        return all(
            cap is None or spent + minor <= cap for cap, spent in ((self.each, given_them), (self.whole, given_all))
        )
