from __future__ import annotations

from collections.abc import Callable
from datetime import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.lines import Line, Tier, Urgency
from domain.routing.factors import fit, readiness, record, relations
from domain.routing.factors.registry import FACTORS
from domain.routing.facts import Candidate, ProducerLoad, Relations
from domain.routing.gates import Standing
from domain.routing.profile import Measure, Shift, Tally


@pytest.fixture
def able(make: SimpleNamespace) -> Callable[..., Candidate]:
    def build(load: Any = None, relations: Any = None, **changes: Any) -> Candidate:
        return Standing(make.producer(load=load, relations=relations, **changes), make.now, make.tables).candidate()

    return build


def test_the_fourteen_stand_in_their_order_and_weigh_a_hundred() -> None:
    assert [factor.name for factor in FACTORS] == [
        "specialisation", "distance", "performance", "workload", "tier_fit", "response_time", "satisfaction", "language",
        "availability", "similar_success", "social", "collaboration", "referral", "team",
    ]  # fmt: skip
    assert sum(factor.weight for factor in FACTORS) == 100


def test_the_exact_speciality_beats_a_kindred_one_beats_none(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    lead = make.lead()
    values = [
        fit.specialisation(lead, able(lines=lines)).value for lines in ((Line.AUTO,), (Line.HOME,), (Line.LIFE,), ())
    ]
    assert values == [1.0, 0.3, 0.0, 0.0]


@pytest.mark.parametrize(
    ("north", "value"),
    [(0.0, 1.0), (0.1, 1.0), (25 / 69.094, 0.8), (50 / 69.094, 0.5), (100 / 69.094, 0.2), (5.0, 0.0)],
)
def test_distance_follows_the_rings(make: SimpleNamespace, able: Callable[..., Any], north: Any, value: Any) -> None:
    score = fit.distance(make.lead(lat=28.0, lon=-82.0), able(lat=28.0 + north, lon=-82.0))
    assert score.value == pytest.approx(value, abs=0.001)


def test_a_missing_point_is_unknown_distance_not_none(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    score = fit.distance(make.lead(), able(lat=28.0, lon=-82.0))
    assert (score.value, score.known) == (0.5, False)


def test_a_regional_language_counts_as_the_language(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    assert fit.language(make.lead(language="es-MX"), able(languages=("en", "ES"))).value == 1.0
    assert fit.language(make.lead(language="es"), able(languages=("en",))).value == 0.0


def test_tiers_not_taken_count_against(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    hot = make.lead(tier=Tier.HOT)
    assert [fit.tier_fit(hot, able(accepts_tiers=taken)).value for taken in ((Tier.HOT,), (Tier.COOL,))] == [1.0, 0.0]


def test_one_of_one_does_not_beat_eighty_of_a_hundred(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    for factor, fact in ((record.performance, "conversion"), (record.similar_success, "similar")):
        lucky, proven, unknown = (
            factor(make.lead(), able(**{fact: tally})) for tally in (Tally(1, 1), Tally(80, 100), None)
        )
        assert proven.value > lucky.value > unknown.value == 0.5
        assert factor(make.lead(), able(**{fact: Tally(0, 0)})) == unknown


def test_a_good_rate_in_a_trade_that_loses_most_leads_beats_no_record(
    make: SimpleNamespace, able: Callable[..., Any]
) -> None:
    assert record.performance(make.lead(), able(conversion=Tally(25, 100))).value > 0.6
    assert record.performance(make.lead(), able(conversion=Tally(5, 100))).value < 0.4
    none_lost = record.performance(make.lead(), able(conversion=Tally(30, 30)))
    assert 0.5 < none_lost.value < 1.0


def test_one_delighted_customer_does_not_beat_a_hundred_content_ones(
    make: SimpleNamespace, able: Callable[..., Any]
) -> None:
    one, many = (
        record.satisfaction(make.lead(), able(satisfaction=Measure(mean, n))) for mean, n in ((5.0, 1), (4.5, 100))
    )
    assert many.value > one.value > 0.5


def test_one_quick_answer_does_not_beat_a_quick_habit(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    one, many, slow = (
        readiness.response_time(make.lead(), able(response=Measure(minutes, n)))
        for minutes, n in ((1.0, 1), (5.0, 200), (600.0, 50))
    )
    assert many.value > one.value > 0.5 > slow.value


def test_more_room_and_fewer_open_leads_are_better(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    scores = [
        readiness.workload(make.lead(), able(load=load)).value
        for load in (ProducerLoad(), ProducerLoad(open_leads=5), ProducerLoad(open_leads=5, assigned_today=8))
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3
    assert scores[0] == 1.0


def test_an_urgent_lead_needs_less_of_the_shift(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    ends_soon = able(schedule=(Shift(2, time(9), time(12, 30)),))
    urgent = readiness.availability(make.lead(urgency=Urgency.IMMEDIATE), ends_soon)
    calm = readiness.availability(make.lead(), ends_soon)
    assert (urgent.value, calm.value) == (1.0, 0.25)


def test_no_tie_is_worth_what_an_unknown_tie_is(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    for factor, fact in ((relations.social, "social"), (relations.collaboration, "collaboration")):
        none, unknown, strong = (
            factor(make.lead(), able(relations=Relations(**{fact: strength}))).value for strength in (0.0, None, 1.0)
        )
        assert (none, unknown, strong) == (0.5, 0.5, 1.0)


def test_ones_own_referral_comes_first_and_a_record_of_them_next(
    make: SimpleNamespace, able: Callable[..., Any]
) -> None:
    lead = make.lead(referred_by=UUID(int=10))
    assert relations.referral(lead, able()).value == 1.0
    good, none = (able(relations=Relations(referrals=had), producer_id=UUID(int=11)) for had in (Tally(8, 10), None))
    assert 1.0 > relations.referral(lead, good).value > relations.referral(lead, none).value == 0.5


def test_the_leads_own_team_comes_first_then_standing(make: SimpleNamespace, able: Callable[..., Any]) -> None:
    values = [
        relations.team(make.lead(), able(relations=Relations(same_team=same), rank=rank)).value
        for same, rank in ((True, 5), (True, 1), (None, None), (False, 5), (False, 1))
    ]
    assert values == [1.0, 0.75, 0.5, 0.25, 0.0]
