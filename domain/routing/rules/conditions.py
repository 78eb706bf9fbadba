"""What a condition can ask of one fact. An unknown fact meets no condition, whether it is asked for or ruled out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar

_Edge = TypeVar("_Edge", Decimal, date)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact is one of ``values``, or none of them when ``ruled_out``."""

    values: frozenset[str]
    ruled_out: bool = False

    def holds(self, known: frozenset[str] | None) -> bool:
        """``known`` are all the ways in which the fact can be named; None is unknown."""
        return known is not None and bool(known & self.values) is not self.ruled_out


@dataclass(frozen=True, slots=True)
class Between:
    """The number lies from ``low`` to ``high``, both included; None is open."""

    low: Decimal | None
    high: Decimal | None

    def holds(self, number: Decimal | int | None) -> bool:
        """Whether the number lies within."""
        if number is None:
            return False
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class Is:
    """The fact is so, or is not."""

    value: bool

    def holds(self, known: bool | None) -> bool:  # noqa: FBT001 - the fact itself
        """Whether the fact is as asked."""
        return known is self.value


@dataclass(frozen=True, slots=True)
class Hours:
    """The clock shows ``start`` or later and has not come to ``end``; an end before the start is on the next day."""

    start: time
    end: time

    def holds(self, local: datetime) -> bool:
        """``local`` is the instant on the clock of the rule's zone."""
        clock = local.time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


@dataclass(frozen=True, slots=True)
class Dates:
    """The date lies from ``first`` to ``last``, both included; None is open."""

    first: date | None
    last: date | None

    def holds(self, local: datetime) -> bool:
        """``local`` is the instant on the clock of the rule's zone."""
        day = local.date()
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


Condition = OneOf | Between | Is | Hours | Dates


def implies(narrow: Condition, wide: Condition) -> bool:
    """Whether every fact that meets ``narrow`` surely meets ``wide``; False where that cannot be told from the two alone."""
    if isinstance(narrow, OneOf) and isinstance(wide, OneOf):
        smaller, larger = (wide, narrow) if wide.ruled_out else (narrow, wide)
        return narrow.ruled_out is wide.ruled_out and smaller.values <= larger.values
    if isinstance(narrow, Between) and isinstance(wide, Between):
        return _within(narrow.low, narrow.high, wide.low, wide.high)
    if isinstance(narrow, Dates) and isinstance(wide, Dates):
        return _within(narrow.first, narrow.last, wide.first, wide.last)
    return narrow == wide


def apart(one: Condition, other: Condition) -> bool:
    """Whether surely no single fact meets both."""
    if isinstance(one, OneOf) and isinstance(other, OneOf):
        if one.ruled_out is other.ruled_out:
            return not one.ruled_out and one.values.isdisjoint(other.values)
        asked, out = (other, one) if one.ruled_out else (one, other)
        return asked.values <= out.values
    if isinstance(one, Between) and isinstance(other, Between):
        return _below(one.high, other.low) or _below(other.high, one.low)
    return False


def _within(low: _Edge | None, high: _Edge | None, wide_low: _Edge | None, wide_high: _Edge | None) -> bool:
    return (wide_low is None or (low is not None and low >= wide_low)) and (
        wide_high is None or (high is not None and high <= wide_high)
    )


def _below(high: Decimal | None, low: Decimal | None) -> bool:
    return high is not None and low is not None and high < low
