"""How producers stand to a lead is read from the network and from earlier leads; what is missing moves nobody."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.decision import Decision, Source
from domain.routing.facts import Relations
from domain.routing.profile import Tally
from kernel.errors import Unavailable
from services.container import Services
from services.leads.schemas import LeadIn
from services.routing.relations import Tie
from services.ties import TiesInWeb
from store.graph.network import Network
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer
from tests.conftest import new_agency


async def a_qualified_lead(services: Services, actor: Actor, **changes: Any) -> UUID:
    given = {"email": f"{uuid4()}@leads.example", "phone": None, **changes}
    lead_id = UUID((await services.intake.accept_one(actor, LeadIn(**a_lead(**given)), key=None)).body["lead_id"])
    async with services.database.begin(actor) as uow:
        query = "UPDATE lead SET status = 'qualified', line = 'auto', lines = '{auto}' WHERE id = :lead"
        await uow.session.execute(text(query), {"lead": lead_id})
        await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))
    return lead_id


async def ended(services: Services, actor: Actor, who: UUID, how: str, **changes: Any) -> UUID:
    lead_id = await a_qualified_lead(services, actor, **changes)
    await services.assignments.assign(actor, lead_id, who, expected=None)
    await services.lead_status.change(actor, lead_id, "contact", reason=None, expected=None)
    await services.lead_status.change(actor, lead_id, how, reason="so it went", expected=None)
    return lead_id


async def of(services: Services, actor: Actor) -> dict[str, UUID]:
    async with services.database.begin(actor) as uow:
        return await uow.agencies.ids_by_external()


async def relations(services: Services, actor: Actor, lead_id: UUID) -> dict[UUID, Relations]:
    ranked = await services.ranking.rank(actor, run_of(lead_id, "lead", 0)[0], lead_id, None)
    return {one.producer_id: one.relations for one in ranked.receipt.candidates if one.relations != Relations()}


@pytest.fixture
async def agency(services: Services) -> Actor:
    people = [
        a_producer("p1", team="north"),
        a_producer("p2", team="north"),
        a_producer("p3", team="south"),
        a_producer("p4"),
    ]
    ties = [
        {"from": "p1", "to": "p2", "kind": "partnership", "strength": "0.8"},
        {"from": "p2", "to": "p3", "kind": "referral", "strength": "0.5"},
    ]
    actor = await new_agency(services, people, ties)
    await services.projection.refresh(actor)
    return actor


async def test_a_referrers_network_team_and_earlier_referrals_are_known(services: Services, agency: Actor) -> None:
    who = await of(services, agency)
    await ended(services, agency, who["p3"], "win", referred_by="p1")
    await ended(services, agency, who["p3"], "lose", referred_by=" p1 ")
    found = await relations(services, agency, await a_qualified_lead(services, agency, referred_by="p1"))
    assert found == {
        who["p1"]: Relations(social=1.0, same_team=True),
        who["p2"]: Relations(social=0.8, collaboration=0.8, same_team=True),
        who["p3"]: Relations(social=0.2, collaboration=0.0, same_team=False, referrals=Tally(1, 2)),
    }


async def test_who_serves_the_household_is_where_the_lead_comes_from(services: Services, agency: Actor) -> None:
    who = await of(services, agency)
    await ended(services, agency, who["p2"], "win", email="home@leads.example", full_name="Bo Lee")
    lead_id = await a_qualified_lead(services, agency, email="home@leads.example", full_name="Cy Lee")
    found = await relations(services, agency, lead_id)
    assert found[who["p2"]] == Relations(social=0.8, same_team=True)
    assert found[who["p1"]] == Relations(social=0.8, collaboration=0.8, same_team=True)
    assert who["p4"] not in found


async def test_a_colleague_of_a_customer_is_a_weaker_tie(services: Services, agency: Actor) -> None:
    who = await of(services, agency)
    await ended(services, agency, who["p3"], "win", extras={"company": "Acme Works"})
    lead_id = await a_qualified_lead(services, agency, extras={"company": "acme works "})
    async with services.database.begin(agency) as uow:
        kept = (await uow.leads.one(lead_id)).extras.get("company")
    assert kept, "the lead's employer is kept"
    assert await relations(services, agency, lead_id) == {who["p3"]: Relations(social=0.4)}


async def test_success_with_this_leads_neighbours_is_that_of_who_worked_them(services: Services, agency: Actor) -> None:
    who = await of(services, agency)
    near = [await ended(services, agency, who["p1"], how) for how in ("win", "lose")]
    near.append(await ended(services, agency, who["p2"], "lose"))
    await ended(services, agency, who["p3"], "win")  # nothing like it
    lead_id = await a_qualified_lead(services, agency)
    leads = [{"lead_id": str(one), "similarity": 0.9, "outcome": "won"} for one in near]
    decision = Decision("similar", {"leads": leads}, 1.0, Source.LOCAL, "v", ())
    await services.qualification.record(agency, run_of(lead_id, "lead", 0)[0], lead_id, decision)
    assert await relations(services, agency, lead_id) == {
        who["p1"]: Relations(similar=Tally(1, 2)), who["p2"]: Relations(similar=Tally(0, 1)),
    }  # fmt: skip


async def test_ties_are_those_of_the_graph_without_it_being_asked(
    services: Services, agency: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await of(services, agency)
    shown = await services.network.ties_from(agency.agency_id, who["p1"])

    async def silent(*_: object, **__: object) -> None:
        raise Unavailable("the graph has not answered within 2 seconds; try again shortly")

    monkeypatch.setattr(Network, "ties_from", silent)
    async with services.database.begin(agency) as uow:
        found = await TiesInWeb(services.webs).around(uow, who["p1"], 3)
    assert {one: (tie.degrees, tie.strength) for one, tie in found.items()} == {
        one: (tie.degrees, tie.strength) for one, tie in shown.items()
    }
    assert {one for one, tie in found.items() if tie.together} == {
        one
        for one, tie in shown.items()
        if tie.degrees == 1 and not {"partnership", "mentorship"}.isdisjoint(tie.kinds)
    }
    relations_ = await relations(services, agency, await a_qualified_lead(services, agency, referred_by="p1"))
    assert relations_[who["p2"]] == Relations(social=0.8, collaboration=0.8, same_team=True)


async def test_of_several_connections_the_strongest_counts_and_any_kind_says_who_works_together(
    services: Services,
) -> None:
    ties = [
        {"from": "p1", "to": "p2", "kind": "referral", "strength": "0.9"},
        {"from": "p2", "to": "p1", "kind": "mentorship", "strength": "0.3"},
        {"from": "p1", "to": "p3", "kind": "referral", "strength": "0.7"},
        {"from": "p3", "to": "p4", "kind": "partnership", "strength": "0.5"},
    ]
    actor = await new_agency(services, [a_producer(f"p{number}") for number in range(1, 6)], ties)
    await services.projection.refresh(actor)
    who = await of(services, actor)
    async with services.database.begin(actor) as uow:
        found = await TiesInWeb(services.webs).around(uow, who["p1"], 3)
    assert found == {who["p2"]: Tie(1, 0.9, True), who["p3"]: Tie(1, 0.7, False), who["p4"]: Tie(2, 0.35, False)}
    assert {
        one: tie.strength for one, tie in (await services.network.ties_from(actor.agency_id, who["p1"])).items()
    } == {one: tie.strength for one, tie in found.items()}


async def test_who_has_no_tie_moves_nobody(services: Services, agency: Actor) -> None:
    lead_id = await a_qualified_lead(services, agency, referred_by="p4")
    ranked = await services.ranking.rank(agency, run_of(lead_id, "lead", 0)[0], lead_id, None)
    who = await of(services, agency)
    relations_ = {one.producer_id: one.relations for one in ranked.receipt.candidates}
    assert relations_.pop(who["p4"]) == Relations(social=1.0)
    assert all(one == Relations() for one in relations_.values())
