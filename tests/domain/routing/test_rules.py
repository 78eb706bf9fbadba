"""What rules do, what is said of it, and what is refused before it does harm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.lines import Line, Tier
from domain.routing.facts import ProducerFacts
from domain.routing.panel import Panel
from domain.routing.policy import Memory, Policy
from domain.routing.profile import Appointment
from domain.routing.rank import Ranking
from domain.routing.rules.checks import check_rules
from domain.routing.rules.fields import amount
from domain.routing.rules.reading import read_rules
from domain.routing.rules.rule import preferred_tiers
from kernel.errors import Invalid

TEAM, OTHER = str(UUID(int=70)), str(UUID(int=71))


def a_rule(do: str, name: str = "r", **parts: Any) -> dict[str, Any]:
    return {"name": name, "do": do, **parts}


@pytest.fixture
def people(make: SimpleNamespace) -> list[ProducerFacts]:
    return [
        make.producer(1, languages=("en",), team_id=UUID(TEAM), rank=1),
        make.producer(2, languages=("en", "es-MX"), team_id=UUID(OTHER), rank=3, network_tier="gold"),
        make.producer(
            3,
            languages=None,
            rank=5,
            network_tier="bronze",
            appointments=(Appointment("Acme", "FL", date(2020, 1, 1)),),
        ),
        make.producer(4, licences=None, languages=("es",), team_id=UUID(TEAM), rank=5),
    ]


def ranked(
    make: SimpleNamespace, people: list[ProducerFacts], *rules: dict[str, Any], counts: Any = None, **lead: Any
) -> Ranking:
    panel = Panel((one.profile for one in people), make.tables)
    panel.advance(make.now, {one.producer_id: one.load for one in people})
    return Policy(rules=read_rules(list(rules))).rank(panel, make.lead(**lead), "s", memory=Memory(counts=counts or {}))


def who(answer: Ranking) -> list[int]:
    return [placed.producer_id.int for placed in answer.order]


@pytest.mark.parametrize(
    ("to", "left"),
    [
        ({"producer.language": "es"}, {2}),
        ({"producer.language": {"not": ["es"]}}, {1}),  # unknown is not "no Spanish"
        ({"producer.team": TEAM}, {1}),
        ({"producer.rank": {"min": 3}}, {2, 3}),
        ({"producer.carrier": "ACME"}, {3}),
        ({"producer.network_tier": ["gold", "platinum"]}, {2}),
        ({"producer.network_tier": {"not": ["gold"]}}, {3}),  # a tier that was never counted is not "another"
        ({"producer.state": ["FL", "GA"]}, {1, 2, 3}),
        ({"producer.id": [str(UUID(int=3)), str(UUID(int=4))]}, {3}),
        ({"producer.id": {"not": [str(UUID(int=3))]}}, {1, 2}),
        ({"producer.rank": {"max": 3}, "producer.language": "en"}, {1, 2}),
    ],
)
def test_restrict_keeps_those_meant_and_opens_no_gate(
    make: SimpleNamespace, people: list[ProducerFacts], to: Any, left: set[int]
) -> None:
    """DOMAIN T1: producer 4 has no licence data, and no rule brings them in."""
    answer = ranked(make, people, a_rule("restrict", to=to))
    assert set(who(answer)) == left
    (applied,) = answer.rules
    assert (applied.rule, applied.removed) == ("r", 3 - len(left))
    assert sum(answer.refused.values()) + answer.eligible == answer.considered == 4


def test_nobody_left_is_said_or_the_rule_steps_aside(make: SimpleNamespace, people: list[ProducerFacts]) -> None:
    nobody = a_rule("restrict", to={"producer.line": "pet"})
    hard, soft = ranked(make, people, nobody), ranked(make, people, {**nobody, "otherwise": "anyone"})
    assert (hard.code, hard.needs_person, hard.refused["rule_restrict"]) == ("rules_left_nobody", True, 3)
    assert (len(soft.order), soft.rules[0].note, soft.rules[0].removed) == (3, "stepped_aside", 0)


@pytest.mark.parametrize(
    ("when", "lead", "matches"),
    [
        ({"lead.line": "auto"}, {}, True),
        ({"lead.line": ["home", "life"]}, {}, False),
        ({"lead.score": {"min": 60}}, {"score": 60}, True),
        ({"lead.score": {"min": 60}}, {}, False),
        ({"lead.tier": {"not": ["cool"]}}, {"tier": Tier.HOT}, True),
        ({"lead.tier": {"not": ["cool"]}}, {"tier": None}, False),
        ({"lead.zip": "336*"}, {"zip_code": "33602"}, True),
        ({"lead.zip": "02138"}, {"zip_code": "02138-1234"}, True),
        ({"lead.language": "es"}, {"language": "es-MX"}, True),
        ({"lead.source": "acme"}, {"source": "acme"}, True),
        ({"lead.test": True}, {"test": True}, True),
        ({"lead.test": True}, {}, False),
        ({"lead.carrier": "Acme"}, {"carrier": " acme"}, True),
        ({"lead.state": "FL"}, {}, True),
        ({"lead.amount.coverage": {"min": 500000}}, {"amounts": {"coverage": Decimal(750000)}}, True),
        ({"lead.amount.coverage": {"min": 500000}}, {}, False),
    ],
)
def test_conditions_on_the_lead(make: SimpleNamespace, when: Any, lead: Any, matches: bool) -> None:
    (rule,) = read_rules([a_rule("hold", when=when, reason="look")])
    assert rule.matches(make.lead(**lead), make.now) is matches


@pytest.mark.parametrize(
    ("when", "hour", "matches"),
    [
        ({"time.weekday": ["wed"]}, 16, True),
        ({"time.weekday": ["thu"]}, 16, False),
        ({"time.hours": {"from": "09:00", "to": "17:00"}}, 13, True),  # nine in New York
        ({"time.hours": {"from": "09:00", "to": "17:00"}}, 21, False),
        ({"time.hours": {"from": "22:00", "to": "06:00"}}, 5, True),
        ({"time.dates": {"from": "2025-03-12", "to": "2025-03-12"}}, 16, True),
        ({"time.dates": {"to": "2025-03-11"}}, 16, False),
        ({"time.dates": {"to": "2025-03-11"}}, 2, True),  # still the eleventh there
    ],
)
def test_conditions_on_the_time_are_read_in_the_rules_zone(
    make: SimpleNamespace, when: Any, hour: int, matches: bool
) -> None:
    (rule,) = read_rules([a_rule("hold", when=when, reason="look", zone="America/New_York")])
    assert rule.matches(make.lead(), datetime(2025, 3, 12, hour, tzinfo=UTC)) is matches


def test_preferred_points_are_parts_of_the_total_and_first_is_before_all(
    make: SimpleNamespace, people: list[ProducerFacts]
) -> None:
    plain = {
        one.producer_id: one.total
        for one in ranked(make, people, a_rule("hold", when={"lead.test": True}, reason="x")).order
    }
    points = ranked(make, people, a_rule("prefer", to={"producer.id": str(UUID(int=1))}, points="12.5"))
    assert {one.producer_id: one.total for one in points.order} == plain | {
        UUID(int=1): plain[UUID(int=1)] + Decimal("12.5")
    }
    for shown in points.best:
        assert sum((part.given for part in shown.contributions), Decimal(0)) == shown.total
    assert points.best[0].contributions[-1].factor == "rule:r"
    first = ranked(
        make, people, a_rule("prefer", to={"producer.rank": {"max": 1}}, points=-50),
        a_rule("prefer", "f", to={"producer.rank": {"max": 1}}, first=True),
    )  # fmt: skip
    assert who(first)[0] == 1


def test_a_hold_waits_for_a_person(make: SimpleNamespace, people: list[ProducerFacts]) -> None:
    answer = ranked(make, people, a_rule("hold", when={"lead.line": "auto"}, reason="large fleets are the owner's"))
    assert (answer.code, answer.needs_person, answer.order) == ("held_by_rule", True, ())
    assert "large fleets" in answer.reason


def test_exclusive_ends_after_its_time(make: SimpleNamespace, people: list[ProducerFacts]) -> None:
    rule = a_rule("exclusive", to={"producer.id": str(UUID(int=4))}, minutes=30)
    fresh = ranked(make, people, rule, received_at=make.now - timedelta(minutes=29))
    late = ranked(make, people, rule, received_at=make.now - timedelta(minutes=30))
    assert (fresh.code, fresh.needs_person) == ("rules_waiting", False)
    assert (late.code, len(late.order), late.rules) == ("ranked", 3, ())


@pytest.mark.parametrize(
    ("per", "name", "left"),
    [("producer", str(UUID(int=2)), {1, 3}), ("team", TEAM, {2, 3}), ("source", "acme", set()), ("all", "all", set())],
)
def test_a_cap_takes_out_who_has_reached_it(
    make: SimpleNamespace, people: list[ProducerFacts], per: str, name: str, left: set[int]
) -> None:
    rule = a_rule("cap", limit=3, per=per, every="day", zone="UTC")
    below, full = (ranked(make, people, rule, counts={"r": {name: many}}, source="acme") for many in (2, 3))
    assert set(who(below)) == {1, 2, 3}
    assert set(who(full)) == left
    assert full.code == ("ranked" if left else "rules_waiting")


@pytest.mark.parametrize("earlier", [{"all": 9}, {"": 9, "web": 9}, {TEAM: 9}])
def test_a_cap_that_counted_by_something_else_before_takes_nobody_out(
    make: SimpleNamespace, people: list[ProducerFacts], earlier: dict[str, int]
) -> None:
    rule = a_rule("cap", limit=3, per="producer", every="day", zone="UTC")
    assert who(ranked(make, people, rule, counts={"r": earlier})) == who(ranked(make, people, rule))
    assert 1 not in who(ranked(make, people, rule, counts={"r": {**earlier, str(UUID(int=1)): 3}}))


def test_a_cap_counts_in_periods_of_its_zone() -> None:
    bodies = [
        a_rule("cap", f"c-{every}", limit=1, per="all", every=every, zone="America/New_York")
        for every in ("day", "week", "month")
    ]
    at = datetime(2025, 3, 1, 3, tzinfo=UTC)  # Friday, 28 February in New York
    assert [rule.period(at) for rule in read_rules(bodies)] == [date(2025, 2, 28), date(2025, 2, 24), date(2025, 2, 1)]


FAULTY: list[tuple[Any, str, str]] = [
    ("x", "rules", "malformed"),
    ([7], "rules[0]", "malformed"),
    ([a_rule("give")], "rules[0].do", "unknown_action"),
    ([a_rule("hold")], "rules[0].reason", "missing"),
    ([a_rule("hold", "Big One", reason="x")], "rules[0].name", "malformed"),
    ([a_rule("hold", reason="x", to={})], "rules[0].to", "unknown_field"),
    ([a_rule("hold", reason="x", when={"lead.shoe": "42"})], "rules[0].when.lead.shoe", "unknown_field"),
    ([a_rule("hold", reason="x", when={"producer.rank": {"min": 1}})], "rules[0].when.producer.rank", "unknown_field"),
    ([a_rule("hold", reason="x", when={"lead.line": "boats"})], "rules[0].when.lead.line", "unknown_value"),
    ([a_rule("hold", reason="x", when={"lead.line": []})], "rules[0].when.lead.line", "malformed"),
    (
        [a_rule("hold", reason="x", when={"lead.score": {"min": 80, "max": 20}})],
        "rules[0].when.lead.score",
        "contradictory",
    ),
    ([a_rule("hold", reason="x", when={"lead.score": 7})], "rules[0].when.lead.score", "malformed"),
    ([a_rule("hold", reason="x", when={"lead.test": "yes"})], "rules[0].when.lead.test", "malformed"),
    ([a_rule("hold", reason="x", when={"time.weekday": "mon"})], "rules[0].zone", "unknown_zone"),
    ([a_rule("hold", reason="x", zone="Mars", when={})], "rules[0].zone", "unknown_zone"),
    (
        [a_rule("hold", reason="x", zone="UTC", when={"time.hours": {"from": "9", "to": "9"}})],
        "rules[0].when.time.hours",
        "malformed",
    ),
    (
        [a_rule("hold", reason="x", zone="UTC", when={"time.dates": {"from": "2025-02-02", "to": "2025-02-01"}})],
        "rules[0].when.time.dates",
        "contradictory",
    ),
    ([a_rule("restrict", to={})], "rules[0].to", "missing"),
    ([a_rule("restrict", to={"producer.id": "bo"})], "rules[0].to.producer.id", "unknown_value"),
    ([a_rule("restrict", to={"producer.rank": {"min": 1}}, otherwise="maybe")], "rules[0].otherwise", "out_of_range"),
    ([a_rule("prefer", to={"producer.rank": {"min": 1}})], "rules[0].points", "contradictory"),
    ([a_rule("prefer", to={"producer.rank": {"min": 1}}, points=0)], "rules[0].points", "out_of_range"),
    ([a_rule("prefer", to={"producer.rank": {"min": 1}}, points=0.5)], "rules[0].points", "out_of_range"),
    ([a_rule("cap", limit=0, per="all", every="day", zone="UTC")], "rules[0].limit", "out_of_range"),
    ([a_rule("cap", limit=1, per="head", every="day", zone="UTC")], "rules[0].per", "out_of_range"),
    ([a_rule("cap", limit=1, per="all", every="day")], "rules[0].zone", "unknown_zone"),
    ([a_rule("exclusive", to={"producer.rank": {"min": 1}}, minutes=0)], "rules[0].minutes", "out_of_range"),
    ([a_rule("hold", reason="x"), a_rule("hold", reason="y")], "rules[1].name", "repeated"),
]


@pytest.mark.parametrize(("rules", "field", "code"), FAULTY)
def test_what_is_no_rule_is_named_with_its_remedy(rules: Any, field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_rules(rules)
    assert (field, code) in {(fault.field, fault.code) for fault in caught.value.fields}
    assert all(fault.remedy for fault in caught.value.fields)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read_rules([a_rule("hold"), a_rule("restrict", to={"producer.shoe": "42"})])
    assert len(caught.value.fields) >= 2


AUTO, AUTO_OR_HOME = {"lead.line": "auto"}, {"lead.line": ["auto", "home"]}
LOW, HIGH = {"producer.rank": {"max": 2}}, {"producer.rank": {"min": 4}}
CONTRADICTING: list[tuple[list[dict[str, Any]], str, str]] = [
    ([a_rule("restrict", to={"producer.id": str(UUID(int=9))})], "rules[0].to.producer.id", "unknown_producer"),
    ([a_rule("team", team=str(UUID(int=9)))], "rules[0].team", "unknown_team"),
    ([a_rule("hold", reason="x", when={"lead.tier": "hot", "lead.score": {"max": 30}})], "rules[0].when", "contradictory"),
    ([a_rule("hold", reason="x"), a_rule("team", "t", team=TEAM, when=AUTO)], "rules[1].when", "unreachable"),
    ([a_rule("team", "t", team=TEAM, when=AUTO), a_rule("hold", reason="x", when=AUTO_OR_HOME)], "rules[0].when", "unreachable"),
    ([a_rule("team", "t", team=TEAM, when=AUTO), a_rule("team", "u", team=TEAM, when=AUTO)], "rules[1]", "repeated"),
    ([a_rule("team", "t", team=TEAM), a_rule("team", "u", team=OTHER, when=AUTO)], "rules[1].to", "contradictory"),
    ([a_rule("restrict", "t", to=LOW), a_rule("restrict", "u", to=HIGH)], "rules[1].to", "contradictory"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "field", "code"), CONTRADICTING)
def test_rules_that_cannot_be_right_together_are_named(rules: Any, field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_rules(read_rules(rules), {str(UUID(int=1))}, {TEAM, OTHER})
    assert (field, code) in {(fault.field, fault.code) for fault in caught.value.fields}


@pytest.mark.parametrize(
    "rules",
    [
        [a_rule("team", "t", team=TEAM, otherwise="anyone"), a_rule("team", "u", team=OTHER, when=AUTO)],
        [a_rule("team", "t", team=TEAM, when=AUTO), a_rule("team", "u", team=OTHER, when={"lead.line": "home"})],
        [
            a_rule("hold", reason="x", when={"lead.score": {"min": 90}}),
            a_rule("team", "t", team=TEAM, when={"lead.tier": "hot"}),
        ],
        [a_rule("hold", "a", reason="x", when=AUTO), a_rule("hold", "b", reason="y", when=AUTO)],
    ],
)
def test_rules_that_can_be_right_are_let_be(rules: Any) -> None:
    check_rules(read_rules(rules), set(), {TEAM, OTHER})


def test_amounts_are_read_only_where_they_are_one_number() -> None:
    assert [amount(text) for text in ("$250,000", "1200.50", 7)] == [Decimal(250000), Decimal("1200.50"), Decimal(7)]
    assert [amount(text) for text in ("100-200", "25,00", "", None, "-5", "much")] == [None] * 6


def test_the_most_specific_weights_count(make: SimpleNamespace) -> None:
    def row(line: str | None, tier: str | None, factor: str) -> dict[str, Any]:
        return {"line": line, "tier": tier, "weights": {factor: 1}}

    rows = [
        row(None, None, "distance"),
        row(None, "hot", "language"),
        row("auto", None, "workload"),
        row("auto", "hot", "team"),
    ]
    policy = Policy.read({"rows": rows}, [], {})
    asked = [(Line.AUTO, Tier.HOT), (Line.AUTO, Tier.COOL), (Line.HOME, Tier.HOT), (Line.HOME, None)]
    found = [policy.terms(make.lead(line=line, tier=tier)) for line, tier in asked]
    assert [one.weights_of for one in found] == ["auto/hot", "auto", "hot", "agency"]
    assert [list(one.weights.as_dict()) for one in found] == [["team"], ["workload"], ["language"], ["distance"]]
    assert Policy().terms(make.lead()).weights_of == "shipped"
    with pytest.raises(Invalid) as caught:
        Policy.read(
            {"rows": [row("boats", None, "distance"), row(None, None, "luck"), row(None, "hot", "team")] * 2}, [], {}
        )
    fields = {(fault.field, fault.code) for fault in caught.value.fields}
    assert {
        ("rows[0].line", "unknown_value"),
        ("rows[1].weights.luck", "out_of_range"),
        ("rows[5]", "repeated"),
    } <= fields


@pytest.mark.parametrize(
    ("rule", "tiers"),
    [
        (a_rule("prefer", to={"producer.network_tier": ["platinum", "diamond"]}, points=5), {"platinum", "diamond"}),
        (
            a_rule("prefer", to={"producer.network_tier": {"not": ["bronze", "silver"]}}, first=True),
            {"gold", "platinum", "diamond"},
        ),
        (a_rule("prefer", to={"producer.network_tier": "gold"}, points=-5), set()),
        (a_rule("restrict", to={"producer.network_tier": "gold"}), set()),
        (a_rule("prefer", to={"producer.rank": {"min": 1}}, points=5), set()),
    ],
)
def test_which_tiers_are_put_ahead_follows_from_the_rules(rule: dict[str, Any], tiers: set[str]) -> None:
    assert preferred_tiers(read_rules([rule])) == tiers
