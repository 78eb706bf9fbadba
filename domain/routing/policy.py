"""How an agency distributes: its weights, its rules, its strategy. One entry ranks by all three."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.lines import Line
from domain.routing.facts import LeadFacts, Relations
from domain.routing.gates import lead_gate
from domain.routing.panel import Panel
from domain.routing.profile import ProducerProfile
from domain.routing.rank import NOBODY, SHOWN, TRIED, Applied, Contribution, Explained, Placed, Ranking, exact, explain
from domain.routing.rules.acting import Counts, Ruled, act, holding, steps_of
from domain.routing.rules.fields import AMOUNT
from domain.routing.rules.reading import read_rules
from domain.routing.rules.rule import Do, Rule
from domain.routing.rules.sharing import Share, carriers_of
from domain.routing.strategies import BEST_MATCH, Kind, Strategy, Turns, first_of, lines_from
from domain.routing.weight_table import WeightTable
from domain.routing.weights import Weights
from kernel.ids import digest

_BAND_STEPS = 10**8


@dataclass(frozen=True, slots=True)
class Versions:
    """Which versions of an agency's weights, rules and strategy decide; 0 is what is shipped."""

    weights: int = 0
    rules: int = 0
    strategy: int = 0

    def as_dict(self) -> dict[str, int]:
        """JSON types."""
        return {"weights": self.weights, "rules": self.rules, "strategy": self.strategy}


@dataclass(frozen=True)
class Memory:
    """What ranking remembers: turns, and how many leads the caps counted in their present periods."""

    turns: Turns = field(default_factory=Turns)
    counts: Counts = field(default_factory=dict)

    def of(self, profiles: Iterable[ProducerProfile], lead: LeadFacts, terms: Terms) -> Memory:
        """As much of it as a decision among these producers can read."""
        people = list(profiles)
        marks = {
            one.producer_id: self.turns.marks[one.producer_id] for one in people if one.producer_id in self.turns.marks
        }
        counts = {}
        for rule in terms.rules:
            if rule.name in self.counts:
                asked = {rule.counted_as(one, lead) for one in people}
                counts[rule.name] = {name: many for name, many in self.counts[rule.name].items() if name in asked}
        return Memory(Turns(self.turns.clock, marks) if terms.strategy.by_turn else Turns(), counts)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "clock": self.turns.clock, "marks": {str(who): mark for who, mark in sorted(self.turns.marks.items())},
            "counts": {rule: dict(sorted(names.items())) for rule, names in sorted(self.counts.items())},
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Memory:
        """The inverse of :meth:`as_dict`."""
        marks = {UUID(who): int(mark) for who, mark in data["marks"].items()}
        return cls(Turns(int(data["clock"]), marks), {rule: dict(names) for rule, names in data["counts"].items()})


@dataclass(frozen=True)
class Terms:
    """A policy as it applies to one lead. ``weights_of`` names the row of the weights, ``pool`` whose turns count."""

    weights: Weights
    weights_of: str = "shipped"
    strategy: Strategy = BEST_MATCH
    pool: str = "agency"
    rules: tuple[Rule, ...] = ()
    versions: Versions = field(default_factory=Versions)
    rules_digest: str = ""

    def __post_init__(self) -> None:
        if not self.rules_digest:
            object.__setattr__(self, "rules_digest", _digest(self.rules))

    @property
    def plain(self) -> bool:
        """Whether the best match wins and nothing else is asked."""
        return not self.rules and self.strategy.kind is Kind.BEST_MATCH

    def rank(
        self,
        panel: Panel,
        lead: LeadFacts,
        seed: str,
        relations: Mapping[UUID, Relations] | None = None,
        memory: Memory | None = None,
        *,
        shown: int = SHOWN,
    ) -> Ranking:
        """Gates, then rules, then the strategy's order, at the instant of the panel. No rule brings back whom a gate refused.

        Without ``memory`` nobody had a turn and no cap counted anything yet. ``shown`` is how many of the best are explained.
        """
        related, memory = relations or {}, memory or Memory()
        if self.plain:
            return panel.rank(lead, self.weights, seed, related, shown=shown)
        count, kind = len(panel.profiles), self.strategy.kind.value
        stopped = lead_gate(lead, panel.tables)
        if stopped is not None:
            return Ranking((), (), {}, count, 0, stopped.code, stopped.reason, strategy=kind)
        held = holding(self.rules, panel, lead)
        if held is not None:
            reason = f"held for a person by the rule {held.name}: {held.reason}"
            applied = (Applied(held.name, held.do.value),)
            return Ranking((), (), {}, count, 0, "held_by_rule", reason, applied, kind)
        codes = panel.refused(lead)
        ruled = act(self.rules, panel, lead, codes == 0, memory.counts)
        places = np.flatnonzero(ruled.kept)
        totals = panel.totals(lead, self.weights, related) + ruled.points
        best = first_of(places, self._keys(panel, lead, seed, ruled, totals, memory.turns), TRIED)
        code = "ranked" if best else self._nobody(panel, lead, codes, ruled)
        return Ranking(
            order=tuple(Placed(panel.profiles[place].producer_id, exact(int(totals[place]))) for place in best),
            best=tuple(self._explained(panel, place, lead, related, ruled) for place in best[:shown]),
            refused=dict(sorted((panel.refusals(codes) | dict(ruled.refused)).items())),
            considered=count,
            eligible=len(places),
            code=code,
            reason=NOBODY.get(code, f"ranked by {_BY[self.strategy.kind]}"),
            rules=ruled.applied,
            strategy=kind,
            share=self._share(panel, lead, ruled, best),
        )

    def nearest(
        self, panel: Panel, lead: LeadFacts, relations: Mapping[UUID, Relations], memory: Memory, ranking: Ranking
    ) -> list[UUID]:
        """Who sets the band of a hybrid order, though perhaps too late in it to be tried: a receipt needs their facts too."""
        if self.strategy.kind is not Kind.HYBRID or len(ranking.order) < TRIED:
            return []
        ruled = act(self.rules, panel, lead, panel.refused(lead) == 0, memory.counts)
        totals = panel.totals(lead, self.weights, relations) + ruled.points
        return [panel.profiles[self._best(np.flatnonzero(ruled.kept), ruled, totals)].producer_id]

    def caps(self, lead: LeadFacts, at: datetime) -> list[Rule]:
        """The caps that count this lead at the instant; a test lead counts nowhere."""
        return [] if lead.test else [rule for rule in self.rules if rule.do is Do.CAP and rule.matches(lead, at)]

    def as_dict(self) -> dict[str, Any]:
        """JSON types, but for the weights, which a receipt holds beside it."""
        return {
            "versions": self.versions.as_dict(), "weights_of": self.weights_of, "strategy": self.strategy.as_dict(),
            "pool": self.pool, "rules": [dict(rule.body) for rule in self.rules], "rules_digest": self.rules_digest,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], weights: Weights) -> Terms:
        """The inverse of :meth:`as_dict`; the digest is computed anew."""
        rules = read_rules(data["rules"])
        return cls(
            weights, data["weights_of"], Strategy.from_dict(data["strategy"]), data["pool"], rules,
            Versions(**data["versions"]),
        )  # fmt: skip

    def _keys(
        self, panel: Panel, lead: LeadFacts, seed: str, ruled: Ruled, totals: NDArray[np.int64], turns: Turns
    ) -> list[NDArray[Any]]:
        """By what producers are ordered, the most telling first; less is earlier."""
        last: list[NDArray[Any]] = [panel.waiting, panel.drawn(lead, seed)]
        first: list[NDArray[Any]] = [-ruled.level] if ruled.level.any() else []
        if self.strategy.kind is Kind.ROUND_ROBIN:
            return [*first, turns.column(panel.place), *last]
        if self.strategy.kind is Kind.LEAST_LOADED:
            return [*first, panel.open_leads, panel.today, *last]
        if self.strategy.kind is Kind.BEST_MATCH or not ruled.kept.any():
            return [*first, -totals, *last]
        best = self._best(np.flatnonzero(ruled.kept), ruled, totals)
        band = int(self.strategy.band * _BAND_STEPS)
        near = (totals >= totals[best] - band) & (ruled.level == ruled.level[best])
        return [*first, ~near, np.where(near, turns.column(panel.place), -totals), *last]

    @staticmethod
    def _share(panel: Panel, lead: LeadFacts, ruled: Ruled, best: Sequence[int]) -> Share | None:
        if ruled.share is None:
            return None
        if not ruled.apart:
            return Share(ruled.share.among)
        order, day = [panel.profiles[place] for place in best], panel.as_of.astimezone(UTC).date()
        carriers = {one.producer_id: carriers_of(one, lead.risk_states[0], day) for one in order}
        return Share(ruled.share.among, carriers)

    def _best(self, places: NDArray[np.intp], ruled: Ruled, totals: NDArray[np.int64]) -> int:
        top = places[ruled.level[places] == np.max(ruled.level[places])]
        return int(top[np.argmax(totals[top])])

    def _nobody(self, panel: Panel, lead: LeadFacts, codes: NDArray[np.int16], ruled: Ruled) -> str:
        if not ruled.refused:
            return panel.nobody(lead, codes)
        return "rules_waiting" if ruled.waits else "rules_left_nobody"

    def _explained(
        self, panel: Panel, place: int, lead: LeadFacts, related: Mapping[UUID, Relations], ruled: Ruled
    ) -> Explained:
        """The factors' parts, and the points that rules give, so that the parts add up to the total."""
        shown = explain(lead, panel.candidate(place, related), self.weights)
        given = [
            Contribution(
                f"rule:{rule.name}",
                1.0,
                rule.points,
                exact(steps_of(rule)),
                f"preferred by the rule {rule.name}",
                known=True,
            )
            for rule, meant in ruled.preferred
            if rule.points is not None and meant[place]
        ]
        total = shown.total + sum((part.given for part in given), exact(0))
        return replace(shown, total=total, contributions=(*shown.contributions, *given))


_BY = {
    Kind.BEST_MATCH: "total", Kind.ROUND_ROBIN: "turn", Kind.LEAST_LOADED: "open leads",
    Kind.HYBRID: "turn among those near the best",
}  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """An agency's weights, rules and strategies, the last by line where a line has its own."""

    weights: WeightTable = field(default_factory=WeightTable)
    rules: tuple[Rule, ...] = ()
    strategy: Strategy = BEST_MATCH
    by_line: Mapping[Line, Strategy] = field(default_factory=dict)
    versions: Versions = field(default_factory=Versions)

    @classmethod
    def read(cls, weights: object, rules: object, strategy: object, versions: Versions | None = None) -> Policy:
        """From bodies as they are stored. Raises :class:`~kernel.errors.Invalid`."""
        own, by_line = lines_from(strategy)
        return cls(WeightTable.from_dict(weights), read_rules(rules), own, by_line, versions or Versions())

    def terms(self, lead: LeadFacts) -> Terms:
        """What of it applies to the lead. Lines without a strategy of their own share the agency's turns."""
        weights, row = self.weights.for_lead(lead.line, lead.tier)
        own = lead.line in self.by_line
        strategy, pool = (self.by_line[lead.line], f"line:{lead.line.value}") if own else (self.strategy, "agency")
        return Terms(weights, row, strategy, pool, self.rules, self.versions, self._rules_digest)

    def rank(
        self,
        panel: Panel,
        lead: LeadFacts,
        seed: str,
        relations: Mapping[UUID, Relations] | None = None,
        memory: Memory | None = None,
    ) -> Ranking:
        """Rank the panel for the lead by all that applies to it; see :meth:`Terms.rank`."""
        return self.terms(lead).rank(panel, lead, seed, relations, memory)

    @cached_property
    def amounts(self) -> frozenset[str]:
        """The sender's names of declared amounts that a rule asks for."""
        return frozenset(
            name.removeprefix(AMOUNT) for rule in self.rules for name in rule.when if name.startswith(AMOUNT)
        )

    @cached_property
    def _rules_digest(self) -> str:
        return _digest(self.rules)


def terms_of(by: Weights | Terms) -> Terms:
    """Weights alone mean the best match without rules."""
    return by if isinstance(by, Terms) else Terms(by, "given")


def _digest(rules: Iterable[Rule]) -> str:
    return digest([dict(rule.body) for rule in rules])
