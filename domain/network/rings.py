"""Rings: producers who send leads round among themselves and hardly to anybody else.

A ring is a strongly connected part of the graph "sent at least so many referrals to", for one, two or :data:`LEAST` of them, of
three or more, whose members' exchange stays among themselves to four fifths or more, and which is less than half of all who
trade: a small agency is no ring, and what its trade gives is bounded by :mod:`domain.network.likeness`. Few referrals between
each make a ring as well as many; those of many are found where a stray referral ties the few to everybody. Two who refer to each
other are a partnership, which the cap of a counterpart bounds already. A ring is no proof of anything; it counts as one
counterpart in a score, and a manager sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.network.exchange import Flow

LEAST = 3
_SMALLEST = 3
_CLOSED = Decimal("0.8")
Ways = Mapping[tuple[UUID, UUID], Flow]


@dataclass(frozen=True, slots=True)
class Ring:
    """Its members, how much of their exchange stays inside, and how much of that converted; in plain numbers."""

    members: frozenset[UUID]
    inside: int
    outside: int
    converted: int

    @property
    def closed(self) -> Decimal:
        """The share of the exchange that stays inside."""
        return Decimal(self.inside) / (self.inside + self.outside)


def rings(ways: Ways) -> list[Ring]:
    """Every ring that is not within another, by its smallest member."""
    trading = {end for (one, other), flow in ways.items() if flow.count for end in (one, other)}
    found: list[Ring] = []
    for least in range(1, LEAST + 1):  # what is found first is the larger
        onward: dict[UUID, list[UUID]] = {who: [] for who in trading}
        for (one, other), flow in ways.items():
            if flow.count >= least:
                onward[one].append(other)
        parts = [one for one in components(onward) if len(one) >= _SMALLEST and 2 * len(one) < len(trading)]
        for ring in _measured(parts, ways):
            if ring.closed >= _CLOSED and not any(ring.members <= other.members for other in found):
                found.append(ring)
    return sorted(found, key=lambda ring: min(ring.members))


def _measured(parts: list[frozenset[UUID]], ways: Ways) -> list[Ring]:
    """Each part as a ring, in one pass over the ways."""
    of = {who: number for number, members in enumerate(parts) for who in members}
    inside, outside, converted = ([0] * len(parts) for _ in range(3))
    for (one, other), flow in ways.items():
        mine, theirs = of.get(one), of.get(other)
        if mine is not None and mine == theirs:
            inside[mine] += flow.count
            converted[mine] += flow.won
            continue
        for number in (mine, theirs):
            if number is not None:
                outside[number] += flow.count
    return [Ring(*each) for each in zip(parts, inside, outside, converted, strict=True)]


def components(onward: Mapping[UUID, Iterable[UUID]]) -> list[frozenset[UUID]]:
    """Strongly connected parts (Tarjan 1972), without recursion: a chain of ten thousand must not end the program."""
    index: dict[UUID, int] = {}
    low: dict[UUID, int] = {}
    path: list[UUID] = []
    on_path: set[UUID] = set()
    found: list[frozenset[UUID]] = []
    for start in sorted(onward):
        work = [] if start in index else [(start, iter(onward[start]))]
        while work:
            at, rest = work[-1]
            if at not in index:
                index[at] = low[at] = len(index)
                path.append(at)
                on_path.add(at)
            for other in rest:
                if other not in index:
                    work.append((other, iter(onward.get(other, ()))))
                    break
                if other in on_path:
                    low[at] = min(low[at], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[at])
                if low[at] == index[at]:
                    members: set[UUID] = set()
                    while not members or at not in members:
                        members.add(path.pop())
                    on_path -= members
                    found.append(frozenset(members))
    return found
