"""Producers alike in some facts, so that a rule which reads only those is asked once for each kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kinds:
    """``kind`` numbers each producer's kind by the producer's place; ``first`` is the place of each kind's first member."""

    kind: NDArray[np.intp]
    first: tuple[int, ...]

    @classmethod
    def of(cls, facts: Iterable[Hashable]) -> Kinds:
        """Kinds of producers with equal ``facts``, which come in the order of places."""
        numbers: dict[Hashable, int] = {}
        first: list[int] = []
        kind: list[int] = []
        for place, one in enumerate(facts):
            number = numbers.setdefault(one, len(first))
            if number == len(first):
                first.append(place)
            kind.append(number)
        return cls(np.array(kind, dtype=np.intp), tuple(first))

    def together(self, other: Kinds) -> Kinds:
        """Kinds of producers alike in both."""
        return Kinds.of(zip(self.kind.tolist(), other.kind.tolist(), strict=True))

    def spread(self, ask: Callable[[int], int], dtype: Any = np.int64) -> NDArray[Any]:
        """By place: what ``ask`` says of each kind's first member."""
        return np.array([ask(place) for place in self.first], dtype=dtype)[self.kind]
