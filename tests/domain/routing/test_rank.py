from __future__ import annotations

import time as stopwatch
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.geo import StateSource
from domain.lines import Line
from domain.routing.declines import escalation, next_after_decline
from domain.routing.facts import LeadFacts, ProducerLoad
from domain.routing.profile import Measure, Tally
from domain.routing.rank import SHOWN, Ranking, rank
from domain.routing.weights import DEFAULT_WEIGHTS, Weights
from kernel.errors import Invalid


@pytest.fixture
def ranked(make: SimpleNamespace) -> Callable[..., Ranking]:
    def order(
        lead: LeadFacts, producers: Any, seed: Any = "s", as_of: Any = None, weights: Any = DEFAULT_WEIGHTS
    ) -> Ranking:
        return rank(lead, producers, weights, seed, as_of or make.now, make.tables)

    return order


def test_a_great_producer_without_the_licence_loses_to_a_poor_one_with_it(
    make: SimpleNamespace, ranked: Callable[..., Any]
) -> None:
    """DOMAIN T1: gates before points."""
    star = make.producer(
        1, licences=(make.licence("TX"),), lines=(Line.AUTO,), conversion=Tally(90, 100), satisfaction=Measure(5, 100)
    )
    plain = make.producer(2, lines=(Line.HOME,), conversion=Tally(1, 100))
    answer = ranked(make.lead(), [star, plain])
    assert [placed.producer_id.int for placed in answer.order] == [2]
    assert answer.refused == {"licence_missing": 1}


@pytest.mark.parametrize(
    ("states", "source", "code"),
    [((), StateSource.NONE, "state_unknown"), (("KY", "TN"), StateSource.ZIP, "state_ambiguous")],
)
def test_a_lead_without_one_state_goes_to_a_person_and_to_nobody_else(
    make: SimpleNamespace, ranked: Callable[..., Any], states: Any, source: Any, code: Any
) -> None:
    """DOMAIN T3, T4: no state or two means asking, never everyone."""
    answer = ranked(make.lead(risk_states=states, states_from=source), [make.producer()])
    assert (answer.order, answer.code, answer.needs_person) == ((), code, True)


def test_equals_go_to_whoever_waited_longest(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    waits = {1: timedelta(hours=1), 2: timedelta(hours=9), 3: None}
    people = [
        make.producer(n, load=ProducerLoad(last_assigned_at=wait and make.now - wait)) for n, wait in waits.items()
    ]
    assert [placed.producer_id.int for placed in ranked(make.lead(), people).order] == [3, 2, 1]


def test_full_ties_do_not_always_go_to_the_same_person(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    people = [make.producer(n) for n in (1, 2, 3)]
    firsts = Counter(ranked(make.lead(number), people).order[0].producer_id.int for number in range(300))
    assert min(firsts[n] for n in (1, 2, 3)) > 70
    seeds = {ranked(make.lead(), people, seed=str(n)).order[0].producer_id.int for n in range(30)}
    assert seeds == {1, 2, 3}


def test_only_the_best_ten_are_explained_and_their_parts_add_up(
    make: SimpleNamespace, ranked: Callable[..., Any]
) -> None:
    people = [make.producer(n, conversion=Tally(n, 40)) for n in range(1, 31)]
    answer = ranked(make.lead(), people)
    assert len(answer.order) == 30
    assert len(answer.best) == SHOWN
    for placed, shown in zip(answer.order, answer.best, strict=False):
        assert placed == (shown.producer_id, shown.total)
        assert sum((part.given for part in shown.contributions), Decimal(0)) == shown.total
        assert all(part.given == Decimal(str(part.value)) * part.points for part in shown.contributions)


def test_weights_decide_who_is_first(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    near = make.producer(1, lat=28.0, lon=-82.0, conversion=Tally(0, 50))
    good = make.producer(2, lat=31.0, lon=-82.0, conversion=Tally(40, 50))
    lead = make.lead(lat=28.0, lon=-82.0)
    for factor, first in (("distance", 1), ("performance", 2)):
        assert ranked(lead, [near, good], weights=Weights.of({factor: 1})).order[0].producer_id.int == first


def test_the_same_producer_twice_is_refused(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    with pytest.raises(Invalid):
        ranked(make.lead(), [make.producer(1), make.producer(1)])


def test_an_instant_without_a_zone_is_refused(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    with pytest.raises(Invalid):
        ranked(make.lead(), [make.producer()], as_of=make.now.replace(tzinfo=None))


def test_each_decline_takes_one_out_and_all_declined_is_escalated_once(make: SimpleNamespace) -> None:
    """DOMAIN T10: three decline, one escalation."""
    lead, people, told = make.lead(), [make.producer(n) for n in (1, 2, 3)], []
    rest = (DEFAULT_WEIGHTS, "s", make.now, make.tables)
    answer = rank(lead, people, *rest)
    tried = []
    while answer.order:
        tried.append(answer.order[0].producer_id)
        lead, answer = next_after_decline(lead, tried[-1], people, *rest)
        told += filter(None, [escalation(lead, answer, already=frozenset(note.code for note in told))])
    assert sorted(who.int for who in tried) == [1, 2, 3]
    assert [note.code for note in told] == ["all_declined"]
    assert escalation(lead, answer, already=frozenset({"all_declined"})) is None


def test_somebody_who_may_come_back_is_waited_for_before_all_declined(
    make: SimpleNamespace, ranked: Callable[..., Any]
) -> None:
    away = make.producer(3, schedule=(), absences=frozenset())
    lead = make.lead(declined_by=frozenset({UUID(int=1)}))
    answer = ranked(lead, [make.producer(1), away])
    assert (answer.code, answer.needs_person) == ("nobody_available", False)
    # Off shift by now, but out for this lead all the same.
    assert ranked(lead, [make.producer(1, schedule=())]).code == "all_declined"
    assert ranked(make.lead(), [make.producer(1, licences=None)]).code == "nobody_eligible"
    assert ranked(make.lead(), []).code == "no_producers"


def test_a_thousand_producers_are_ranked_in_a_moment(make: SimpleNamespace, ranked: Callable[..., Any]) -> None:
    licences = tuple(make.licence(state) for state in ("AL", "GA", "FL"))
    people = [
        make.producer(
            n, licences=licences, lines=(Line.AUTO,), lat=28 + n / 1000, lon=-82.0, conversion=Tally(n % 40, 100)
        )
        for n in range(1, 1001)
    ]
    lead = make.lead(lat=28.0, lon=-82.0, language="en")
    seconds = []
    for _ in range(5):
        began = stopwatch.process_time()
        assert ranked(lead, people).eligible == 1000
        seconds.append(stopwatch.process_time() - began)
    assert min(seconds) < 0.15
