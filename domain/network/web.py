"""A network as arrays: who is tied to whom and how strongly, walked step by step for any number of people.

The same answers as :func:`domain.network.reach.reached` gives over sets, which is the reference of this module's property tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.network.reach import DEGREES

Places = NDArray[np.intp]
_ID = 16
MIX = np.uint64(0x9E3779B97F4A7C15)
"""An odd number, so that no half's bits are lost: the golden ratio's."""


@dataclass(frozen=True, slots=True)
class Links:
    """Connections in columns, one place each: the ids of both ends (16 bytes each) and the strength (a big-endian double)."""

    from_ids: bytes
    to_ids: bytes
    strengths: bytes


@dataclass(frozen=True, slots=True)
class Ties:
    """People in reach by their places in the web, the nearest first: at which step each stands, and the greatest product of
    strengths over the ways of that length; a longer way never replaces a shorter one, however strong.
    """

    places: Places
    degrees: NDArray[np.int64]
    strengths: NDArray[np.float64]


class Web:
    """People in the order of their ids. Two who are connected more than once are one tie, of the greatest strength."""

    def __init__(self, links: Links) -> None:
        self._ids, at = _people(links.from_ids + links.to_ids)
        count, half = len(self), len(at) // 2
        one, other = at[:half], at[half:]
        strengths = np.frombuffer(links.strengths, dtype=">f8").astype(np.float64)
        apart = one != other
        pairs = np.minimum(one, other)[apart] * count + np.maximum(one, other)[apart]
        kept, where = np.unique(pairs, return_inverse=True)
        strongest = np.zeros(len(kept))
        np.maximum.at(strongest, where, strengths[apart])
        low, high = np.divmod(kept, max(count, 1))
        rows = np.concatenate((low, high))
        order = np.argsort(rows, kind="stable")
        self._others: Places = np.concatenate((high, low))[order]
        self._strengths: NDArray[np.float64] = np.concatenate((strongest, strongest))[order]
        self._starts: Places = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count)))).astype(np.intp)

    def __len__(self) -> int:
        return len(self._ids) // _ID

    @property
    def pairs(self) -> int:
        """How many pairs of people are connected."""
        return len(self._others) // 2

    def place(self, who: UUID) -> int | None:
        """Where somebody stands; None for who is connected with nobody."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._ids[_ID * middle : _ID * (middle + 1)] < who.bytes:
                low = middle + 1
            else:
                high = middle
        return low if self._ids[_ID * low : _ID * (low + 1)] == who.bytes else None

    def person(self, place: int) -> UUID:
        """Who stands at a place."""
        return UUID(bytes=self._ids[_ID * place : _ID * (place + 1)])

    @property
    def everybody(self) -> NDArray[np.bytes_]:
        """The ids by place, 16 bytes each."""
        return np.frombuffer(self._ids, dtype=f"S{_ID}")

    def rings(self, who: UUID, degrees: int = DEGREES) -> list[Places]:
        """By step, from 1 to ``degrees``, the places of the distinct people at that least distance, in the order of their ids."""
        start = self.place(who)
        if start is None:
            return [np.zeros(0, dtype=np.intp) for _ in range(degrees)]
        seen = np.zeros(len(self), dtype=np.bool_)
        seen[start] = True
        edge: Places = np.array([start], dtype=np.intp)
        found = []
        for _ in range(degrees):
            met = np.zeros(len(self), dtype=np.bool_)
            met[self._others[self._leaving(edge)]] = True
            met &= ~seen
            seen |= met
            edge = np.flatnonzero(met)
            found.append(edge)
        return found

    def nearest(self, who: UUID, degrees: int, at_most: int) -> tuple[dict[UUID, int], int]:
        """Up to so many people in reach with their distances: the nearest first, of equals the strongest, then by id; and how
        many people there are in all.
        """
        ties = self.ties(who, degrees)
        order = np.lexsort((ties.places, -ties.strengths, ties.degrees))[:at_most]
        steps = ties.degrees[order].tolist()
        found = {self.person(place): step for place, step in zip(ties.places[order].tolist(), steps, strict=True)}
        return found, len(ties.places)

    def ties(self, who: UUID, degrees: int = DEGREES) -> Ties:
        """Everybody within ``degrees`` steps with the strength of the way there."""
        start = self.place(who)
        seen, best = np.zeros(len(self), dtype=np.bool_), np.zeros(len(self))
        edge: Places = np.zeros(0, dtype=np.intp)
        if start is not None:
            seen[start], best[start] = True, 1.0
            edge = np.array([start], dtype=np.intp)
        rings = []
        for _ in range(degrees):
            leaving = self._leaving(edge)
            others = self._others[leaving]
            ways = np.repeat(best[edge], self._counts(edge)) * self._strengths[leaving]
            onward = ~seen[others]
            others, ways = others[onward], ways[onward]
            np.maximum.at(best, others, ways)  # 0 until somebody is met
            seen[others] = True
            met = np.zeros(len(self), dtype=np.bool_)
            met[others] = True
            edge = np.flatnonzero(met)
            rings.append(edge)
        places = np.concatenate(rings)
        steps = np.repeat(np.arange(1, degrees + 1), [len(ring) for ring in rings])
        return Ties(places, steps, best[places])

    def _counts(self, edge: Places) -> Places:
        counts: Places = self._starts[edge + 1] - self._starts[edge]
        return counts

    def _leaving(self, edge: Places) -> Places:
        """The places of all ties of these people, one after the other."""
        counts = self._counts(edge)
        before = np.concatenate(([0], np.cumsum(counts)[:-1])) if len(counts) else np.zeros(0, dtype=np.intp)
        found: Places = np.repeat(self._starts[edge] - before, counts) + np.arange(counts.sum())
        return found


def _people(ends: bytes) -> tuple[bytes, Places]:
    """The distinct ids in order, and the place of each end among them.

    Sorted by a number of 64 bits made of both halves, since comparing numbers is ten times as fast as comparing bytes; where two
    ids have the same number, bytes are compared.
    """
    halves = np.frombuffer(ends, dtype=">u8").astype(np.uint64).reshape(-1, 2)
    high, low = halves[:, 0], halves[:, 1]
    _, first, at = np.unique(high * MIX ^ low, return_index=True, return_inverse=True)
    if not np.array_equal(halves[first][at], halves):
        ids, at = np.unique(np.frombuffer(ends, dtype=f"S{_ID}"), return_inverse=True)
        return ids.tobytes(), at
    order = np.lexsort((low[first], high[first]))
    places: Places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return halves[first][order].astype(">u8").tobytes(), places[at]


def web_of(edges: Sequence[tuple[UUID, UUID, float]]) -> Web:
    """The web of a list of connections."""
    return Web(
        Links(
            b"".join(one.bytes for one, _, _ in edges), b"".join(other.bytes for _, other, _ in edges),
            np.array([strength for *_, strength in edges], dtype=">f8").tobytes(),
        )
    )  # fmt: skip
