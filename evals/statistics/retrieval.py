"""How well a ranking answers: whether and where the first right document comes, and how good the whole order is."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import log2


def first_right(found: Sequence[Hashable], right: AbstractSet[Hashable], k: int) -> int | None:
    """The place, from 1, of the first right document among the first ``k``; its reciprocal (0 for none) averages to MRR."""
    _check(k)
    return next((at for at, one in enumerate(found[:k], 1) if one in right), None)


def gain(found: Sequence[Hashable], worth: Mapping[Hashable, float], k: int) -> float:
    """Normalised discounted gain (nDCG; Jaervelin 2002) at ``k``: worth over log2 of the place, as a share of the best order.

    Documents not in ``worth`` are worth nothing; one that is found twice counts once. 0 where nothing is worth anything. Raises
    ValueError for a negative worth.
    """
    _check(k)
    if any(value < 0 for value in worth.values()):
        msg = f"a document is worth {min(worth.values())}; give 0 or more"
        raise ValueError(msg)
    best = _discounted(sorted(worth.values(), reverse=True)[:k])
    seen: set[Hashable] = set()
    values = []
    for one in found[:k]:
        values.append(0.0 if one in seen else worth.get(one, 0.0))
        seen.add(one)
    return _discounted(values) / best if best > 0 else 0.0


def _discounted(values: Sequence[float]) -> float:
    return sum(value / log2(place + 1) for place, value in enumerate(values, 1))


def _check(k: int) -> None:
    if k < 1:
        msg = f"the first {k} documents; give 1 or more"
        raise ValueError(msg)
