"""A fact that is missing counts for nothing: whoever's facts are lost stands where a producer nobody knows stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.routing.factors.registry import FACTORS, Factor
from domain.routing.factors.score import NEUTRAL
from domain.routing.facts import Candidate, LeadFacts, Relations
from tests.domain.routing.test_routing_properties import leads, producers, some

RELATIONS = {
    "social": ("social",), "collaboration": ("collaboration",), "referral": ("referrals",), "team": ("same_team",),
    "similar_success": ("similar",),
}  # fmt: skip
"""What a factor reads of the relations."""
MOVING = {"workload": ("room",), "availability": ("minutes_left",)}
"""And of the moment."""
able = st.builds(
    lambda person, room, left: Candidate(person.profile, person.load, person.relations, room, left),
    producers(10), some(st.integers(0, 9)), some(st.floats(0, 600)),
)  # fmt: skip


def facts_of(factor: Factor) -> list[tuple[str, str]]:
    """(where, name) of each fact of a producer that the factor reads; an id is not a fact that can be missing."""
    return [
        *(("profile", name) for name in factor.profile if name != "producer_id"),
        *(("relations", name) for name in RELATIONS.get(factor.name, ())),
        *(("moment", name) for name in MOVING.get(factor.name, ())),
    ]


def without(candidate: Candidate, facts: list[tuple[str, str]]) -> Candidate:
    for where, name in facts:
        if where == "moment":
            candidate = replace(candidate, **{name: None})
        else:
            candidate = replace(candidate, **{where: replace(getattr(candidate, where), **{name: None})})
    return candidate


def test_the_fourteen_read_facts_that_can_be_missing() -> None:
    assert len(FACTORS) == 14
    assert all(facts_of(factor) for factor in FACTORS)
    assert {name for names in RELATIONS.values() for name in names} == set(Relations.__dataclass_fields__)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
@settings(max_examples=60, deadline=None)
@given(lead=leads(), candidate=able)
def test_whoever_is_not_known_is_neither_better_nor_worse(
    factor: Factor, lead: LeadFacts, candidate: Candidate
) -> None:
    own = lead.referred_by == candidate.profile.producer_id and factor.name == "referral"
    if not own:  # that they sent the lead themselves is a fact of the lead
        assert factor.judge(lead, without(candidate, facts_of(factor))).value == NEUTRAL


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
@settings(max_examples=60, deadline=None)
@given(lead=leads(), candidate=able, data=st.data())
def test_losing_a_fact_never_lifts_anybody_over_what_the_rest_says(
    factor: Factor, lead: LeadFacts, candidate: Candidate, data: Any
) -> None:
    facts = facts_of(factor)
    lost = data.draw(st.sampled_from(facts))
    after = factor.judge(lead, without(candidate, [lost])).value
    if factor.name == "referral" and lead.referred_by == candidate.profile.producer_id:
        assert after == 1.0
    elif factor.name in {"team", "similar_success"}:
        # Two facts that each count by themselves: the one that is left counts on, the lost one gives nothing.
        only = [fact for fact in facts if fact != lost]
        assert factor.judge(lead, without(without(candidate, [lost]), only)).value == NEUTRAL
    else:
        assert after == NEUTRAL
