"""The fourteen factors in order, with the weights used when an agency sets none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from domain.routing.factors import fit, readiness, record, relations
from domain.routing.factors.score import FactorScore
from domain.routing.facts import Candidate, LeadFacts


class Factor(NamedTuple):
    """A name that never changes once released, the rule, and its weight in points of 100."""

    name: str
    judge: Callable[[LeadFacts, Candidate], FactorScore]
    weight: int


FACTORS = (
    Factor("specialisation", fit.specialisation, 16),
    Factor("distance", fit.distance, 10),
    Factor("performance", record.performance, 14),
    Factor("workload", readiness.workload, 12),
    Factor("tier_fit", fit.tier_fit, 8),
    Factor("response_time", readiness.response_time, 8),
    Factor("satisfaction", record.satisfaction, 6),
    Factor("language", fit.language, 8),
    Factor("availability", readiness.availability, 4),
    Factor("similar_success", record.similar_success, 6),
    Factor("social", relations.social, 2),
    Factor("collaboration", relations.collaboration, 2),
    Factor("referral", relations.referral, 2),
    Factor("team", relations.team, 2),
)
