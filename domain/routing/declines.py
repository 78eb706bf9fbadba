"""What follows when a producer turns a lead down, and when a person must take over: once, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.routing.facts import LeadFacts, ProducerFacts
from domain.routing.rank import Ranking, rank
from domain.routing.tables import Tables
from domain.routing.weights import Weights


@dataclass(frozen=True, slots=True)
class Escalation:
    """A person decides now; ``code`` is the ranking's (``all_declined``, ``state_unknown`` ...)."""

    lead_id: UUID
    code: str
    reason: str


def next_after_decline(
    lead: LeadFacts,
    declined_by: UUID,
    producers: Iterable[ProducerFacts],
    weights: Weights,
    seed: str,
    as_of: datetime,
    tables: Tables,
) -> tuple[LeadFacts, Ranking]:
    """The lead with one more decliner, and the order of those left. The decliner is out for this lead only."""
    left = lead.declined(declined_by)
    return left, rank(left, producers, weights, seed, as_of, tables)


def escalation(lead: LeadFacts, ranking: Ranking, *, already: frozenset[str] = frozenset()) -> Escalation | None:
    """Who must be told when nobody can be tried; ``already`` holds codes escalated before, and the same is not told twice."""
    if not ranking.needs_person or ranking.code in already:
        return None
    return Escalation(lead.lead_id, ranking.code, ranking.reason)
