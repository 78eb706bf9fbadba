"""Places by score: equals share a place, and who comes after them is as many places lower (1, 2, 2, 4)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.network.tiers import Benefit, Tier, has, level_of


@dataclass(frozen=True, slots=True)
class Place:
    """A producer's place; ``shared`` with how many others."""

    who: UUID
    place: int
    shared: int
    score: Decimal
    tier: Tier
    featured: bool
    ambassador: bool


def places(scores: Mapping[UUID, Decimal], offset: int = 0, limit: int | None = None) -> list[Place]:
    """Everybody, highest first, or ``limit`` of them behind the first ``offset``. Exact scores decide; among equals the order is
    that of their ids, which is no place.
    """
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    falling = [-score for _, score in ordered]
    found = []
    for who, score in ordered[offset:] if limit is None else ordered[offset : offset + limit]:
        first, last = bisect_left(falling, -score), bisect_right(falling, -score)
        tier = level_of(score).tier
        marks = {"featured": has(tier, Benefit.FEATURED), "ambassador": has(tier, Benefit.AMBASSADOR)}
        found.append(Place(who, first + 1, last - first - 1, score, tier, **marks))
    return found


def percentile(value: Decimal, others: Sequence[Decimal]) -> Decimal | None:
    """The share of the others below ``value``, equals counting half, 0 to 100 in one place; None where there are none."""
    if not others:
        return None
    below = sum(other < value for other in others)
    equal = sum(other == value for other in others)
    return (Decimal(100) * (2 * below + equal) / (2 * len(others))).quantize(Decimal("0.1"))
