"""What would make a producer's network work better: with whom, why, and what that may bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from uuid import UUID

from domain.network.exchange import Both, Flow

DORMANT = 6
"""Months without an exchange after which a tie sleeps."""
_FEW, _PRIOR = 3, 4
_Z80 = 1.282


class Reason(StrEnum):
    """Why a counterpart is named."""

    WAKE = "dormant_tie"
    ASK_BACK = "one_sided"
    SEND_MORE = "converts_well"
    SEND_LESS = "turns_down_often"
    MEET = "shared_contacts"


@dataclass(frozen=True, slots=True)
class Advice:
    """One recommendation. The effect is in converted referrals a quarter, with the interval that 80 percent of such advice would
    fall in if rates stay as they were; ``of`` is how many referrals the rate rests on.
    """

    who: UUID
    reason: Reason
    effect: Decimal
    low: Decimal
    high: Decimal
    of: int


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody not connected with, and how many connections are shared."""

    who: UUID
    shared: int


def advice(
    ties: Mapping[UUID, Both], strangers: Iterable[Stranger], mean: Flow, now: int, at_most: int = 10
) -> list[Advice]:
    """Recommendations, those with the greatest effect first. ``mean`` is what an average direction of the agency exchanged,
    towards which the rates of few referrals are pulled.
    """
    found: list[Advice] = []
    for who in sorted(ties):
        found += _of_tie(who, ties[who], mean, now)
    for stranger in strangers:
        # A new tie is expected to bring what an average one does, more of it the more people it would close the circle of.
        share = min(1.0, stranger.shared / (stranger.shared + _FEW))
        found.append(_effect(stranger.who, Reason.MEET, _a_quarter(mean) * share, Flow(), mean))
    return sorted(found, key=lambda one: (-abs(one.effect), one.who))[:at_most]


def _of_tie(who: UUID, tie: Both, mean: Flow, now: int) -> Iterable[Advice]:
    if tie.latest is not None and now - tie.latest >= DORMANT and tie.out.count + tie.back.count >= _FEW:
        if tie.out.turned_down <= tie.out.accepted:  # whoever mostly said no is left to sleep
            yield _effect(who, Reason.WAKE, _a_quarter(mean), tie.out, mean)
        return
    if tie.out.count >= _FEW and not tie.back.count:
        yield _effect(who, Reason.ASK_BACK, _a_quarter(mean), tie.back, mean)
    settled = tie.out.accepted + tie.out.turned_down
    if settled >= _FEW and tie.out.turned_down > tie.out.accepted:
        yield _effect(who, Reason.SEND_LESS, _a_quarter(tie.out) / 2, Flow(), mean)
    elif tie.out.accepted >= _FEW and _rate(tie.out, mean) > _rate(Flow(), mean):
        yield _effect(who, Reason.SEND_MORE, _a_quarter(tie.out) / 2, tie.out, mean)


def _a_quarter(flow: Flow) -> float:
    """Referrals in three months, as lately: what counts fully is what came in about the last year."""
    return max(0.5, float(flow.sent) / 4)


def _rate(flow: Flow, mean: Flow) -> float:
    """Converted of sent, pulled to the agency's mean by four referrals; a quarter where the agency has none."""
    usual = float(mean.converted / mean.sent) if mean.sent else 0.25
    return min(1.0, (float(flow.converted) + _PRIOR * usual) / (float(flow.sent) + _PRIOR))


def _effect(who: UUID, reason: Reason, referrals: float, flow: Flow, mean: Flow) -> Advice:
    rate = _rate(flow, mean)
    expected = referrals * rate
    # Chance in how many come of the referrals, and in the rate itself.
    error = sqrt(expected + referrals**2 * rate * (1 - rate) / (float(flow.sent) + _PRIOR + 1))
    places = Decimal("0.01")
    low, high = max(0.0, expected - _Z80 * error), expected + _Z80 * error
    parts = [Decimal(part).quantize(places) for part in (expected, low, high)]
    return Advice(who, reason, parts[0], parts[1], parts[2], flow.count)
