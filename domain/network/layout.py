"""Where to draw people: circles by distance around one producer, the same for the same network."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import cos, pi, sin
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def circles(near: Mapping[K, set[K]], centre: K, distance: Mapping[K, int]) -> dict[K, tuple[float, float]]:
    """A point for the centre and everybody in ``distance``: on the circle of their distance, near to who leads there.

    People of a circle are ordered by the mean place of their neighbours on the circle before, which keeps lines from crossing,
    then by name. The radius is the distance.
    """
    angle: dict[K, float] = {centre: 0.0}
    points: dict[K, tuple[float, float]] = {centre: (0.0, 0.0)}
    for step in sorted(set(distance.values())):
        here = [one for one, steps in distance.items() if steps == step]

        def place(one: K, step: int = step) -> tuple[float, str]:
            before = [
                angle[other] for other in near.get(one, ()) if distance.get(other, 0) == step - 1 and other in angle
            ]
            return (sum(before) / len(before) if before else 0.0, str(one))

        for number, one in enumerate(sorted(here, key=place)):
            angle[one] = 2 * pi * number / len(here)
            points[one] = (round(step * cos(angle[one]), 4), round(step * sin(angle[one]), 4))
    return points
