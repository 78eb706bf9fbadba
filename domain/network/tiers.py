"""Tiers by network score: floors, multipliers and benefits, each one tuple (ROADMAP 9, DOMAIN T28)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Tier(StrEnum):
    """From lowest to highest."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"
    DIAMOND = "diamond"


class Benefit(StrEnum):
    """What a tier brings. Those in :data:`APPLIED` are applied by the program; the others are for people to keep."""

    ENHANCED_ANALYTICS = "enhanced_analytics"
    MATCHING_PRIORITY = "matching_priority"
    FEATURED = "featured"
    EARLY_ACCESS = "early_access"
    ROUTING_PRIORITY = "routing_priority"
    DEDICATED_SUPPORT = "dedicated_support"
    PROMOTIONS = "promotions"
    AMBASSADOR = "ambassador"
    REVENUE_SHARING = "revenue_sharing"


APPLIED = frozenset({
    Benefit.ENHANCED_ANALYTICS, Benefit.MATCHING_PRIORITY, Benefit.FEATURED, Benefit.EARLY_ACCESS, Benefit.DEDICATED_SUPPORT,
    Benefit.AMBASSADOR,
})  # fmt: skip
"""Forecasts and advice are shown, matching prefers, the leaderboard features, open referrals ask first, requests for help are
worked first, and ambassadors are marked in directory and leaderboard and come first among mentors. Priority in routing is
applied where a rule of the agency's says so (``producer.network_tier``), revenue sharing where its terms share anything,
promotions where one is open to the tier."""


@dataclass(frozen=True, slots=True)
class Level:
    """A tier: the least score that has it, what referral rewards are multiplied by, and what it adds to the tiers below."""

    tier: Tier
    floor: Decimal
    multiplier: Decimal
    adds: tuple[Benefit, ...] = ()


LEVELS = (
    Level(Tier.BRONZE, Decimal(0), Decimal("1.00")),
    Level(Tier.SILVER, Decimal(75), Decimal("1.05"), (Benefit.ENHANCED_ANALYTICS, Benefit.MATCHING_PRIORITY)),
    Level(Tier.GOLD, Decimal(150), Decimal("1.10"), (Benefit.FEATURED, Benefit.EARLY_ACCESS)),
    Level(
        Tier.PLATINUM, Decimal(300), Decimal("1.15"),
        (Benefit.ROUTING_PRIORITY, Benefit.DEDICATED_SUPPORT, Benefit.PROMOTIONS),
    ),
    Level(Tier.DIAMOND, Decimal(500), Decimal("1.20"), (Benefit.AMBASSADOR, Benefit.REVENUE_SHARING)),
)  # fmt: skip
_RANK = {level.tier: place for place, level in enumerate(LEVELS)}


def level_of(score: Decimal) -> Level:
    """The highest level whose floor the exact score reaches; a score that is shown as 75.00 may still lie below it.

    Raises ValueError for a float, which cannot say on which side of a floor it lies, and for a negative score.
    """
    if not isinstance(score, Decimal) or not score.is_finite() or score < 0:
        msg = f"{score!r} is no network score; give a Decimal of at least 0"
        raise ValueError(msg)
    return [level for level in LEVELS if score >= level.floor][-1]


def multiplier_of(tier: str | None) -> Decimal:
    """What a tier multiplies a seller's share by; 1 where none is known."""
    return LEVELS[0].multiplier if tier is None else LEVELS[_RANK[Tier(tier)]].multiplier


def next_level(tier: Tier) -> Level | None:
    """The level above, None at the top."""
    above = LEVELS[_RANK[tier] + 1 :]
    return above[0] if above else None


def benefits_of(tier: Tier) -> tuple[Benefit, ...]:
    """Everything that the tier and those below it bring."""
    return tuple(benefit for level in LEVELS[: _RANK[tier] + 1] for benefit in level.adds)


def has(tier: Tier, benefit: Benefit) -> bool:
    """Whether the tier brings the benefit."""
    return benefit in benefits_of(tier)


def at_least(tier: Tier, least: Tier) -> bool:
    """Whether the tier is the other one or above it."""
    return _RANK[tier] >= _RANK[least]


def steps_above(tier: Tier, other: Tier) -> int:
    """By how many levels the tier is above the other one; negative below it."""
    return _RANK[tier] - _RANK[other]


def shown(score: Decimal) -> str:
    """A score for people, in two places. Never compared."""
    return str(score.quantize(Decimal("0.01"), ROUND_HALF_UP))
