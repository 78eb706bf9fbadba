"""What a producer's network is worth: directly through own referrals, indirectly through those of people further away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

DAMPED = {1: Decimal("0.5"), 2: Decimal("0.25"), 3: Decimal("0.125")}
"""What somebody's own referrals with others count for a producer at each distance: half a step further, half as much."""


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody in reach: how many steps away, and the strength of the way there, 0 to 1."""

    degrees: int
    strength: Decimal


@dataclass(frozen=True, slots=True)
class Value:
    """Yearly premiums in minor units of one currency. ``direct`` came from the producer's own converted referrals, given or
    taken; ``indirect`` is an estimate of what the network could bring, and no money that anybody was paid.
    """

    direct: int
    indirect: int
    by_degree: Mapping[int, int]


def value(who: UUID, premiums: Mapping[tuple[UUID, UUID], int], near: Mapping[UUID, Near]) -> Value:
    """``premiums`` of converted referrals by (from, to). Each referral counts once: directly where ``who`` is an end, else for
    the nearer of its ends.
    """
    direct = sum(minor for ends, minor in premiums.items() if who in ends)
    exact = dict.fromkeys(DAMPED, Decimal(0))
    for ends, minor in premiums.items():
        known = [near[end] for end in ends if end in near and near[end].degrees in DAMPED]
        if who in ends or not known:
            continue
        closest = min(known, key=lambda one: (one.degrees, -one.strength))
        exact[closest.degrees] += minor * closest.strength * DAMPED[closest.degrees]
    by_degree = {step: int(part.quantize(Decimal(1), ROUND_HALF_EVEN)) for step, part in exact.items()}
    return Value(direct, sum(by_degree.values()), by_degree)
