"""Where to draw people: rings by distance around one producer, a slice for each community, the same for the same network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
_ROUNDS = 20
_GAP = 0.15
"""The share of a slice that stays empty, so that neighbours of two communities do not look like one."""
_CROWDED, _BAND, _BANDS = 0.06, 0.14, 3
"""Nearer than this to each other, in steps, people of a ring are put on three bands, so far apart."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody is drawn, in steps from the centre, and in which community: 1 is the largest, 0 the centre itself."""

    x: float
    y: float
    community: int


def spots(near: Mapping[K, set[K]], centre: K, distance: Mapping[K, int]) -> dict[K, Spot]:
    """A spot for the centre and everybody in ``distance``.

    The radius is the distance, on crowded rings up to 0.28 more. Within its slice a ring is ordered by where its people's ties
    to the ring before lead, which keeps lines from crossing, then by name.
    """
    found = {centre: Spot(0.0, 0.0, 0)}
    angle: dict[K, float] = {}
    begins = 0.0
    for number, members in enumerate(communities(near, set(distance)), start=1):
        width = 2 * pi * len(members) / len(distance)
        slice_ = (begins + width * _GAP / 2, width * (1 - _GAP))
        begins += width
        for step in sorted({distance[one] for one in members}):
            here = [one for one in members if distance[one] == step]
            here.sort(key=lambda one: (_towards(one, step, near, distance, angle, slice_), str(one)))
            for place, one in enumerate(here):
                angle[one] = slice_[0] + slice_[1] * (place + 0.5) / len(here)
                crowded = step * slice_[1] / len(here) < _CROWDED
                radius = step + (_BAND * (place % _BANDS) if crowded else 0.0)
                found[one] = Spot(round(radius * cos(angle[one]), 4), round(radius * sin(angle[one]), 4), number)
    return found


def communities(near: Mapping[K, set[K]], people: set[K]) -> list[list[K]]:
    """People by community, the largest first: who is tied among themselves more than to others.

    Each takes the label that most of those tied to them have, in the order of their names, until nobody changes (Raghavan,
    Albert and Kumara 2007); equals go to the smallest label, so that nothing is left to chance. Those whom nothing ties to
    anybody stand together at the end.
    """
    order = sorted(people, key=str)
    label = {one: number for number, one in enumerate(order)}
    for _ in range(_ROUNDS):
        moved = False
        for one in order:
            around = Counter(label[other] for other in near.get(one, ()) if other in label and other != one)
            if not around:
                continue
            most = max(around.values())
            best = min(number for number, count in around.items() if count == most)
            if around[label[one]] < most and best != label[one]:
                label[one], moved = best, True
        if not moved:
            break
    found: dict[int, list[K]] = {}
    for one in order:
        found.setdefault(label[one], []).append(one)
    alone = [one for members in found.values() if len(members) == 1 for one in members]
    together = sorted(
        (members for members in found.values() if len(members) > 1),
        key=lambda members: (-len(members), str(members[0])),
    )
    return [*together, alone] if alone else together


def _towards(
    one: K, step: int, near: Mapping[K, set[K]], distance: Mapping[K, int], angle: Mapping[K, float],
    slice_: Sequence[float],
) -> float:  # fmt: skip
    """How far into the slice the ties to the ring before lead; its middle where they lead nowhere."""
    before = [angle[other] for other in near.get(one, ()) if distance.get(other, 0) == step - 1 and other in angle]
    if not before:
        return slice_[1] / 2
    # Directions are added as arrows: the mean of 1 and 359 degrees is 0.
    mean = atan2(sum(map(sin, before)), sum(map(cos, before)))
    into = (mean - slice_[0]) % (2 * pi)
    # Past the end of the slice, the nearer of its two edges.
    return into if into <= slice_[1] else (slice_[1] if into - slice_[1] < 2 * pi - into else 0.0)
