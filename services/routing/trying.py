"""Rules on the facts of past decisions, as if they had been in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from domain.routing.policy import Memory
from domain.routing.profile import ProducerProfile
from domain.routing.receipt import Profiles, Receipt, build_receipt, people_of, replay
from domain.routing.rules.rule import Rule
from kernel.errors import Invalid
from services.routing.schemas import RuleTried, TriedLead, TriedView

_SHOWN = 100
Counts = dict[str, dict[str, int]]


def tried(records: Sequence[Mapping[str, Any]], profiles: Profiles, rules: tuple[Rule, ...], many: int) -> TriedView:
    """Decide each record again, oldest first, with these rules instead of those it was made with; caps count along.

    Claims that were refused then are refused again. Records of earlier releases cannot be computed and are counted apart.
    """
    matched: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    counts: dict[tuple[str, str], dict[str, int]] = {}
    changed: list[TriedLead] = []
    computed = differ = 0
    for record in records:
        try:
            before = replay(record, profiles)
        except Invalid:
            continue
        computed += 1
        after = _with(before, record, profiles, rules, counts)
        for one in after.ranking.rules:
            matched[one.rule] += 1
            removed[one.rule] += one.removed
        old, new = before.outcome.producer_id, after.outcome.producer_id
        if old != new:
            differ += 1
            if len(changed) < _SHOWN:
                changed.append(TriedLead(
                    lead_id=before.lead.lead_id, at=before.as_of, before=old, after=new, code=after.outcome.code,
                    rules=[one.rule for one in after.ranking.rules],
                ))  # fmt: skip
    return TriedView(
        decisions=many, computed=computed, changed=differ, leads=changed,
        rules=[RuleTried(rule=one.name, matched=matched[one.name], removed=removed[one.name]) for one in rules],
    )  # fmt: skip


def _with(
    before: Receipt,
    record: Mapping[str, Any],
    profiles: Profiles,
    rules: tuple[Rule, ...],
    counts: dict[tuple[str, str], dict[str, int]],
) -> Receipt:
    """The decision under these rules; what it gives is counted under their caps."""
    terms = replace(before.terms, rules=rules, rules_digest="")
    caps = terms.caps(before.lead, before.as_of)
    known = {rule.name: counts.setdefault((rule.name, rule.period(before.as_of).isoformat()), {}) for rule in caps}
    people = people_of(record, profiles)
    after, _ = build_receipt(
        before.lead, people, terms, before.seed, before.as_of, before.tables, refused=before.refused,
        memory=Memory(before.memory.turns, known), digests={one.producer_id: one.profile for one in before.candidates},
    )  # fmt: skip
    for one in people:
        if one.producer_id == after.outcome.producer_id:
            _count(caps, one.profile, before, known)
    return after


def _count(caps: Sequence[Rule], winner: ProducerProfile, before: Receipt, known: Counts) -> None:
    for rule in caps:
        name = rule.counted_as(winner, before.lead)
        if name is not None and rule.means(winner, before.as_of.date()):
            known[rule.name][name] = known[rule.name].get(name, 0) + 1
