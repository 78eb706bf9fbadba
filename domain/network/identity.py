"""Whether two records are one human, or one household: by normalised phone and e-mail, never by name alone (DOMAIN T25).

Addresses come as keys: a phone's is its E.164 form, an e-mail's lower-case and without its plus tag, both as
``domain.leads.reading`` makes them, hashed or not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from kernel.errors import Conflict

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a referral and every key by which they can be reached."""

    what: str
    keys: frozenset[str]


def self_referral(sender: Party, receiver: Party, referred: Party) -> str | None:
    """Why this would be a referral of or to oneself, as a stable code; None where all three are different people.

    One shared phone or e-mail address is enough: it is one path to one person, whatever the other one says.
    """
    if sender.keys & referred.keys:
        return "refers_self"
    if sender.keys & receiver.keys:
        return "refers_to_self"
    if receiver.keys & referred.keys:
        return "receiver_is_referred"
    return None


def refuse_self_referral(sender: Party, receiver: Party, referred: Party) -> None:
    """Raise :class:`~kernel.errors.Conflict` where :func:`self_referral` finds one."""
    code = self_referral(sender, receiver, referred)
    if code is not None:
        raise Conflict("a phone number or e-mail address stands on both sides; nobody refers themselves", code=code)


def groups(members: Iterable[K], alike: Iterable[tuple[K, K]]) -> list[frozenset[K]]:
    """Members brought together by pairs that are alike, over any number of steps; those alone are groups of one."""
    parent = {one: one for one in members}

    def root(one: K) -> K:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in alike:
        parent[root(one)] = root(other)
    found: dict[K, set[K]] = {}
    for one in parent:
        found.setdefault(root(one), set()).add(one)
    return [frozenset(group) for group in found.values()]


def households(people: Mapping[UUID, frozenset[str]]) -> list[frozenset[UUID]]:
    """Producers who share a phone number or an e-mail address, directly or through others; only groups of two or more."""
    first: dict[str, UUID] = {}
    pairs = [(first.setdefault(key, who), who) for who in sorted(people) for key in people[who]]
    return sorted((group for group in groups(people, pairs) if len(group) > 1), key=min)
