"""A lead that several are asked for at once: how many, and who may be asked beside whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.routing.profile import ProducerProfile


@dataclass(frozen=True, slots=True)
class Share:
    """``most`` are asked at once. ``carriers`` are those that each of the order is appointed with; None where that does not
    matter, and of a producer whose appointments are not known.
    """

    most: int
    carriers: Mapping[UUID, frozenset[str] | None] | None = None

    def beside(self, who: UUID, asked: Collection[UUID]) -> bool:
        """Whether the producer may be asked beside those: no carrier twice, and who knows whose it is stands beside nobody."""
        if self.carriers is None or not asked:
            return True
        own, others = self.carriers[who], [self.carriers[one] for one in asked]
        return own is not None and all(other is not None and own.isdisjoint(other) for other in others)

    def divided(self, order: Sequence[UUID], refused: Collection[UUID]) -> tuple[list[UUID], list[UUID]]:
        """Who of the order is asked, without those whose claim was refused, and who is passed over for a carrier of theirs."""
        asked: list[UUID] = []
        passed_over: list[UUID] = []
        for who in order:
            if len(asked) == self.most:
                break
            if who not in refused:
                (asked if self.beside(who, asked) else passed_over).append(who)
        return asked, passed_over


def carriers_of(profile: ProducerProfile, state: str, day: date) -> frozenset[str] | None:
    """The carriers that the producer is appointed with in the state on the day; None is unknown."""
    if profile.appointments is None:
        return None
    return frozenset(
        one.carrier.strip().casefold()
        for one in profile.appointments
        if one.state == state and one.effective <= day and (one.expires is None or day <= one.expires)
    )
