"""What ranking remembers of earlier leads: whose turn it is, and what caps have counted. Postgres holds it; a claim reads and
writes it under a row lock, so that neither a restart nor another process is ever wrong about it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.routing.facts import LeadFacts
from domain.routing.policy import Memory, Terms
from domain.routing.profile import ProducerProfile
from domain.routing.receipt import Receipt, with_memory
from domain.routing.strategies import Turns
from services.routing.roster import AgencyRoster
from store.uow import UnitOfWork

_KEPT = 256


@dataclass(frozen=True, slots=True)
class Remembered:
    """A memory, and the number of the last turn that it knows."""

    memory: Memory
    turns: int = 0


class Memories:
    """Turns by agency and pool, brought up to date by those taken since. To be read while the agency's panel is held."""

    def __init__(self) -> None:
        self._pools: OrderedDict[tuple[UUID, str], tuple[Turns, int]] = OrderedDict()

    async def of(self, uow: UnitOfWork, terms: Terms, lead: LeadFacts, as_of: datetime) -> Remembered:
        """What the terms ask for the lead: nothing, and no query, where they neither take turns nor cap."""
        caps = [(rule.name, rule.period(as_of), rule.limit) for rule in terms.caps(lead, as_of)]
        counts = await uow.distribution.full(caps)
        if not terms.strategy.by_turn:
            return Remembered(Memory(counts=counts))
        key = (uow.actor.agency_id, terms.pool)
        turns, known = self._pools.get(key, (Turns(), 0))
        standing = await uow.distribution.pool(terms.pool, since=known)
        turns.clock = standing.clock
        for who, mark in standing.marks.items():
            turns.put(who, mark)
        self._pools[key] = (turns, standing.turns)
        self._pools.move_to_end(key)
        while len(self._pools) > _KEPT:
            self._pools.popitem(last=False)
        return Remembered(Memory(turns, counts), standing.turns)


async def renewed(uow: UnitOfWork, receipt: Receipt, roster: AgencyRoster, known: int) -> tuple[Receipt, int]:
    """The decision by turns as they are under the pool's lock, and the number of the last one (DOMAIN T7). ``known`` is the last
    turn that the receipt knows of.
    """
    if not receipt.terms.strategy.by_turn or receipt.lead.test:
        return receipt, known
    standing = await uow.distribution.pool(receipt.terms.pool, since=known, lock=True)
    if standing.turns == known:
        return receipt, known
    turns = Turns(standing.clock, {**receipt.memory.turns.marks, **standing.marks})
    return with_memory(receipt, roster.profiles, Memory(turns, receipt.memory.counts)), standing.turns


async def counted(uow: UnitOfWork, receipt: Receipt, profile: ProducerProfile) -> str | None:
    """Count the lead under every cap that binds it; the code of the refusal where one is reached.

    To be undone by the caller's savepoint when refused. In order of names, so that two claims cannot wait for each other.
    """
    lead, at = receipt.lead, receipt.as_of
    binding = []
    for rule in receipt.terms.caps(lead, at):
        name = rule.counted_as(profile, lead)
        if name is not None and rule.means(profile, at.astimezone(UTC).date()):
            binding.append((rule.name, rule.period(at), name, rule.limit))
    for cap in sorted(binding):
        if not await uow.distribution.count(*cap):
            return "rule_cap"
    return None


async def took_turn(uow: UnitOfWork, receipt: Receipt, turn: int) -> None:
    """Write the winner's turn, the next after ``turn``, and those of all who are asked beside; a test lead is no turn."""
    strategy = receipt.terms.strategy
    if receipt.lead.test or not strategy.by_turn:
        return
    turns = Turns(receipt.memory.turns.clock, dict(receipt.memory.turns.marks))
    for number, who in enumerate(receipt.outcome.asked, start=turn + 1):
        mark = turns.take(who, strategy.weights.get(who, 1))
        await uow.distribution.take_turn(receipt.terms.pool, who, clock=turns.clock, mark=mark, turn=number)
