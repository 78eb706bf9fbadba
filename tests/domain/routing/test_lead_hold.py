"""A lead that is held for a person, and the gates that a person's own choice passes over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from uuid import UUID

import pytest

from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad
from domain.routing.gates import BY_PERSON, GATES, Gate, Standing, check, first_failure, lead_gate
from domain.routing.rank import rank
from domain.routing.receipt import build_receipt, replay, verify
from domain.routing.weights import DEFAULT_WEIGHTS


@pytest.mark.parametrize("reason", ["do_not_call", "out_of_scope", "no_score"])
def test_a_held_lead_goes_to_nobody_and_says_why(make: SimpleNamespace, reason: str) -> None:
    lead = make.lead(hold=reason)
    failed = lead_gate(lead, make.tables)
    assert (failed.gate, failed.code) == (Gate.LEAD, reason)
    answer = rank(lead, [make.producer(1), make.producer(2)], DEFAULT_WEIGHTS, "s", make.now, make.tables)
    assert (answer.order, answer.code, answer.needs_person) == ((), reason, True)


def test_a_hold_comes_before_every_other_reason_and_without_one_the_lead_is_free(make: SimpleNamespace) -> None:
    nowhere = replace(make.lead(), risk_states=("KY", "TN"))
    assert lead_gate(nowhere, make.tables).code == "state_ambiguous"
    assert lead_gate(replace(nowhere, hold="do_not_call"), make.tables).code == "do_not_call"
    assert make.lead().hold is None
    assert lead_gate(make.lead(), make.tables) is None


def test_a_hold_is_about_the_lead_and_no_producers_gate(make: SimpleNamespace) -> None:
    held = make.lead(hold="do_not_call")
    assert first_failure(held, Standing(make.producer(), make.now, make.tables)) is None
    answers = check(held, make.producer(), make.now, make.tables)
    assert [answer.gate for answer in answers if hasattr(answer, "code")] == [Gate.LEAD]


def test_a_hold_is_part_of_the_facts_and_of_the_receipt(make: SimpleNamespace) -> None:
    held = make.lead(hold="do_not_call")
    assert LeadFacts.from_dict(held.as_dict()) == held
    assert held.declined(UUID(int=1)).hold == "do_not_call"
    receipt, bodies = build_receipt(held, [make.producer()], DEFAULT_WEIGHTS, "s", make.now, make.tables)
    body = receipt.as_dict()
    assert (receipt.outcome.producer_id, receipt.outcome.code) == (None, "do_not_call")
    assert replay(body, bodies).outcome == receipt.outcome
    assert verify(body, bodies) == []
    assert verify({**body, "lead": {**body["lead"], "hold": None}}, bodies)


def blocked(make: SimpleNamespace) -> dict[Gate, tuple[LeadFacts, ProducerFacts]]:
    """For each producer's gate, a lead and a producer whom that gate alone refuses."""
    lead, carrier = make.lead(), make.lead(carrier="Acme Mutual")
    return {
        Gate.ACTIVE: (lead, make.producer(active=False)),
        Gate.LICENCE: (lead, make.producer(licences=(make.licence("GA"),))),
        Gate.APPOINTMENT: (carrier, make.producer(appointments=())),
        Gate.ERRORS_AND_OMISSIONS: (lead, make.producer(eo_expires=date(2020, 1, 1))),
        Gate.SCHEDULE: (lead, make.producer(schedule=())),
        Gate.CAPACITY: (lead, make.producer(load=ProducerLoad(assigned_today=10))),
        Gate.DECLINED: (lead.declined(UUID(int=10)), make.producer()),
    }


@pytest.mark.parametrize("gate", list(GATES))
def test_a_gate_that_is_skipped_refuses_nobody_and_every_other_still_does(make: SimpleNamespace, gate: Gate) -> None:
    lead, producer = blocked(make)[gate]
    standing = Standing(producer, make.now, make.tables)
    failed = first_failure(lead, standing)
    assert failed is not None
    assert failed.gate is gate
    assert first_failure(lead, standing, skip=frozenset({gate})) is None
    assert first_failure(lead, standing, skip=frozenset(Gate) - {gate}) == failed


def test_of_two_failures_the_first_that_is_not_skipped_is_told(make: SimpleNamespace) -> None:
    tired = make.producer(schedule=(), load=ProducerLoad(assigned_today=10))
    standing = Standing(tired, make.now, make.tables)
    lead = make.lead().declined(UUID(int=10))
    assert first_failure(lead, standing).gate is Gate.SCHEDULE
    assert first_failure(lead, standing, skip=frozenset({Gate.SCHEDULE})).gate is Gate.CAPACITY
    assert first_failure(lead, standing, skip=frozenset({Gate.SCHEDULE, Gate.CAPACITY})).gate is Gate.DECLINED


def test_a_persons_choice_passes_over_schedule_and_decline_and_over_nothing_that_is_law_or_room(
    make: SimpleNamespace,
) -> None:
    passed = {
        gate
        for gate, (lead, producer) in blocked(make).items()
        if first_failure(lead, Standing(producer, make.now, make.tables), skip=BY_PERSON) is None
    }
    assert passed == {Gate.SCHEDULE, Gate.DECLINED}
