"""Who trades mostly with the same people: two of whom one adds little to what the other brings.

Two counterparts of somebody are *alike* where, that somebody aside, at least half of the people around the one with more of
them are around the other as well, each counted among the own. In a ring in which everybody trades with everybody all are alike,
and so are those of one side where two sides trade with each other; partners who have circles of their own are not, whether they
know each other or not. Who is around a producer is looked at twice: by referrals that were accepted and by those that converted,
so that a ring does not hide its sales behind acceptances from many. Only people who count are around anybody.

Whether two are alike is the same for everybody who trades with both, so it is found once: candidates are those who share one of
the rarer people around them (the prefix filter of set joins, Bayardo, Ma and Srikant 2007), which leaves hubs aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from domain.network.exchange import Flow

Around = Mapping[int, set[int]]


def alike(ways: Mapping[tuple[UUID, UUID], Flow], counting: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Of each producer who is like others of them, who those are; ``counting`` are the people who count."""
    who = sorted(counting)
    places = {one: number for number, one in enumerate(who)}  # small numbers: hashing ids would be most of the work
    accepted: dict[int, set[int]] = defaultdict(set)
    converted: dict[int, set[int]] = defaultdict(set)
    for (one, other), flow in ways.items():
        mine, theirs = places.get(one), places.get(other)
        if mine is None or theirs is None:
            continue
        for met, share in ((accepted, flow.accepted or flow.converted), (converted, flow.converted)):
            if share:
                met[mine].add(theirs)
                met[theirs].add(mine)
    pairs: set[tuple[int, int]] = set()
    for met in (accepted, converted) if converted != accepted else (accepted,):
        pairs.update(_pairs(met))
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for mine, theirs in pairs:
        found[who[mine]].add(who[theirs])
        found[who[theirs]].add(who[mine])
    return {one: frozenset(others) for one, others in found.items()}


def _pairs(met: Around) -> Iterable[tuple[int, int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    rarest = {one: number for number, one in enumerate(sorted(met, key=lambda one: len(met[one])))}
    for one in rarest:
        mine = met[one]
        if len(mine) == 1:
            continue  # nobody but the one between is around
        # Whoever is like this one shares at least ``least`` of these people, so one of them is among the first.
        least = max(1, (len(mine) + 1) // 2 - 1)
        seen: set[int] = set()
        for person in sorted(mine, key=rarest.__getitem__)[: len(mine) - least + 1]:
            for other in reversed(holders[person]):  # those with most people first: none has more than this one
                if 2 * len(met[other]) < len(mine):
                    break
                seen.add(other)
            holders[person].append(one)
        yield from ((one, other) for other in seen if _are_alike(met, one, other))


def _are_alike(met: Around, one: int, other: int) -> bool:
    """Of two who trade with somebody. Each is around themselves too, and that somebody around neither: one more and one less."""
    mine, theirs = met[one], met[other]
    both = 2 if other in mine else 0
    return 2 * (len(mine & theirs) - 1 + both) >= max(len(mine), len(theirs))
