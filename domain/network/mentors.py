"""Who might be a producer's mentor: ambassadors first, then whoever of a higher tier knows the producer's trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from uuid import UUID

from domain.network.tiers import LEVELS, Benefit, Tier, has, steps_above

WEIGHTS = {"lines": Decimal("0.40"), "states": Decimal("0.30"), "tie": Decimal("0.20"), "tier": Decimal("0.10")}
"""They add up to 1. ``lines`` and ``states`` are the shares of the pupil's that the mentor sells and is licensed in, ``tie`` is
the strength of the way there, halved for each step after the first, ``tier`` how many levels lie between them.
"""
_PLACES = Decimal("0.0001")
_MOST = len(LEVELS) - 1


class Why(StrEnum):
    """Why somebody is named."""

    AMBASSADOR = "ambassador"
    LINES = "same_lines"
    STATES = "same_states"
    TIE = "in_network"
    TIER = "higher_tier"


_SAYS = {"lines": Why.LINES, "states": Why.STATES, "tie": Why.TIE, "tier": Why.TIER}


@dataclass(frozen=True, slots=True)
class Pupil:
    """Who looks for a mentor."""

    tier: Tier
    lines: frozenset[str]
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Guide:
    """Who might be one; ``degrees`` is None for whoever is not in reach, with a strength of 0."""

    who: UUID
    tier: Tier
    lines: frozenset[str]
    states: frozenset[str]
    degrees: int | None = None
    strength: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Mentor:
    """A guide with the score, 0 to 1, the factors it consists of, and why they are named, the weightiest reason first."""

    who: UUID
    ambassador: bool
    score: Decimal
    factors: dict[str, Decimal]
    reasons: tuple[Why, ...]


def may_guide(guide: Tier, pupil: Tier) -> bool:
    """Whether who has the one tier might be a mentor of who has the other: an ambassador of anybody, others of lower tiers."""
    return has(guide, Benefit.AMBASSADOR) or steps_above(guide, pupil) > 0


def mentors(pupil: Pupil, guides: Iterable[Guide]) -> list[Mentor]:
    """Ambassadors first, whatever their score: it is what their tier brings (ROADMAP 9). Each part best first, equals in the
    order of their ids. Who may not be a mentor of the pupil is left out.
    """
    found = [_mentor(pupil, one) for one in guides if may_guide(one.tier, pupil.tier)]
    return sorted(found, key=lambda one: (not one.ambassador, -one.score, one.who))


def _mentor(pupil: Pupil, one: Guide) -> Mentor:
    ambassador = has(one.tier, Benefit.AMBASSADOR)
    factors = {
        "lines": _share(pupil.lines, one.lines),
        "states": _share(pupil.states, one.states),
        "tie": Decimal(0) if one.degrees is None else one.strength / 2 ** (one.degrees - 1),
        "tier": Decimal(max(0, steps_above(one.tier, pupil.tier))) / _MOST,
    }
    weighed = {name: WEIGHTS[name] * part for name, part in factors.items()}
    said = sorted((name for name, part in weighed.items() if part), key=lambda name: -weighed[name])
    return Mentor(
        one.who,
        ambassador,
        sum(weighed.values(), Decimal(0)).quantize(_PLACES, ROUND_HALF_EVEN),
        {name: part.quantize(_PLACES, ROUND_HALF_EVEN) for name, part in factors.items()},
        (*((Why.AMBASSADOR,) if ambassador else ()), *(_SAYS[name] for name in said)),
    )


def _share(wanted: frozenset[str], there: frozenset[str]) -> Decimal:
    """Of what is wanted the part that is there; nothing where nothing is known to be wanted."""
    return Decimal(len(wanted & there)) / len(wanted) if wanted else Decimal(0)
