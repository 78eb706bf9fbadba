"""The network score: what a producer's counterparts are worth, each of them bounded.

``score = min(20, 0.25 * people connected) + sum over groups of counterparts of min(25, sum of their contributions)``

A counterpart's contribution is ``min(25, (min(5, accepted) + 4 * converted) * (1 + reciprocity / 2))`` of what was exchanged both
ways, decayed. Where more than three counterparts trade mostly with the same people (:mod:`domain.network.likeness`), each of
them gives that times ``3 / n``, ``n`` being how many of them are like it, itself included: together they give what three do.
A group is a ring (:mod:`domain.network.rings`) or a household; everybody else is a group of their own. Only counterparts who are
*verified*, with a licence that the licence database calls active, and other people than the producer count.

Hence what cannot be farmed: connections alone end at 20, far below the first floor; one counterpart, however busy, ends at 25,
and so do a whole ring that is less than half of all who trade, and a whole household; however many trade with each other,
however often and whoever else they trade with now and then, that trade ends at 75, with connections at 95, which is Silver, the
tier of three honest partners; leads that are passed around count once (:class:`domain.network.exchange.Referred`); records of
oneself and unlicensed records count nothing. What is left: a conspiracy of licensed people that is no ring, since it is half of
all who trade or deals as much with others, in which no two share half of their partners, counts as honest partners do; thirty
people have room for about ten such each. Every number is an exact decimal (DOMAIN T28).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from domain.network.exchange import Both
from domain.network.strength import reciprocity

PER_PERSON, MOST_CONNECTED = Decimal("0.25"), Decimal(20)
MOST_COUNTERPART = Decimal(25)
MOST_ACCEPTED = Decimal(5)
PER_CONVERTED = 4
MOST_ALIKE = 3
"""What any number of counterparts give together who trade mostly with the same people, in counterparts."""
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What a counterpart gives to the score before the cap of its group. ``alike`` is how many counterparts, this one included,
    trade mostly with the same people as it.
    """

    who: UUID
    accepted: Decimal
    converted: Decimal
    reciprocity: Decimal
    gives: Decimal
    group: UUID
    alike: int


@dataclass(frozen=True, slots=True)
class Score:
    """The exact score and everything it consists of. ``left_out`` are counterparts who do not count, and why."""

    value: Decimal
    connected: int
    for_connections: Decimal
    counterparts: tuple[Counterpart, ...]
    groups: Mapping[UUID, Decimal]
    left_out: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the agency's people: who is verified, who belongs together (rings, households), and who trades mostly with
    the same people as whom.
    """

    verified: Collection[UUID]
    together: Mapping[UUID, frozenset[UUID]]
    same: Mapping[UUID, frozenset[UUID]]
    alike: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)

    def why_not(self, who: UUID, other: UUID) -> str | None:
        """Why a counterpart counts nothing for ``who``; None where it counts."""
        if other == who or other in self.same.get(who, frozenset()):
            return "same_person_or_household"
        return None if other in self.verified else "not_verified"


def contribution(tie: Both, alike: int = 1) -> Decimal:
    """What one counterpart gives who is one of so many alike, 0 to 25 in six places."""
    accepted = min(MOST_ACCEPTED, tie.out.accepted + tie.back.accepted)
    points = accepted + PER_CONVERTED * (tie.out.converted + tie.back.converted)
    mutual = reciprocity(tie.out.converted, tie.back.converted)
    return shared(min(MOST_COUNTERPART, points * (1 + mutual / 2)), alike)


def shared(points: Decimal, alike: int) -> Decimal:
    """What is left of points of one of so many who are alike, in six places."""
    return (points * MOST_ALIKE / max(MOST_ALIKE, alike)).quantize(_PLACES, ROUND_DOWN)


def score(who: UUID, ties: Mapping[UUID, Both], connected: Collection[UUID], known: Known) -> Score:
    """The score of ``who`` from the exchanges with each counterpart and the people connected with; each person counts once."""
    people = {other for other in connected if known.why_not(who, other) != "same_person_or_household"}
    left_out: dict[UUID, str] = {}
    found: list[Counterpart] = []
    for other in sorted(ties):
        why = known.why_not(who, other)
        if why is not None:
            left_out[other] = why
    counted = ties.keys() - left_out.keys()
    for other in sorted(counted):
        tie = ties[other]
        same = 1 + len(known.alike.get(other, frozenset()) & counted)
        group = min(known.together.get(other, frozenset({other})))
        found.append(
            Counterpart(
                other, tie.out.accepted + tie.back.accepted, tie.out.converted + tie.back.converted,
                reciprocity(tie.out.converted, tie.back.converted), contribution(tie, same), group, same,
            )
        )  # fmt: skip
    sums: dict[UUID, Decimal] = {}
    for one in found:
        sums[one.group] = min(MOST_COUNTERPART, sums.get(one.group, Decimal(0)) + one.gives)
    for_connections = min(MOST_CONNECTED, PER_PERSON * len(people))
    value = for_connections + sum(sums.values(), Decimal(0))
    return Score(value, len(people), for_connections, tuple(found), sums, left_out)
