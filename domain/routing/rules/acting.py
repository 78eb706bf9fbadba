"""Rules over a whole panel: each is a mask over producers alike in what it asks, so ten thousand cost little more than ten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date
from functools import reduce
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.routing.facts import LeadFacts
from domain.routing.panel import Panel
from domain.routing.rank import Applied
from domain.routing.rules.conditions import OneOf
from domain.routing.rules.fields import DATED, PROFILE_FIELDS, of_producer
from domain.routing.rules.rule import Do, Per, Rule
from domain.routing.weights import POINT_STEPS

Mask = NDArray[np.bool_]
Counts = Mapping[str, Mapping[str, int]]
"""Leads given in the present period, by rule and by the name under which it counts; what is not named is 0."""
_PER_POINT = 10**8


@dataclass(frozen=True, slots=True)
class Ruled:
    """What rules left: ``kept`` by place, steps to add to totals, the level (the higher the earlier), and the account of it.

    ``refused`` counts those taken out by code; ``waits`` says that time alone would bring some of them back. ``share`` is the
    rule by which several are asked at once, ``apart`` that no two of them may be of one carrier.
    """

    kept: Mask
    points: NDArray[np.int64]
    level: NDArray[np.int64]
    applied: tuple[Applied, ...]
    preferred: tuple[tuple[Rule, Mask], ...]
    refused: Mapping[str, int]
    waits: bool
    share: Rule | None = None
    apart: bool = False


def act(rules: Sequence[Rule], panel: Panel, lead: LeadFacts, passed: Mask, counts: Counts) -> Ruled:
    """The rules that match, in their order, among those who passed every gate. Holds are not looked at."""
    kept = passed.copy()
    points = np.zeros(len(kept), dtype=np.int64)
    level = np.zeros(len(kept), dtype=np.int64)
    applied: list[Applied] = []
    preferred: list[tuple[Rule, Mask]] = []
    refused: dict[str, int] = {}
    waits = apart = False
    share = next((rule for rule in rules if rule.do is Do.SHARE and rule.matches(lead, panel.as_of)), None)
    for rule in rules:
        if rule.do is Do.HOLD or not rule.matches(lead, panel.as_of):
            continue
        if rule.do in {Do.SHARE, Do.APART}:
            acts = rule is share if rule.do is Do.SHARE else share is not None
            apart = apart or (acts and rule.do is Do.APART)
            applied.append(Applied(rule.name, rule.do.value, note="acted" if acts else "stepped_aside"))
            continue
        if rule.do is Do.PREFER:
            meant = meant_by(rule, panel)
            preferred.append((rule, meant))
            if rule.points is None:
                level = level * 2 + meant
            else:
                points[meant] += steps_of(rule)
            applied.append(Applied(rule.name, rule.do.value, preferred=int((kept & meant).sum())))
            continue
        out = _out(rule, panel, lead, counts)
        left = kept & ~out
        if rule.anyone_else and not left.any():
            applied.append(Applied(rule.name, rule.do.value, note="stepped_aside"))
            continue
        removed = int(kept.sum()) - int(left.sum())
        kept = left
        applied.append(Applied(rule.name, rule.do.value, removed))
        if removed:
            refused[f"rule_{rule.do.value}"] = refused.get(f"rule_{rule.do.value}", 0) + removed
            waits = waits or rule.do in {Do.CAP, Do.EXCLUSIVE}
    return Ruled(kept, points, level, tuple(applied), tuple(preferred), refused, waits, share, apart)


def holding(rules: Sequence[Rule], panel: Panel, lead: LeadFacts) -> Rule | None:
    """The first rule that holds the lead for a person."""
    return next((rule for rule in rules if rule.do is Do.HOLD and rule.matches(lead, panel.as_of)), None)


def steps_of(rule: Rule) -> int:
    """A preference's points in hundred-millionths."""
    return 0 if rule.points is None else int(rule.points * POINT_STEPS) * (_PER_POINT // POINT_STEPS)


def meant_by(rule: Rule, panel: Panel) -> Mask:
    """By place: whether the rule means the producer."""
    day = panel.as_of.astimezone(UTC).date()
    every = np.ones(len(panel.profiles), dtype=np.bool_)
    return reduce(np.logical_and, (_asked(name, rule, panel, day) for name in rule.to), every)


def _asked(name: str, rule: Rule, panel: Panel, day: date) -> Mask:
    condition = rule.to[name]
    if name == "producer.id":  # everybody is a kind of their own in this
        assert isinstance(condition, OneOf), "ids are asked for one by one"
        named = np.zeros(len(panel.profiles), dtype=np.bool_)
        places = [panel.place[who] for who in _uuids(condition.values) if who in panel.place]
        named[places] = True
        return ~named if condition.ruled_out else named
    key = (name, condition, day if name in DATED else None)
    return panel.mask(key, PROFILE_FIELDS[name], lambda profile: condition.holds(of_producer(name, profile, day)))


def _out(rule: Rule, panel: Panel, lead: LeadFacts, counts: Counts) -> Mask:
    meant = meant_by(rule, panel)
    return ~meant if rule.do is not Do.CAP else meant & _full(rule, panel, lead, counts.get(rule.name, {}))


def _full(rule: Rule, panel: Panel, lead: LeadFacts, given: Mapping[str, int]) -> Mask:
    """By place: whether the cap is reached for the producer."""
    names = {name for name, many in given.items() if many >= rule.limit}
    none = np.zeros(len(panel.profiles), dtype=np.bool_)
    if not names:
        return none
    if rule.per is Per.PRODUCER:
        # A cap of this name may have counted by team, by source or all together earlier in the period: those names are nobody's.
        none[[panel.place[who] for who in _uuids(names) if who in panel.place]] = True
        return none
    if rule.per is Per.TEAM:
        key = ("teams", frozenset(names))
        return panel.mask(key, ("team_id",), lambda profile: str(profile.team_id) in names)
    return ~none if ((lead.source or "") if rule.per is Per.SOURCE else "all") in names else none


def _uuids(texts: Iterable[str]) -> list[UUID]:
    """Those of the texts that are ids."""
    found = []
    for one in texts:
        with suppress(ValueError):
            found.append(UUID(one))
    return found
