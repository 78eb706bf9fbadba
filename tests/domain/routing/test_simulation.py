"""The past played again: the same weights give what happened, and no policy gets past a gate."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.routing.conversion import parts_of
from domain.routing.facts import LeadFacts, ProducerLoad
from domain.routing.panel import Panel
from domain.routing.past import Before, ByPerson, Past, PastLead
from domain.routing.policy import Terms
from domain.routing.profile import ProducerProfile, Tally
from domain.routing.rank import Placed, Ranking
from domain.routing.rules.reading import read_rules
from domain.routing.simulation import Taken, always, as_it_was, breaches, by_rules, by_weights, simulate
from domain.routing.strategies import Kind, Strategy, Turns
from domain.routing.tables import standard_tables
from domain.routing.weights import DEFAULT_WEIGHTS, Weights
from domain.routing.whatif import compare
from tests.domain.routing.conftest import NOON, lead, producer

TABLES = standard_tables()
PEOPLE = UUID(int=10), UUID(int=11), UUID(int=12)


def profiles(daily: Sequence[int], monthly: int = 60) -> list[ProducerProfile]:
    return [
        producer(
            10 + number, capacity_daily=room, capacity_monthly=monthly, conversion=Tally(3 * number, 30),
            languages=("en", "es") if number % 2 else ("en",),
        ).profile
        for number, room in enumerate(daily)
    ]  # fmt: skip


def a_past(who: Sequence[ProducerProfile], leads: int, seed: int = 1, **changes: object) -> Past:
    """Leads every few minutes, not decided yet."""
    chance = random.Random(seed)
    at, made = NOON, []
    for number in range(leads):
        at += timedelta(minutes=chance.randint(1, 40))
        facts = lead(1000 + number, language=chance.choice(("en", "es")), received_at=at)
        made.append(
            PastLead(facts, at, at + timedelta(seconds=2), f"seed {number}", Terms(DEFAULT_WEIGHTS), "r", None, "")
        )
    past = Past(made, (), (), {}, frozenset(), {"r": list(who)}, lambda _: TABLES, usual_hold=timedelta(hours=5))
    return replace(past, **changes)  # type: ignore[arg-type]


def lived(past: Past) -> Past:
    """The same after the pipeline decided: a plain loop over panel and loads, which knows nothing of the simulator."""
    who = {one.producer_id: one for one in past.rosters["r"]}
    given_at: dict[UUID, list[datetime]] = {one: [] for one in who}
    decided = []
    for one in past.leads:
        panel = Panel(who.values(), TABLES)
        panel.advance(one.ranked_at, {person: _load(given, one.ranked_at) for person, given in given_at.items()})
        ranking = panel.rank(one.lead, one.weights, one.seed)
        winner = ranking.order[0].producer_id if ranking.order else None
        if winner:
            given_at[winner].append(one.claimed_at)
        decided.append(replace(one, given_to=winner, code=ranking.code))
    held = frozenset(one.lead.lead_id for one in decided if one.given_to)
    return replace(past, leads=decided, held=held)


def _load(given: list[datetime], at: datetime) -> ProducerLoad:
    """New York in March: four hours behind UTC, nobody closes anything."""
    day = (at - timedelta(hours=4)).date()
    today = sum((one - timedelta(hours=4)).date() == day for one in given)
    return ProducerLoad(len(given), today, len(given), last_assigned_at=max(given, default=None))


@given(st.integers(0, 10**6), st.lists(st.integers(1, 4), min_size=1, max_size=4))
@settings(max_examples=10)
def test_the_same_weights_give_what_happened(seed: int, daily: list[int]) -> None:
    past = lived(a_past(profiles(daily), 25, seed))
    world = simulate(past, as_it_was)
    assert [one.producer_id for one in world.given] == [one.given_to for one in past.leads]
    found = compare(past, world, simulate(past, by_weights(DEFAULT_WEIGHTS)), [], parts_of(DEFAULT_WEIGHTS), 1)
    assert (found.as_recorded, found.changed, found.leads) == (25, 0, 25)


def reckless(panel: Panel, facts: LeadFacts) -> Ranking:
    """Everybody, whatever the gates say."""
    order = tuple(Placed(who, DEFAULT_WEIGHTS.by_name["distance"]) for who in panel.place)
    return replace(panel.rank(facts, DEFAULT_WEIGHTS, "x"), order=order, best=())


@given(
    st.integers(0, 10**6), st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 40), st.booleans(),
    st.lists(st.tuples(st.integers(0, 29), st.integers(0, 3), st.booleans()), max_size=4),
)  # fmt: skip
@settings(max_examples=15)
def test_capacity_is_never_exceeded_whatever_ranks(
    seed: int, daily: list[int], monthly: int, wild: bool, moves: list[tuple[int, int, bool]]
) -> None:
    who = profiles(daily, monthly)
    past = a_past(who, 30, seed)
    people = [
        ByPerson(past.leads[n].lead.lead_id, past.leads[n].claimed_at + timedelta(minutes=1), UUID(int=10 + p), moved)
        for n, p, moved in moves
    ]
    before = [Before(UUID(int=5), PEOPLE[0], NOON - timedelta(hours=1), None)]
    world = simulate(replace(past, people=people, before=before), always(reckless) if wild else as_it_was)
    assert world.breaches == 0
    assert len(world.given) == 30
    days: dict[tuple[UUID, object], int] = {}
    for one in world.given:
        if one.producer_id is not None:
            key = one.producer_id, (one.at - timedelta(hours=4)).date()
            days[key] = days.get(key, 0) + 1
    assert all(count <= daily[key[0].int - 10] for key, count in days.items())


def test_a_breach_would_be_noticed() -> None:
    taken = [Taken(PEOPLE[0], NOON + timedelta(minutes=n), "America/New_York", 2, 100) for n in range(4)]
    assert breaches([], taken) == 2
    assert breaches([Before(UUID(int=1), PEOPLE[0], NOON, None)], taken) == 3
    assert breaches([], [Taken(PEOPLE[0], NOON, None, 2, 100)]) == 1


def test_a_lead_occupies_its_producer_until_it_was_really_left() -> None:
    who = profiles([9])
    past = a_past(who, 2)
    first, second = past.leads
    loads = []

    def looking(panel: Panel, facts: LeadFacts) -> Ranking:
        loads.append(panel.load(0).open_leads)
        return panel.rank(facts, DEFAULT_WEIGHTS, "x")

    between = first.claimed_at + timedelta(seconds=1)
    held = frozenset({first.lead.lead_id})
    simulate(replace(past, left={first.lead.lead_id: [between]}, held=held), always(looking))
    simulate(
        replace(past, left={first.lead.lead_id: [second.ranked_at + timedelta(days=1)]}, held=held), always(looking)
    )
    simulate(replace(past, held=held), always(looking))
    assert loads == [0, 0, 0, 1, 0, 1]


def test_a_persons_choice_is_followed_where_there_was_one_to_make() -> None:
    past = a_past(profiles([9, 9]), 2)
    lead_id = past.leads[0].lead.lead_id
    mine = next(one for one in simulate(past, as_it_was).given if one.lead_id == lead_id).producer_id
    other = next(one for one in PEOPLE[:2] if one != mine)
    at = past.leads[0].claimed_at + timedelta(seconds=5)
    seen: list[int] = []

    def looking(panel: Panel, facts: LeadFacts) -> Ranking:
        seen.append(panel.load(panel.place[other]).open_leads)
        return panel.rank(facts, DEFAULT_WEIGHTS, "seed 0")

    for moved, expected in ((True, 1), (False, 0)):
        seen.clear()
        simulate(replace(past, people=[ByPerson(lead_id, at, other, moved)]), always(looking))
        assert seen[1] == expected


def test_other_weights_give_other_leads_and_the_same_question_the_same_answer() -> None:
    past = lived(a_past(profiles([6, 6, 6]), 20))
    one = Weights.of({"performance": 1})
    worlds = [simulate(past, by_weights(one)) for _ in range(2)]
    assert worlds[0] == worlds[1]
    assert max(worlds[0].leads_of(), key=worlds[0].leads_of().__getitem__) == PEOPLE[2]
    found = compare(past, simulate(past, as_it_was), worlds[0], [], parts_of(DEFAULT_WEIGHTS), 1)
    assert found.changed == len(found.examples) > 0
    assert found.as_dict()["expected"] is None
    assert "too few" in found.as_dict()["expected_missing"]


def test_rules_are_played_with_their_caps_and_refuse_what_they_refuse() -> None:
    past = lived(a_past(profiles([60, 60, 60]), 40))
    spanish = {"name": "spanish", "do": "restrict", "when": {"lead.language": "es"}, "to": {"producer.language": "es"}}
    one_each = {
        "name": "one-each", "do": "cap", "limit": 1, "per": "producer", "every": "day", "zone": "America/New_York",
        "when": {"lead.language": "en"},
    }  # fmt: skip
    world = simulate(past, by_rules(read_rules([spanish, one_each])))
    languages = {one.lead.lead_id: one.lead.language for one in past.leads}
    in_spanish = [one for one in world.given if languages[one.lead_id] == "es"]
    assert {one.producer_id for one in in_spanish if one.code == "best"} == {PEOPLE[1]}
    a_day = [
        (one.producer_id, (one.at - timedelta(hours=4)).date())
        for one in world.given
        if languages[one.lead_id] == "en" and one.producer_id is not None
    ]
    assert len(a_day) == len(set(a_day))
    assert world.rules == {"spanish": len(in_spanish), "one-each": 40 - len(in_spanish)}
    assert world.gates["rule_restrict"] == 2 * sum(one.code == "best" for one in in_spanish)
    assert "rules_waiting" in {one.code for one in world.given}
    found = compare(past, simulate(past, as_it_was), world, [], parts_of(DEFAULT_WEIGHTS), 1).as_dict()
    assert found["after"]["rules"]["spanish"] == len(in_spanish)
    assert found["before"]["rules"] == {}
    assert found["changed"] > 0


def test_turns_go_on_from_where_they_stood_and_follow_the_simulated_choices() -> None:
    terms = Terms(DEFAULT_WEIGHTS, strategy=Strategy(Kind.ROUND_ROBIN))
    past = a_past(profiles([60, 60, 60]), 30)
    begun = Turns()
    begun.take(PEOPLE[0])
    leads = [replace(one, terms=terms, turns=begun if number == 0 else None) for number, one in enumerate(past.leads)]
    # Two workers: the second lead is ranked before the first is claimed.
    leads[1] = replace(leads[1], ranked_at=leads[0].ranked_at, claimed_at=leads[0].claimed_at + timedelta(seconds=1))
    world = simulate(replace(past, leads=leads), as_it_was)
    assert world.given[0].producer_id != PEOPLE[0]
    assert len({one.producer_id for one in world.given[:2]}) == 2
    assert max(world.leads_of().values()) - min(world.leads_of().values()) <= 1
    assert begun.marks == {PEOPLE[0]: begun.mark(PEOPLE[0])}
