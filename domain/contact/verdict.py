"""The verdict: every rule in order, all of them asked, so that a no names everything that stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from domain.contact.facts import Asked, Facts
from domain.contact.findings import Finding
from domain.contact.quiet_hours import LOOKS_AHEAD, windows
from domain.contact.rules import licensing, medicare, person, registry, when
from domain.contact.tables import ContactTables


class Rule(NamedTuple):
    """A name that never changes once released, and the rule. It answers None where it has nothing to say of the question."""

    name: str
    judge: Callable[[Facts, Asked, ContactTables], Finding | None]


RULES = (
    Rule("channel", person.channel),
    Rule("confirmed", person.confirmed),
    Rule("address", person.address),
    Rule("revoked", person.revoked),
    Rule("consent", person.consent),
    Rule("registry", registry.registry),
    Rule("medicare_sharing", medicare.sharing),
    Rule("medicare_scope", medicare.scope),
    Rule("medicare_call", medicare.call),
    Rule("licence", licensing.licence),
    Rule("place", when.place),
    Rule("quiet_hours", when.quiet_hours),
)
WAITING = frozenset({"quiet_hours"})
"""Rules that time alone can satisfy."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes only where no rule refuses. ``next_at`` is the next instant at which the answer would be yes with the same facts:
    ``at`` itself for a yes, None where waiting does not help.
    """

    allowed: bool
    findings: tuple[Finding, ...]
    next_at: datetime | None
    version: str

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What stands in the way."""
        return tuple(one for one in self.findings if one.refuses)


def may_contact(facts: Facts, asked: Asked, tables: ContactTables) -> Verdict:
    """Whether the person may be contacted, by which rules, and when next."""
    found = _found(facts, asked, tables)
    refusals = {one.rule for one in found if one.refuses}
    if not refusals:
        return Verdict(allowed=True, findings=found, next_at=asked.at.astimezone(UTC), version=tables.version)
    next_at = _next(facts, asked, tables) if refusals <= WAITING else None
    return Verdict(allowed=False, findings=found, next_at=next_at, version=tables.version)


def _found(facts: Facts, asked: Asked, tables: ContactTables) -> tuple[Finding, ...]:
    answers = ((rule.name, rule.judge(facts, asked, tables)) for rule in RULES)
    return tuple(answer.of(name) for name, answer in answers if answer is not None)


def _next(facts: Facts, asked: Asked, tables: ContactTables) -> datetime | None:
    ahead = windows(facts.zones, facts.states, asked.channel, asked.at, asked.at + LOOKS_AHEAD, tables)
    for first, _ in ahead:
        # By then a scrub may be too old or a licence over.
        if not any(one.refuses for one in _found(facts, Asked(asked.channel, first, asked.purpose), tables)):
            return first
    return None
