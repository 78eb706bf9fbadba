"""What holds in every world whatever an agency's rules and strategy are; ``LEADWRIGHT_TEST_WORLDS`` says how many are tried."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.routing.facts import LeadFacts, ProducerFacts
from domain.routing.gates import GateFailed, check, lead_gate
from domain.routing.panel import Panel
from domain.routing.policy import Memory, Terms, Versions
from domain.routing.rank import TRIED
from domain.routing.receipt import IN_FULL, build_receipt, panel_receipt, profile_digest, replay, verify, with_memory
from domain.routing.rules.reading import read_rules
from domain.routing.rules.rule import Do, Per, Rule
from domain.routing.strategies import STEP, Kind, Strategy, Turns
from tests.domain.routing.test_routing_properties import worlds

pytestmark = pytest.mark.timeout(0)  # ten thousand worlds take their time
WORLDS = int(os.environ.get("LEADWRIGHT_TEST_WORLDS", "1000"))  # noqa: TID251 - a test has no settings
TEAM = str(UUID(int=77))
PEOPLE = [str(UUID(int=10 + n)) for n in range(6)]

whens = st.sampled_from([
    {}, {}, {"lead.line": "auto"}, {"lead.state": ["FL", "GA"]}, {"lead.score": {"min": 40}}, {"lead.tier": {"not": ["cool"]}},
    {"time.weekday": ["mon", "tue", "wed"]}, {"time.hours": {"from": "08:00", "to": "20:00"}}, {"lead.test": False},
])  # fmt: skip
tos = st.sampled_from([
    {"producer.language": "en"}, {"producer.team": TEAM}, {"producer.team": {"not": [TEAM]}}, {"producer.rank": {"min": 3}},
    {"producer.id": PEOPLE[:2]}, {"producer.id": {"not": PEOPLE[:2]}}, {"producer.state": "GA"}, {"producer.carrier": "acme"},
    {"producer.line": {"not": ["auto"]}},
])  # fmt: skip
otherwise = st.sampled_from(["nobody", "anyone"])
acts = st.one_of(
    st.fixed_dictionaries({"do": st.just("restrict"), "to": tos, "otherwise": otherwise}),
    st.fixed_dictionaries({"do": st.just("team"), "team": st.just(TEAM), "otherwise": otherwise}),
    st.fixed_dictionaries({"do": st.just("prefer"), "to": tos, "points": st.sampled_from([5, "-2.5", 40])}),
    st.fixed_dictionaries({"do": st.just("prefer"), "to": tos, "first": st.just(True)}),
    st.fixed_dictionaries({
        "do": st.just("cap"), "limit": st.integers(1, 3), "per": st.sampled_from(list(map(str, Per))), "every": st.just("day"),
    }),
    st.fixed_dictionaries({"do": st.just("exclusive"), "to": tos, "minutes": st.sampled_from([30, 43_200])}),
    st.fixed_dictionaries({"do": st.just("hold"), "reason": st.just("look")}),
    st.fixed_dictionaries({"do": st.just("share"), "with": st.integers(2, 4)}),
    st.fixed_dictionaries({"do": st.just("apart"), "by": st.just("carrier")}),
)  # fmt: skip
strategies = st.one_of(
    st.just(Strategy()),
    st.builds(Strategy, st.just(Kind.ROUND_ROBIN), st.just({UUID(PEOPLE[0]): 3})),
    st.just(Strategy(Kind.LEAST_LOADED)),
    st.builds(lambda band: Strategy.from_dict({"kind": "hybrid", "band": band}), st.sampled_from([0, 5, 30])),
)


@st.composite
def ruled(draw: Any) -> tuple[Any, Terms, Memory]:
    """A world of gates and factors, terms for it, and something to remember."""
    world = draw(worlds())
    given_rules = [
        {"name": f"r{number}", "zone": "America/New_York", "when": draw(whens), **draw(acts)}
        for number in range(draw(st.integers(0, 4)))
    ]
    rules = read_rules(given_rules)
    marks = draw(st.dictionaries(st.sampled_from(PEOPLE).map(UUID), st.integers(0, 5).map(lambda n: n * STEP)))
    counts = {
        rule.name: draw(st.dictionaries(st.sampled_from([*PEOPLE, TEAM, "", "all"]), st.integers(0, 4)))
        for rule in rules
        if rule.do is Do.CAP
    }
    terms = Terms(world[2], "agency", draw(strategies), "agency", rules, Versions(1, 2, 3))
    return world, terms, Memory(Turns(draw(st.integers(0, 5)) * STEP, marks), counts)


@settings(max_examples=WORLDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ruled())
def test_a_receipt_under_any_policy_computes_to_itself_and_opens_no_gate(case: Any) -> None:
    """DOMAIN T1: nobody without authority is in an order, whatever the rules."""
    (lead, people, _, seed, as_of, tables), terms, memory = case
    receipt, bodies = build_receipt(lead, people, terms, seed, as_of, tables, memory=memory)
    record = json.loads(json.dumps(receipt.as_dict()))
    assert verify(record, json.loads(json.dumps(bodies))) == []
    again = replay(record, bodies)
    assert (again.ranking, again.outcome, again.memory) == (receipt.ranking, receipt.outcome, receipt.memory)
    order = [placed.producer_id for placed in receipt.ranking.order]
    for person in people:
        if any(isinstance(gate, GateFailed) for gate in check(lead, person, as_of, tables)):
            assert person.producer_id not in order
    if not terms.plain:
        assert order == expected(lead, people, terms, seed, as_of, tables, memory)
    shares = [rule for rule in terms.rules if rule.do is Do.SHARE and rule.matches(lead, as_of)]
    assert receipt.outcome.shared is (bool(shares) and receipt.outcome.producer_id is not None)
    if receipt.outcome.shared:
        assert len(receipt.outcome.asked) == len(set(receipt.outcome.asked)) <= shares[0].among
        assert set(receipt.outcome.asked) <= set(order)
        if any(rule.do is Do.APART and rule.matches(lead, as_of) for rule in terms.rules):
            asked = [one.profile for one in people if one.producer_id in receipt.outcome.asked]
            held = [
                {part.carrier.strip().casefold() for part in one.appointments or () if part.state == lead.risk_states[0]
                 and part.effective <= as_of.date() and (part.expires is None or part.expires >= as_of.date())}
                for one in asked
            ]  # fmt: skip
            assert sum(map(len, held)) == len(set().union(*held))
            assert len(asked) == 1 or all(one.appointments is not None for one in asked)
    if receipt.ranking.eligible or receipt.ranking.refused:
        assert sum(receipt.ranking.refused.values()) + receipt.ranking.eligible == len(people)


@settings(max_examples=max(WORLDS // 20, 20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ruled())
def test_so_does_that_of_a_large_roster(case: Any) -> None:
    """Of many alike only those are stored that could be tried, and whoever sets a hybrid's band."""
    (lead, people, _, seed, as_of, tables), terms, memory = case
    many = [
        ProducerFacts(_numbered(one, 1000 + number), one.load) for number, one in enumerate(people * (IN_FULL // 2))
    ]  # fmt: skip
    panel = Panel((one.profile for one in many), tables)
    panel.advance(as_of, {one.producer_id: one.load for one in many})
    digests = {one.producer_id: profile_digest(one.profile) for one in many}
    receipt = panel_receipt(panel, lead, terms, seed, {}, digests, memory)
    bodies = {digests[one.producer_id]: one.profile.as_dict() for one in many}
    assert verify(json.loads(json.dumps(receipt.as_dict())), bodies) == []
    if receipt.ranking.order:
        winner = receipt.ranking.order[0].producer_id
        moved = Memory(Turns(memory.turns.clock, dict(memory.turns.marks)), memory.counts)
        moved.turns.take(winner)
        later = with_memory(receipt, {one.producer_id: one.profile for one in many}, moved)
        assert verify(json.loads(json.dumps(later.as_dict())), bodies) == []
        assert {one.producer_id for one in later.candidates} == {one.producer_id for one in receipt.candidates}


def _numbered(one: ProducerFacts, number: int) -> Any:
    body = one.profile.as_dict() | {"producer_id": str(UUID(int=number))}
    return type(one.profile).from_dict(body)


def expected(
    lead: LeadFacts, people: list[ProducerFacts], terms: Terms, seed: str, as_of: Any, tables: Any, memory: Memory
) -> list[UUID]:
    """The order by plain loops over producers, which share nothing with the panel's masks."""
    plain, _ = build_receipt(lead, people, terms.weights, seed, as_of, tables)
    rest = {placed.producer_id: number for number, placed in enumerate(plain.ranking.order)}
    totals = {placed.producer_id: placed.total for placed in plain.ranking.order}
    left = [one for one in people if one.producer_id in rest]
    if lead_gate(lead, tables) is not None:
        return []
    matched = [rule for rule in terms.rules if rule.matches(lead, as_of) and rule.do not in {Do.SHARE, Do.APART}]
    if any(rule.do is Do.HOLD for rule in matched):
        return []
    level: dict[UUID, tuple[int, ...]] = {one.producer_id: () for one in left}
    for rule in matched:
        meant = {one.producer_id for one in left if rule.means(one.profile, as_of.date())}
        if rule.do is Do.PREFER:
            for one in left:
                if rule.points is None:
                    level[one.producer_id] += (0 if one.producer_id in meant else 1,)
                elif one.producer_id in meant:
                    totals[one.producer_id] += rule.points
            continue
        keep = [one for one in left if _stays(rule, one, lead, meant, memory.counts)]
        left = keep if keep or not rule.anyone_else else left
    if not left:
        return []
    drawn = _drawn(left, seed, lead, tables, as_of)
    top = min(level[one.producer_id] for one in left)
    best = max(totals[one.producer_id] for one in left if level[one.producer_id] == top)

    def key(one: ProducerFacts) -> Any:
        who, waited = one.producer_id, one.load.last_assigned_at
        last = (waited is not None, waited.timestamp() if waited else 0, drawn[who])
        turn = memory.turns.marks.get(who, memory.turns.clock)
        near = level[who] == top and totals[who] >= best - terms.strategy.band
        by = {
            Kind.BEST_MATCH: (-totals[who],), Kind.ROUND_ROBIN: (turn,),
            Kind.LEAST_LOADED: (one.load.open_leads, one.load.assigned_today),
            Kind.HYBRID: (not near, turn if near else -totals[who]),
        }[terms.strategy.kind]  # fmt: skip
        return (level[who], *by, *last)

    return [one.producer_id for one in sorted(left, key=key)][:TRIED]


def _stays(
    rule: Rule, one: ProducerFacts, lead: LeadFacts, meant: set[UUID], counts: Mapping[str, Mapping[str, int]]
) -> bool:
    if rule.do is not Do.CAP:
        return one.producer_id in meant
    name = rule.counted_as(one.profile, lead)
    return one.producer_id not in meant or name is None or counts[rule.name].get(name, 0) < rule.limit


def _drawn(left: list[ProducerFacts], seed: str, lead: LeadFacts, tables: Any, as_of: Any) -> dict[UUID, int]:
    panel = Panel((one.profile for one in left), tables)
    panel.advance(as_of, {})
    return {one.producer_id: int(number) for one, number in zip(panel.profiles, panel.drawn(lead, seed), strict=True)}
