from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.geo import StateSource
from domain.lines import Line, Tier
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad, Relations
from domain.routing.profile import Tally
from domain.routing.rank import SHOWN
from domain.routing.receipt import (
    RULES_VERSION,
    ClaimRefused,
    Receipt,
    build_receipt,
    profile_digest,
    replay,
    verify,
    with_refusals,
)
from domain.routing.tables import HolidayTable, standard_tables
from domain.routing.weights import DEFAULT_WEIGHTS
from kernel.errors import Invalid
from kernel.ids import digest

HOLIDAYS = HolidayTable(
    "h1",
    date(2025, 1, 1),
    date(2025, 12, 31),
    {"US": frozenset({date(2025, 7, 4)}), "US-GA": frozenset({date(2025, 4, 21)})},
)


@pytest.fixture
def people(make: SimpleNamespace) -> list[ProducerFacts]:
    near = [
        make.producer(
            n, lines=(Line.AUTO,), conversion=Tally(n, 40), lat=28 + n / 10, lon=-82.0, holiday_region="US",
            relations=Relations(social=n / 100), load=ProducerLoad(open_leads=n % 3),
        )
        for n in range(1, 15)
    ]  # fmt: skip
    return [*near, make.producer(50, licences=None), make.producer(51, schedule=())]


@pytest.fixture
def lead(make: SimpleNamespace) -> LeadFacts:
    return make.lead(lat=28.0, lon=-82.0, tier=Tier.HOT)


def stored(receipt: Receipt) -> dict:
    """The record as a database gives it back."""
    return json.loads(json.dumps(receipt.as_dict()))


@pytest.fixture
def made(make: SimpleNamespace, lead: LeadFacts, people: list[ProducerFacts]) -> Any:
    return build_receipt(lead, people, DEFAULT_WEIGHTS, "seed", make.now, standard_tables(HOLIDAYS))


def test_a_stored_receipt_computes_to_itself(made: Any) -> None:
    receipt, profiles = made
    record = stored(receipt)
    assert replay(record, json.loads(json.dumps(profiles))) == receipt
    assert verify(record, profiles) == []
    assert record["digest"] == receipt.digest


def test_it_holds_the_best_ten_in_full_and_counts_for_the_rest(made: Any) -> None:
    record = stored(made[0])
    assert len(record["ranking"]["best"]) == SHOWN
    assert record["ranking"]["refused"] == {"licence_unknown": 1, "schedule_off_shift": 1}
    assert (record["ranking"]["eligible"], record["ranking"]["considered"]) == (14, 16)
    assert record["outcome"] == {"producer_id": record["ranking"]["best"][0]["producer_id"], "place": 1, "code": "best"}


def test_it_carries_only_the_rows_of_tables_it_read(made: Any) -> None:
    tables = stored(made[0])["tables"]
    assert list(tables["authorities"]["rows"]) == ["auto"]
    assert list(tables["holidays"]["regions"]) == ["US"]
    assert tables["authorities"]["version"] == "naic-218.2005.1"


def test_a_refused_claim_gives_the_next_and_computes_to_the_same(make: SimpleNamespace, made: Any) -> None:
    receipt, profiles = made
    order = [placed.producer_id for placed in receipt.ranking.order]
    full = [ClaimRefused(who, "capacity_full", make.now) for who in order]
    second = with_refusals(receipt, full[:1])
    assert (second.outcome.producer_id, second.outcome.place, second.outcome.code) == (
        order[1],
        2,
        "next_after_refusal",
    )
    eleventh = with_refusals(receipt, full[:11])  # beyond those explained
    assert eleventh.outcome.producer_id == order[11]
    nobody = with_refusals(receipt, full)
    assert (nobody.outcome.producer_id, nobody.outcome.code) == (None, "all_claims_refused")
    for one in (second, eleventh, nobody):
        assert verify(stored(one), profiles) == []
        assert replay(stored(one), profiles).outcome == one.outcome


def test_a_lead_for_a_person_has_a_receipt_too(make: SimpleNamespace, people: list[ProducerFacts]) -> None:
    unclear = make.lead(risk_states=("KY", "TN"), states_from=StateSource.ZIP)
    receipt, profiles = build_receipt(unclear, people, DEFAULT_WEIGHTS, "s", make.now, make.tables)
    assert (receipt.outcome.producer_id, receipt.outcome.code) == (None, "state_ambiguous")
    assert verify(stored(receipt), profiles) == []


def test_the_zone_in_which_the_instant_is_written_changes_nothing(
    make: SimpleNamespace, lead: LeadFacts, people: list[ProducerFacts]
) -> None:
    east = make.now.astimezone(timezone(timedelta(hours=14)))
    here, there = (build_receipt(lead, people, DEFAULT_WEIGHTS, "s", at, make.tables)[0] for at in (make.now, east))
    assert here.as_dict() == there.as_dict()


def test_the_order_of_candidates_changes_nothing(
    make: SimpleNamespace, lead: LeadFacts, people: list[ProducerFacts]
) -> None:
    one, other = (
        build_receipt(lead, order, DEFAULT_WEIGHTS, "s", make.now, make.tables)[0] for order in (people, people[::-1])
    )
    assert one.digest == other.digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("ranking", "best", 0, "total"), "99.00000000"),
        (("ranking", "best", 0, "factors", 0, "reason"), "is a friend"),
        (("ranking", "refused", "licence_unknown"), 0),
        (("outcome", "producer_id"), str(UUID(int=14))),
        (("digest",), "0" * 64),
        (("candidates", 0, "load", "open_leads"), 9),
        (("weights", "distance"), "90"),
        (("seed",), "other"),
    ],
)
def test_a_changed_record_is_found_and_named(made: Any, path: Any, value: Any) -> None:
    receipt, profiles = made
    record = stored(receipt)
    spot = record
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    differences = verify(record, profiles)
    assert differences
    if path[0] in {"ranking", "outcome"}:
        assert any(difference.startswith(str(path[0])) for difference in differences)


def test_a_changed_or_missing_profile_is_refused(made: Any) -> None:
    receipt, profiles = made
    key = next(iter(profiles))
    changed = copy.deepcopy(profiles)
    changed[key]["capacity_daily"] = 99
    for bodies in (changed, {other: body for other, body in profiles.items() if other != key}):
        with pytest.raises(Invalid):
            replay(stored(receipt), bodies)
        assert verify(stored(receipt), bodies)[0].startswith("not recomputed")


@pytest.mark.parametrize("key", ["schema", "rules", "lead", "candidates", "weights", "tables", "as_of", "refused"])
def test_a_record_with_a_part_missing_or_mangled_is_refused_not_crashed_on(made: Any, key: Any) -> None:
    receipt, profiles = made
    for value in (None, "nonsense", 7, [1], {"x": 1}):
        record = {**stored(receipt), key: value}
        assert verify(record, profiles)[0].startswith("not recomputed")
    record = stored(receipt)
    del record[key]
    assert verify(record, profiles)[0].startswith("not recomputed")


def test_digests_the_store_knows_spare_the_bodies(
    make: SimpleNamespace, lead: LeadFacts, people: list[ProducerFacts], made: Any
) -> None:
    known = {person.producer_id: profile_digest(person.profile) for person in people[:5]}
    receipt, bodies = build_receipt(
        lead, people, DEFAULT_WEIGHTS, "seed", make.now, standard_tables(HOLIDAYS), digests=known
    )
    assert receipt == made[0]
    assert set(bodies).isdisjoint(known.values())
    assert len(bodies) == len(people) - 5


def test_the_rules_change_only_with_their_version(made: Any) -> None:
    """A new digest here means that gates, factors, rounding or ties changed: raise RULES_VERSION with it."""
    receipt, _ = made
    known = {"routing-3": "d66aa30aa23257249fbcdc6430aef73ae6c3e83a0e8e9a05e1082af0a064604c"}
    assert digest(receipt.ranking.as_dict()) == known[RULES_VERSION]


def test_facts_survive_json_exactly(people: list[ProducerFacts], lead: LeadFacts) -> None:
    for person in people:
        assert type(person).from_dict(json.loads(json.dumps(person.as_dict()))) == person
    asked = replace(lead, declined_by=frozenset({UUID(int=1)}), referred_by=UUID(int=2), carrier="Acme", score=81)
    assert type(asked).from_dict(json.loads(json.dumps(asked.as_dict()))) == asked
