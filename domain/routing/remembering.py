"""Turns and counts of caps while the past is played again: what Postgres remembers for the pipeline, for one world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date

from domain.routing.past import PastLead
from domain.routing.policy import Memory, Terms
from domain.routing.profile import ProducerProfile
from domain.routing.rules.rule import Rule
from domain.routing.strategies import Turns


@dataclass
class Remembering:
    """Pools begin with the turns that the first decision of each knew of, counts with nothing. ``taken`` counts all turns."""

    taken: int = 0
    _pools: dict[str, Turns] = field(default_factory=dict)
    _counts: dict[tuple[str, date], dict[str, int]] = field(default_factory=dict)

    def begin(self, past: PastLead) -> None:
        """Know the turns of the decision's pool, unless the pool is known."""
        if past.turns is not None and past.terms.pool not in self._pools:
            self._pools[past.terms.pool] = Turns(past.turns.clock, dict(past.turns.marks))

    def memory(self, terms: Terms, past: PastLead) -> Memory:
        """What the terms ask for the lead."""
        caps = terms.caps(past.lead, past.ranked_at)
        counts = {rule.name: self._of(rule, past) for rule in caps}
        return Memory(self._turns(terms) if terms.strategy.by_turn else Turns(), counts)

    def full(self, terms: Terms, past: PastLead, who: ProducerProfile) -> bool:
        """Whether a cap keeps the lead from the producer."""
        return any(self._of(rule, past).get(name, 0) >= rule.limit for rule, name in _binding(terms, past, who))

    def take(self, terms: Terms, past: PastLead, who: ProducerProfile) -> None:
        """The producer was given the lead: it counts under the caps and is a turn, as a test lead is not."""
        for rule, name in _binding(terms, past, who):
            counts = self._of(rule, past)
            counts[name] = counts.get(name, 0) + 1
        if terms.strategy.by_turn and not past.lead.test:
            self._turns(terms).take(who.producer_id, terms.strategy.weights.get(who.producer_id, 1))
            self.taken += 1

    def _turns(self, terms: Terms) -> Turns:
        return self._pools.setdefault(terms.pool, Turns())

    def _of(self, rule: Rule, past: PastLead) -> dict[str, int]:
        return self._counts.setdefault((rule.name, rule.period(past.ranked_at)), {})


def _binding(terms: Terms, past: PastLead, who: ProducerProfile) -> list[tuple[Rule, str]]:
    day = past.ranked_at.astimezone(UTC).date()
    named = [(rule, rule.counted_as(who, past.lead)) for rule in terms.caps(past.lead, past.ranked_at)]
    return [(rule, name) for rule, name in named if name is not None and rule.means(who, day)]
