"""What everybody was sent and what came of it, in columns: whom to look at first among many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.network.exchange import Flow
from domain.network.matching import PRIOR, WEIGHTS

Ids = NDArray[np.bytes_]
_ID = "S16"


def ids_of(people: Collection[UUID]) -> Ids:
    """Ids as a column."""
    return np.frombuffer(b"".join(one.bytes for one in people), dtype=_ID)


def raw_ids(ids: Ids) -> list[bytes]:
    """The bytes of each id; a column's own elements lose zeros at their ends."""
    whole = ids.tobytes()
    return [whole[at : at + 16] for at in range(0, len(whole), 16)]


class Records:
    """``had`` is what each producer was sent by anybody, those of ``preferred`` have priority in matching."""

    def __init__(self, had: Mapping[UUID, Flow], preferred: Collection[UUID]) -> None:
        self.had = had
        known = sorted(had)
        self._known = ids_of(known)
        self._flows = np.array(
            [[float(had[one].accepted), float(had[one].converted), float(had[one].turned_down)] for one in known]
        ).reshape(-1, 3)
        self._preferred = ids_of(sorted(preferred))

    def likely(self, people: Ids, ties: NDArray[np.float64]) -> NDArray[np.float64]:
        """Near the score that :func:`domain.network.matching.matched` gives each, which is rounded; ``ties`` are strengths that
        are halved for each step after the first.
        """
        flows = np.zeros((len(people), 3))
        at, there = _found(self._known, people)
        flows[there] = self._flows[at[there]]
        accepted, converted, turned_down = flows.T
        record = np.minimum(1.0, (converted + PRIOR / 2) / (accepted + PRIOR))
        answers = (accepted + PRIOR / 2) / (accepted + turned_down + PRIOR)
        _, preferred = _found(self._preferred, people)
        weights = {name: float(part) for name, part in WEIGHTS.items()}
        total: NDArray[np.float64] = weights["tie"] * ties + weights["record"] * record
        return total + weights["answers"] * answers + weights["tier"] * preferred


def _found(among: Ids, people: Ids) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of the people stands among the ordered ids, and who is there at all."""
    at = np.searchsorted(among, people)
    if not len(among):
        return at, np.zeros(len(people), dtype=np.bool_)
    there: NDArray[np.bool_] = among[np.minimum(at, len(among) - 1)] == people
    return at, there & (at < len(among))
