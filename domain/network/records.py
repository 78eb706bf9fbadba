"""What everybody was sent and what came of it, in columns: whom to look at first among many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.network.exchange import Flow
from domain.network.matching import PRIOR, WEIGHTS, Option
from domain.network.tiers import Benefit, Tier, has

Ids = NDArray[np.bytes_]
_ID = "S16"


def ids_of(people: Collection[UUID]) -> Ids:
    """Ids as a column."""
    return np.frombuffer(b"".join(one.bytes for one in people), dtype=_ID)


def raw_ids(ids: Ids) -> list[bytes]:
    """The bytes of each id; a column's own elements lose zeros at their ends."""
    whole = ids.tobytes()
    return [whole[at : at + 16] for at in range(0, len(whole), 16)]


Columns = tuple[Ids, NDArray[np.float64]]
"""Ids in order, and what each accepted, converted and turned down."""


class Records:
    """``had`` is what each producer was sent by anybody, ``tiers`` are those that were counted, of whom one is known.
    ``columns`` are those of ``had`` where they are there already.
    """

    def __init__(self, had: Mapping[UUID, Flow], tiers: Mapping[UUID, Tier], columns: Columns | None = None) -> None:
        self.tiers = tiers
        self._had = had
        self._known, self._flows = _columns(had) if columns is None else columns
        self._preferred = ids_of(sorted(who for who, tier in tiers.items() if has(tier, Benefit.MATCHING_PRIORITY)))

    def changed(self, had: Mapping[UUID, Flow], tiers: Mapping[UUID, Tier]) -> Records:
        """With what these were sent as it is now, under these tiers."""
        whole = {**self._had, **had}
        at, there = _found(self._known, ids_of(had))
        if not there.all():
            return Records(whole, tiers)
        flows = self._flows.copy()
        flows[at] = _flows(had.values())
        return Records(whole, tiers, (self._known, flows))

    def option(self, who: UUID, degrees: int | None, strength: Decimal) -> Option:
        """The producer as somebody who may have a lead, at that distance from whoever passes it on."""
        return Option(who, degrees, strength, self._had.get(who, Flow()), self.tiers.get(who, Tier.BRONZE))

    def standing(self, people: Ids) -> NDArray[np.float64]:
        """What record, answers and tier add to each one's score, whoever asks: nearly what
        :func:`domain.network.matching.matched` adds, which is rounded.
        """
        flows = np.zeros((len(people), 3))
        at, there = _found(self._known, people)
        flows[there] = self._flows[at[there]]
        accepted, converted, turned_down = flows.T
        record = np.minimum(1.0, (converted + PRIOR / 2) / (accepted + PRIOR))
        answers = (accepted + PRIOR / 2) / (accepted + turned_down + PRIOR)
        _, preferred = _found(self._preferred, people)
        weights = {name: float(part) for name, part in WEIGHTS.items()}
        total: NDArray[np.float64] = weights["record"] * record + weights["answers"] * answers
        return total + weights["tier"] * preferred


def likely(
    standing: NDArray[np.float64], degrees: NDArray[np.int64], strengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Near the score of people of that standing at these distances; a degree of 0 is that of people without a tie, whose
    strength is 0.
    """
    halved = strengths / 2.0 ** np.maximum(degrees - 1, 0)
    found: NDArray[np.float64] = standing + float(WEIGHTS["tie"]) * halved
    return found


def _columns(had: Mapping[UUID, Flow]) -> Columns:
    known = sorted(had, key=lambda one: one.bytes)
    return ids_of(known), _flows(had[one] for one in known)


def _flows(had: Iterable[Flow]) -> NDArray[np.float64]:
    rows = [[float(one.accepted), float(one.converted), float(one.turned_down)] for one in had]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _found(among: Ids, people: Ids) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of the people stands among the ordered ids, and who is there at all."""
    at = np.searchsorted(among, people)
    if not len(among):
        return at, np.zeros(len(people), dtype=np.bool_)
    there: NDArray[np.bool_] = among[np.minimum(at, len(among) - 1)] == people
    return at, there & (at < len(among))
