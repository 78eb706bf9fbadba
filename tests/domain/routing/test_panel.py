"""A panel gives what the plain ranking gives, in every world and as the world moves on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.routing.factors.registry import FACTORS
from domain.routing.facts import Candidate, ProducerFacts, ProducerLoad, Relations
from domain.routing.panel import Panel
from domain.routing.profile import ProducerProfile
from domain.routing.rank import TRIED, Ranking, rank
from domain.routing.receipt import IN_FULL, ClaimRefused, panel_receipt, profile_digest, replay, verify, with_refusals
from domain.routing.tables import Tables, standard_tables
from domain.routing.weights import DEFAULT_WEIGHTS
from tests.domain.routing.test_routing_properties import (
    instants,
    leads,
    producers,
    some,
    worlds,
)

steps = st.sampled_from(
    [timedelta(seconds=1), timedelta(minutes=7), timedelta(hours=5), timedelta(days=1), -timedelta(hours=30)]
)


def held(panel: Panel, relations: Mapping[UUID, Relations]) -> list[ProducerFacts]:
    return [
        ProducerFacts(one, panel.load(place), relations.get(one.producer_id, Relations()))
        for place, one in enumerate(panel.profiles)
    ]


@settings(max_examples=150, deadline=None)
@given(worlds(), st.lists(st.tuples(steps, leads(), st.integers(0, 4), producers(1)), max_size=4))
def test_it_gives_what_the_plain_ranking_gives_while_time_and_loads_move(world: Any, later: Any) -> None:
    lead, people, weights, seed, as_of, tables = world
    panel = Panel((person.profile for person in people), tables)
    loads = {person.producer_id: person.load for person in people}
    relations = {person.producer_id: person.relations for person in people}
    panel.advance(as_of, loads)
    assert panel.rank(lead, weights, seed, relations) == rank(lead, people, weights, seed, as_of, tables)
    for step, other, place, fresh in later:
        as_of += step
        changed = {people[place].producer_id: fresh.load} if place < len(people) else {}
        panel.advance(as_of, changed)
        assert panel.rank(lead, weights, seed) == rank(lead, held(panel, {}), weights, seed, as_of, tables)
        again = panel.rank(other, weights, seed, relations)
        assert again == rank(other, held(panel, relations), weights, seed, as_of, tables)


@settings(max_examples=200, deadline=None)
@given(leads(), leads(), producers(10), producers(11), st.integers(0, 9), some(st.floats(0, 600)))
def test_a_factor_reads_nothing_but_what_it_says(
    one: Any, other: Any, first: Any, second: Any, room: Any, left: Any
) -> None:
    for factor in FACTORS:
        lead = replace(other, **{name: getattr(one, name) for name in factor.lead})
        profile = replace(second.profile, **{name: getattr(first.profile, name) for name in factor.profile})
        mine = Candidate(first.profile, first.load, first.relations, room, left)
        theirs = Candidate(
            profile,
            first.load if factor.moves == "load" else second.load,
            first.relations if factor.moves == "relations" else second.relations,
            room if factor.moves == "load" else 3,
            left if factor.moves == "shift" else 45.0,
        )
        assert factor.judge(one, mine) == factor.judge(lead, theirs), factor.name


@given(instants)
def test_whose_day_has_ended_is_to_be_counted_again(as_of: datetime) -> None:
    make = _roster(3, time_zone="America/Chicago")
    panel = Panel(make, _tables())
    busy = make[0].producer_id
    panel.advance(as_of, {busy: ProducerLoad(assigned_today=1)})
    assert panel.behind(as_of) == []
    assert panel.behind(as_of + timedelta(hours=26)) == [busy]
    assert panel.behind(as_of - timedelta(seconds=1)) == [busy]


def test_one_producer_twice_is_refused() -> None:
    twice = _roster(1) * 2
    with pytest.raises(Exception, match="each producer once"):
        Panel(twice, _tables())


def _large(make: SimpleNamespace, **lead: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
    """A receipt among more producers than it can hold in full, and the bodies of their profiles."""
    people = [
        make.producer(producer_id=UUID(int=1000 + n), active=n % 3 != 0, lat=28.0 + n / 100, lon=-82.0)
        for n in range(IN_FULL + 50)
    ]
    profiles = [one.profile for one in people]
    panel = Panel(profiles, make.tables)
    panel.advance(
        make.now, {profiles[1].producer_id: ProducerLoad(open_leads=3, assigned_today=2, assigned_this_month=2)}
    )
    digests = {one.producer_id: profile_digest(one) for one in profiles}
    receipt = panel_receipt(panel, make.lead(**lead), DEFAULT_WEIGHTS, "seed", {}, digests)
    return receipt, {digests[one.producer_id]: one.as_dict() for one in profiles}


def test_of_a_large_roster_those_that_could_be_tried_are_stored_and_the_rest_is_counted(make: SimpleNamespace) -> None:
    receipt, bodies = _large(make, lat=28.0, lon=-82.0)
    record = json.loads(json.dumps(receipt.as_dict()))
    assert len(record["candidates"]) == TRIED == len(receipt.ranking.order)
    assert record["ranking"]["considered"] == IN_FULL + 50
    assert record["ranking"]["refused"] == {"inactive": 100}
    assert record["ranking"]["eligible"] == 200
    assert verify(record, bodies) == []
    assert replay(record, bodies).outcome == receipt.outcome


def test_a_claim_refused_among_many_gives_the_next_and_computes_to_the_same(make: SimpleNamespace) -> None:
    receipt, bodies = _large(make, lat=28.0, lon=-82.0)
    order = [placed.producer_id for placed in receipt.ranking.order]
    second = with_refusals(receipt, [ClaimRefused(order[0], "capacity_full", make.now)])
    assert second.outcome.producer_id == order[1]
    nobody = with_refusals(receipt, [ClaimRefused(who, "capacity_full", make.now) for who in order])
    assert nobody.outcome.code == "all_claims_refused"
    for one in (second, nobody):
        assert verify(json.loads(json.dumps(one.as_dict())), bodies) == []


@pytest.mark.parametrize("lead", [{"carrier": "Nobody's carrier"}, {"hold": "out_of_scope"}])
def test_a_lead_for_nobody_among_many_computes_to_the_same(make: SimpleNamespace, lead: dict[str, Any]) -> None:
    receipt, bodies = _large(make, **lead)
    record = json.loads(json.dumps(receipt.as_dict()))
    assert (record["candidates"], record["outcome"]["producer_id"]) == ([], None)
    assert verify(record, bodies) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("ranking", "eligible"), 7),
        (("ranking", "considered"), 7),
        (("ranking", "refused", "inactive"), 7),
        (("ranking", "best", 0, "total"), "99.00000000"),
        (("candidates", 0, "load"), {"open_leads": 9}),
        (("outcome", "producer_id"), str(UUID(int=1))),
    ],
)
def test_a_changed_record_of_many_is_found(make: SimpleNamespace, path: Any, value: Any) -> None:
    receipt, bodies = _large(make, lat=28.0, lon=-82.0)
    record = json.loads(json.dumps(receipt.as_dict()))
    spot = record
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    assert verify(record, bodies)


def test_equal_producers_are_drawn_evenly(make: SimpleNamespace) -> None:
    """600 leads among 6 producers alike: each is first 100 times, give or take four standard deviations."""
    panel = Panel([make.producer(producer_id=UUID(int=n * 2**70 + 5)).profile for n in range(6)], make.tables)
    panel.advance(make.now, {})
    first = [_first(panel.rank(make.lead(lead_id=UUID(int=n)), DEFAULT_WEIGHTS, str(n))) for n in range(600)]
    assert all(abs(first.count(who) - 100) < 37 for who in set(first))
    assert len(set(first)) == 6


def _first(ranking: Ranking) -> UUID:
    return ranking.order[0].producer_id


def _roster(count: int, **facts: Any) -> list[ProducerProfile]:
    return [ProducerProfile(UUID(int=n + 1), UUID(int=1), **facts) for n in range(count)]


def _tables() -> Tables:
    return standard_tables()
