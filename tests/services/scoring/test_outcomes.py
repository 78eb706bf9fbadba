"""Closed leads give chances with intervals and money; too few say so."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import text

from cli.workforce import working
from domain.actor import Actor, ActorKind
from domain.leads.probability import WinChance, commission_for, win_chance
from kernel.errors import Forbidden
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import LeadIn
from tests.builders import a_lead, a_producer, an_agency
from tests.services.test_intake_and_claims import ended


async def close(services: Services, actor: Actor, score: int, won: int, lost: int) -> None:
    """Closed leads of the agency with this score, written as rows."""
    for status, count in (("won", won), ("lost", lost)):
        for _ in range(count):
            answer = await services.intake.accept_one(
                actor, LeadIn(**a_lead(email=f"{new_id()}@leads.example", phone=None)), key=None
            )
            async with services.database.begin(actor) as uow:
                await uow.session.execute(
                    text("UPDATE lead SET status = :status, score = :score WHERE id = :id"),
                    {"status": status, "score": score, "id": UUID(answer.body["lead_id"])},
                )
                await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))


async def chance_of(services: Services, actor: Actor, score: int, line: str | None = None) -> WinChance:
    known = await services.outcomes.record(actor)
    commission = commission_for(line, known["commissions"]) if line else None
    return win_chance(score, [(row[0], row[1], row[2]) for row in known["closed"]], commission)


async def commissions(services: Services, actor: Actor, given: object) -> None:
    """Load the agency's file again with these commissions."""
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    file = {**an_agency(slug, [a_producer("p1")]), "commissions": given}
    await services.agencies.load(actor, json.dumps(file).encode())


async def test_too_few_closed_leads_say_so(services: Services, actor: Actor) -> None:
    await close(services, actor, 60, 3, 4)
    chance = await chance_of(services, actor, 60, "auto")
    assert (chance.state, chance.sample, chance.probability) == ("not_enough_data", 7, None)
    assert "3 won and 4 lost" in chance.reason


async def test_closed_leads_give_a_chance_with_interval_sample_and_value(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    await close(services, actor, 30, 3, 27)
    await close(services, actor, 70, 18, 12)
    low, high = await chance_of(services, actor, 30), await chance_of(services, actor, 70, "auto")
    assert (low.state, high.state, high.sample, high.near) == ("known", "known", 60, 30)
    assert low.probability is not None
    assert high.probability is not None
    assert low.probability < 0.25
    assert high.probability > 0.4
    assert low.low is not None
    assert low.high is not None
    assert low.low < low.probability < low.high
    assert high.value is None
    await commissions(services, actor, {"auto": {"amount": "200.00"}})
    worth = (await chance_of(services, actor, 70, "auto")).value
    assert worth is not None
    assert worth.minor == pytest.approx(20000 * high.probability, abs=1)
    assert (await chance_of(services, actor, 70, "home")).value is None
    assert (await chance_of(services, other_actor, 70, "auto")).state == "not_enough_data"


async def test_a_load_without_commissions_leaves_them(services: Services, actor: Actor) -> None:
    await commissions(services, actor, {"auto": {"amount": "200.00"}})
    await commissions(services, actor, None)
    assert (await services.outcomes.record(actor))["commissions"] == {"auto": {"amount": "200.00", "currency": "USD"}}


async def test_the_pipeline_puts_the_chance_beside_the_score(services: Services, actor: Actor) -> None:
    await close(services, actor, 30, 3, 27)
    await close(services, actor, 70, 18, 12)
    await commissions(services, actor, {"auto": {"amount": "200.00"}})
    answer = await services.intake.accept_one(actor, LeadIn(**a_lead(phone=None)), key=None)
    lead_id = UUID(answer.body["lead_id"])
    async with working(services):
        await ended(services, actor, [lead_id])
    detail = await services.lead_queries.one(actor, lead_id)
    value = next(one for one in detail.decisions if one.specialist == "scorer").value
    assert sum(part["points"] for part in value["contributions"]) == value["score"] == detail.score
    assert value["win"]["state"] == "known"
    assert value["win"]["sample"] == 60
    assert value["win"]["low"] < value["win"]["probability"] < value["win"]["high"]
    assert value["win"]["expected_value"]["currency"] == "USD"


async def test_reading_outcomes_needs_the_scope(services: Services, actor: Actor) -> None:
    with pytest.raises(Forbidden):
        await services.outcomes.record(Actor(actor.agency_id, ActorKind.PERSON, "none"))
