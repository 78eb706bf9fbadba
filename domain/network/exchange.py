"""What two producers sent each other, counted by month: sums that may be built in any order and undone exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from uuid import UUID

from domain.network.referrals import ReferralState

HALF_LIFE = 12
"""Months after which an exchange counts half."""
_PLACES = Decimal("0.000001")


class Counted(StrEnum):
    """What is counted of a referral. A lead that was accepted in the network before is *sent* again, and counts no further."""

    SENT = "sent"
    ACCEPTED = "accepted"
    CONVERTED = "converted"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Cell:
    """One counter: from whom to whom, in which month (years times twelve, January is 0), and what."""

    from_id: UUID
    to_id: UUID
    month: int
    what: Counted


Tally = Counter[Cell]


@dataclass(frozen=True, slots=True)
class Referred:
    """A referral as it is counted. ``repeated``: its lead was accepted in the network before, so that passing one lead around
    is worth no more than passing it once.
    """

    from_id: UUID
    to_id: UUID
    state: ReferralState
    created_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    repeated: bool = False


_ACCEPTED = frozenset({ReferralState.ACCEPTED, ReferralState.CONVERTED, ReferralState.REVERSED})


def month_of(at: datetime) -> int:
    """The month in UTC, as a number whose differences are months."""
    day = at.astimezone(UTC)
    return day.year * 12 + day.month - 1


def counts_of(one: Referred) -> Tally:
    """What a referral counts as it stands now. What is reversed was accepted, and converted nothing."""

    def cell(what: Counted, at: datetime | None) -> Cell:
        return Cell(one.from_id, one.to_id, month_of(at or one.created_at), what)

    found: Tally = Counter({cell(Counted.SENT, one.created_at): 1})
    if one.state in _ACCEPTED and not one.repeated:
        found[cell(Counted.ACCEPTED, one.answered_at)] += 1
    if one.state is ReferralState.CONVERTED and not one.repeated:
        found[cell(Counted.CONVERTED, one.ended_at)] += 1
    if one.state is ReferralState.DECLINED:
        found[cell(Counted.DECLINED, one.answered_at)] += 1
    if one.state is ReferralState.EXPIRED:
        found[cell(Counted.EXPIRED, one.ended_at)] += 1
    return found


def tally(referrals: Iterable[Referred]) -> Tally:
    """Everything counted from the beginning."""
    found: Tally = Counter()
    for one in referrals:
        found.update(counts_of(one))
    return found


def changed(before: Referred | None, after: Referred) -> dict[Cell, int]:
    """What a referral's change adds to each counter; negative where it takes away, and never 0."""
    found: Counter[Cell] = Counter(counts_of(after))
    if before is not None:
        found.subtract(counts_of(before))
    return {cell: count for cell, count in found.items() if count}


def decayed(month: int, now: int) -> Decimal:
    """What one exchange of ``month`` still counts: 1 in its month, half after twelve, a third after twenty-four.

    Hyperbolic, so that a long record fades and never quite goes; cut to six places, so that sums are exact.
    """
    return (Decimal(HALF_LIFE) / (HALF_LIFE + max(0, now - month))).quantize(_PLACES, ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction between two producers with what each exchange still counts. ``count`` are plain numbers."""

    sent: Decimal = Decimal(0)
    accepted: Decimal = Decimal(0)
    converted: Decimal = Decimal(0)
    turned_down: Decimal = Decimal(0)
    count: int = 0
    won: int = 0
    latest: int | None = None


@dataclass(frozen=True, slots=True)
class Both:
    """What one producer sent to another, and got from them."""

    out: Flow = Flow()
    back: Flow = Flow()

    @property
    def latest(self) -> int | None:
        """The month of the last exchange."""
        return max((flow.latest for flow in (self.out, self.back) if flow.latest is not None), default=None)


_PART = {
    Counted.SENT: "sent", Counted.ACCEPTED: "accepted", Counted.CONVERTED: "converted",
    Counted.DECLINED: "turned_down", Counted.EXPIRED: "turned_down",
}  # fmt: skip


def flows(counted: Mapping[Cell, int], now: int) -> dict[tuple[UUID, UUID], Flow]:
    """Every direction in which something was sent, as it counts in the month ``now``."""
    parts: dict[tuple[UUID, UUID], dict[str, Decimal]] = {}
    plain: dict[tuple[UUID, UUID], list[int]] = {}
    for cell, count in counted.items():
        if not count:
            continue
        way = (cell.from_id, cell.to_id)
        held = parts.setdefault(way, {})
        name = _PART[cell.what]
        held[name] = held.get(name, Decimal(0)) + count * decayed(cell.month, now)
        numbers = plain.setdefault(way, [0, 0, cell.month])
        numbers[0] += count if cell.what is Counted.SENT else 0
        numbers[1] += count if cell.what is Counted.CONVERTED else 0
        numbers[2] = max(numbers[2], cell.month)
    return {
        way: Flow(**held, count=plain[way][0], won=plain[way][1], latest=plain[way][2]) for way, held in parts.items()
    }


def around(found: Mapping[tuple[UUID, UUID], Flow]) -> dict[UUID, dict[UUID, Both]]:
    """The same from each producer's side: counterpart and both directions."""
    seen: dict[UUID, dict[UUID, Both]] = {}
    nothing = Flow()
    for (one, other), there in found.items():
        mine = seen.setdefault(one, {})
        if other not in mine:
            back = found.get((other, one), nothing)
            mine[other] = Both(there, back)
            seen.setdefault(other, {})[one] = Both(back, there)
    return seen
