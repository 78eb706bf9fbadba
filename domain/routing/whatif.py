"""Two ways of ranking over the same past, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.routing.conversion import (
    FACTOR_COUNT,
    Conversion,
    Missing,
    Table,
    Worked,
    fit,
    missing,
    resampled,
    scores_of,
)
from domain.routing.fairness import Fairness, fairness
from domain.routing.past import Past
from domain.routing.profile import ProducerProfile
from domain.routing.simulation import World

EXAMPLES = 20
_BAND = (2.5, 97.5)


class Interval(NamedTuple):
    """A value and between what bounds it lies, 95 times of 100."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """JSON types."""
        return self._asdict()


class Other(NamedTuple):
    """A lead that somebody else would have got; None is nobody."""

    lead_id: UUID
    before: UUID | None
    after: UUID | None

    def as_dict(self) -> dict[str, str | None]:
        """JSON types."""
        return {name: None if value is None else str(value) for name, value in self._asdict().items()}


@dataclass(frozen=True, slots=True)
class Side:
    """One way of ranking: leads by producer, breaches of capacity (0 while gates hold), producers stopped by gate, claims refused
    by gate, leads matched by rule, leads for which nobody was found by reason, and how even it was.
    """

    producers: Mapping[UUID, int]
    breaches: int
    gates: Mapping[str, int]
    claims: Mapping[str, int]
    rules: Mapping[str, int]
    unassigned: Mapping[str, int]
    fairness: Fairness
    not_followed: int

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "producers": {str(who): count for who, count in self.producers.items()}, "breaches": self.breaches,
            "gates": dict(self.gates), "claims": dict(self.claims), "rules": dict(self.rules),
            "unassigned": dict(self.unassigned),
            "fairness": self.fairness.as_dict(), "not_followed": self.not_followed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """Leads that would be won, by a model of leads that were worked; ``difference`` is after less before, lead by lead."""

    before: Interval
    after: Interval
    difference: Interval
    worked: int

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "before": self.before.as_dict(), "after": self.after.as_dict(), "difference": self.difference.as_dict(),
            "worked": self.worked,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``as_recorded`` is for how many of the ``leads`` the baseline gives what really happened: how far it can be trusted."""

    leads: int
    as_recorded: int
    before: Side
    after: Side
    expected: Expected | Missing
    changed: int
    examples: tuple[Other, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON types; ``expected`` is null where too few leads were worked, and ``expected_missing`` says what is missing."""
        known, lacking = (self.expected, None) if isinstance(self.expected, Expected) else (None, self.expected)
        return {
            "leads": self.leads, "as_recorded": self.as_recorded, "before": self.before.as_dict(),
            "after": self.after.as_dict(), "expected": known and known.as_dict(),
            "expected_missing": lacking and lacking.text,
            "changed": self.changed, "examples": [one.as_dict() for one in self.examples], "notes": list(self.notes),
        }  # fmt: skip


def compare(
    past: Past, before: World, after: World, worked: Sequence[Worked], parts: NDArray[np.float64], seed: int
) -> WhatIf:
    """What would be different. ``parts`` are the weights to which the model of conversions is drawn (conversion.parts_of)."""
    # Both worlds decide in the order of the claims, so they stand side by side even where a lead was decided twice.
    ordered = sorted(past.leads, key=lambda one: one.claimed_at)
    others = [
        Other(one.lead_id, one.producer_id, other.producer_id)
        for one, other in zip(before.given, after.given, strict=True)
        if one.producer_id != other.producer_id
    ]
    lacking = missing(worked)
    return WhatIf(
        leads=len(past.leads),
        as_recorded=sum(one.producer_id == real.given_to for one, real in zip(before.given, ordered, strict=True)),
        before=_side(past, before),
        after=_side(past, after),
        expected=_expected(past, before, after, Table.of(worked), parts, seed) if lacking is None else lacking,
        changed=len(others),
        examples=tuple(sorted(others, key=lambda one: one.lead_id)[:EXAMPLES]),
        notes=past.notes,
    )


def _side(past: Past, world: World) -> Side:
    leads = world.leads_of()
    latest: Sequence[ProducerProfile] = past.rosters[past.leads[-1].roster] if past.leads else ()
    capacities = {one.producer_id: one.capacity_monthly for one in latest if one.active}
    nobody = Counter(one.code for one in world.given if one.producer_id is None)
    return Side(
        producers=dict(sorted(leads.items(), key=lambda one: (-one[1], one[0]))),
        breaches=world.breaches,
        gates=dict(sorted(world.gates.items())),
        claims=dict(sorted(world.claims.items())),
        rules=dict(sorted(world.rules.items())),
        unassigned=dict(sorted(nobody.items())),
        fairness=fairness(leads, capacities),
        not_followed=world.not_followed,
    )


def _expected(past: Past, before: World, after: World, table: Table, parts: NDArray[np.float64], seed: int) -> Expected:
    scores = {one.lead.lead_id: one.lead.score for one in past.leads}
    worlds = [_columns(world, scores) for world in (before, after)]
    model, samples = fit(table, parts), resampled(table, parts, seed)

    def won(by: Conversion) -> tuple[float, float]:
        first, second = (float(by.chances(*columns).sum()) for columns in worlds)
        return first, second

    middle = won(model)
    drawn = np.array([won(sample) for sample in samples])

    def between(value: float, many: NDArray[np.float64]) -> Interval:
        low, high = np.percentile(many, _BAND)
        return Interval(value, min(float(low), value), max(float(high), value))

    return Expected(
        between(middle[0], drawn[:, 0]),
        between(middle[1], drawn[:, 1]),
        between(middle[1] - middle[0], drawn[:, 1] - drawn[:, 0]),
        len(table.won),
    )


def _columns(world: World, scores: Mapping[UUID, int | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    given = [one for one in world.given if one.values is not None]
    values = np.array([one.values for one in given], dtype=np.float64)
    return scores_of([scores[one.lead_id] for one in given]), values.reshape(len(given), FACTOR_COUNT)
