"""What holds in every world: random leads, producers, tables and instants."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geo import StateSource
from domain.lines import Authority, Line, Tier, Urgency
from domain.routing.availability import On, next_available, shift_now
from domain.routing.factors.registry import FACTORS
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad, Relations
from domain.routing.gates import GateFailed, Standing, check
from domain.routing.profile import (
    Appointment,
    Licence,
    LicenceStatus,
    Measure,
    ProducerProfile,
    Shift,
    Tally,
)  # fmt: skip
from domain.routing.rank import rank
from domain.routing.receipt import build_receipt, replay, verify
from domain.routing.tables import HolidayTable, standard_tables
from domain.routing.weights import Weights

AGENCY = UUID(int=1)
STATES = ("FL", "GA", "TX")
ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "Australia/Lord_Howe")
LINES = tuple(Line)

days = st.dates(date(2024, 12, 20), date(2026, 1, 20))
instants = st.integers(0, 364 * 86_400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
shares = st.floats(0, 1)


def some(values: Any, weight: int = 4) -> Any:
    """Mostly known, sometimes not."""
    return st.one_of(*[values] * weight, st.none())


@st.composite
def tallies(draw: Any) -> Tally:
    tried = draw(st.integers(0, 200))
    return Tally(draw(st.integers(0, tried)), tried)


WHOLE_WEEK = tuple(Shift(day, time(0), time(0)) for day in range(7))
SOUND = Licence(
    "FL", "1", LicenceStatus.ACTIVE, frozenset(Authority), date(2020, 1, 1), None, datetime(2024, 12, 30, tzinfo=UTC)
)

licences = st.builds(
    Licence, st.sampled_from(STATES), st.just("1"), st.sampled_from(list(LicenceStatus)),
    st.frozensets(st.sampled_from(list(Authority)), min_size=2), days, some(days), instants,
)  # fmt: skip
shifts = st.builds(Shift, st.integers(0, 6), clocks, clocks)
appointments = st.builds(Appointment, st.sampled_from(["Acme", "acme ", "Best"]), st.sampled_from(STATES), days)
FAULTS = {
    "agency_id": st.just(UUID(int=2)),
    "active": st.sampled_from([False, None]),
    "licences": some(st.lists(licences, max_size=3).map(tuple)),
    "appointments": some(st.lists(appointments, max_size=3).map(tuple)),
    "eo_expires": some(days),
    "time_zone": some(st.sampled_from(ZONES)),
    "schedule": some(st.lists(shifts, max_size=6).map(tuple)),
    "absences": st.frozensets(days, max_size=3),
    "holiday_region": st.sampled_from(["US", "nowhere"]),
    "capacity_daily": some(st.integers(0, 20)),
    "capacity_monthly": some(st.integers(0, 300)),
    "joined_on": some(days),
    "paused_until": instants,
}
"""Facts that a gate reads; a producer is sound but for a few of them."""


def some_faults(count: int) -> Any:
    return st.lists(st.sampled_from(sorted(FAULTS)), min_size=count, max_size=count)


@st.composite
def profiles(draw: Any, number: int) -> ProducerProfile:
    sound = {
        "producer_id": UUID(int=number), "agency_id": AGENCY, "active": True,
        "licences": (SOUND, replace(SOUND, state="GA")), "appointments": (Appointment("Acme", "FL", date(2020, 1, 1)),),
        "eo_expires": date(2030, 1, 1), "time_zone": "America/New_York", "schedule": WHOLE_WEEK, "capacity_daily": 50,
        "capacity_monthly": 1500, "zip_code": "33602", "team_id": UUID(int=77),
    }  # fmt: skip
    faults = {name: draw(FAULTS[name]) for name in draw(st.sampled_from([0, 0, 0, 1, 2]).flatmap(some_faults))}
    return ProducerProfile(
        **{**sound, **faults},
        lines=draw(some(st.lists(st.sampled_from(LINES), max_size=3).map(tuple))),
        languages=draw(some(st.lists(st.sampled_from(["en", "ES", "fr-CA"]), max_size=2).map(tuple))),
        lat=draw(some(st.floats(-90, 90))), lon=draw(some(st.floats(-180, 180))),
        accepts_tiers=draw(some(st.lists(st.sampled_from(list(Tier)), max_size=3).map(tuple))),
        conversion=draw(some(tallies())), response=draw(some(st.builds(Measure, st.floats(0, 5000), st.integers(0, 90)))),
        satisfaction=draw(some(st.builds(Measure, st.floats(1, 5), st.integers(0, 90)))), similar=draw(some(tallies())),
        rank=draw(some(st.integers(1, 5))),
    )  # fmt: skip


@st.composite
def producers(draw: Any, number: int) -> ProducerFacts:
    small = st.integers(0, 12)
    load = ProducerLoad(
        draw(small), draw(small), draw(small), None, draw(small), draw(some(instants)),
    )  # fmt: skip
    relations = Relations(
        draw(some(shares)), draw(some(shares)), draw(some(tallies())), draw(some(st.booleans())), draw(some(tallies()))
    )
    return ProducerFacts(draw(profiles(number)), load, relations)


@st.composite
def leads(draw: Any) -> LeadFacts:
    states = draw(st.sampled_from([("FL",)] * 6 + [("GA",), ("TX",), ("FL", "GA"), ()]))
    return LeadFacts(
        lead_id=UUID(int=draw(st.integers(100, 10_000))), agency_id=AGENCY,
        line=draw(st.sampled_from(LINES)), received_at=draw(instants),
        risk_states=states, states_from=StateSource.ZIP if states else StateSource.NONE, zip_code="33602",
        lat=draw(some(st.floats(-90, 90))), lon=draw(some(st.floats(-180, 180))),
        language=draw(some(st.sampled_from(["en", "es-MX"]))), tier=draw(some(st.sampled_from(list(Tier)))),
        score=draw(some(st.integers(0, 100))), carrier=draw(st.sampled_from([None, None, None, "Acme"])),
        declined_by=frozenset(map(UUID, map("{:032x}".format, draw(st.lists(st.integers(10, 15), max_size=2))))),
        referred_by=draw(st.sampled_from([None, UUID(int=10), UUID(int=99)])), urgency=draw(st.sampled_from(list(Urgency))),
    )  # fmt: skip


@st.composite
def worlds(draw: Any) -> Any:
    people = [draw(producers(10 + n)) for n in range(draw(st.integers(0, 5)))]
    weights = draw(st.dictionaries(st.sampled_from([f.name for f in FACTORS]), st.integers(0, 50)))
    holidays = HolidayTable(
        "h", date(2025, 1, 1), date(2025, 12, 1), {"US": frozenset(draw(st.lists(days, max_size=3)))}
    )
    tables = standard_tables(holidays, draw(st.sampled_from([None, 500])))
    return (
        draw(leads()),
        people,
        Weights.of({**weights, "distance": 1}),
        draw(st.text(max_size=5)),
        draw(instants),
        tables,
    )


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_nobody_who_fails_a_gate_is_ranked_and_everybody_else_is(world: Any) -> None:
    lead, people, weights, seed, as_of, tables = world
    answer = rank(*world)
    ranked = {placed.producer_id for placed in answer.order}
    for person in people:
        failed = any(isinstance(gate, GateFailed) for gate in check(lead, person, as_of, tables))
        assert (person.producer_id in ranked) is not failed
    assert (answer.code == "ranked") is bool(ranked)
    if answer.code not in {"state_unknown", "state_ambiguous", "line_without_rule"}:
        assert sum(answer.refused.values()) + len(ranked) == len(people)
    assert seed is not None
    assert sum(weights.steps) == 1_000_000


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_receipt_computes_to_itself_after_json(world: Any) -> None:
    receipt, bodies = build_receipt(*world)
    record = json.loads(json.dumps(receipt.as_dict()))
    assert replay(record, json.loads(json.dumps(bodies))) == receipt
    assert verify(record, bodies) == []


@settings(max_examples=60, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_is_not_part_of_the_answer(world: Any, chance: Any) -> None:
    lead, people, *rest = world
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert rank(lead, shuffled, *rest) == rank(lead, people, *rest)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_parts_add_up_exactly_and_totals_fall(world: Any) -> None:
    answer = rank(*world)
    for placed, shown in zip(answer.order, answer.best, strict=False):
        assert sum((part.given for part in shown.contributions), Decimal(0)) == shown.total == placed.total
        assert 0 <= shown.total <= 100
    totals = [placed.total for placed in answer.order]
    assert totals == sorted(totals, reverse=True)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_every_factor_stays_within_0_and_1_has_a_reason_and_is_neutral_when_unknown(world: Any) -> None:
    lead, people, _, _, as_of, tables = world
    for person in people:
        able = Standing(person, as_of, tables).candidate()
        for factor in FACTORS:
            score = factor.judge(lead, able)
            assert 0.0 <= score.value <= 1.0
            assert score.reason.strip()
            assert score.known or score.value == 0.5
            assert score.steps / 10_000 == score.value


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_forgetting_what_is_good_never_helps(world: Any) -> None:
    """Each fact that earns more than the neutral value earns exactly the neutral value once it is unknown."""
    lead, people, _, _, as_of, tables = world
    forgotten = {
        "specialisation": {"lines": None}, "distance": {"lat": None}, "performance": {"conversion": None},
        "workload": {"capacity_daily": None}, "tier_fit": {"accepts_tiers": None}, "response_time": {"response": None},
        "satisfaction": {"satisfaction": None}, "language": {"languages": None}, "availability": {"schedule": None},
        "similar_success": {"similar": None},
    }  # fmt: skip
    for person in people:
        before = Standing(person, as_of, tables).candidate()
        bare = replace(person, relations=Relations())
        for factor in FACTORS:
            changes = forgotten.get(factor.name, {"rank": None})
            without = replace(bare, profile=replace(person.profile, **changes))
            known, unknown = (
                factor.judge(lead, before),
                factor.judge(lead, Standing(without, as_of, tables).candidate()),
            )
            if known.known and known.value > 0.5 and unknown.known is False:
                assert unknown.value == 0.5 < known.value


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_perfect_producer_without_a_licence_changes_no_winner(world: Any) -> None:
    lead, people, weights, seed, as_of, tables = world
    star = ProducerProfile(
        producer_id=UUID(int=9), agency_id=AGENCY, active=True, lines=LINES, appointments=(), eo_expires=date(2030, 1, 1),
        licences=(Licence("CA", "1", LicenceStatus.ACTIVE, frozenset(Authority), date(2020, 1, 1), None, as_of),),
        languages=("en", "es"), lat=lead.lat, lon=lead.lon, time_zone="America/New_York",
        schedule=tuple(Shift(day, time(0), time(0)) for day in range(7)), capacity_daily=1000, capacity_monthly=30_000,
        accepts_tiers=tuple(Tier), conversion=Tally(1000, 1000), response=Measure(0, 1000), satisfaction=Measure(5, 1000),
        similar=Tally(1000, 1000), rank=5,
    )  # fmt: skip
    added = ProducerFacts(star, ProducerLoad(), Relations(1, 1, Tally(50, 50), same_team=True))
    plain, crowded = (
        rank(lead, people, weights, seed, as_of, tables),
        rank(lead, [*people, added], weights, seed, as_of, tables),
    )
    assert crowded.order == plain.order
    assert crowded.best == plain.best


@settings(max_examples=60, deadline=None)
@given(producers(10), leads())
def test_facts_survive_json_exactly(person: ProducerFacts, lead: LeadFacts) -> None:
    for facts in (person, lead):
        again = type(facts).from_dict(json.loads(json.dumps(facts.as_dict())))
        assert again == facts
        assert again.as_dict() == facts.as_dict()


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_next_availability_is_on_shift_and_nothing_before_it_is(world: Any) -> None:
    _, people, _, _, as_of, tables = world
    for person in people:
        found = next_available(person.profile, as_of, tables.holidays)
        if found is None:
            assert not isinstance(shift_now(person.profile, as_of, tables.holidays), On)
            continue
        assert found >= as_of
        assert isinstance(shift_now(person.profile, found, tables.holidays), On)
        for part in range(1, 20):
            before = as_of + (found - as_of) * part / 20
            if before < found - timedelta(seconds=1):
                assert not isinstance(shift_now(person.profile, before, tables.holidays), On)
