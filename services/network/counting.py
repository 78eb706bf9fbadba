"""Standing, counted for a whole agency at once: strengths, scores and tiers from exchanges, connections and licences."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from domain.actor import Actor, system_actor
from domain.leads.reading.email import read_email
from domain.leads.reading.phone import read_phone
from domain.network.exchange import Both, Flow, around, month_of
from domain.network.identity import groups, households
from domain.network.likeness import alike
from domain.network.reach import neighbours
from domain.network.rings import Ring, rings
from domain.network.score import Known, score
from domain.network.strength import strength
from domain.network.tiers import LEVELS, level_of
from kernel.clock import now
from store.sql.repositories.connections import Tie
from store.uow import Database, UnitOfWork

_AGENCIES = 20
_LOWEST = LEVELS[0].tier.value
AT_ONCE = 2_000
"""Producers up to which standing is counted where somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Person:
    """A producer as far as standing goes: keys of phone and e-mail, and whether a licence database calls a licence active."""

    id: UUID
    keys: frozenset[str]
    verified: bool


@dataclass(frozen=True, slots=True)
class People:
    """What is known of the agency's people, with the rings and households that it rests on."""

    known: Known
    rings: list[Ring]
    households: list[frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that was counted."""

    rows: list[dict[str, Any]]
    strengths: dict[UUID, Decimal]
    rings: list[Ring]
    households: list[frozenset[UUID]]


class Counting:
    """Counts when exchanges, the roster or the month are others than those that the standing rests on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_stale(self) -> list[UUID]:
        """Count up to twenty agencies whose standing is old; which they were."""
        async with self._database.platform() as platform:
            stale = await platform.networks_to_count(month_of(now()), _AGENCIES)
        for agency_id in stale:
            async with self._database.begin(system_actor(agency_id, "network")) as uow:
                await count_now(uow)
        return stale

    async def whole(self, actor: Actor) -> Whole:
        """Counted now, and not kept."""
        async with self._database.begin(actor) as uow:
            return await _count(uow, month_of(now()))


async def current(uow: UnitOfWork) -> bool:
    """Bring the agency's standing up to date in this transaction; nothing but one question where it is. Whether it counted.

    A large agency's standing is counted by the workers, some seconds after something changed, and nobody waits for it: until
    then it is as it was counted last, which it says.
    """
    state = await uow.effects.state()
    if state.counted == await _basis(uow, state.version, month_of(now())):
        return False
    if state.counted is not None and await uow.effects.more_than(AT_ONCE):
        return False
    await count_now(uow)
    return True


async def count_now(uow: UnitOfWork) -> None:
    """Count the agency's standing in this transaction, unless it is up to date or somebody else just did."""
    month = month_of(now())
    state = await uow.effects.state(held=True)
    if state.counted == await _basis(uow, state.version, month):
        return
    found, moment = await _count(uow, month), now()
    before = await uow.effects.every_tier()
    await uow.effects.save(found.rows, moment)
    if any(before.get(UUID(row["producer_id"]), _LOWEST) != row["tier"] for row in found.rows):
        await uow.agencies.raise_roster_version()  # routing's rules may ask for tiers
    await uow.connections.save_strengths(found.strengths)  # raises the roster's version, which is read after it
    await uow.effects.counted(state, await _basis(uow, state.version, month), moment)


async def _basis(uow: UnitOfWork, version: int, month: int) -> dict[str, int]:
    return {"network": version, "roster": await uow.agencies.roster_version(), "month": month}


async def _count(uow: UnitOfWork, month: int) -> Whole:
    producers = await uow.agencies.reachable()
    connections = await uow.connections.standing()
    ways = await uow.referrals.flows(month)
    return await asyncio.to_thread(_counted, producers, connections, ways, month)


def _counted(
    producers: Sequence[tuple[UUID, str | None, str | None, bool]], connections: Sequence[Tie],
    ways: Mapping[tuple[UUID, UUID], Flow], month: int,
) -> Whole:  # fmt: skip
    ties = around(ways)
    near = neighbours((row.from_id, row.to_id) for row in connections)
    people = known_of(producers, ways)
    rows = [_standing(who, ties.get(who, {}), near.get(who, set()), people.known) for who, *_ in producers]
    return Whole(rows, _strengths(connections, ties, month), people.rings, people.households)


def known_of(
    producers: Sequence[tuple[UUID, str | None, str | None, bool]], ways: Mapping[tuple[UUID, UUID], Flow]
) -> People:
    """Who is verified, who belongs together and who is like whom, among the agency's producers and by what each sent."""
    people = [Person(who, keys_of(email, phone), verified) for who, email, phone, verified in producers]
    found, homes = rings(ways), households({one.id: one.keys for one in people})
    together = groups([one.id for one in people], _chained([*(ring.members for ring in found), *homes]))
    verified = frozenset(one.id for one in people if one.verified)
    known = Known(verified, _by_member(together), _by_member(homes), alike(ways, verified))
    return People(known, found, homes)


def _standing(who: UUID, ties: Mapping[UUID, Both], near: set[UUID], known: Known) -> dict[str, Any]:
    found = score(who, ties, near, known)
    parts = {
        "for_connections": str(found.for_connections),
        "counterparts": [
            {
                "producer_id": str(one.who), "accepted": str(one.accepted), "converted": str(one.converted),
                "reciprocity": str(one.reciprocity.quantize(Decimal("0.0001"))), "gives": str(one.gives),
                "group": str(one.group), "alike": one.alike,
            }
            for one in found.counterparts
        ],
        "groups": {str(group): str(sum_) for group, sum_ in found.groups.items()},
        "left_out": {str(other): why for other, why in found.left_out.items()},
    }  # fmt: skip
    return {
        "producer_id": str(who), "score": str(found.value), "tier": level_of(found.value).tier.value,
        "connected": found.connected, "parts": parts,
    }  # fmt: skip


def _strengths(connections: Sequence[Tie], ties: Mapping[UUID, Mapping[UUID, Both]], month: int) -> dict[UUID, Decimal]:
    """What is worth another amount than it says. A tie that a person made fades from when it began; others do without a date."""
    found = {}
    for row in connections:
        since = month_of(row.since) if row.origin == "person" and row.since is not None else None
        tie = ties.get(row.from_id, {}).get(row.to_id, Both())
        worth = strength(tie, month, stated=row.stated, since=since)
        if worth != row.strength:
            found[row.id] = worth
    return found


@lru_cache(maxsize=200_000)
def keys_of(email: str | None, phone: str | None) -> frozenset[str]:
    """The keys by which a producer can be reached, as those of leads are made. Reading a number costs more than all else that is
    counted of a producer, and hardly any changes from one count to the next.
    """
    read = read_email(email) if email else None
    number = read_phone(phone, "US") if phone else None
    return frozenset(filter(None, (read.key if read else None, number.key if number else None)))


def _chained(found: Iterable[frozenset[UUID]]) -> Iterable[tuple[UUID, UUID]]:
    for members in found:
        first, *rest = sorted(members)
        yield from ((first, other) for other in rest)


def _by_member(found: Iterable[frozenset[UUID]]) -> dict[UUID, frozenset[UUID]]:
    return {who: members for members in found for who in members if len(members) > 1}
