"""A seeded broker network: offices, a few whom everybody knows, and two years of referrals.

Three ties of four stay within an office of about a hundred; the others go to people in proportion to a power of their rank, so
that a few know thousands and most know a dozen. Referrals follow ties. An invention of the right shape, no claim about a market.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.network.exchange import Cell, Counted
from domain.routing.profile import ProducerProfile
from kernel.ids import derived_id

MONTHS = 24
_OFFICE = 100
_INSIDE, _TRADING = 0.75, 0.6
"""Shares of ties inside an office, and of ties over which anything was referred."""
_SKEW = -0.7
_STATES = ("AZ", "CA", "FL", "GA", "IL", "NY", "OH", "PA", "TX", "WA")
_AUTHORITIES = ["accident_and_health", "casualty", "life", "personal_lines", "property"]
_ENDINGS = (Counted.CONVERTED, Counted.ACCEPTED, Counted.DECLINED, Counted.EXPIRED)
_SHARES = (0.15, 0.5, 0.25, 0.1)


@dataclass(frozen=True, slots=True)
class NetworkWorld:
    """Producers as rows of their table, who is tied to whom by place, and counters of what was referred up to ``month``."""

    ids: list[UUID]
    producers: list[dict[str, Any]]
    ties: list[tuple[int, int]]
    exchanges: dict[Cell, int]


def network_world(brokers: int, relations: int, agency: UUID, month: int, seed: int) -> NetworkWorld:
    """The network of a seed. Raises ValueError where so many relations do not fit among so few."""
    if relations > brokers * (brokers - 1) // 4:
        msg = f"{relations:,} relations do not fit among {brokers:,} brokers; give fewer relations or more brokers"
        raise ValueError(msg)
    chance = np.random.default_rng(seed)
    ids = [derived_id("producer", agency, f"b{number}") for number in range(brokers)]
    pairs = _pairs(brokers, relations, chance)
    ties = [(one, other) for one, other in pairs.tolist()]
    producers = [_producer(number, who, agency, chance) for number, who in enumerate(ids)]
    return NetworkWorld(ids, producers, ties, dict(_exchanges(pairs, ids, month, chance)))


def _pairs(brokers: int, relations: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Distinct pairs, the smaller place first."""
    popular = np.arange(1, brokers + 1) ** _SKEW
    chance.shuffle(popular)
    popular /= popular.sum()
    office = min(_OFFICE, brokers)
    keys = np.zeros(0, dtype=np.int64)
    while len(keys) < relations:
        many = 2 * (relations - len(keys)) + 16
        one = chance.integers(0, brokers, many)
        near = np.minimum(one // office * office + chance.integers(0, office, many), brokers - 1)
        other = np.where(chance.random(many) < _INSIDE, near, chance.choice(brokers, many, p=popular))
        apart = one != other
        fresh = np.minimum(one, other)[apart] * brokers + np.maximum(one, other)[apart]
        keys = np.unique(np.concatenate((keys, fresh)))
        if len(keys) > relations:
            keys = np.sort(chance.choice(keys, relations, replace=False))
    return np.stack(np.divmod(keys, brokers), axis=1)


def _exchanges(
    pairs: NDArray[np.int64], ids: list[UUID], month: int, chance: np.random.Generator
) -> Iterator[tuple[Cell, int]]:
    """Of each trading tie a few referrals one way or both, each sent and ended in its month."""
    trading = pairs[chance.random(len(pairs)) < _TRADING]
    turned = chance.random(len(trading)) < 0.5  # noqa: PLR2004 - either end sends
    senders = np.where(turned, trading[:, 1], trading[:, 0])
    receivers = np.where(turned, trading[:, 0], trading[:, 1])
    mutual = chance.random(len(trading)) < 0.3  # noqa: PLR2004 - a third is returned
    ways = np.concatenate((np.stack((senders, receivers), axis=1), np.stack((receivers, senders), axis=1)[mutual]))
    months = month - chance.integers(0, MONTHS, len(ways))
    sent = chance.geometric(0.5, len(ways))
    ended = chance.multinomial(sent, _SHARES)
    for (one, other), at, count, parts in zip(
        ways.tolist(), months.tolist(), sent.tolist(), ended.tolist(), strict=True
    ):
        yield Cell(ids[one], ids[other], at, Counted.SENT), count
        converted, accepted, *rest = parts
        for what, many in zip(_ENDINGS, (converted, converted + accepted, *rest), strict=True):
            if many:
                yield Cell(ids[one], ids[other], at, what), many


def _producer(number: int, who: UUID, agency: UUID, chance: np.random.Generator) -> dict[str, Any]:
    states = chance.choice(len(_STATES), size=int(chance.integers(1, 5)), replace=False)
    profile = ProducerProfile.from_dict({
        "producer_id": str(who), "agency_id": str(agency), "active": True, "lines": ["auto", "home"], "languages": ["en"],
        "licences": [
            {
                "state": _STATES[place], "number": f"{_STATES[place]}-{number}", "status": "active",
                "authorities": _AUTHORITIES, "effective": "2020-01-01", "expires": "2099-12-31",
                "checked_at": "2026-01-01T00:00:00+00:00",
            }
            for place in sorted(states.tolist())
        ],
        "appointments": [], "eo_expires": "2099-12-31", "time_zone": "America/Chicago",
        "schedule": [{"weekday": day, "start": "08:00:00", "end": "18:00:00"} for day in range(5)],
        "absences": [], "capacity_daily": 20, "capacity_monthly": 400,
    }).as_dict()  # fmt: skip
    return {
        "id": who, "external_id": f"b{number}", "name": f"Broker {number}", "email": f"b{number}@brokers.example",
        "phone": f"+1312{2_000_000 + number - (number % 200 == 1)}", "active": True, "profile": profile, "loaded": profile,
        "version": 1,
    }  # fmt: skip
