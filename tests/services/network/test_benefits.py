"""Priority in routing: a rule of the agency's asks for the tier in the network, and receipts hold what it went by."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.network.exchange import Cell, Counted, month_of
from domain.network.tiers import Benefit, Tier
from domain.routing.rules.reading import read_rules
from kernel.clock import now
from kernel.errors import Invalid
from services.container import Services
from services.leads.schemas import LeadIn
from services.routing.schemas import PolicyKind
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer, an_agency
from tests.conftest import new_agency

NAMES = [f"p{number}" for number in range(1, 15)]
PLATINUM_FIRST = {
    "name": "platinum-first", "do": "prefer", "to": {"producer.network_tier": ["platinum", "diamond"]}, "first": True,
}  # fmt: skip


async def ids_of(services: Services, actor: Actor) -> dict[str, UUID]:
    async with services.database.begin(actor) as uow:
        return await uow.agencies.ids_by_external()


async def traded(services: Services, actor: Actor, who: dict[str, UUID], name: str, sign: int = 1) -> None:
    """The producer exchanged as much with everybody else as a counterpart can count; -1 takes it back."""
    month, cells = month_of(now()), Counter[Cell]()
    for other in NAMES:
        if other != name:
            for one, two in ((who[name], who[other]), (who[other], who[name])):
                for what in (Counted.SENT, Counted.ACCEPTED, Counted.CONVERTED):
                    cells[Cell(one, two, month, what)] = 5 * sign
    async with services.database.begin(actor) as uow:
        await uow.referrals.count(cells)
    await services.brokers.counting.count_stale()


async def a_lead_to_route(services: Services, actor: Actor) -> UUID:
    given = LeadIn(**a_lead(email=f"{uuid4()}@leads.example", phone=None))
    lead_id = UUID((await services.intake.accept_one(actor, given, key=None)).body["lead_id"])
    async with services.database.begin(actor) as uow:
        query = "UPDATE lead SET status = 'qualified', line = 'auto', lines = '{auto}' WHERE id = :lead"
        await uow.session.execute(text(query), {"lead": lead_id})
        await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))
    return lead_id


@pytest.fixture
async def agency(services: Services) -> Actor:
    return await new_agency(services, [a_producer(name) for name in NAMES])


async def test_a_rule_puts_platinum_first_and_its_receipt_replays(services: Services, agency: Actor) -> None:
    who = await ids_of(services, agency)
    lead_id = await a_lead_to_route(services, agency)
    before = await services.ranking.rank(agency, run_of(lead_id, "lead", 5)[0], lead_id, None)
    last = before.receipt.ranking.order[-1].producer_id
    name = next(name for name, one in who.items() if one == last)
    await traded(services, agency, who, name)
    card = await services.brokers.standing.tier(agency, last)
    assert card.tier is Tier.PLATINUM
    applied = {one.benefit: one.applied for one in card.benefits}
    assert not applied[Benefit.ROUTING_PRIORITY], "no rule asks for it yet"
    unmoved = await services.ranking.rank(agency, run_of(lead_id, "lead", 1)[0], lead_id, None)
    assert unmoved.receipt.ranking.order[0].producer_id != last, "nobody's lead moves unasked"

    await services.distribution.put(
        agency, PolicyKind.RULES, [PLATINUM_FIRST], "a benefit of the network", expected=None
    )
    after = await services.ranking.rank(agency, run_of(lead_id, "lead", 2)[0], lead_id, None)
    assert after.receipt.ranking.order[0].producer_id == last
    applied = {one.benefit: one.applied for one in (await services.brokers.standing.tier(agency, last)).benefits}
    assert applied[Benefit.ROUTING_PRIORITY]
    assert not applied[Benefit.PROMOTIONS], "people keep it"

    given = await services.assignments.claim(agency, run_of(lead_id, "lead", 0)[0], lead_id, None)
    assert (given.outcome, given.producer_id) == ("assigned", last)
    await traded(services, agency, who, name, -1)  # the tier is gone again, and the receipt knows what it was then
    assert (await services.brokers.standing.tier(agency, last)).tier is Tier.BRONZE
    replayed = await services.receipts.replay(agency, given.receipt_id)
    assert (replayed.same, replayed.producer_id) == (True, last)
    lead_id = await a_lead_to_route(services, agency)
    ranked = await services.ranking.rank(agency, run_of(lead_id, "lead", 0)[0], lead_id, None)
    rule = ranked.receipt.ranking.rules[0]
    assert (rule.rule, rule.preferred) == ("platinum-first", 0)


@pytest.mark.parametrize("tier", ["diamond", None])
async def test_nobody_states_a_tier(services: Services, agency: Actor, tier: str | None) -> None:
    stated = a_producer("p1")
    stated["profile"]["network_tier"] = tier
    slug = "x" + uuid4().hex[:10]
    with pytest.raises(Invalid):
        await services.agencies.load(agency, json.dumps(an_agency(slug, [stated], ())).encode())
    who = await ids_of(services, agency)
    async with services.database.begin(agency) as uow:
        query = """UPDATE producer SET profile = profile || '{"network_tier": "diamond"}' WHERE id = :id"""
        await uow.session.execute(text(query), {"id": who["p1"]})
    async with services.database.begin(agency) as uow:
        roster = await services.rosters.current(uow)
    assert roster.profiles[who["p1"]].network_tier is None, "whatever the row says"


def test_the_rule_is_written_with_a_tier_that_there_is() -> None:
    wrong: dict[str, Any] = {**PLATINUM_FIRST, "to": {"producer.network_tier": ["iron"]}}
    with pytest.raises(Invalid) as told:
        read_rules([wrong])
    assert "bronze, silver, gold, platinum, diamond" in str(told.value.fields)
