"""Producers alike in some facts, so that a rule which reads only those is asked once for each kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
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
        both = self.kind * len(other.first) + other.kind
        _, first, kind = np.unique(both, return_index=True, return_inverse=True)
        return Kinds(kind.astype(np.intp), tuple(first.tolist()))

    def refined(self, facts: Mapping[int, Hashable]) -> Kinds:
        """Kinds of producers alike in these and in ``facts`` by place; those without any are alike in that."""
        if not facts:
            return self
        numbers: dict[Hashable, int] = {}
        more = np.zeros(len(self.kind), dtype=np.intp)
        more[list(facts)] = [numbers.setdefault(one, len(numbers) + 1) for one in facts.values()]
        return self.together(Kinds(more, tuple(range(len(numbers) + 1))))

    def spread(self, ask: Callable[[int], int], dtype: Any = np.int64) -> NDArray[Any]:
        """By place: what ``ask`` says of each kind's first member."""
        return np.array([ask(place) for place in self.first], dtype=dtype)[self.kind]
