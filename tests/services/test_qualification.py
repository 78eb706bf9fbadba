"""Decisions are kept together and once, and what is decided moves the lead, unless a person was quicker."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from domain.actor import Actor
from domain.decision import Decision, Source
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import LeadIn
from tests.builders import a_lead

pytestmark = pytest.mark.both_sides


def a_decision(name: str, **value: object) -> Decision:
    return Decision(name, dict(value), 0.9, Source.RULES, "test.1")


async def a_new_lead(services: Services, actor: Actor) -> UUID:
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead()), key=None)
    return UUID(answer.body["lead_id"])


async def test_decisions_of_many_runs_are_kept_each_with_its_lead(services: Services, actor: Actor) -> None:
    leads = [await a_new_lead(services, actor) for _ in range(3)]
    runs = [new_id() for _ in leads]
    names = ("classifier", "extractor", "enricher")
    await asyncio.gather(*(
        services.qualification.record(actor, run, lead, a_decision(name, of=str(lead)))
        for run, lead in zip(runs, leads, strict=True)
        for name in names
    ))  # fmt: skip
    for lead in leads:
        known = await services.qualification.decisions(actor, lead)
        assert set(known) == set(names)
        assert all(decision.value == {"of": str(lead)} for decision in known.values())


async def test_the_first_decision_of_a_run_stands(services: Services, actor: Actor) -> None:
    lead, run = await a_new_lead(services, actor), new_id()
    await services.qualification.record(actor, run, lead, a_decision("classifier", line="auto"))
    await services.qualification.record(actor, run, lead, a_decision("classifier", line="home"))
    assert (await services.qualification.decisions(actor, lead))["classifier"].value == {"line": "auto"}


async def test_a_decision_about_no_lead_fails_alone(services: Services, actor: Actor) -> None:
    lead = await a_new_lead(services, actor)
    answers = await asyncio.gather(
        services.qualification.record(actor, new_id(), lead, a_decision("classifier")),
        services.qualification.record(actor, new_id(), new_id(), a_decision("extractor")),
        services.qualification.record(actor, new_id(), lead, a_decision("enricher")),
        return_exceptions=True,
    )
    assert [answer is None for answer in answers] == [True, False, True]
    assert set(await services.qualification.decisions(actor, lead)) == {"classifier", "enricher"}


async def test_a_repeated_end_of_the_specialists_changes_nothing(services: Services, actor: Actor) -> None:
    lead, run = await a_new_lead(services, actor), new_id()
    known = {"classifier": a_decision("classifier", line="auto")}
    await services.qualification.complete(actor, run, lead, known, a_decision("scorer", score=70, tier="warm"))
    await services.qualification.complete(actor, run, lead, known, a_decision("scorer", score=10, tier="cold"))
    async with services.database.begin(actor) as uow:
        row = await uow.leads.one(lead)
        assert (row.status, row.version, row.score, row.line) == ("qualified", 2, 70, "auto")
    assert (await services.qualification.decisions(actor, lead))["scorer"].value["score"] == 70


async def test_a_score_is_kept_where_a_person_was_quicker(services: Services, actor: Actor) -> None:
    lead = await a_new_lead(services, actor)
    await services.lead_status.change(actor, lead, "reject", reason="a test", expected=None)
    with pytest.raises(Conflict):
        await services.qualification.complete(actor, new_id(), lead, {}, a_decision("scorer", score=70, tier="warm"))
    assert set(await services.qualification.decisions(actor, lead)) == {"scorer"}
    async with services.database.begin(actor) as uow:
        assert (await uow.leads.one(lead)).score is None


async def test_two_events_in_one_transaction_follow_each_other(services: Services, actor: Actor) -> None:
    lead = await a_new_lead(services, actor)
    async with services.database.begin(actor) as uow:
        held = await uow.history.locked(lead)
        await uow.history.append(lead, "one", LeadEvent(Happening.REFUSED_CALLS, now(), {"from": str(lead)}))
        assert (held.version, held.do_not_call) == (2, True)
        last = await uow.history.append(lead, "two", LeadEvent(Happening.QUEUED, now(), {"reason": "a test"}))
        assert held.as_state() == last.state
    async with services.database.begin(actor) as uow:
        assert (await uow.leads.one(lead)).as_state() == last.state
        assert [event.version for event in await uow.history.of(lead)] == [1, 2, 3]
