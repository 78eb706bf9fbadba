"""Turns are fair, shares are kept, and nobody is flooded or forgotten; the other orders do what they say."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.lines import Line
from domain.routing.facts import ProducerFacts, ProducerLoad
from domain.routing.panel import Panel
from domain.routing.policy import Memory, Policy
from domain.routing.profile import Tally
from domain.routing.strategies import STEP, Kind, Strategy, Turns, first_of, lines_from
from kernel.errors import Invalid


def panel_of(make: SimpleNamespace, people: list[ProducerFacts]) -> Panel:
    panel = Panel((one.profile for one in people), make.tables)
    panel.advance(make.now, {one.producer_id: one.load for one in people})
    return panel


def served(
    panel: Panel, policy: Policy, memory: Memory, leads: int, make: SimpleNamespace, start: int = 1
) -> list[int]:
    """Who gets each of so many leads when the first in the order always takes it."""
    found = []
    for number in range(start, start + leads):
        lead = make.lead(number)
        winner = policy.rank(panel, lead, "s", memory=memory).order[0].producer_id
        memory.turns.take(winner, policy.terms(lead).strategy.weights.get(winner, 1))
        found.append(winner.int)
    return found


def by_turn(**weights: int) -> Policy:
    return Policy(strategy=Strategy(Kind.ROUND_ROBIN, {UUID(int=int(who[1:])): many for who, many in weights.items()}))


def test_two_equals_take_turns_fifteen_to_fifteen(make: SimpleNamespace) -> None:
    """DOMAIN T7: 2 equal agents, 30 leads, 15 each; and who is first is drawn, not always the same."""
    panel = panel_of(make, [make.producer(n) for n in (1, 2)])
    assert Counter(served(panel, by_turn(), Memory(), 30, make)) == {1: 15, 2: 15}
    first = {served(panel, by_turn(), Memory(), 1, make, start)[0] for start in range(1, 20)}
    assert first == {1, 2}


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(1, 60))
def test_equals_never_differ_by_more_than_one(make: SimpleNamespace, people: int, leads: int) -> None:
    """DOMAIN T7: at every moment."""
    panel = panel_of(make, [make.producer(n) for n in range(1, people + 1)])
    got = served(panel, by_turn(), Memory(), leads, make)
    for upto in range(1, leads + 1):
        numbers = Counter(dict.fromkeys(range(1, people + 1), 0)) + Counter(got[:upto])
        counts = [numbers[n] for n in range(1, people + 1)]
        assert max(counts) - min(counts) <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_shares_follow_weights(make: SimpleNamespace, weights: list[int]) -> None:
    panel = panel_of(make, [make.producer(n) for n in range(1, len(weights) + 1)])
    policy = by_turn(**{f"p{n}": weight for n, weight in enumerate(weights, start=1)})
    rounds = 12
    got = Counter(served(panel, policy, Memory(), rounds * sum(weights), make))
    for number, weight in enumerate(weights, start=1):
        assert abs(got[number] - rounds * weight) <= 2


def test_somebody_skipped_keeps_their_place_and_is_not_flooded(make: SimpleNamespace) -> None:
    """DOMAIN T7: who was away is next once, not for every turn that was missed."""
    people = [make.producer(n) for n in (1, 2, 3)]
    all_there, without_one, memory = panel_of(make, people), panel_of(make, people[1:]), Memory()
    served(all_there, by_turn(), memory, 3, make)
    served(without_one, by_turn(), memory, 20, make, 10)
    back = served(all_there, by_turn(), memory, 6, make, 50)
    assert back[0] == 1
    assert Counter(back)[1] <= 3


def test_somebody_deleted_moves_nobody_and_somebody_new_begins_at_the_present(make: SimpleNamespace) -> None:
    """DOMAIN T7: a deleted producer's mark stays or goes, the others' order is the same."""
    people = [make.producer(n) for n in (1, 2, 3)]
    memory = Memory()
    order = served(panel_of(make, people), by_turn(), memory, 3, make)
    gone = order[0]
    left = [one for one in people if one.producer_id.int != gone]
    kept = Turns(memory.turns.clock, dict(memory.turns.marks))
    forgotten = Turns(memory.turns.clock, {who: mark for who, mark in memory.turns.marks.items() if who.int != gone})
    after = [served(panel_of(make, left), by_turn(), Memory(turns), 4, make, 30) for turns in (kept, forgotten)]
    assert after[0] == after[1]
    joined = panel_of(make, [*people, make.producer(4)])
    served(joined, by_turn(), memory, 40, make, 60)
    late = panel_of(make, [*people, make.producer(4), make.producer(5)])
    got = Counter(served(late, by_turn(), memory, 10, make, 200))
    assert got[5] in {2, 3}


def test_least_loaded_goes_by_open_leads_then_today(make: SimpleNamespace) -> None:
    loads = {1: ProducerLoad(4, 0), 2: ProducerLoad(2, 3), 3: ProducerLoad(2, 1)}
    panel = panel_of(make, [make.producer(n, load=load) for n, load in loads.items()])
    answer = Policy(strategy=Strategy(Kind.LEAST_LOADED)).rank(panel, make.lead(), "s")
    assert [placed.producer_id.int for placed in answer.order] == [3, 2, 1]
    assert (answer.strategy, answer.reason) == ("least_loaded", "ranked by open leads")


def test_hybrid_takes_turns_near_the_best_only(make: SimpleNamespace) -> None:
    people = [make.producer(n, lines=(Line.AUTO,), conversion=Tally(won, 100)) for n, won in ((1, 90), (2, 88), (3, 1))]
    panel, policy = panel_of(make, people), Policy(strategy=Strategy.from_dict({"kind": "hybrid", "band": 2}))
    got = served(panel, policy, Memory(), 20, make)
    assert Counter(got) == {1: 10, 2: 10}
    order = policy.rank(panel, make.lead(99), "s").order
    assert order[-1].producer_id.int == 3


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 10**6)), max_size=60), st.integers(1, 20)
)
def test_the_first_are_those_a_whole_sort_gives(rows: list[tuple[int, int, int]], most: int) -> None:
    keys = [np.array([row[part] for row in rows], dtype=np.int64) for part in range(3)]
    places = np.arange(len(rows))
    assert first_of(places, keys, most) == sorted(range(len(rows)), key=lambda n: (*rows[n], n))[:most] or len(
        set(rows)
    ) < len(rows)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"agency": {"kind": "dice"}}, "strategy.agency.kind"),
        ({"agency": {"kind": "hybrid"}}, "strategy.agency.band"),
        ({"agency": {"kind": "hybrid", "band": 0.1}}, "strategy.agency.band"),
        ({"agency": {"kind": "best_match", "band": 1}}, "strategy.agency.band"),
        ({"lines": {"boats": {"kind": "round_robin"}}}, "strategy.lines.boats"),
        ({"lines": {"auto": {"kind": "round_robin", "weights": {"x": 1}}}}, "strategy.lines.auto.weights.x"),
        (
            {"agency": {"kind": "round_robin", "weights": {str(UUID(int=1)): 0}}},
            f"strategy.agency.weights.{UUID(int=1)}",
        ),
        ({"everywhere": {}}, "strategy"),
        ([], "strategy"),
    ],
)
def test_what_is_no_strategy_is_named(body: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        lines_from(body)
    assert field in {fault.field for fault in caught.value.fields}
    assert all(fault.remedy for fault in caught.value.fields)


def test_a_line_of_its_own_takes_its_own_turns(make: SimpleNamespace) -> None:
    policy = Policy.read({"rows": []}, [], {"lines": {"auto": {"kind": "round_robin"}}})
    assert (policy.terms(make.lead()).pool, policy.terms(make.lead(line=Line.HOME)).pool) == ("line:auto", "agency")
    assert policy.terms(make.lead(line=Line.HOME)).plain
    assert STEP % 16 == 0
