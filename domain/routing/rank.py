"""The order in which producers are tried for a lead, with exact totals and reasons."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from domain.routing.checks import refuse
from domain.routing.factors.registry import FACTORS
from domain.routing.factors.score import STEPS
from domain.routing.facts import Candidate, LeadFacts, ProducerFacts
from domain.routing.gates import PASSING, Gate, GateFailed, Standing, first_failure, lead_gate
from domain.routing.tables import Tables
from domain.routing.weights import POINT_STEPS, Weights

SHOWN = 10
"""How many of the best are explained factor by factor."""
_NEVER = datetime.min.replace(tzinfo=UTC)

NOBODY = {
    "no_producers": "the agency has no producers",
    "all_declined": "everyone who may take this lead turned it down",
    "nobody_available": "those who may take this lead are off shift or full; try again later",
    "nobody_eligible": "no producer may take this lead",
}
"""Why an order is empty though the lead itself could be routed: stable code and plain words."""


class Placed(NamedTuple):
    """One producer and their total in points of 100, exact."""

    producer_id: UUID
    total: Decimal


@dataclass(frozen=True, slots=True)
class Contribution:
    """One factor's part: ``value`` 0 to 1, ``points`` it may give, ``given`` = value x points, exact."""

    factor: str
    value: float
    points: Decimal
    given: Decimal
    reason: str
    known: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON types; decimals as text."""
        return {
            "factor": self.factor, "value": self.value, "points": f"{self.points:f}", "given": f"{self.given:f}",
            "reason": self.reason, "known": self.known,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explained:
    """A producer among the best, factor by factor; ``given`` of all parts adds up to ``total``."""

    producer_id: UUID
    total: Decimal
    contributions: tuple[Contribution, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "producer_id": str(self.producer_id), "total": f"{self.total:f}",
            "factors": [part.as_dict() for part in self.contributions],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ranking:
    """``order`` holds every eligible producer, best first; ``best`` explains the first ten of them.

    ``refused`` counts the others by the code of the gate that stopped them. ``code`` is ``ranked``, or says why the order is
    empty: a key of :data:`NOBODY`, or a lead's own gate (``state_unknown``, ``state_ambiguous``, ``line_without_rule``).
    """

    order: tuple[Placed, ...]
    best: tuple[Explained, ...]
    refused: Mapping[str, int]
    considered: int
    code: str
    reason: str

    @property
    def needs_person(self) -> bool:
        """Nobody can be tried and waiting will not help."""
        return self.code not in {"ranked", "nobody_available"}

    def as_dict(self) -> dict[str, Any]:
        """JSON types: the best in full, of the rest the number."""
        return {
            "eligible": len(self.order), "considered": self.considered, "refused": dict(self.refused),
            "code": self.code, "reason": self.reason, "best": [one.as_dict() for one in self.best],
        }  # fmt: skip


def rank(
    lead: LeadFacts, producers: Iterable[ProducerFacts], weights: Weights, seed: str, as_of: datetime, tables: Tables
) -> Ranking:
    """Gates, then totals; equal totals go to whoever waited longest, then by a hash of seed, lead and producer.

    The answer depends on the facts alone, not on the order they come in. ``as_of`` must be aware. Raises
    :class:`~kernel.errors.Invalid` when a producer appears twice.
    """
    if as_of.tzinfo is None:
        refuse("as_of", as_of.isoformat(), "give an instant with its offset from UTC")
    as_of, producers = as_of.astimezone(UTC), list(producers)
    _refuse_twins(producers)
    stopped = lead_gate(lead, tables)
    if stopped is not None:
        return Ranking((), (), {}, len(producers), stopped.code, stopped.reason)
    eligible: list[tuple[tuple[int, datetime, bytes], Candidate]] = []
    failures: list[tuple[UUID, GateFailed]] = []
    for producer in producers:
        standing = Standing(producer, as_of, tables)
        failed = first_failure(lead, standing)
        if failed is not None:
            failures.append((producer.producer_id, failed))
            continue
        able = standing.candidate()
        waiting = producer.load.last_assigned_at or _NEVER
        eligible.append(((-_total(lead, able, weights), waiting, tie(seed, lead.lead_id, producer.producer_id)), able))
    eligible.sort(key=lambda entry: entry[0])
    counts = Counter(failed.code for _, failed in failures)
    code = "ranked" if eligible else _nobody(lead, failures)
    return Ranking(
        order=tuple(Placed(able.profile.producer_id, _exact(-key[0])) for key, able in eligible),
        best=tuple(explain(lead, able, weights) for _, able in eligible[:SHOWN]),
        refused=dict(sorted(counts.items())),
        considered=len(producers),
        code=code,
        reason=NOBODY.get(code, "ranked by total"),
    )


def explain(lead: LeadFacts, able: Candidate, weights: Weights) -> Explained:
    """Every factor's value, points, part and reason for one candidate."""
    parts, total = [], 0
    for factor, steps in zip(FACTORS, weights.steps, strict=True):
        score = factor.judge(lead, able)
        total += steps * score.steps
        points = Decimal(steps) / POINT_STEPS
        parts.append(
            Contribution(factor.name, score.value, points, _exact(steps * score.steps), score.reason, score.known)
        )
    return Explained(able.profile.producer_id, _exact(total), tuple(parts))


def tie(seed: str, lead_id: UUID, producer_id: UUID) -> bytes:
    """Orders equals by chance that anyone can recompute: another lead or seed, another order."""
    return hashlib.sha256(f"{seed}\x1f{lead_id}\x1f{producer_id}".encode()).digest()


def _total(lead: LeadFacts, able: Candidate, weights: Weights) -> int:
    return sum(
        steps * factor.judge(lead, able).steps for factor, steps in zip(FACTORS, weights.steps, strict=True) if steps
    )


def _exact(steps: int) -> Decimal:
    """Hundred-millionths of a point as points."""
    return Decimal(steps).scaleb(-8)


def _nobody(lead: LeadFacts, failures: list[tuple[UUID, GateFailed]]) -> str:
    if not failures:
        return "no_producers"
    # Someone who declined may by now also be off shift; they are out all the same.
    open_later = any(failed.gate in PASSING and who not in lead.declined_by for who, failed in failures)
    if open_later:
        return "nobody_available"
    return "all_declined" if any(_turned_it_down(lead, who, failed) for who, failed in failures) else "nobody_eligible"


def _turned_it_down(lead: LeadFacts, producer_id: UUID, failed: GateFailed) -> bool:
    return producer_id in lead.declined_by and failed.gate in PASSING | {Gate.DECLINED}


def _refuse_twins(producers: list[ProducerFacts]) -> None:
    seen: set[UUID] = set()
    for producer in producers:
        if producer.producer_id in seen:
            refuse("producers", producer.producer_id, "give each producer once")
        seen.add(producer.producer_id)


assert STEPS * POINT_STEPS == 10**8, "totals are read in hundred-millionths of a point"
