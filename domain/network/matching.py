"""To whom a lead is referred: among producers whom every gate lets through, by tie, record, tier and room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from domain.network.exchange import Flow
from domain.network.tiers import Benefit, Tier, has

WEIGHTS = {"tie": Decimal("0.40"), "record": Decimal("0.35"), "answers": Decimal("0.15"), "tier": Decimal("0.10")}
"""They add up to 1. ``tie`` is the strength of the way there, halved for each step after the first."""
PRIOR = 4
"""Imagined referrals, half of them taken and won."""
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Option:
    """A producer who may have the lead. ``had`` is everything they were sent by anybody."""

    who: UUID
    degrees: int | None
    strength: Decimal
    had: Flow
    tier: Tier


@dataclass(frozen=True, slots=True)
class Match:
    """An option with its score, 0 to 1, and the factors it consists of."""

    who: UUID
    score: Decimal
    factors: dict[str, Decimal]


def matched(options: Iterable[Option]) -> list[Match]:
    """Best first; equals in the order of their ids.

    Rates are pulled towards one half by four imagined referrals, so that one of one is not better than nine of ten.
    Silver and above have the tier's factor: priority in matching.
    """
    return sorted((_match(one) for one in options), key=by_score)


def by_score(one: Match) -> tuple[Decimal, UUID]:
    """What puts the best first."""
    return -one.score, one.who


def _match(one: Option) -> Match:
    settled = one.had.accepted + one.had.turned_down
    factors = {
        "tie": Decimal(0) if one.degrees is None else one.strength / 2 ** (one.degrees - 1),
        "record": min(Decimal(1), (one.had.converted + Decimal(PRIOR) / 2) / (one.had.accepted + PRIOR)),
        "answers": (one.had.accepted + Decimal(PRIOR) / 2) / (settled + PRIOR),
        "tier": Decimal(has(one.tier, Benefit.MATCHING_PRIORITY)),
    }
    score = sum((WEIGHTS[name] * part for name, part in factors.items()), Decimal(0))
    return Match(
        one.who,
        score.quantize(_PLACES, ROUND_HALF_EVEN),
        {name: part.quantize(_PLACES, ROUND_HALF_EVEN) for name, part in factors.items()},
    )


def early(matches: Iterable[Match], tiers: dict[UUID, Tier]) -> list[Match]:
    """The order in which an open referral asks: whose tier has early access first, each part in its own order."""
    ordered = list(matches)
    return sorted(ordered, key=lambda one: not has(tiers.get(one.who, Tier.BRONZE), Benefit.EARLY_ACCESS))
