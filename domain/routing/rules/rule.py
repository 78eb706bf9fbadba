"""One rule: when it matches, what follows for whom. Rules act among those whom the gates let through, and open none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.routing.availability import zone
from domain.routing.facts import LeadFacts
from domain.routing.profile import ProducerProfile
from domain.routing.rules.conditions import Condition, OneOf
from domain.routing.rules.fields import DAYS, NETWORK_TIER, NETWORK_TIERS, of_lead, of_producer

Conditions = Mapping[str, Condition]


class Do(StrEnum):
    """What a rule does: keep only some, put some before others, stop at a number, keep only some for a while, wait for a
    person, keep only a team, ask several at once, ask no two of one carrier at once.
    """

    RESTRICT = "restrict"
    PREFER = "prefer"
    CAP = "cap"
    EXCLUSIVE = "exclusive"
    HOLD = "hold"
    TEAM = "team"
    SHARE = "share"
    APART = "apart"


class Per(StrEnum):
    """Whose leads a cap counts: each producer's, each team's, each source's, or all of them together."""

    PRODUCER = "producer"
    TEAM = "team"
    SOURCE = "source"
    ALL = "all"


class Every(StrEnum):
    """When a cap begins to count anew, on the clock of the rule's zone; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Rule:
    """``body`` is the rule as it is written, from which :func:`~domain.routing.rules.reading.read_rules` makes it again.

    ``to`` says which producers are meant. ``anyone_else``: where nobody of those meant is left, the rule steps aside.
    """

    name: str
    do: Do
    when: Conditions
    to: Conditions
    body: Mapping[str, Any] = field(hash=False)
    anyone_else: bool = False
    points: Decimal | None = None
    limit: int = 0
    among: int = 0
    per: Per = Per.PRODUCER
    every: Every = Every.DAY
    minutes: int = 0
    reason: str = ""
    zone: str = "UTC"

    def matches(self, lead: LeadFacts, at: datetime) -> bool:
        """Whether every condition holds for the lead at the instant, and time that the rule is given has not run out."""
        local = self._local(at)
        for name, condition in self.when.items():
            if name == "time.weekday":
                known: Any = frozenset({DAYS[local.weekday()]})
            else:
                known = local if name.startswith("time.") else of_lead(name, lead)
            if not condition.holds(known):
                return False
        return self.do is not Do.EXCLUSIVE or at < lead.received_at + timedelta(minutes=self.minutes)

    def means(self, profile: ProducerProfile, day: date) -> bool:
        """Whether the producer is one of those meant."""
        return all(condition.holds(of_producer(name, profile, day)) for name, condition in self.to.items())

    def period(self, at: datetime) -> date:
        """The first day of the period in which a cap counts at the instant."""
        today = self._local(at).date()
        if self.every is Every.WEEK:
            return today - timedelta(days=today.weekday())
        return today.replace(day=1) if self.every is Every.MONTH else today

    def counted_as(self, profile: ProducerProfile, lead: LeadFacts) -> str | None:
        """The name under which a cap counts this lead for this producer; None where it counts nothing."""
        if self.per is Per.PRODUCER:
            return str(profile.producer_id)
        if self.per is Per.TEAM:
            return None if profile.team_id is None else str(profile.team_id)
        return (lead.source or "") if self.per is Per.SOURCE else "all"

    def _local(self, at: datetime) -> datetime:
        place = zone(self.zone)
        assert place is not None, "checked when the rule was read"
        return at.astimezone(place)


def preferred_tiers(rules: Iterable[Rule]) -> frozenset[str]:
    """Tiers of the broker network whose producers a rule puts ahead of others, for some leads at least."""
    found: set[str] = set()
    for rule in rules:
        asked = rule.to.get(NETWORK_TIER)
        if rule.do is Do.PREFER and (rule.points is None or rule.points > 0) and isinstance(asked, OneOf):
            found.update(tier for tier in NETWORK_TIERS if asked.holds(frozenset({tier})))
    return frozenset(found)
