"""Reach: distinct people within a few steps, each at their least distance, never oneself (DOMAIN T30)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
DEGREES = 3


def neighbours(edges: Iterable[tuple[K, K]]) -> dict[K, set[K]]:
    """Who is tied to whom, whatever the direction and however often: people, not edges (DOMAIN T31)."""
    found: dict[K, set[K]] = {}
    for one, other in edges:
        if one != other:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def reached(near: Mapping[K, set[K]], start: K, degrees: int = DEGREES) -> dict[K, int]:
    """Everybody within ``degrees`` steps and how many steps away, without the start."""
    found: dict[K, int] = {}
    edge = {start}
    for step in range(1, degrees + 1):
        edge = {other for one in edge for other in near.get(one, ())} - found.keys() - {start}
        found |= dict.fromkeys(edge, step)
    return found
