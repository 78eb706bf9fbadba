"""What can be told to be wrong about rules that are each well made: one that never matches, one that is never heard, two that
leave nobody, a producer or a team that is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from domain.lines import HOT_FROM, WARM_FROM, Tier
from domain.routing.rules.conditions import Between, Condition, OneOf, apart, implies
from domain.routing.rules.fields import OF_PRODUCER
from domain.routing.rules.reading import Faults
from domain.routing.rules.rule import Conditions, Do, Rule

_KEEPING = {Do.RESTRICT, Do.TEAM}


def check_rules(rules: Sequence[Rule], producers: Collection[str], teams: Collection[str]) -> None:
    """Raises :class:`~kernel.errors.Invalid` with every fault. ``producers`` and ``teams`` are the ids that there are."""
    faults = Faults()
    for number, rule in enumerate(rules):
        at = f"rules[{number}]"
        _known(at, rule, producers, teams, faults)
        if _never(rule.when):
            remedy = f"hot is from {HOT_FROM}, warm from {WARM_FROM}: ask for tier or score, or make them agree"
            faults.add(f"{at}.when", "contradictory", "no lead has this tier and this score", remedy)
    for (_, first), (number, second) in combinations(enumerate(rules), 2):
        _pair(f"rules[{number}]", first, second, faults)
    _shares(rules, faults)
    for number, rule in enumerate(rules):
        over = next((one for one in rules if one.do is Do.HOLD and one is not rule and covers(one, rule)), None)
        if over is not None and not (rule.do is Do.HOLD and over.when == rule.when):
            message = f"is never heard: {over.name} holds every lead that it matches"
            faults.add(
                f"rules[{number}].when", "unreachable", message, f"narrow {over.name}, or take this rule out", rule.name
            )
    faults.raise_any("the rules contradict themselves or name what is not there")


def _shares(rules: Sequence[Rule], faults: Faults) -> None:
    """Of several that share a lead the first does, and who is kept apart must be asked together."""
    shares = [(number, rule) for number, rule in enumerate(rules) if rule.do is Do.SHARE]
    for (_, first), (number, second) in combinations(shares, 2):
        if covers(first, second):
            message = f"is never heard: {first.name} shares every lead that it matches"
            faults.add(f"rules[{number}].when", "unreachable", message, f"put it before {first.name}", second.name)
    for number, rule in enumerate(rules):
        if rule.do is Do.APART and not shares:
            message = "is never heard: no rule shares a lead"
            faults.add(f"rules[{number}].do", "unreachable", message, "add a rule with do: share", rule.name)


def covers(wide: Rule, narrow: Rule) -> bool:
    """Whether every lead and instant at which ``narrow`` matches surely meets the conditions of ``wide``."""
    for name, condition in wide.when.items():
        other = narrow.when.get(name)
        if other is None or not implies(other, condition):
            return False
        if name.startswith("time.") and wide.zone != narrow.zone:
            return False
    return True


def _known(at: str, rule: Rule, producers: Collection[str], teams: Collection[str], faults: Faults) -> None:
    for name, there, what in (("producer.id", producers, "producer"), ("producer.team", teams, "team")):
        condition = rule.to.get(name)
        if isinstance(condition, OneOf):
            place = f"{at}.team" if rule.do is Do.TEAM else f"{at}.to.{name}"
            for one in sorted(condition.values - set(there)):
                faults.add(
                    place, f"unknown_{what}", f"is no {what} of this agency", f"give the id of a {what} of yours", one
                )


def _never(when: Conditions) -> bool:
    tier, score = when.get("lead.tier"), when.get("lead.score")
    if not isinstance(tier, OneOf) or tier.ruled_out or not isinstance(score, Between):
        return False
    bands = {Tier.HOT: (HOT_FROM, 100), Tier.WARM: (WARM_FROM, HOT_FROM - 1), Tier.COOL: (0, WARM_FROM - 1)}
    return not any(
        (score.low is None or score.low <= bands[Tier(one)][1])
        and (score.high is None or score.high >= bands[Tier(one)][0])
        for one in tier.values
    )


def _pair(at: str, first: Rule, second: Rule, faults: Faults) -> None:
    same = {name: value for name, value in first.body.items() if name != "name"}
    if same == {name: value for name, value in second.body.items() if name != "name"}:
        faults.add(at, "repeated", f"says the same as {first.name}", "keep one of the two", second.name)
        return
    both_keep = {first.do, second.do} <= _KEEPING and not first.anyone_else and not second.anyone_else
    if both_keep and covers(first, second) and _disjoint(first.to, second.to):
        message = f"leaves nobody: {first.name} matches whenever this does, and keeps other producers"
        faults.add(
            f"{at}.to", "contradictory", message, f"let {first.name} not match, or write otherwise: anyone", second.name
        )


def _disjoint(first: Conditions, second: Conditions) -> bool:
    shared: list[tuple[Condition, Condition]] = [
        (first[name], second[name]) for name in first if name in second and OF_PRODUCER[name].single
    ]
    return any(apart(one, other) for one, other in shared)
