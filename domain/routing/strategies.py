"""In which order those who passed gates and rules are tried: best match, turn by turn, least loaded, or both mixed.

Turns are fair queueing (Goyal, Vin and Cheng, 1996): each producer has a mark, whoever has the lowest is next, and a turn moves
the mark on by a step that is the smaller the greater the weight. Somebody skipped keeps the mark and so the place; somebody
who was away for long is next once, not until all missed turns are made good; somebody new begins at the present.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.lines import Line
from domain.routing.rules.reading import Faults
from kernel.errors import Invalid

STEP = 720_720_000
"""How far a turn moves the mark of a producer of weight 1. Every weight up to 16 divides it, so that shares are exact."""
_MOST = 1000
_PLACES = 4


class Kind(StrEnum):
    """Best match by total; round robin by turn; least loaded by open leads; hybrid by turn among those near the best."""

    BEST_MATCH = "best_match"
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    HYBRID = "hybrid"


@dataclass(frozen=True)
class Strategy:
    """``weights`` are shares of turns by producer, 1 for those not named; ``band`` is how many points near the best is."""

    kind: Kind = Kind.BEST_MATCH
    weights: Mapping[UUID, int] = field(default_factory=dict)
    band: Decimal = Decimal(0)

    @property
    def by_turn(self) -> bool:
        """Whether the order depends on turns."""
        return self.kind in {Kind.ROUND_ROBIN, Kind.HYBRID}

    def as_dict(self) -> dict[str, Any]:
        """JSON types, parts at their default left out."""
        pairs: dict[str, Any] = {"kind": self.kind.value}
        if self.weights:
            pairs["weights"] = {str(who): weight for who, weight in sorted(self.weights.items())}
        if self.kind is Kind.HYBRID:
            pairs["band"] = f"{self.band:f}"
        return pairs

    @classmethod
    def from_dict(cls, given: object, at: str = "strategy") -> Strategy:
        """The inverse of :meth:`as_dict`, checked. Raises :class:`~kernel.errors.Invalid`."""
        faults = Faults()
        if not isinstance(given, Mapping) or given.get("kind") not in set(Kind):
            kind = given.get("kind") if isinstance(given, Mapping) else given
            faults.add(f"{at}.kind", "unknown_strategy", "is no strategy", f"use one of {', '.join(Kind)}", kind)
            faults.raise_any("the strategy cannot be read")
            return cls()
        kind = Kind(given["kind"])
        known = {"kind"} | ({"weights"} if kind in {Kind.ROUND_ROBIN, Kind.HYBRID} else set())
        known |= {"band"} if kind is Kind.HYBRID else set()
        for name in sorted(str(one) for one in given if one not in known):
            remedy = f"{kind.value} takes {', '.join(sorted(known))}"
            faults.add(f"{at}.{name}", "unknown_field", f"means nothing to {kind.value}", remedy, given.get(name))
        weights = _weights(f"{at}.weights", given.get("weights", {}), faults)
        band = _band(f"{at}.band", given.get("band"), faults) if kind is Kind.HYBRID else Decimal(0)
        faults.raise_any("the strategy cannot be read")
        return cls(kind, weights, band)


BEST_MATCH = Strategy()


@dataclass
class Turns:
    """The marks of one line of producers, and ``clock``, the mark of whoever was last served when they were."""

    clock: int = 0
    marks: dict[UUID, int] = field(default_factory=dict)
    _of: Mapping[UUID, int] | None = field(default=None, compare=False, repr=False)
    _column: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64), compare=False, repr=False)
    _known: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_), compare=False, repr=False)

    def mark(self, producer_id: UUID) -> int:
        """The producer's mark; the present for somebody who never had a turn."""
        return self.marks.get(producer_id, self.clock)

    def take(self, producer_id: UUID, weight: int = 1) -> int:
        """The producer took a lead; returns their new mark."""
        self.clock = max(self.clock, self.mark(producer_id))
        return self.put(producer_id, self.clock + STEP // weight)

    def put(self, producer_id: UUID, mark: int) -> int:
        """Set a mark, as another process has."""
        self.marks[producer_id] = mark
        if self._of is not None and producer_id in self._of:
            self._column[self._of[producer_id]] = mark
            self._known[self._of[producer_id]] = True
        return mark

    def column(self, places: Mapping[UUID, int]) -> NDArray[np.int64]:
        """Marks by place. The same mapping again costs nothing but what changed since."""
        if self._of is not places:
            self._of = places
            self._column = np.zeros(len(places), dtype=np.int64)
            self._known = np.zeros(len(places), dtype=np.bool_)
            for who, mark in self.marks.items():
                if who in places:
                    self._column[places[who]], self._known[places[who]] = mark, True
        return np.where(self._known, self._column, self.clock)


def first_of(passed: NDArray[np.intp], keys: list[NDArray[Any]], most: int) -> list[int]:
    """The first ``most`` of the places by ``keys``, the most telling first; sorted, without sorting all."""
    chosen: list[NDArray[np.intp]] = []
    tied, left = passed, most
    for key in keys:
        if len(tied) <= left:
            break
        mine = key[tied]
        edge = np.partition(mine, left - 1)[left - 1]
        before = tied[mine < edge]
        chosen.append(before)
        tied, left = tied[mine == edge], left - len(before)
    chosen.append(tied)
    near = np.concatenate(chosen)
    order = np.lexsort([key[near] for key in reversed(keys)])
    best: list[int] = near[order[:most]].tolist()
    return best


def lines_from(given: object) -> tuple[Strategy, dict[Line, Strategy]]:
    """The agency's strategy and those of lines, from ``{"agency": {...}, "lines": {"auto": {...}}}``; both may be left out."""
    if (
        not isinstance(given, Mapping)
        or set(given) - {"agency", "lines"}
        or not isinstance(given.get("lines", {}), Mapping)
    ):
        faults = Faults()
        faults.add("strategy", "malformed", "is no choice of strategies", "give agency, lines or both", given)
        faults.raise_any("the strategy cannot be read")
        return BEST_MATCH, {}
    found: list[Any] = []
    agency, lines = BEST_MATCH, {}
    for name, body in [("agency", given.get("agency", {"kind": "best_match"})), *given.get("lines", {}).items()]:
        try:
            if name == "agency":
                agency = Strategy.from_dict(body, "strategy.agency")
            else:
                lines[_line(str(name))] = Strategy.from_dict(body, f"strategy.lines.{name}")
        except Invalid as problem:
            found += problem.fields
    if found:
        raise Invalid("the strategy cannot be read", fields=tuple(found))
    return agency, lines


def _line(name: str) -> Line:
    if name not in set(Line) or name == Line.UNKNOWN:
        faults = Faults()
        faults.add(f"strategy.lines.{name}", "unknown_line", "is no line", f"use one of {', '.join(Line)}", name)
        faults.raise_any("the strategy cannot be read")
    return Line(name)


def _weights(at: str, given: object, faults: Faults) -> dict[UUID, int]:
    if not isinstance(given, Mapping):
        faults.add(at, "malformed", "are no weights", "give producers and whole numbers", given)
        return {}
    weights: dict[UUID, int] = {}
    for who, weight in given.items():
        try:
            producer_id = UUID(str(who))
        except ValueError:
            faults.add(f"{at}.{who}", "unknown_producer", "is no producer of this agency", "give a producer's id", who)
            continue
        if isinstance(weight, bool) or not isinstance(weight, int) or not 1 <= weight <= _MOST:
            faults.add(f"{at}.{who}", "out_of_range", "is no weight", f"give a whole number from 1 to {_MOST}", weight)
            continue
        weights[producer_id] = weight
    return weights


def _band(at: str, given: object, faults: Faults) -> Decimal:
    try:
        band = Decimal(given) if isinstance(given, int | str) and not isinstance(given, bool) else None
    except ArithmeticError:
        band = None
    if band is None or not band.is_finite() or not 0 <= band <= 100 or band != round(band, _PLACES):  # noqa: PLR2004 - points
        faults.add(
            at,
            "out_of_range",
            "is no number of points",
            "give 0 to 100, as a whole number or a text such as '2.5'",
            given,
        )
        return Decimal(0)
    return band
