"""The fourteen factors in order, with the weights used when an agency sets none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.routing.factors import fit, readiness, record, relations
from domain.routing.factors.score import FactorScore
from domain.routing.facts import Candidate, LeadFacts


class Factor(NamedTuple):
    """A name that never changes once released, the rule, and its weight in points of 100; and all that the rule reads.

    ``lead`` and ``profile`` name fields; ``moves`` says what else: ``load`` (with the room left), ``shift`` or ``relations``.
    Producers alike in these have the same value, so a large roster is judged once for each kind (domain.routing.panel).
    ``many`` gives the values of many kinds at once, from the profile's fields as numbers (NaN where not known); where it is
    not sure of the last step, ``judge`` is asked.
    """

    name: str
    judge: Callable[[LeadFacts, Candidate], FactorScore]
    weight: int
    lead: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    moves: Literal["load", "shift", "relations"] | None = None
    many: Callable[..., NDArray[np.float64]] | None = None


FACTORS = (
    Factor("specialisation", fit.specialisation, 16, ("line",), ("lines",)),
    Factor("distance", fit.distance, 10, ("lat", "lon"), ("lat", "lon"), many=fit.distances),
    Factor("performance", record.performance, 14, (), ("conversion",)),
    Factor("workload", readiness.workload, 12, (), ("capacity_daily",), "load"),
    Factor("tier_fit", fit.tier_fit, 8, ("tier",), ("accepts_tiers",)),
    Factor("response_time", readiness.response_time, 8, (), ("response",)),
    Factor("satisfaction", record.satisfaction, 6, (), ("satisfaction",)),
    Factor("language", fit.language, 8, ("language",), ("languages",)),
    Factor("availability", readiness.availability, 4, ("urgency",), (), "shift"),
    Factor("similar_success", record.similar_success, 6, (), ("similar",), "relations"),
    Factor("social", relations.social, 2, (), (), "relations"),
    Factor("collaboration", relations.collaboration, 2, (), (), "relations"),
    Factor("referral", relations.referral, 2, ("referred_by",), ("producer_id",), "relations"),
    Factor("team", relations.team, 2, (), ("rank",), "relations"),
)
