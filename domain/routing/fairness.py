"""How evenly leads fall on producers: by count, and by how much each has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fairness:
    """``leads`` is the Gini index of leads per producer, ``per_capacity`` that of leads per unit of monthly capacity;
    ``max_min`` how many times the most of a producer is the least. None: it cannot be said.

    ``producers`` were counted; ``with_capacity`` are those of them whose capacity is known and above 0 (DOMAIN T75).
    """

    producers: int
    with_capacity: int
    leads: float | None
    per_capacity: float | None
    max_min: float | None

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "producers": self.producers, "with_capacity": self.with_capacity, "leads": self.leads,
            "per_capacity": self.per_capacity, "max_min": self.max_min,
        }  # fmt: skip


def fairness(leads: Mapping[UUID, int], capacities: Mapping[UUID, int | None]) -> Fairness:
    """Of every producer in ``capacities`` (leads a month), those without a lead included."""
    counts = [leads.get(who, 0) for who in sorted(capacities)]
    loads = [leads.get(who, 0) / room for who, room in sorted(capacities.items()) if room]
    return Fairness(len(counts), len(loads), gini(counts), gini(loads), max_min(counts))


def gini(amounts: Sequence[float]) -> float | None:
    """0 when all have the same, near 1 when one has all: half the mean difference between two, over the mean (Gini, 1912).

    With n of them the most it can be is (n - 1) / n. None of nobody, and where there is nothing to share out.
    """
    total, count = sum(amounts), len(amounts)
    if not total:
        return None
    ranked = sum(place * amount for place, amount in enumerate(sorted(amounts), start=1))
    return 2 * ranked / (count * total) - (count + 1) / count


def max_min(amounts: Sequence[float]) -> float | None:
    """The most over the least; None of nobody, and where the least is nothing."""
    return max(amounts) / min(amounts) if amounts and min(amounts) else None


def shares(amounts: Mapping[UUID, float]) -> dict[UUID, float]:
    """Each one's part of the whole; of nothing there are no parts."""
    total = sum(amounts.values())
    return {who: amount / total for who, amount in amounts.items()} if total else {}
