"""The order in which producers are tried for a lead, with exact totals and reasons."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.routing.checks import refuse
from domain.routing.factors.registry import FACTORS
from domain.routing.factors.score import STEPS
from domain.routing.facts import Candidate, LeadFacts, ProducerFacts
from domain.routing.gates import PASSING, Gate, GateFailed, Standing, first_failure, lead_gate
from domain.routing.rules.sharing import Share
from domain.routing.tables import Tables
from domain.routing.weights import POINT_STEPS, Weights

SHOWN = 10
"""How many of the best are explained factor by factor."""
TRIED = 50
"""How many are tried at most before a person looks."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_BITS = 2**64 - 1

NOBODY = {
    "no_producers": "the agency has no producers",
    "all_declined": "everyone who may take this lead turned it down",
    "nobody_available": "those who may take this lead are off shift or full; try again later",
    "nobody_eligible": "no producer may take this lead",
    "rules_waiting": "the agency's rules keep this lead from everybody for now; try again later",
    "rules_left_nobody": "the agency's rules keep this lead from everybody who may take it",
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
class Applied:
    """What one of the agency's rules that matched did: how many producers it took out, how many it preferred.

    ``note`` is ``acted``, or ``stepped_aside`` where nobody of those it means was left and it lets others, or where the lead is
    not shared, or shared by an earlier rule.
    """

    rule: str
    do: str
    removed: int = 0
    preferred: int = 0
    note: str = "acted"

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "rule": self.rule, "do": self.do, "removed": self.removed, "preferred": self.preferred, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ranking:
    """``order`` holds the first :data:`TRIED` of the ``eligible``, best first; ``best`` explains the first ten of them.

    ``refused`` counts the others by the code of the gate that stopped them. ``code`` is ``ranked``, or says why the order is
    empty: a key of :data:`NOBODY`, or a lead's own gate (``state_unknown``, ``state_ambiguous``, ``line_without_rule``), or
    ``held_by_rule``. ``rules`` are the agency's that matched, in their order; ``strategy`` is what the order was made by,
    ``share`` how many of it are asked at once, None where one is.
    """

    order: tuple[Placed, ...]
    best: tuple[Explained, ...]
    refused: Mapping[str, int]
    considered: int
    eligible: int
    code: str
    reason: str
    rules: tuple[Applied, ...] = ()
    strategy: str = "best_match"
    share: Share | None = None

    @property
    def needs_person(self) -> bool:
        """Nobody can be tried and waiting will not help."""
        return self.code not in {"ranked", "nobody_available", "rules_waiting"}

    def as_dict(self) -> dict[str, Any]:
        """JSON types: the best in full, of the rest the number."""
        return {
            "eligible": self.eligible, "considered": self.considered, "refused": dict(self.refused),
            "code": self.code, "reason": self.reason, "best": [one.as_dict() for one in self.best],
            "rules": [one.as_dict() for one in self.rules], "strategy": self.strategy,
        }  # fmt: skip


def rank(
    lead: LeadFacts, producers: Iterable[ProducerFacts], weights: Weights, seed: str, as_of: datetime, tables: Tables
) -> Ranking:
    """Gates, then totals; equal totals go to whoever waited longest, then by a number drawn from seed, lead and producer.

    The answer depends on the facts alone, not on the order they come in. ``as_of`` must be aware. Raises
    :class:`~kernel.errors.Invalid` when a producer appears twice. :class:`~domain.routing.panel.Panel` gives the same answer
    for a roster that is ranked again and again.
    """
    if as_of.tzinfo is None:
        refuse("as_of", as_of.isoformat(), "give an instant with its offset from UTC")
    as_of, producers = as_of.astimezone(UTC), sorted(producers, key=lambda producer: producer.producer_id)
    _refuse_twins(producers)
    stopped = lead_gate(lead, tables)
    if stopped is not None:
        return Ranking((), (), {}, len(producers), 0, stopped.code, stopped.reason)
    eligible: list[tuple[tuple[int, datetime, int], Candidate]] = []
    failures: list[tuple[UUID, GateFailed]] = []
    drawn = draw(seed, lead.lead_id, number_of(producer.producer_id for producer in producers)).tolist()
    for producer, number in zip(producers, drawn, strict=True):
        standing = Standing(producer, as_of, tables)
        failed = first_failure(lead, standing)
        if failed is not None:
            failures.append((producer.producer_id, failed))
            continue
        able = standing.candidate()
        waiting = producer.load.last_assigned_at or _NEVER
        eligible.append(((-_total(lead, able, weights), waiting, number), able))
    eligible.sort(key=lambda entry: entry[0])
    counts = Counter(failed.code for _, failed in failures)
    code = "ranked" if eligible else _nobody(lead, failures)
    return Ranking(
        order=tuple(Placed(able.profile.producer_id, exact(-key[0])) for key, able in eligible[:TRIED]),
        best=tuple(explain(lead, able, weights) for _, able in eligible[:SHOWN]),
        refused=dict(sorted(counts.items())),
        considered=len(producers),
        eligible=len(eligible),
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
            Contribution(factor.name, score.value, points, exact(steps * score.steps), score.reason, score.known)
        )
    return Explained(able.profile.producer_id, exact(total), tuple(parts))


def number_of(producers: Iterable[UUID]) -> NDArray[np.uint64]:
    """Each id as 64 bits: its halves, added bit by bit."""
    folded = [(one.int >> 64) ^ (one.int & _BITS) for one in producers]
    return np.array(folded, dtype=np.uint64)


def draw(seed: str, lead_id: UUID, producers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for each producer that orders equals by chance which anyone can recompute: another lead or seed, another order.

    The SHA-256 of seed and lead starts the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over :func:`number_of`.
    """
    start = hashlib.sha256(f"{seed}\x1f{lead_id}".encode()).digest()[:8]
    mixed = producers ^ np.uint64(int.from_bytes(start, "big"))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _total(lead: LeadFacts, able: Candidate, weights: Weights) -> int:
    return sum(
        steps * factor.judge(lead, able).steps for factor, steps in zip(FACTORS, weights.steps, strict=True) if steps
    )


def exact(steps: int) -> Decimal:
    """Hundred-millionths of a point as points."""
    return Decimal(steps).scaleb(-8)


def nobody(producers: int, *, open_later: bool, turned_down: bool) -> str:
    """Why nobody is left of so many: somebody only off shift or full who did not decline, somebody else who did, or neither."""
    if not producers:
        return "no_producers"
    if open_later:
        return "nobody_available"
    return "all_declined" if turned_down else "nobody_eligible"


def _nobody(lead: LeadFacts, failures: list[tuple[UUID, GateFailed]]) -> str:
    # Someone who declined may by now also be off shift; they are out all the same.
    open_later = any(failed.gate in PASSING and who not in lead.declined_by for who, failed in failures)
    turned_down = any(who in lead.declined_by and failed.gate in PASSING | {Gate.DECLINED} for who, failed in failures)
    return nobody(len(failures), open_later=open_later, turned_down=turned_down)


def _refuse_twins(producers: Sequence[ProducerFacts]) -> None:
    seen: set[UUID] = set()
    for producer in producers:
        if producer.producer_id in seen:
            refuse("producers", producer.producer_id, "give each producer once")
        seen.add(producer.producer_id)


assert STEPS * POINT_STEPS == 10**8, "totals are read in hundred-millionths of a point"
