"""What would raise a network score, with whom, and by how much: the score's own formula with one thing more.

Each step is counted as if it happened now, so that it counts in full, and by itself: two of them may share one cap. Who is in a
ring and who is like whom stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.network.exchange import Both, Flow
from domain.network.score import MOST_CONNECTED, MOST_COUNTERPART, PER_PERSON, Score, contribution, shared

_ONE, _ZERO = Decimal(1), Decimal(0)


class Way(StrEnum):
    """What would be done. ``SENT`` and ``RECEIVED`` are one referral more that is accepted and converts, sent to or received from
    the counterpart; ``NEW`` is the first such with somebody new, ``CONNECT`` one person more who is connected.
    """

    SENT = "sent"
    RECEIVED = "received"
    NEW = "new"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Raise:
    """One step and what it adds to the exact score. ``left`` is what the counterpart could add in all before the cap."""

    way: Way
    who: UUID | None
    by: Decimal
    left: Decimal


def raises(now: Score, ties: Mapping[UUID, Both]) -> list[Raise]:
    """Steps that raise a score, those that raise it most first; what is at its cap is left out, and who counts in it without an
    exchange among ``ties``.
    """
    sums: dict[UUID, Decimal] = {}
    for one in now.counterparts:
        sums[one.group] = sums.get(one.group, _ZERO) + one.gives
    found = [
        Raise(Way.NEW, None, contribution(Both(_more(Flow()), Flow())), MOST_COUNTERPART),
        Raise(Way.CONNECT, None, min(PER_PERSON, MOST_CONNECTED - now.for_connections), MOST_CONNECTED - now.for_connections),
    ]  # fmt: skip
    for one in (one for one in now.counterparts if one.who in ties):
        tie, others = ties[one.who], sums[one.group] - one.gives
        for way, changed in (
            (Way.SENT, replace(tie, out=_more(tie.out))),
            (Way.RECEIVED, replace(tie, back=_more(tie.back))),
        ):
            after = min(MOST_COUNTERPART, others + contribution(changed, one.alike))
            most = min(MOST_COUNTERPART, others + shared(MOST_COUNTERPART, one.alike))
            found.append(Raise(way, one.who, after - now.groups[one.group], most - now.groups[one.group]))
    return sorted((one for one in found if one.by > 0), key=lambda one: (-one.by, one.way, str(one.who)))


def _more(flow: Flow) -> Flow:
    """The direction with one referral more that was accepted and converted this month."""
    return replace(
        flow, sent=flow.sent + _ONE, accepted=flow.accepted + _ONE, converted=flow.converted + _ONE, count=flow.count + 1,
        won=flow.won + 1,
    )  # fmt: skip
